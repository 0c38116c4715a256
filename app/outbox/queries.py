"""Finds messages: what waits, what a person must decide, and the mail as it leaves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.db.base import session
from app.documents.models import Document
from app.documents.queries import find_document, read_content
from app.kernel.errors import NotFound
from app.outbox.models import Message, MessageAttachment, MessageAttempt
from app.outbox.rules import UNDER_WAY, WAITING, MessageState
from app.outbox.rules_mail import Letter, Part


class MessageNotFound(NotFound):
    """There is no such message."""


def get_message(message_id: int) -> Message:
    found = session().get(Message, message_id)
    if found is None:
        raise MessageNotFound
    return found


def count_messages() -> dict[MessageState, int]:
    """How many messages are in which state; states without one are missing."""
    counted = select(Message.state, func.count()).group_by(Message.state)
    return {row[0]: row[1] for row in session().execute(counted)}


def count_due(now: datetime) -> int:
    """Messages that could leave now: due, and their documents are stored."""
    return session().scalar(select(func.count()).select_from(Message).where(is_due(now))) or 0


def oldest_waiting() -> datetime | None:
    """Since when the longest waiting message waits."""
    return session().scalar(select(func.min(Message.queued_at)).where(Message.state.in_(WAITING | UNDER_WAY)))


def list_uncertain(limit: int = 50) -> Sequence[Message]:
    """The messages a person has to decide about, oldest first."""
    chosen = select(Message).where(Message.state == MessageState.UNCERTAIN).order_by(Message.id)
    return session().scalars(chosen.limit(limit)).all()


def list_for_object(object_kind: str, object_id: int) -> list[Message]:
    """Every message about an object, oldest first."""
    chosen = select(Message).where(Message.object_kind == object_kind, Message.object_id == object_id)
    return list(session().scalars(chosen.order_by(Message.id)))


def list_attempts(message_id: int) -> list[MessageAttempt]:
    """What happened to a message, oldest first."""
    chosen = select(MessageAttempt).where(MessageAttempt.message_id == message_id)
    return list(session().scalars(chosen.order_by(MessageAttempt.id)))


def list_missing_documents(message: Message) -> list[MessageAttachment]:
    """The attachments a message still waits for."""
    return [
        one for one in message.attachments if find_document(one.owner_kind, one.owner_id, one.document_kind) is None
    ]


def last_edition(message: Message, recipient: str) -> int:
    """The highest edition of this message's key, to this recipient or any other; so editions count on."""
    same = select(func.max(Message.edition)).where(
        Message.kind == message.kind, Message.object_kind == message.object_kind,
        Message.object_id == message.object_id, Message.level == message.level,
        Message.period == message.period, Message.recipient.in_((message.recipient, recipient)),
    )  # fmt: skip
    return session().scalar(same) or message.edition


def is_delivery_due(now: datetime) -> bool:
    """Whether a worker has anything to send or to take back."""
    return session().scalar(select(Message.id).where(or_(is_due(now), is_silent(now))).limit(1)) is not None


def is_due(now: datetime) -> ColumnElement[bool]:
    """Waiting, its time has come, and every document it carries is stored."""
    waiting = and_(Message.state.in_(WAITING), Message.next_attempt_at <= now)
    return and_(waiting, ~lacks_a_document())


def is_silent(now: datetime) -> ColumnElement[bool]:
    """Its worker has not been heard of within its lease."""
    return and_(Message.state.in_(UNDER_WAY), or_(Message.lease_until < now, Message.lease_until.is_(None)))


def read_letter(message: Message) -> Letter:
    """The message with the bytes of its documents. Raises DocumentNotFound while one is not stored."""
    return Letter(
        number=message.id,
        message_id=message.message_id,
        queued_at=message.queued_at,
        sender=message.sender,
        sender_name=message.sender_name,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        subject=message.subject,
        body_text=message.body_text,
        body_html=message.body_html,
        language=message.language,
        parts=[_part(one) for one in message.attachments],
    )


def _part(attachment: MessageAttachment) -> Part:
    document = find_document(attachment.owner_kind, attachment.owner_id, attachment.document_kind)
    if document is None:
        raise NotFound(f"The document {attachment.document_kind} is not stored yet.")
    return Part(document.name, document.media_type, read_content(document), attachment.content_id or "")


def lacks_a_document() -> ColumnElement[bool]:
    stored = exists().where(
        Document.owner_kind == MessageAttachment.owner_kind,
        Document.owner_id == MessageAttachment.owner_id,
        Document.kind == MessageAttachment.document_kind,
    )
    return exists().where(MessageAttachment.message_id == Message.id, ~stored)
