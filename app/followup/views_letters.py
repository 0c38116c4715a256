"""The letters of reminders: the one that was sent, and the one that would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from app.auth.guards import guard
from app.auth.rules import Permission
from app.documents.queries import find_document, read_content
from app.followup import queries
from app.followup.letters import draw_letter, file_name
from app.followup.mails import LETTER_OWNER
from app.followup.pages import NothingDue, blueprint, read_day
from app.followup.queries_letters import get_letter
from app.followup.services_letters import build_content
from app.invoices.pdf import PDF

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/letters/<int:letter_id>.pdf")
@guard(Permission.FOLLOWUP_VIEW)
def letter(letter_id: int) -> ResponseReturnValue:
    """The stored letter; one that waits for the worker is drawn now, to the same bytes."""
    kept = get_letter(letter_id)
    stored, name = find_document(LETTER_OWNER, letter_id, "pdf"), file_name(kept.content)
    return _sent(read_content(stored) if stored else draw_letter(kept.content), name)


@blueprint.get("/notices/<on>/customers/<int:customer_id>/letter.pdf")
@guard(Permission.FOLLOWUP_VIEW)
def letter_ahead(on: str, customer_id: int) -> ResponseReturnValue:
    """The letter a customer would get on a date, before it leaves; nothing is kept."""
    day = read_day(on)
    plan = queries.preview(day, customer_id)
    if not plan.notices:
        raise NothingDue
    content = build_content(plan.notices, day)
    return _sent(draw_letter(content), file_name(content))


def _sent(content: bytes, name: str) -> Response:
    response = Response(content, mimetype=PDF)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
