"""Knows the mail somebody gets who is mentioned in a comment on an order."""

from flask import render_template

from app.auth.accounts_parts import public_url
from app.orders.models import Order
from app.orders.models_talk import OrderComment
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
