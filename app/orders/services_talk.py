"""Writes and withdraws comments on orders, tells the people they mention, and keeps what was read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.audit.services import record
from app.auth.queries import get_user
from app.auth.queries_absence import find_stand_ins
from app.company.queries import business_today
from app.db.base import session
from app.kernel.errors import Forbidden, RuleError
from app.kernel.texts import clean_block
from app.orders import mails
from app.orders.models import Order
from app.orders.models_talk import OrderComment, OrderMention
from app.orders.queries import get_order
from app.orders.queries_talk import get_comment, get_mention, list_mentionable
from app.orders.rules_mentions import Person, find_mentions
from app.outbox.services import enqueue

LONGEST_COMMENT = 5_000


class CommentOfAnother(Forbidden):
    """Only who wrote a comment can withdraw it."""


class CommentWithdrawn(RuleError):
    """This comment is withdrawn already."""


@dataclass(frozen=True)
class Written:
    """A new comment, who was told, and the words after an @ that were nobody."""

    comment: OrderComment
    told: tuple[Person, ...]
    unknown: tuple[str, ...]


def write_comment(order_id: int, text: str, *, author_id: int, actor: str, now: datetime) -> Written:
    """Says something about an order; who is mentioned, the author apart, gets one mail. Raises TextMissing etc."""
    order = get_order(order_id)
    text = clean_block(text, "text", label="The comment", most=LONGEST_COMMENT, required=True)
    comment = OrderComment(order_id=order_id, author_id=author_id, text=text, written_at=now)
    session().add(comment)
    session().flush()
    record_on(order, "order.commented", actor=actor, now=now, comment_id=comment.id)
    mentions = find_mentions(text, list_mentionable() if "@" in text else ())
    told = tuple(person for person in mentions.people if person.id != author_id)
    _tell(comment, order, told, actor=actor, now=now)
    return Written(comment, told, mentions.unknown)


def _tell(comment: OrderComment, order: Order, people: tuple[Person, ...], *, actor: str, now: datetime) -> None:
    if not people:
        return
    author = get_user(comment.author_id).display_name
    away = find_stand_ins([person.id for person in people], business_today(now))
    colleagues = {person.id: person for person in list_mentionable()} if away else {}
    mailed = [colleagues.get(away.get(person.id, 0), person) for person in people]
    for person in dict.fromkeys((*people, *mailed)):
        session().add(OrderMention(comment_id=comment.id, user_id=person.id))
    for person in dict.fromkeys(person for person in mailed if person.id != comment.author_id):
        enqueue(mails.build_mention(comment, order, person, author=author), now=now)
    names = ", ".join(person.name for person in people)
    record_on(order, "order.mentioned", actor=actor, now=now, comment_id=comment.id, people=names)


def withdraw_comment(comment_id: int, *, author_id: int, actor: str, now: datetime) -> OrderComment:
    """Takes the text back; that there was a comment stays. Raises CommentOfAnother, CommentWithdrawn."""
    comment = get_comment(comment_id, lock=True)
    if comment.author_id != author_id:
        raise CommentOfAnother
    if comment.withdrawn_at is not None:
        raise CommentWithdrawn
    comment.text, comment.withdrawn_at = "", now
    order = get_order(comment.order_id)
    record_on(order, "order.comment_withdrawn", actor=actor, now=now, comment_id=comment.id)
    return comment


def read_mention(mention_id: int, *, user_id: int, now: datetime) -> OrderComment:
    """The comment somebody is mentioned in, which counts as read from now on. Raises MentionUnknown."""
    mention = get_mention(mention_id, user_id)
    mention.read_at = mention.read_at or now
    return get_comment(mention.comment_id)


def read_all_mentions(*, user_id: int, now: datetime) -> None:
    """Nothing is unread any more."""
    unread = update(OrderMention).where(OrderMention.user_id == user_id, OrderMention.read_at.is_(None))
    session().execute(unread.values(read_at=now))


def record_on(order: Order, action: str, *, actor: str, now: datetime, **detail: Any) -> None:
    """One entry in the timeline of an order."""
    record(
        action, actor=actor, now=now, object_kind="order", object_id=order.id, order_id=order.id,
        deal_id=order.deal_id, customer_id=order.customer_id, **detail,
    )  # fmt: skip
