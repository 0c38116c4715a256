"""Draws a reminder's letter from its frozen content alone: the same content gives the same bytes."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from flask import current_app
from markupsafe import Markup

from app.documents.rendering import render_pdf
from app.documents.services import RenderedDocument
from app.followup.paper import LetterPaper, lay_out
from app.followup.queries_letters import get_letter
from app.followup.rules_letter import claim_of
from app.invoices.paper import runs_right_to_left
from app.invoices.paper_swiss import lay_out_bill
from app.invoices.pdf import PDF, draw_pay_code, picture_address, read_logo, style_of


def render_letter(letter_id: int, _now: datetime) -> RenderedDocument:
    """The letter as a file to be stored."""
    letter = get_letter(letter_id)
    content, name = letter.content, file_name(letter.content)
    return RenderedDocument(kind="pdf", name=name, media_type=PDF, content=draw_letter(content))


def draw_letter(content: Mapping[str, Any]) -> bytes:
    """PDF/A-3b bytes."""
    paper, logo = lay_out(content), read_logo(content)
    on = datetime.fromisoformat(content["on"]).date()
    return render_pdf(
        _build_html(content, paper, logo),
        identifier=f"reminder-{content['buyer']['number']}-{content['on']}",
        title=paper.title,
        language=paper.head.language,
        created=datetime.combine(on, time(12), UTC),
    )


def file_name(content: Mapping[str, Any]) -> str:
    """Such as ``reminder-C-00012-2026-11-22.pdf``, in plain letters whatever the customer's number has."""
    number = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in content["buyer"]["number"])
    return f"reminder-{number}-{content['on']}.pdf"


def _build_html(content: Mapping[str, Any], paper: LetterPaper, logo: bytes | None) -> str:
    claim = claim_of(content)
    bill = lay_out_bill(claim)
    return current_app.jinja_env.get_template("pdf/letter.html").render(
        paper=paper,
        # our own file, a checked colour, our words
        css=Markup(style_of(paper.head, with_bill=bill is not None)),  # noqa: S704
        logo=picture_address(logo) if logo else "",
        code=None if bill else draw_pay_code(claim),
        bill=bill,
        picture_address=picture_address,
        runs_right_to_left=runs_right_to_left,
    )
