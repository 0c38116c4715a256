"""What people say about an order: comments, whom they mention, and files."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class OrderComment(Model):
    """A withdrawn comment keeps its place, without its text."""

    __tablename__ = "order_comment"
    __table_args__ = (Index("ix_order_comment_order", "order_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str]
    written_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class OrderMention(Model):
    """Somebody a comment is meant for, and when they opened it."""

    __tablename__ = "order_mention"
    __table_args__ = (
        UniqueConstraint("comment_id", "user_id"),
        Index("ix_order_mention_user", "user_id", "id"),
        Index("ix_order_mention_unread", "user_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("order_comment.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    read_at: Mapped[datetime | None]


class OrderFile(Model):
    """A file on an order; name, kind and bytes are those of the stored document. A removed one keeps its bytes."""

    __tablename__ = "order_file"
    __table_args__ = (Index("ix_order_file_order", "order_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    added_by: Mapped[str]
    added_at: Mapped[datetime]
    removed_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]
