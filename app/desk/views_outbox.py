"""Pages of the outbox: every message that leaves, what became of it, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import abort, flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.desk import panels_outbox, views_mailbox, views_test_mail  # noqa: F401 - they add panels and routes
from app.desk.outbox_pages import answer_file, answer_frame, blueprint, find_object_link, may_read, require_readable
from app.desk.rules_outbox import IN_MAILBOX, KINDS, SEGMENTS, Segment, Show, name_kind, tell_attempt
from app.documents.queries import read_content
from app.kernel.errors import BadInput, NotFound, RuleError
from app.outbox import queries, queries_list, services
from app.outbox.models import Message, MessageAttempt
from app.outbox.rules_mail import build_mail, file_name
from app.outbox.rules_reply import explain_reply
from app.web.arguments import id_argument, text_argument, word_argument
from app.web.filters import request_now
from app.web.listing import Count, count_up_to, paginate, url_with

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.outbox.rules import MessageState


class AttachmentNotReady(RuleError):
    """A document of this mail is not rendered yet, so there is no mail to save. Try again in a minute."""


class AttachmentNotFound(NotFound):
    """This mail carries no such file, or it is not rendered yet."""


@blueprint.get("")
@guard(Permission.OUTBOX_VIEW)
def index() -> ResponseReturnValue:
    """Every message, newest first."""
    show, kind, text = _read_filters()
    statement = queries_list.select_messages(
        states=show.states if show else (),
        to_decide=show is Show.DECIDE,
        kind=kind,
        text=text,
        customer_id=id_argument(request.args, "customer"),
    )
    page = paginate(statement, order=[(Message.id, "desc")])
    counts = queries_list.count_states()
    return render_template(
        "outbox/index.html",
        page=page,
        lacking=queries_list.find_lacking_documents(page.rows),
        count=count_up_to(statement),
        strip=_strip(counts, show),
        to_decide=queries_list.count_to_decide(),
        show=show,
        kind=kind,
        kinds=list(KINDS.items()),
        explain=explain_reply,
        query=text,
        filters={"state": show, "kind": kind, "q": text, "customer": request.args.get("customer", "")},
        has_mailbox=has_mailbox(),
    )


def _read_filters() -> tuple[Show | None, str, str]:
    kind = text_argument(request.args, "kind", longest=40)
    if kind and kind not in KINDS:
        raise BadInput(f"kind must be one of: {', '.join(KINDS)}.", field="kind")
    return word_argument(request.args, "state", Show), kind, text_argument(request.args, "q", longest=100)


def _strip(counts: Mapping[MessageState, int], show: Show | None) -> list[dict[str, Any]]:
    most = queries_list.MOST_COUNTED
    segments = []
    for segment in SEGMENTS:
        number = sum(counts.get(state, 0) for state in segment.show.states)
        is_active = segment.show is show
        segments.append(
            {
                "label": segment.label,
                "amount": str(Count(min(number, most), is_more=number > most)),
                "more": _more(segment),
                "weight": number,
                "tone": segment.tone,
                "url": url_with(state=None if is_active else segment.show.value, after=None, before=None),
                "active": is_active,
            }
        )
    return segments


def _more(segment: Segment) -> str:
    return IN_MAILBOX if segment.show is Show.ACCEPTED and has_mailbox() else segment.more


@blueprint.get("/<int:message_id>")
@guard(Permission.OUTBOX_VIEW)
def detail(message_id: int) -> ResponseReturnValue:
    """One message: the mail as its reader sees it, its files, what happened, what can be done."""
    message = queries.get_message(message_id)
    attempts = queries.list_attempts(message_id)
    carried = queries_list.list_carried(message_id)
    readable = may_read(message.kind)
    return render_template(
        "outbox/detail.html",
        message=message,
        kind=name_kind(message.kind),
        carried=carried,
        lacking=[one for one in carried if one.document is None],
        happenings=_history(message, attempts),
        meaning=explain_reply(message.last_reply),
        related=queries_list.list_related(message),
        name_kind=name_kind,
        about=find_object_link(message),
        readable=readable,
        as_text=text_argument(request.args, "show") == "text" or message.body_html is None,
    )


def _history(message: Message, attempts: list[MessageAttempt]) -> list[dict[str, Any]]:
    """What happened, newest first, for the timeline."""
    names = name_actors(attempt.actor for attempt in attempts)
    told = [(tell_attempt(one.outcome, one.reply), one) for one in reversed(attempts)]
    events: list[dict[str, Any]] = [
        {
            "icon": happening.icon,
            "text": happening.text,
            "tone": happening.tone,
            "note": happening.note,
            "at": attempt.at,
            "actor": names.get(attempt.actor, "") if attempt.actor != services.SYSTEM else "",
        }
        for happening, attempt in told
    ]
    return [*events, {"icon": "mail", "text": "Queued", "tone": "", "at": message.queued_at, "actor": ""}]


@blueprint.get("/<int:message_id>/peek")
@guard(Permission.OUTBOX_VIEW)
def peek(message_id: int) -> ResponseReturnValue:
    """A message beside the list."""
    message = queries.get_message(message_id)
    return render_template(
        "outbox/peek.html",
        message=message,
        kind=name_kind(message.kind),
        carried=queries_list.list_carried(message_id),
        meaning=explain_reply(message.last_reply),
        about=find_object_link(message),
        readable=may_read(message.kind),
    )


@blueprint.get("/<int:message_id>/html")
@guard(Permission.OUTBOX_VIEW)
def html(message_id: int) -> ResponseReturnValue:
    """The HTML of a mail, for the frame."""
    message = queries.get_message(message_id)
    require_readable(message.kind)
    if message.body_html is None:
        abort(404)
    shown = [one for one in queries_list.list_carried(message_id) if one.attachment.content_id and one.document]
    pictures = {
        str(one.attachment.content_id): (one.document.media_type, read_content(one.document))
        for one in shown
        if one.document is not None
    }
    return answer_frame(message.body_html, pictures)


@blueprint.get("/<int:message_id>/eml")
@guard(Permission.OUTBOX_VIEW)
def eml(message_id: int) -> ResponseReturnValue:
    """The mail as it leaves, to save."""
    message = queries.get_message(message_id)
    require_readable(message.kind)
    if queries.list_missing_documents(message):
        raise AttachmentNotReady
    letter = queries.read_letter(message)
    return answer_file(build_mail(letter), name=file_name(letter), media_type="message/rfc822")


@blueprint.get("/<int:message_id>/attachments/<int:attachment_id>")
@guard(Permission.OUTBOX_VIEW)
def attachment(message_id: int, attachment_id: int) -> ResponseReturnValue:
    """One file of a mail, to save."""
    require_readable(queries.get_message(message_id).kind)
    found = (one for one in queries_list.list_carried(message_id) if one.attachment.id == attachment_id)
    document = next((one.document for one in found), None)
    if document is None:
        raise AttachmentNotFound
    return answer_file(read_content(document), name=document.name, media_type=document.media_type)


# --- decisions --------------------------------------------------------------------------------------------------------


@blueprint.post("/<int:message_id>/resend")
@guard(Permission.OUTBOX_DECIDE)
def resend(message_id: int) -> ResponseReturnValue:
    """The same content again, as a new edition; perhaps to a corrected address."""
    with unit_of_work():
        again = services.resend(
            message_id, recipient=text_argument(request.form, "recipient"), actor=get_actor(), now=request_now()
        )
        new_id, recipient, edition = again.id, again.recipient, again.edition
    flash(f"Edition {edition} is on its way to {recipient}.", "good")
    return redirect(url_for("outbox.detail", message_id=new_id))


@blueprint.post("/<int:message_id>/cancel")
@guard(Permission.OUTBOX_DECIDE)
def cancel(message_id: int) -> ResponseReturnValue:
    """A waiting message stays here."""
    with unit_of_work():
        services.cancel_message(message_id, _reason(), actor=get_actor(), now=request_now())
    flash("Cancelled. It will not leave.", "good")
    return redirect(url_for("outbox.detail", message_id=message_id))


@blueprint.post("/<int:message_id>/set-aside")
@guard(Permission.OUTBOX_DECIDE)
def set_aside(message_id: int) -> ResponseReturnValue:
    """A refused message needs nobody any more."""
    with unit_of_work():
        services.set_aside(message_id, _reason(), actor=get_actor(), now=request_now())
    flash("Set aside. Nobody is asked about it any more.", "good")
    return redirect(url_for("outbox.detail", message_id=message_id))


@blueprint.post("/<int:message_id>/arrived")
@guard(Permission.OUTBOX_DECIDE)
def arrived(message_id: int) -> ResponseReturnValue:
    """Somebody found out that it arrived."""
    with unit_of_work():
        services.resolve_uncertain(message_id, accepted=True, actor=get_actor(), now=request_now())
    flash("Marked as arrived.", "good")
    return redirect(url_for("outbox.detail", message_id=message_id))


@blueprint.post("/<int:message_id>/send-again")
@guard(Permission.OUTBOX_DECIDE)
def send_again(message_id: int) -> ResponseReturnValue:
    """It did not arrive, or nobody minds a second one."""
    with unit_of_work():
        services.resolve_uncertain(message_id, accepted=False, actor=get_actor(), now=request_now())
    flash("It is on its way again, under the same Message-ID.", "good")
    return redirect(url_for("outbox.detail", message_id=message_id))


def _reason() -> str:
    return text_argument(request.form, "reason", longest=250)


def has_mailbox() -> bool:
    return views_mailbox.find_folder() is not None
