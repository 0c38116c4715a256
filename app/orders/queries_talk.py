"""Reads what people say about orders: comments, files, who can be mentioned, and one's own mentions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select

from app.auth.models import User
from app.auth.rules import Permission, list_roles_with
from app.db.base import session
from app.documents.models import Document
from app.kernel.errors import NotFound
from app.orders.models import Order
from app.orders.models_talk import OrderComment, OrderFile, OrderMention
from app.orders.rules_mentions import Person

FILE_OWNER, FILE_KIND = "order_file", "file"  # under which the bytes of an order's file are stored


class CommentUnknown(NotFound):
    """There is no such comment."""


class FileUnknown(NotFound):
    """There is no such file, or it was removed from its order."""


class MentionUnknown(NotFound):
    """There is no such mention of you."""


@dataclass(frozen=True)
class StoredFile:
    """A file of an order with its stored document."""

    file: OrderFile
    document: Document


class MentionRow(NamedTuple):
    """A mention with its comment and order, as `select_mentions` reads it."""

    id: int
    read_at: datetime | None
    text: str
    withdrawn_at: datetime | None
    author_id: int
    written_at: datetime
    number: str
    order_id: int


def get_comment(comment_id: int, *, lock: bool = False) -> OrderComment:
    found = session().get(OrderComment, comment_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise CommentUnknown
    return found


def list_comments(order_id: int, *, limit: int) -> Sequence[OrderComment]:
    """The newest first."""
    chosen = select(OrderComment).where(OrderComment.order_id == order_id)
    return session().scalars(chosen.order_by(OrderComment.id.desc()).limit(limit)).all()


def list_mentionable(department_code: str | None = None) -> list[Person]:
    """Who works here now and may see orders, everywhere or in one department, by name."""
    roles = list_roles_with(Permission.ORDERS_VIEW)
    chosen = select(User.id, User.name, User.email).where(User.active.is_(True), User.role.in_(roles))
    if department_code is not None:
        chosen = chosen.where(User.department_code == department_code)
    rows = session().execute(chosen.order_by(User.name, User.email))
    return [Person(row.id, row.name or row.email.partition("@")[0], row.email) for row in rows]


def select_mentions(user_id: int) -> Select[Any]:
    """The mentions of one person: the columns of MentionRow."""
    columns: tuple[Any, ...] = (
        OrderMention.id, OrderMention.read_at, OrderComment.text, OrderComment.withdrawn_at,
        OrderComment.author_id, OrderComment.written_at, Order.number, OrderComment.order_id,
    )  # fmt: skip
    return (
        select(*columns)
        .join(OrderComment, OrderComment.id == OrderMention.comment_id)
        .join(Order, Order.id == OrderComment.order_id)
        .where(OrderMention.user_id == user_id)
    )


def select_unread(user_id: int) -> Select[Any]:
    """The mentions of one person that were not opened yet."""
    return select(OrderMention.id).where(OrderMention.user_id == user_id, OrderMention.read_at.is_(None))


def get_mention(mention_id: int, user_id: int) -> OrderMention:
    """A mention of this person; those of others are as unknown as none."""
    found = session().get(OrderMention, mention_id)
    if found is None or found.user_id != user_id:
        raise MentionUnknown
    return found


def list_files(order_id: int) -> list[StoredFile]:
    """The files that were not removed, the newest first."""
    chosen = _stored().where(OrderFile.order_id == order_id, OrderFile.removed_at.is_(None))
    return [StoredFile(*row) for row in session().execute(chosen.order_by(OrderFile.id.desc()))]


def get_file(file_id: int) -> StoredFile:
    """A file that was not removed."""
    row = session().execute(_stored().where(OrderFile.id == file_id, OrderFile.removed_at.is_(None))).first()
    if row is None:
        raise FileUnknown
    return StoredFile(*row)


def count_files(order_id: int) -> int:
    kept = select(func.count()).where(OrderFile.order_id == order_id, OrderFile.removed_at.is_(None))
    return session().scalar(kept) or 0


def _stored() -> Select[OrderFile, Document]:
    of_file = and_(Document.owner_kind == FILE_OWNER, Document.owner_id == OrderFile.id, Document.kind == FILE_KIND)
    return select(OrderFile, Document).join(Document, of_file)
