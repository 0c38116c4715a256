"""Knows the mails of orders to people who work here: a mention in a comment, an exception handed over."""

from flask import render_template

from app.auth.accounts_parts import public_url
from app.orders.models import Order
from app.orders.models_exceptions import OrderException
from app.orders.models_talk import OrderComment
from app.orders.rules_exceptions import CAUSE_LABELS
from app.orders.rules_mentions import Person
from app.outbox.services import NewMessage


def build_mention(comment: OrderComment, order: Order, person: Person, *, author: str) -> NewMessage:
    """The comment and the way to it; one for each person and comment."""
    link = public_url(f"/orders/{order.id}#comment-{comment.id}")
    text = render_template("mail/mention.txt", comment=comment, order=order, person=person, author=author, link=link)
    return NewMessage(
        kind="order.mention",
        object_kind="order_comment",
        object_id=comment.id,
        recipient=person.email,
        recipient_name=person.name,
        subject=f"{author} mentioned you on order {order.number}",
        body_text=text,
        order_id=order.id,
    )


def build_handover(exception: OrderException, order: Order, person: Person, *, author: str, note: str) -> NewMessage:
    """What keeps the order from going on, and the note; one for each person and hand-over."""
    link, cause = public_url(f"/exceptions/{exception.id}"), CAUSE_LABELS[exception.cause].lower()
    text = render_template(
        "mail/handover.txt", exception=exception, order=order, person=person, author=author, note=note, cause=cause,
        link=link,
    )  # fmt: skip
    return NewMessage(
        kind="exception.handover",
        object_kind="order_exception",
        object_id=exception.id,
        edition=exception.version,  # the same person may get it twice
        recipient=person.email,
        recipient_name=person.name,
        subject=f"{author} handed you an exception on order {order.number}",
        body_text=text,
        order_id=order.id,
    )
