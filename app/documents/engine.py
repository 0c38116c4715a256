"""Knows how HTML becomes a PDF/A; runs only inside a rendering process, behind a fetcher that knows our fonts alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pydyf
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = "bundle://tillpaid/"
FONT_FOLDER = "static/fonts/"
FONT_NAMES = frozenset(path.name for path in (ROOT / FONT_FOLDER).iterdir() if path.suffix in {".ttf", ".woff2"})
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
MOST_STYLES = 50


@dataclass(frozen=True)
class Enclosure:
    """A file inside the PDF."""

    name: str
    content: bytes
    relationship: str = "Data"


@dataclass(frozen=True)
class Job:
    """What to draw. `created` is an ISO instant; with the identifier it makes the bytes repeatable."""

    html: str
    identifier: str
    title: str
    language: str
    variant: str
    created: str
    enclosures: Sequence[Enclosure] = ()


class UnwantedAddress(ValueError):
    """The page asked for something that is not in the bundle."""


class BundleFetcher(URLFetcher):  # type: ignore[misc]
    """Gives out data: addresses and the bundled fonts; everything else is refused, wherever it points."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        if url.startswith("data:"):
            return super().fetch(url, headers)
        name = unquote(url.removeprefix(BUNDLE + FONT_FOLDER)) if url.startswith(BUNDLE + FONT_FOLDER) else ""
        if name not in FONT_NAMES:
            raise UnwantedAddress(f"not in the bundle: {url[:200]}")
        return URLFetcherResponse(url, (ROOT / FONT_FOLDER / name).read_bytes(), {"Content-Type": "font/ttf"})


@cache
def _fetcher() -> BundleFetcher:
    return BundleFetcher(allowed_protocols=("data",), allow_redirects=False)


@cache
def _fonts() -> FontConfiguration:
    """One for the life of the process: a font is loaded once, however many pages name it."""
    return FontConfiguration()


_styles: dict[str, CSS] = {}


def _style(text: str) -> CSS:
    """The parsed stylesheet; the same text is parsed once."""
    key = hashlib.sha256(text.encode()).hexdigest()
    if key not in _styles:
        if len(_styles) >= MOST_STYLES:
            _styles.clear()
        _styles[key] = CSS(string=text, font_config=_fonts(), url_fetcher=_fetcher(), base_url=BUNDLE)
    return _styles[key]


def draw(job: Job) -> bytes:
    """The PDF's bytes: the same job gives the same bytes on the same system."""
    sheets = [_style(found) for found in STYLE.findall(job.html)]
    page = HTML(string=STYLE.sub("", job.html), base_url=BUNDLE, url_fetcher=_fetcher())
    document = page.render(font_config=_fonts(), stylesheets=sheets)
    facts = document.metadata
    facts.title, facts.lang = job.title, job.language
    facts.created = facts.modified = job.created
    facts.attachments = [
        Attachment(string=one.content, name=one.name, relationship=one.relationship) for one in job.enclosures
    ]
    identifier = hashlib.md5(job.identifier.encode(), usedforsecurity=False).digest()
    content: bytes = document.write_pdf(pdf_identifier=identifier, pdf_variant=job.variant, finisher=_tidy)
    return content


def _tidy(_document: Any, pdf: pydyf.PDF) -> None:
    """Takes out what PDF/A checkers stumble over: empty pattern and shading tables, files listed twice."""
    for found in pdf.objects:
        if isinstance(found, pydyf.Dictionary):
            for name in ("Pattern", "Shading"):
                if name in found and not found[name]:
                    del found[name]
    if files := pdf.catalog.get("AF"):
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(files))
