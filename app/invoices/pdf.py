"""Draws the PDF of an issued invoice from its snapshot alone: the same snapshot gives the same bytes."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from typing import Any

from flask import current_app
from markupsafe import Markup

from app.db.base import session
from app.documents.queries import get_document, read_content
from app.documents.rendering import render_pdf
from app.documents.services import RenderedDocument
from app.invoices.paper import Paper, Writer, lay_out, runs_right_to_left, say
from app.invoices.queries import get_invoice
from app.invoices.rules_code import epc_payload
from app.kernel.errors import RuleError

PDF = "application/pdf"
CODE_SCALE = 4


class NothingToDraw(RuleError):
    """Only issued invoices of our own have a PDF."""


@dataclass(frozen=True)
class PayCode:
    """The QR code a banking app reads, as a picture, and what stands beneath it."""

    picture: str
    label: str


def render_invoice(invoice_id: int, now: datetime) -> RenderedDocument:
    """The PDF of an issued invoice. Reads first, then draws without holding the database."""
    invoice = get_invoice(invoice_id)
    snapshot = invoice.snapshot
    if snapshot is None or invoice.number is None:
        raise NothingToDraw
    logo = _read_logo(snapshot)
    session().rollback()
    return RenderedDocument(kind="pdf", name=f"{snapshot['number']}.pdf", media_type=PDF, content=draw(snapshot, logo))


def draw(snapshot: Mapping[str, Any], logo: bytes | None) -> bytes:
    """PDF/A-3b bytes."""
    paper = lay_out(snapshot)
    issued_on = datetime.fromisoformat(snapshot["issued_on"]).date()
    return render_pdf(
        build_html(snapshot, paper, logo),
        identifier=snapshot["number"],
        title=paper.title,
        language=paper.language,
        created=datetime.combine(issued_on, time(12), UTC),
    )


def build_html(snapshot: Mapping[str, Any], paper: Paper, logo: bytes | None) -> str:
    template = current_app.jinja_env.get_template("pdf/invoice.html")
    return template.render(
        paper=paper,
        css=Markup(_style(paper)),  # noqa: S704 - our own file; accent is a checked colour, the words are ours
        logo=f"data:image/png;base64,{base64.b64encode(logo).decode()}" if logo else "",
        code=_pay_code(snapshot),
        runs_right_to_left=runs_right_to_left,
    )


def _read_logo(snapshot: Mapping[str, Any]) -> bytes | None:
    logo = snapshot["appearance"]["logo"]
    return read_content(get_document(logo["id"])) if logo else None


def _style(paper: Paper) -> str:
    words = {"ACCENT": paper.accent, "PAGE_WORD": f'"{paper.texts.page} "', "OF_WORD": f'" {paper.texts.of} "'}
    style = _style_sheet()
    for place, word in words.items():
        style = style.replace(place, word)
    return style


@cache
def _style_sheet() -> str:
    loader = current_app.jinja_env
    return "".join(_source(loader, name) for name in ("pdf/fonts.css", "pdf/invoice.css"))


def _source(environment: Any, name: str) -> str:
    source: str = environment.loader.get_source(environment, name)[0]
    return source


def _pay_code(snapshot: Mapping[str, Any]) -> PayCode | None:
    """The EPC code over what falls due first, where a European account is paid in euro."""
    payload = epc_payload(snapshot)
    if payload is None:
        return None
    import segno

    written = io.BytesIO()
    segno.make(payload, error="M", boost_error=False, micro=False, encoding="utf-8").save(
        written, kind="png", scale=CODE_SCALE, border=0
    )
    writer = Writer(snapshot["language"], snapshot["currency"])
    label = say(writer.texts.scan, amount=writer.money(snapshot["instalments"][0]["amount"]))
    return PayCode(f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}", label)
