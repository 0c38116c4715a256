"""Knows what all pages of the outbox share: their blueprint, who may read what, and how mails and files go out."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, current_app, send_file, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug import Response

from app.auth.guards import may_current
from app.auth.rules import Permission
from app.kernel.errors import Forbidden
from app.outbox.models import Message
from app.outbox.queries_list import count_to_decide
from app.outbox.rules import PRIVATE_KINDS
from app.outbox.rules_mailbox import show_pictures
from app.web.navigation import register_count

blueprint = Blueprint("outbox", __name__)

# A mail is foreign text: nothing in it runs, loads, submits, or leads anywhere
FRAME_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
FILE_POLICY = "sandbox; default-src 'none'"

# object of a message -> its page, the name of the id there, what the link says
OBJECTS = {
    "invoice": ("invoices.detail", "invoice_id", "Open the invoice"),
    "customer": ("customers.detail", "customer_id", "Open the customer"),
    "user": ("auth.person", "user_id", "Open the person"),
}


class PrivateMail(Forbidden):
    """This mail lets its reader in, so only its recipient and administrators read it."""


@blueprint.record_once
def _count_beside_the_entry(state: BlueprintSetupState) -> None:
    register_count(state.app, "outbox.index", count_to_decide, hot=True)


def may_read(kind: str | None) -> bool:
    """Whether the current user may read the text of a mail of this kind; None is a mail that nobody knows."""
    is_open = kind is not None and kind not in PRIVATE_KINDS
    return is_open or may_current(Permission.USERS_MANAGE)


def require_readable(kind: str | None) -> None:
    """Raises PrivateMail."""
    if not may_read(kind):
        raise PrivateMail


def find_object_link(message: Message) -> tuple[str, str] | None:
    """Address and words of the page of what a message is about; None where there is none, or it is not for us."""
    if message.object_kind == "mis_report":
        return url_for("reports.daily", on=message.period), "Open the report"
    endpoint, argument, words = OBJECTS.get(message.object_kind, ("", "", ""))
    if endpoint not in current_app.view_functions:
        return None
    if message.object_kind == "user" and not may_current(Permission.USERS_MANAGE):
        return None
    return url_for(endpoint, **{argument: message.object_id}), words  # type: ignore[arg-type]


def answer_frame(html: str, pictures: dict[str, tuple[str, bytes]]) -> Response:
    """The HTML of a mail for the frame it is shown in."""
    answer = Response(show_pictures(html, pictures), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = FRAME_POLICY
    return answer


def answer_file(content: bytes, *, name: str, media_type: str) -> Response:
    """A file to be saved, never shown in our own origin."""
    answer = send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name, conditional=False)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    return answer
