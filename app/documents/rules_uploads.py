"""Knows which files people may keep with us: how large, and of which kind as their bytes tell it, whatever the name."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from app.kernel.errors import BadInput

LARGEST_UPLOAD = 20_000_000
LARGEST_UNPACKED = 200_000_000
MOST_MEMBERS = 5_000
LONGEST_NAME = 120
ACCEPT = ".pdf,.png,.jpg,.jpeg,.txt,.csv,.xlsx,.docx"
ACCEPTED = "PDF, PNG, JPEG, TXT, CSV, XLSX or DOCX"


class UploadEmpty(BadInput):
    """This file is empty. Choose another one."""


class UploadTooLarge(BadInput):
    """This file is larger than 20 MB. Make it smaller, or send it in parts."""


class UploadActive(BadInput):
    """{what} can run code when somebody opens it. Save it as a PDF or a picture and send that."""


class UploadUnknown(BadInput):
    """This is not a file of a kind that is kept here. Send a PDF, PNG, JPEG, TXT, CSV, XLSX or DOCX."""


class UploadMisnamed(BadInput):
    """The name says {said}, but the file is {found}. Give it its right name, or send the right file."""


class UploadBroken(BadInput):
    """This office file cannot be opened. Save it again and send that."""


@dataclass(frozen=True, slots=True)
class UploadKind:
    """What a file is: the ending and the media type it is kept under, and the clean name people see."""

    ending: str
    media_type: str
    name: str


MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_SAME = {"jpg": "jpeg", "jpe": "jpeg", "log": "txt", "text": "txt"}
_MAGIC = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"#!")
_MARKUP = re.compile(
    rb"<\s*(!doctype\s+(html|svg)|html|svg|head|body|script|iframe|\?xml)\b|<\?(php|xml)", re.IGNORECASE
)
_ACTIVE_ENDINGS = frozenset(
    [
        "svg",
        "svgz",
        "html",
        "htm",
        "xhtml",
        "mht",
        "js",
        "vbs",
        "exe",
        "com",
        "bat",
        "cmd",
        "ps1",
        "sh",
        "msi",
        "jar",
        "scr",
        "dll",
        "hta",
        "lnk",
        "docm",
        "xlsm",
        "php",
        "py",
    ]
)


def check_upload(name: str, content: bytes) -> UploadKind:
    """The kind of this file. Raises UploadEmpty, -TooLarge, -Active, -Unknown, -Misnamed or -Broken."""
    if not content:
        raise UploadEmpty
    if len(content) > LARGEST_UPLOAD:
        raise UploadTooLarge
    ending = _ending(name)
    _require_passive(ending, content)
    found = _tell(ending, content)
    said = _SAME.get(ending, ending)
    if said in MEDIA_TYPES and said != found:
        raise UploadMisnamed(said=said.upper(), found=found.upper())
    return UploadKind(found, MEDIA_TYPES[found], clean_name(name, found))


def clean_name(name: str, ending: str) -> str:
    """The name without folders and without what a file system or a header could misread; it ends as the kind does."""
    stem = re.split(r"[\\/]", name)[-1]
    if _ending(stem):
        stem = stem.rpartition(".")[0]
    shown = "".join(letter if letter.isprintable() and letter not in '<>:"|?*%;' else "_" for letter in stem)
    return f"{' '.join(shown.split()).strip('. ')[:LONGEST_NAME] or 'file'}.{ending}"


def _ending(name: str) -> str:
    found = re.search(r"\.([A-Za-z0-9]{1,6})$", name.strip())
    return found.group(1).lower() if found else ""


def _require_passive(ending: str, content: bytes) -> None:
    if ending in _ACTIVE_ENDINGS:
        raise UploadActive(what=f"A file ending in .{ending}")
    if content.startswith(_PROGRAMS) and (content.startswith(b"#!") or b"\x00" in content):
        raise UploadActive(what="A program")


def _tell(ending: str, content: bytes) -> str:
    for kind, magic in _MAGIC.items():
        if content.startswith(magic):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _tell_office(content)
    return _tell_text(ending, content)


def _tell_office(content: bytes) -> str:
    """The kind of an office file, by its directory alone: nothing is unpacked."""
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        raise UploadBroken from None
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise UploadBroken
    names = {member.filename for member in members}
    if any(one.rpartition("/")[2].lower() == "vbaproject.bin" for one in names):
        raise UploadActive(what="An office file with macros")
    if "[Content_Types].xml" in names:
        if "xl/workbook.xml" in names:
            return "xlsx"
        if "word/document.xml" in names:
            return "docx"
    raise UploadUnknown


def _tell_text(ending: str, content: bytes) -> str:
    """Plain text of one of the two usual encodings; a page or a picture made of markup is none."""
    if b"\x00" in content or sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in content[:4096]) > 0:
        raise UploadUnknown
    if _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf").lstrip()) or _MARKUP.search(content[:4096]):
        raise UploadActive(what="A web page or a drawing made of markup")
    return "csv" if ending == "csv" else "txt"
