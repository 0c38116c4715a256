"""Pages of the local mailbox: mails of a house without a mail server, read as a mail program shows them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app, render_template, request

from app.auth.guards import guard
from app.auth.rules import Permission
from app.desk.outbox_pages import answer_file, answer_frame, blueprint, may_read, require_readable
from app.kernel.errors import NotFound
from app.outbox.choice import mailbox_folder
from app.outbox.mailbox import list_mails, read_bytes, read_kept
from app.outbox.queries_list import find_by_message_ids
from app.outbox.rules_mailbox import File, Mail, UnreadableMail
from app.web.arguments import text_argument

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class NoMailbox(NotFound):
    """There is no local mailbox here: mails leave through the mail server. See the outbox."""


class FileNotInMail(NotFound):
    """This mail has no such file."""


@blueprint.get("/mailbox")
@guard(Permission.OUTBOX_VIEW)
def mailbox() -> ResponseReturnValue:
    """The mails, and the newest of this page beside them."""
    return _show("")


@blueprint.get("/mailbox/<name>")
@guard(Permission.OUTBOX_VIEW)
def mail(name: str) -> ResponseReturnValue:
    """One mail beside the list."""
    return _show(name)


def _show(name: str) -> ResponseReturnValue:
    folder = _folder()
    after, before = (text_argument(request.args, word, longest=60) for word in ("after", "before"))
    page = list_mails(folder, after=after, before=before)
    chosen = name or (page.mails[0].name if page.mails else "")
    opened, is_broken = _open(folder, chosen)
    known = find_by_message_ids(
        [kept.envelope.message_id for kept in page.mails] + ([opened.envelope.message_id] if opened else [])
    )
    message_id, kind = known.get(opened.envelope.message_id, (0, None)) if opened else (0, None)
    return render_template(
        "outbox/mailbox.html",
        page=page,
        place={"after": after, "before": before},
        chosen=chosen,
        is_chosen=bool(name),
        mail=opened,
        is_broken=is_broken,
        message_id=message_id,
        readable=may_read(kind),
        as_text=text_argument(request.args, "show") == "text" or (opened is not None and opened.html is None),
    )


def _open(folder: Path, name: str) -> tuple[Mail | None, bool]:
    """The mail, and whether it is there but cannot be read."""
    if not name:
        return None, False
    try:
        return read_kept(folder, name), False
    except UnreadableMail:
        return None, True


@blueprint.get("/mailbox/<name>/html")
@guard(Permission.OUTBOX_VIEW)
def mail_html(name: str) -> ResponseReturnValue:
    """The HTML of a mail, for the frame."""
    found = _readable(name)
    if found.html is None:
        raise FileNotInMail
    return answer_frame(found.html, found.pictures)


@blueprint.get("/mailbox/<name>/files/<int:place>")
@guard(Permission.OUTBOX_VIEW)
def mail_file(name: str, place: int) -> ResponseReturnValue:
    """One file of a mail, to save."""
    wanted: File | None = next((one for one in _readable(name).files if one.place == place), None)
    if wanted is None:
        raise FileNotInMail
    return answer_file(wanted.content, name=wanted.name, media_type=wanted.media_type)


@blueprint.get("/mailbox/<name>/eml")
@guard(Permission.OUTBOX_VIEW)
def mail_eml(name: str) -> ResponseReturnValue:
    """The mail's own file, to save; even one that cannot be read."""
    try:
        _readable(name)
    except UnreadableMail:
        require_readable(None)
    return answer_file(read_bytes(_folder(), name), name=name, media_type="message/rfc822")


def _readable(name: str) -> Mail:
    """The mail, when the current user may read it. Raises MailNotFound, UnreadableMail, PrivateMail."""
    found = read_kept(_folder(), name)
    _, kind = find_by_message_ids([found.envelope.message_id]).get(found.envelope.message_id, (0, None))
    require_readable(kind)
    return found


def find_folder() -> Path | None:
    """Where the local mailbox is; None when a mail server is set."""
    settings = current_app.extensions["tillpaid_settings"]
    return None if settings.smtp_url else mailbox_folder(settings.instance_dir)


def _folder() -> Path:
    folder = find_folder()
    if folder is None:
        raise NoMailbox
    return folder
