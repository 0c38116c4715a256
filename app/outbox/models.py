"""Every message that leaves the house, with its state, attempts and attachments."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import EnumText
from app.outbox.rules import MessageState as MessageState  # the word lives with its table


class Message(Model):
    """One mail to one recipient. Its key makes sure it exists once: kind, object, level, period, edition, recipient."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("kind", "object_kind", "object_id", "level", "period", "edition", "recipient"),
        Index("ix_message_due", "state", "next_attempt_at"),
        Index("ix_message_state", "state", "id"),
        Index("ix_message_kind", "kind", "id"),
        Index("ix_message_customer", "customer_id", "id"),
        Index("ix_message_object", "object_kind", "object_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # invoice, credit_note, dunning, mis, password_reset, invitation, test
    object_kind: Mapped[str]
    object_id: Mapped[int]
    level: Mapped[int] = mapped_column(default=0)
    period: Mapped[str] = mapped_column(default="")
    edition: Mapped[int] = mapped_column(default=1)
    recipient: Mapped[str]

    recipient_name: Mapped[str] = mapped_column(default="")
    sender: Mapped[str]  # our address and name as they were at enqueue
    sender_name: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    message_id: Mapped[str] = mapped_column(unique=True)  # the Message-ID header, fixed at enqueue
    resend_when_uncertain: Mapped[bool] = mapped_column(default=False)
    customer_id: Mapped[int | None]
    invoice_id: Mapped[int | None]
    order_id: Mapped[int | None]
    deal_id: Mapped[int | None]

    state: Mapped[MessageState] = mapped_column(EnumText(MessageState), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    patience_from: Mapped[datetime]  # three days after this we give up
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    fence: Mapped[int] = mapped_column(default=0)  # counts claims: a late worker with an old fence is refused
    data_started_at: Mapped[datetime | None]  # since then the server may have it
    accepted_at: Mapped[datetime | None]
    last_reply: Mapped[str | None]

    attachments: Mapped[list["MessageAttachment"]] = relationship(
        back_populates="message", order_by="MessageAttachment.id"
    )


class MessageAttachment(Model):
    """A document a message carries; the message waits until it is stored."""

    __tablename__ = "message_attachment"
    __table_args__ = (UniqueConstraint("message_id", "owner_kind", "owner_id", "document_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    owner_kind: Mapped[str]
    owner_id: Mapped[int]
    document_kind: Mapped[str]
    content_id: Mapped[str | None]  # set for pictures shown inside the HTML body

    message: Mapped[Message] = relationship(back_populates="attachments")


class MessageAttempt(Model):
    """What happened at one try, or what a person decided."""

    __tablename__ = "message_attempt"
    __table_args__ = (Index("ix_message_attempt_message", "message_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    at: Mapped[datetime]
    outcome: Mapped[str]
    reply: Mapped[str]
    actor: Mapped[str]


guard_table("message_attempt", message="message attempts are append-only")
