"""What people do with comments on orders: write, withdraw, and read what mentions them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for
from flask_login import current_user

from app.auth.guards import get_actor, guard
from app.auth.names import name_users
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.texts import plural
from app.orders import queries_talk, services_talk
from app.orders.forms_talk import CommentForm
from app.orders.models_talk import OrderMention
from app.orders.pages import blueprint
from app.orders.queries import get_order
from app.web.filters import request_now
from app.web.flashes import say
from app.web.listing import count_up_to, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.orders.services_talk import Written


@blueprint.route("/<int:order_id>/comment", methods=["GET", "POST"])
@guard(Permission.ORDERS_COMMENT)
def comment(order_id: int) -> ResponseReturnValue:
    """A comment on an order; who is mentioned gets a mail."""
    order, form = get_order(order_id), CommentForm()
    if form.validate_on_submit():
        try:
            return _write(order_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    people = queries_talk.list_mentionable()
    page = render_template("orders/comment.html", order=order, form=form, people=people)
    return page, 422 if form.errors else 200


def _write(order_id: int, form: CommentForm) -> ResponseReturnValue:
    with unit_of_work():
        written = services_talk.write_comment(
            order_id, form.text.data or "", author_id=current_user.id, actor=get_actor(), now=request_now()
        )
        comment_id = written.comment.id
    _tell_outcome(written)
    return redirect(url_for("orders.detail", order_id=order_id) + f"#comment-{comment_id}")


def _tell_outcome(written: Written) -> None:
    names = ", ".join(person.name for person in written.told)
    say(f"Your comment is there. A mail goes to {names}." if names else "Your comment is there.")
    if written.unknown:
        words = ", ".join(written.unknown)
        is_one = plural(len(written.unknown), "is nobody or more than one", "are nobody or more than one")
        say(f"{words} {is_one}, so no mail went there. Use a name of the list below the comment.", "warn")


@blueprint.post("/comments/<int:comment_id>/withdraw")
@guard(Permission.ORDERS_COMMENT)
def withdraw_comment(comment_id: int) -> ResponseReturnValue:
    """Takes the own words back."""
    with unit_of_work():
        order_id = services_talk.withdraw_comment(
            comment_id, author_id=current_user.id, actor=get_actor(), now=request_now()
        ).order_id
    say("The comment is withdrawn. Mails that went out with it stay where they are.")
    return redirect(url_for("orders.detail", order_id=order_id) + f"#comment-{comment_id}")


@blueprint.get("/mentions")
@guard(Permission.ORDERS_VIEW)
def mentions() -> ResponseReturnValue:
    """Comments that mention whoever looks, the newest first; opening one marks it as read."""
    page = paginate(queries_talk.select_mentions(current_user.id), order=[(OrderMention.id, "desc")])
    rows = [queries_talk.MentionRow(*row) for row in page.rows]
    return render_template(
        "orders/mentions.html",
        page=page,
        rows=rows,
        authors=name_users(row.author_id for row in rows),
        unread=count_up_to(queries_talk.select_unread(current_user.id)),
    )


@blueprint.post("/mentions/<int:mention_id>/open")
@guard(Permission.ORDERS_VIEW)
def open_mention(mention_id: int) -> ResponseReturnValue:
    """Read from now on, and on to the comment."""
    with unit_of_work():
        found = services_talk.read_mention(mention_id, user_id=current_user.id, now=request_now())
        order_id, comment_id = found.order_id, found.id
    return redirect(url_for("orders.detail", order_id=order_id) + f"#comment-{comment_id}")


@blueprint.post("/mentions/read")
@guard(Permission.ORDERS_VIEW)
def read_mentions() -> ResponseReturnValue:
    """Nothing is unread any more."""
    with unit_of_work():
        services_talk.read_all_mentions(user_id=current_user.id, now=request_now())
    say("All mentions are read.")
    return redirect(url_for("orders.mentions"))
