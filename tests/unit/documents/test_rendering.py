"""The renderer: PDF/A that validates, bytes that repeat, limits that hold, and a process that comes back."""

import base64
import io
import os
import signal
import subprocess
import sys
import threading
import time

import pikepdf
import pypdfium2
import pytest
from pikepdf.pdfa import validate_written
from PIL import Image

from app.documents.rendering import (
    ROOT,
    Limits,
    PdfAttachment,
    Renderer,
    RenderingFailed,
    RenderingTooLarge,
    RenderingTooLong,
)

from .conftest import NOW, invoice, page

XML = PdfAttachment(
    "factur-x.xml", b"<?xml version='1.0'?><invoice/>", "text/xml", "Alternative", "the invoice as data"
)


def png() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "navy").save(picture, "PNG")
    return picture.getvalue()


def validate(tmp_path, content):
    file = tmp_path / "document.pdf"
    file.write_bytes(content)
    return validate_written(file, "3b").findings


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    return "\n".join(document[number].get_textpage().get_text_bounded() for number in range(len(document)))


def test_an_invoice_is_valid_pdf_a_and_says_what_its_html_says(render, tmp_path):
    made = render(invoice(), attachments=[XML])
    assert validate(tmp_path, made.content) == []
    assert made.pages == 1
    assert "INV-2026-00001" in text_of(made.content)
    assert "Παπαδοπούλου" in text_of(made.content)
    assert (made.missing, made.denied) == ("", ())


def test_pictures_and_drawings_stay_valid(render, tmp_path):
    svg = "<svg viewBox='0 0 9 9'><rect width='9' height='9' fill='red' opacity='0.5'/></svg>"
    body = f'<img src="data:image/png;base64,{base64.b64encode(png()).decode()}">{svg}'
    content = render(page(body)).content
    assert validate(tmp_path, content) == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert any("/BitsPerComponent" in each for each in pdf.objects if isinstance(each, pikepdf.Stream))


def test_a_bundle_file_is_shown_and_an_unknown_one_is_not(render):
    html = page('<img src="bundle:logo"><img src="bundle:other">')
    assert render(html, bundle={"logo": png()}).denied == ("bundle:other",)
    assert render(html).denied == ("bundle:logo", "bundle:other")


def test_equal_arguments_give_equal_bytes_in_any_process(render):
    first = render(invoice(), attachments=[XML]).content
    second = render(invoice(), attachments=[XML]).content
    pool = Renderer(1)
    try:
        other = pool.render(
            invoice(), identifier="INV-2026-00001", title="Invoice", language="en", created=NOW, attachments=[XML]
        ).content
    finally:
        pool.close()
    assert first == second == other
    assert render(invoice(), identifier="another").content != render(invoice()).content


def test_attachments_are_listed_once_with_their_type_and_relationship(render, tmp_path):
    (tmp_path / "x.pdf").write_bytes(
        render(invoice(), attachments=[XML, PdfAttachment("b.bin", b"1", "text/csv")]).content
    )
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        listed = {str(spec.UF): spec for spec in pdf.Root.AF}
        assert len(pdf.Root.AF) == 2
        assert listed["factur-x.xml"].AFRelationship == "/Alternative"
        assert listed["factur-x.xml"].EF.F.read_bytes() == XML.content
        assert listed["factur-x.xml"].EF.F.Subtype == "/text/xml"
        assert listed["b.bin"].EF.F.Subtype == "/text/csv"


def test_the_metadata_stand_in_one_description_with_fixed_dates(render, tmp_path):
    extra = '<rdf:Description rdf:about="" xmlns:fx="urn:x"><fx:Version>1.0</fx:Version></rdf:Description>'
    (tmp_path / "x.pdf").write_bytes(render(invoice(), title="Rechnung 1 & 2", language="de", xmp=[extra]).content)
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        metadata = pdf.Root.Metadata.read_bytes().decode()
        assert metadata.count("<rdf:RDF") == 1
        assert "Rechnung 1 &amp; 2" in metadata
        assert "<fx:Version>1.0</fx:Version>" in metadata
        assert metadata.count("2026-11-22T09:00:00Z") == 2
        assert str(pdf.Root.Lang) == "de"


def test_no_dictionary_of_patterns_or_shadings_is_empty(render, tmp_path):
    (tmp_path / "x.pdf").write_bytes(render(invoice()).content)
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        resources = pdf.pages[0].Resources
        assert "/Pattern" not in resources
        assert "/Shading" not in resources


def test_a_character_no_font_has_is_reported(render, tmp_path):
    made = render(page("<p>Private \ue123 and \U000f1234, twice \ue123</p>"))
    assert made.missing == "\ue123\U000f1234"


def test_short_cuts_of_the_engine_change_no_byte():
    program = """
import sys
from pathlib import Path
from app.documents import render_engine
from tests.unit.documents.conftest import invoice, page
if sys.argv[1] == "plain":
    render_engine.remember_between_documents = lambda: None
engine = render_engine.Engine(Path("static/fonts"))
odd = page(
    "<div style='width:30mm;hyphens:auto;text-indent:calc(1mm + 2%);letter-spacing:1pt'>" + "silbentrennung " * 40
    + "<i>a</i><pre>x\\ty</pre><p style='direction:rtl;margin-inline-start:3mm;text-decoration:underline'>abc</p></div>"
    + "<ul><li>one<li>two</ul><table><tr><td>1<td>two words<tr><td colspan=2>x</table>"
)
for html in [invoice(1), invoice(2), odd, invoice(3, 90), odd, invoice(1, 5)]:
    made = engine.make(render_engine.Task(html, "x", "t", "en", "2026-11-22T09:00:00+00:00", "pdf/a-3b"))
    print(made.pages, __import__("hashlib").sha256(made.content).hexdigest())
"""
    outputs = {
        how: subprocess.run(
            [sys.executable, "-c", program, how], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
        ).stdout
        for how in ("plain", "quick")
    }
    assert len(outputs["plain"].splitlines()) == 6
    assert outputs["plain"] == outputs["quick"]


def test_a_document_that_takes_too_long_is_stopped_and_the_next_one_works():
    pool = Renderer(1, Limits(seconds=1.5))
    facts = {"identifier": "x", "title": "x", "language": "en", "created": NOW}
    try:
        pool.warm_up()
        with pytest.raises(RenderingTooLong, match=r"1\.5 seconds"):
            pool.render(page("<table>" + "<tr><td>x<td>y<td>z" * 20_000 + "</table>"), **facts)
        assert pool.render(page("short"), **facts).pages == 1
    finally:
        pool.close()


def test_a_document_that_takes_too_much_memory_is_stopped_and_the_next_one_works():
    pool = Renderer(1, Limits(megabytes=40))
    facts = {"identifier": "x", "title": "x", "language": "en", "created": NOW}
    try:
        with pytest.raises(RenderingTooLarge):
            pool.render(page("<table>" + "<tr><td>x<td>y<td>z" * 20_000 + "</table>"), **facts)
        assert pool.render(page("short"), **facts).pages == 1
    finally:
        pool.close()


def test_a_renderer_that_is_killed_fails_one_document_only(render, renderer):
    render(page("before"))
    child = renderer._places.queue[0]
    killer = threading.Timer(0.2, lambda: os.kill(child._process.pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(RenderingFailed):
        render(page("<table>" + "<tr><td>x<td>y<td>z" * 20_000 + "</table>"))
    assert render(page("after")).pages == 1


def test_a_renderer_is_replaced_after_its_documents_and_keeps_none_behind():
    pool = Renderer(1, Limits(documents=2))
    facts = {"identifier": "x", "title": "x", "language": "en", "created": NOW}
    seen = []
    try:
        for _ in range(4):
            pool.render(page("x"), **facts)
            seen.append(pool._places.queue[0]._process)
    finally:
        pool.close()
    assert [one.pid for one in seen] == [seen[0].pid] * 2 + [seen[2].pid] * 2
    assert seen[0].pid != seen[2].pid
    assert all(one.poll() is not None for one in seen)


def test_a_page_that_html_cannot_express_is_an_error_not_a_crash(render):
    made = render("\x00<<<>>>&&& <!-- <style>@page{")
    assert made.pages == 1


def test_threads_share_the_pool(renderer, render):
    made = []
    threads = [threading.Thread(target=lambda: made.append(render(page("x")).pages)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert made == [1, 1, 1, 1]


def test_the_renderer_gets_no_secret_of_ours(monkeypatch):
    from app.documents.children import environment_of

    monkeypatch.setenv("SECRET_KEY", "very secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:pw@host/db")
    monkeypatch.setenv("https_proxy", "http://proxy")
    assert {"SECRET_KEY", "DATABASE_URL", "https_proxy"}.isdisjoint(environment_of("/tmp/x"))  # noqa: S108


def test_a_closed_pool_leaves_no_folder_behind():
    pool = Renderer(1)
    pool.warm_up()
    folder = pool._places.queue[0]._folder
    assert os.path.isdir(folder)
    pool.close()
    assert not os.path.exists(folder)


def test_the_second_document_is_quick(render):
    render(invoice())
    started = time.perf_counter()
    render(invoice(2))
    assert time.perf_counter() - started < 3


def test_a_renderer_whose_owner_was_killed_ends_and_takes_its_folder_along():
    program = """
import os, signal
from app.documents.rendering import Renderer
pool = Renderer(1)
pool.warm_up()
child = pool._places.queue[0]
os.write(1, f"{child.pid} {child._folder}".encode())
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    process, folder = done.stdout.split()
    patience = time.monotonic() + 30
    while (os.path.exists(f"/proc/{process}") or os.path.exists(folder)) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{process}")
    assert not os.path.exists(folder)
