"""Files people send: known by their bytes, refused with a reason."""

import io
import zipfile

import pytest

from app.documents import rules_uploads as uploads
from app.documents.rules_uploads import check_upload


def office(*names, size=1):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, b"x" * size)
    return packed.getvalue()


PDF, PNG, JPEG = b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0...."
XLSX, DOCX = office("xl/workbook.xml"), office("word/document.xml")


def test_a_file_is_what_its_bytes_say():
    sent = [("a.pdf", PDF), ("b.png", PNG), ("c.JPG", JPEG), ("d.txt", "Grüße".encode()), ("e.csv", b"a;b\n1;2\n"),
            ("f.xlsx", XLSX), ("g.docx", DOCX), ("scan", PDF), ("note.xyz", b"plain words")]  # fmt: skip
    kinds = [check_upload(name, content).ending for name, content in sent]
    assert kinds == ["pdf", "png", "jpeg", "txt", "csv", "xlsx", "docx", "pdf", "txt"]


REFUSED = [
    ("a.pdf", b"", uploads.UploadEmpty),
    ("a.pdf", PDF + b"0" * uploads.LARGEST_UPLOAD, uploads.UploadTooLarge),
    ("logo.svg", b"<svg onload='x()'/>", uploads.UploadActive),
    ("logo.txt", b"  <svg onload='x()'/>", uploads.UploadActive),
    ("page.csv", b"\xef\xbb\xbf<!DOCTYPE html><p>", uploads.UploadActive),
    ("page.txt", b"words first <script>x()</script>", uploads.UploadActive),
    ("setup.exe", PDF, uploads.UploadActive),
    ("photo.png", b"MZ\x90\x00", uploads.UploadActive),
    ("run.txt", b"#!/bin/sh\nrm x", uploads.UploadActive),
    ("book.xlsx", office("xl/workbook.xml", "xl/vbaProject.bin"), uploads.UploadActive),
    ("things.zip", office("readme.txt"), uploads.UploadUnknown),
    ("a.gif", b"GIF89a\x00\x01", uploads.UploadUnknown),
    ("cut.docx", DOCX[:40], uploads.UploadBroken),
    ("bomb.xlsx", office("xl/workbook.xml", size=uploads.LARGEST_UNPACKED // 2 + 1), uploads.UploadBroken),
    ("photo.png", PDF, uploads.UploadMisnamed),
    ("table.xlsx", DOCX, uploads.UploadMisnamed),
    ("photo.pdf", b"only words", uploads.UploadMisnamed),
]


def test_what_is_refused_says_why_and_what_to_do():
    for name, content, refusal in REFUSED:
        with pytest.raises(refusal) as told:
            check_upload(name, content)
        assert told.type is refusal, name
        assert str(told.value).count(".") >= 2


def test_a_name_is_cleaned_before_it_is_kept():
    shown = {
        "../../etc/passwd": "passwd.pdf",
        "C:\\Scans\\Order 7.PDF": "Order 7.pdf",
        "a\r\nB: x.pdf": "a__B_ x.pdf",
        "": "file.pdf",
        "x" * 300 + ".pdf": "x" * 120 + ".pdf",
    }
    assert {name: check_upload(name, PDF).name for name in shown} == shown
