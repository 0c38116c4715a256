"""The page that sends a test mail here and now and tells what the mail server answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, render_template, request
from flask_login import current_user

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.desk.forms_outbox import TestMailForm
from app.desk.outbox_pages import blueprint
from app.kernel import clock
from app.kernel.errors import BadInput
from app.outbox.choice import choose_transport
from app.outbox.delivery import deliver_at_once
from app.outbox.rules_reply import explain_reply, read_dialogue
from app.outbox.services import NewMessage
from app.outbox.smtp import Patience, SmtpTransport
from app.outbox.transports import Outcome

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

# Somebody waits for the page, and a web server ends a page that takes a minute
HASTE = Patience(command=6, data=15, final_dot=20)
SUBJECT = "Test mail of Tillpaid"
TEXT = "Mail from Tillpaid reaches you.\n\nThis is a test that {name} sent. Nothing needs to be done.\n"


@blueprint.route("/test", methods=["GET", "POST"])
@guard(Permission.OUTBOX_DECIDE)
def test() -> ResponseReturnValue:
    """Without an address the test goes to whoever asks for it."""
    form = TestMailForm(address=request.form.get("address", "").strip() or current_user.email)
    if form.is_submitted() and "address" not in request.form:
        form.address.data = current_user.email
    if form.is_submitted() and form.validate():
        try:
            return _send(form)
        except BadInput as refusal:
            form.refuse(refusal)
    return _page(form), 422 if form.errors else 200


def _send(form: TestMailForm) -> ResponseReturnValue:
    settings = current_app.extensions["tillpaid_settings"]
    transport = choose_transport(settings.smtp_url, settings.instance_dir, patience=HASTE)
    message_id, answer = deliver_at_once(
        _message(str(form.address.data)), transport, owner="web:test", actor=get_actor(), now=clock.now
    )
    return _page(
        form,
        message_id=message_id,
        answer=answer,
        meaning=explain_reply(answer.reply),
        is_good=answer.outcome is Outcome.ACCEPTED,
        steps=read_dialogue(transport.dialogue) if isinstance(transport, SmtpTransport) else [],
    )


def _message(address: str) -> NewMessage:
    return NewMessage(
        kind="test",
        object_kind="user",
        object_id=current_user.id,
        period=clock.now().isoformat(timespec="microseconds"),
        recipient=address,
        subject=SUBJECT,
        body_text=TEXT.format(name=current_user.display_name),
    )


def _page(form: TestMailForm, **result: object) -> str:
    settings = current_app.extensions["tillpaid_settings"]
    nothing: dict[str, object] = {"message_id": 0, "answer": None, "meaning": "", "is_good": False, "steps": []}
    server = choose_transport(settings.smtp_url, settings.instance_dir) if settings.smtp_url else None
    address = server.address if isinstance(server, SmtpTransport) else None
    return render_template("outbox/test.html", form=form, server=address, **(nothing | result))
