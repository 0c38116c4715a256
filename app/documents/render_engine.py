"""Makes PDF/A files from HTML inside the renderer process; nothing it reads comes from anywhere but the bundle.

Only the renderer process imports this module: the engine is large and slow to load, and a process of its own can be
stopped.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import re
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pydyf
import weasyprint
from weasyprint import CSS, DEFAULT_OPTIONS, HTML, Attachment
from weasyprint.css.counters import CounterStyle
from weasyprint.document import Document
from weasyprint.images import get_image_from_uri
from weasyprint.pdf.metadata import DocumentMetadata
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from app.documents.render_borders import draw_stripes
from app.documents.render_forms import Forms
from app.documents.render_memory import ENGINE_RELEASE, remember_between_documents
from app.documents.render_pictures import read_picture
from app.documents.render_slots import NoForm
from app.documents.render_written import add_fonts, write_objects

BASE_URL = "bundle:"
PDF_A = "pdf/a-3b"
MOST_STYLESHEETS = 32
COLLECT_EVERY = 25
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True)
class File:
    """Bytes with a name: one of the bundle, or one to attach."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    relationship: str = "Unspecified"
    description: str = ""


@dataclass(frozen=True)
class Task:
    """One document to make."""

    html: str
    identifier: str
    title: str
    language: str
    created: str
    variant: str | None
    xmp: tuple[str, ...] = ()
    attachments: tuple[File, ...] = ()
    bundle: tuple[File, ...] = ()
    by_form: bool = False


@dataclass(frozen=True)
class Made:
    """The PDF, how many pages it has, which characters no font had, and which addresses it asked for in vain."""

    content: bytes
    pages: int
    missing: str
    denied: tuple[str, ...]
    by_form: bool = False


class BundleFetcher(URLFetcher):  # type: ignore[misc]
    """Gives out `data:` addresses and named bundle files; every other address is refused before anything is opened."""

    def __init__(self, fonts: Path) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self._fonts = {f"{start}/{path.name}": path for path in fonts.iterdir() for start in _FONT_FOLDERS}
        self.files: dict[str, bytes] = {}
        self.denied: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        if url[:5].lower() == "data:":
            return URLFetcherResponse(url, *_unpacked(url))
        if url in self.files:
            return URLFetcherResponse(url, self.files[url])
        if url in self._fonts:
            return URLFetcherResponse(url, self._fonts[url].read_bytes())
        self.denied.append(url[:200])
        raise ValueError("only data: and bundle files may be shown in a document")


_FONT_FOLDERS = ("bundle:fonts", "static/fonts", "bundle:static/fonts")


@dataclass
class Engine:
    """The engine with everything it keeps warm: fonts, parsed style sheets, measured texts."""

    fonts: Path
    laid_out: int = 0
    _sheets: OrderedDict[str, tuple[Any, Any]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.fetcher = BundleFetcher(self.fonts)
        self.font_config = FontConfiguration()
        remember_between_documents()
        draw_stripes()
        self.forms = Forms(lambda page: self._lay_out(page, PDF_A).pages, self._picture)

    def make(self, task: Task) -> Made:
        """The document. The garbage collector waits meanwhile: a layout is one big growing graph."""
        self.fetcher.files = {f"bundle:{file.name}": file.content for file in task.bundle}
        self.fetcher.denied = []
        gc.disable()
        try:
            return self._make(task)
        finally:
            gc.enable()
            if self.laid_out >= COLLECT_EVERY:
                self.laid_out = 0
                gc.collect()

    def _make(self, task: Task) -> Made:
        filled = self._fill(task) if task.by_form and self._may_fill(task) else None
        document = filled or self._lay_out(task.html, task.variant)
        document.metadata = _metadata(task)
        content = document.write_pdf(finisher=_tidy, pdf_identifier=_identifier(task), **_options(task.variant))
        missing = sorted({code for font in document.fonts.values() for code in font.missing})
        denied = tuple(dict.fromkeys(self.fetcher.denied))
        return Made(content, len(document.pages), "".join(map(chr, missing)), denied, filled is not None)

    def _may_fill(self, task: Task) -> bool:
        """What reads the boxes of the engine was written for exactly one release of it."""
        return weasyprint.VERSION == ENGINE_RELEASE and task.variant == PDF_A and not task.bundle

    def _fill(self, task: Task) -> Any:
        """The document by the forms of its blocks; None where it needs the full layout."""
        try:
            sheet, fonts = self.forms.fill(task.html)
        except NoForm:
            return None
        except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
            return None  # the full layout is the judge of what we did not expect
        document = Document([sheet], None, self.fetcher, self.font_config, {}, "srgb")
        document.embedded_fonts = fonts
        return document

    def _lay_out(self, page: str, variant: str | None) -> Any:
        self.laid_out += 1
        html, sheet, counters = self._split(page)
        return HTML(string=html, base_url=BASE_URL, url_fetcher=self.fetcher).render(
            font_config=self.font_config, counter_style=counters, stylesheets=[sheet], **_options(variant)
        )

    def _picture(self, address: str) -> Any:
        return read_picture(address, lambda url: get_image_from_uri({}, self.fetcher, DEFAULT_OPTIONS, url))

    def _split(self, html: str) -> tuple[str, Any, Any]:
        """The document without its style sheet, and that sheet parsed, once per text."""
        text = "\n".join(_STYLE.findall(html))
        if text not in self._sheets:
            counters = CounterStyle()
            sheet = CSS(
                string=text, base_url=BASE_URL, url_fetcher=self.fetcher, font_config=self.font_config,
                counter_style=counters,
            )  # fmt: skip
            self._sheets[text] = sheet, counters
            if len(self._sheets) > MOST_STYLESHEETS:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(text)
        return _STYLE.sub("", html), *self._sheets[text]


def _unpacked(url: str) -> tuple[bytes, dict[str, str]]:
    """The bytes and headers of a data: address (RFC 2397), without the standard library's address opener."""
    head, _, data = url[5:].partition(",")
    media_type, is_base64 = (head.removesuffix(";base64"), True) if head.endswith(";base64") else (head, False)
    content = unquote_to_bytes(data)
    headers = {"Content-Type": media_type or "text/plain;charset=US-ASCII"}
    return (base64.b64decode(content) if is_base64 else content), headers


class Metadata(DocumentMetadata):  # type: ignore[misc]
    """The engine's metadata with our own descriptions in its one rdf:RDF."""

    extra: tuple[str, ...] = ()

    def generate_rdf_metadata(self, variant: str, version: Any, conformance: Any) -> bytes:
        rdf: bytes = super().generate_rdf_metadata(variant, version, conformance)
        body, end, _ = rdf.rpartition(b"</rdf:RDF>")
        return body + "".join(self.extra).encode() + end


def _metadata(task: Task) -> Metadata:
    files = [_attachment(file, _instant(task)) for file in task.attachments]
    moment = _instant(task).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = Metadata(
        title=task.title, lang=task.language, created=moment, modified=moment, attachments=files, generator="Tillpaid"
    )
    metadata.extra = task.xmp
    return metadata


def _attachment(file: File, moment: datetime) -> Attachment:
    attachment = Attachment(
        string=file.content, name=file.name, description=file.description, relationship=file.relationship,
        created=moment, modified=moment,
    )  # fmt: skip
    # Else the engine asks this system's tables for the media type
    attachment.source = nullcontext((BytesIO(file.content), None, None, file.media_type))
    return attachment


def _options(variant: str | None) -> dict[str, Any]:
    return {"pdf_variant": variant} if variant else {}


def _identifier(task: Task) -> bytes:
    return hashlib.sha256(task.identifier.encode()).digest()[:16]


def _instant(task: Task) -> datetime:
    return datetime.fromisoformat(task.created).astimezone(UTC).replace(tzinfo=None)


def _tidy(document: Any, pdf: pydyf.PDF) -> None:
    """What validators of PDF/A mind: attachments listed twice, empty dictionaries, pictures to be smoothed."""
    add_fonts(pdf, getattr(document, "embedded_fonts", ()))
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    for found in pdf.objects:
        if isinstance(found, dict):
            _drop_empty(found)
        elif isinstance(found, pydyf.Stream):
            _drop_empty(found.extra)
            found.extra.pop("Interpolate", None)
    write_objects(pdf)


def _drop_empty(found: dict[str, Any]) -> None:
    for name in ("Pattern", "Shading", "ExtGState", "XObject"):
        if isinstance(found.get(name), dict) and not found[name]:
            del found[name]
