"""Queues messages once per key, and takes down what people decide about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from app.audit.services import record
from app.db.base import session
from app.db.statements import insert_once
from app.kernel.errors import BadInput, RuleError
from app.outbox import queries
from app.outbox.models import Message, MessageAttachment, MessageAttempt
from app.outbox.rules import LIFE, PRIVATE_KINDS, MessageState
from app.outbox.rules_address import clean_header, domain_of, parse_address
from app.outbox.sender import current_sender

SYSTEM = "system:outbox"


class SubjectMissing(BadInput):
    """A message needs a subject."""


class OtherAddressRefused(RuleError):
    """This mail lets its reader in, so it goes to {recipient} and to nobody else."""


@dataclass(frozen=True)
class AttachmentRef:
    """A stored document, or one that was requested; with a content id it is a picture inside the HTML body."""

    owner_kind: str
    owner_id: int
    document_kind: str
    content_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to queue. Kind, object, level, period, edition and recipient are its key."""

    kind: str
    object_kind: str
    object_id: int
    level: int = 0
    period: str = ""
    edition: int = 1
    recipient: str
    recipient_name: str = ""
    subject: str
    body_text: str
    body_html: str | None = None
    language: str = "en"
    attachments: Sequence[AttachmentRef] = field(default=())
    resend_when_uncertain: bool = False
    customer_id: int | None = None
    invoice_id: int | None = None
    order_id: int | None = None
    deal_id: int | None = None


def enqueue(new: NewMessage, *, now: datetime, actor: str = SYSTEM) -> Message:
    """Queues a message in the caller's unit of work; the same key again returns the message that is there.

    Raises BadAddress and SubjectMissing.
    """
    recipient = parse_address(new.recipient)
    key = _key(new, recipient)
    if insert_once(Message, key | _facts(new, now)) == 0:
        return _find(key)
    message = _find(key)
    for one in new.attachments:
        session().add(
            MessageAttachment(
                message_id=message.id,
                owner_kind=one.owner_kind,
                owner_id=one.owner_id,
                document_kind=one.document_kind,
                content_id=one.content_id,
            )
        )
    session().flush()
    note(message, "queued", actor=actor, now=now)
    return message


def resend(message_id: int, *, actor: str, now: datetime, recipient: str = "") -> Message:
    """A new message with the same content: the next edition. The earlier one stays as it is.

    `recipient` corrects the address. Raises BadAddress, OtherAddressRefused.
    """
    old = queries.get_message(message_id)
    address = parse_address(recipient or old.recipient)
    if address != old.recipient and old.kind in PRIVATE_KINDS:
        raise OtherAddressRefused(recipient=old.recipient)
    attachments = [
        AttachmentRef(one.owner_kind, one.owner_id, one.document_kind, one.content_id) for one in old.attachments
    ]
    again = NewMessage(
        kind=old.kind, object_kind=old.object_kind, object_id=old.object_id, level=old.level, period=old.period,
        edition=queries.last_edition(old, address) + 1, recipient=address, recipient_name=old.recipient_name,
        subject=old.subject, body_text=old.body_text, body_html=old.body_html, language=old.language,
        attachments=attachments, resend_when_uncertain=old.resend_when_uncertain, customer_id=old.customer_id,
        invoice_id=old.invoice_id, order_id=old.order_id, deal_id=old.deal_id,
    )  # fmt: skip
    return enqueue(again, actor=actor, now=now)


def resolve_uncertain(message_id: int, *, accepted: bool, actor: str, now: datetime) -> Message:
    """A person found out: it arrived, or it did not and is sent again under the same Message-ID."""
    message = lock_message(message_id)
    move = "mark_as_arrived" if accepted else "send_again"
    message.state = LIFE.move(move, message.state)
    _drop_lease(message)
    if accepted:
        message.accepted_at = now
    else:
        message.attempts, message.next_attempt_at, message.patience_from = 0, now, now
    _decide(message, "arrived" if accepted else "sent again", "", actor=actor, now=now)
    return message


def cancel_message(message_id: int, reason: str, *, actor: str, now: datetime) -> Message:
    """Keeps a waiting message from leaving. Raises MoveRefused when it is under way or gone, ReasonMissing."""
    message = lock_message(message_id)
    reason = clean_header(reason)
    message.state = LIFE.move("cancel", message.state, reason=reason)
    _drop_lease(message)
    _decide(message, "cancelled", reason, actor=actor, now=now)
    return message


def set_aside(message_id: int, reason: str, *, actor: str, now: datetime) -> Message:
    """Ends a refused message: somebody saw it and nothing more is sent. Raises MoveRefused, ReasonMissing."""
    message = lock_message(message_id)
    reason = clean_header(reason)
    message.state = LIFE.move("set_aside", message.state, reason=reason)
    _decide(message, "set aside", reason, actor=actor, now=now)
    return message


def lock_message(message_id: int) -> Message:
    """The message, read again under lock."""
    message = session().get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise queries.MessageNotFound
    return message


def note(message: Message, word: str, *, actor: str, now: datetime, **detail: object) -> None:
    """One audit entry about a message, on every timeline it belongs to."""
    record(
        f"message.{word}", actor=actor, now=now, object_kind="message", object_id=message.id,
        deal_id=message.deal_id, order_id=message.order_id, customer_id=message.customer_id,
        invoice_id=message.invoice_id, kind=message.kind, recipient=message.recipient, subject=message.subject,
        edition=message.edition, **detail,
    )  # fmt: skip


def add_attempt(message_id: int, outcome: str, reply: str, *, actor: str, now: datetime) -> None:
    """One line in the message's own history."""
    session().add(MessageAttempt(message_id=message_id, at=now, outcome=outcome, reply=reply, actor=actor))


def _decide(message: Message, outcome: str, reply: str, *, actor: str, now: datetime) -> None:
    add_attempt(message.id, outcome, reply, actor=actor, now=now)
    note(message, outcome.replace(" ", "_"), actor=actor, now=now, **({"reason": reply} if reply else {}))


def _drop_lease(message: Message) -> None:
    """Also raises the fence, so that a worker still holding the message is refused."""
    message.lease_until, message.lease_owner = None, None
    message.fence += 1


def _key(new: NewMessage, recipient: str) -> dict[str, object]:
    return {
        "kind": new.kind,
        "object_kind": new.object_kind,
        "object_id": new.object_id,
        "level": new.level,
        "period": new.period,
        "edition": new.edition,
        "recipient": recipient,
    }


def _facts(new: NewMessage, now: datetime) -> dict[str, object]:
    subject = clean_header(new.subject)
    if not subject:
        raise SubjectMissing(field="subject")
    sender = current_sender()
    address = parse_address(sender.address, field="sender")
    return {
        "recipient_name": clean_header(new.recipient_name, longest=100),
        "sender": address,
        "sender_name": clean_header(sender.name, longest=100),
        "subject": subject,
        "body_text": new.body_text,
        "body_html": new.body_html,
        "language": new.language,
        "message_id": f"<{uuid4().hex}@{domain_of(address)}>",
        "resend_when_uncertain": new.resend_when_uncertain,
        "customer_id": new.customer_id,
        "invoice_id": new.invoice_id,
        "order_id": new.order_id,
        "deal_id": new.deal_id,
        "state": MessageState.QUEUED,
        "attempts": 0,
        "fence": 0,
        "queued_at": now,
        "patience_from": now,
        "next_attempt_at": now,
    }


def _find(key: dict[str, object]) -> Message:
    return session().query(Message).filter_by(**key).one()
