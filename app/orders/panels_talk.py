"""Knows what stands on an order's page besides its plan and money: exceptions, comments and files."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, url_for
from flask_login import current_user
from markupsafe import Markup

from app.auth.guards import may_current
from app.auth.names import name_actors, name_users
from app.auth.rules import Permission
from app.deals import queries_files as deal_files
from app.documents.rules_files import ACCEPT, MOST_FILES
from app.orders import queries_talk
from app.orders.forms_talk import CommentForm
from app.orders.queries import get_order
from app.orders.queries_exceptions import list_exceptions_of
from app.orders.rows_exceptions import build_exception_rows, build_raise_form
from app.orders.rules_exceptions import ExceptionState
from app.web.files import FileForm, FileRow
from app.web.panels import NOTHING, Panel, panel_for

MOST_COMMENTS = 100


@panel_for("order", place=15)
def show_exceptions(order_id: int) -> Panel | None:
    """What keeps the order from going on, what did, and the form to say so."""
    rows = build_exception_rows(list_exceptions_of(order_id))
    may_raise = may_current(Permission.ORDERS_COMMENT)
    if not rows and not may_raise:
        return None
    form = build_raise_form() if may_raise else None
    body = render_template("orders/_exceptions.html", rows=rows, form=form, order_id=order_id)
    still = sum(row.standing is not ExceptionState.RESOLVED for row in rows)
    return Panel("Exceptions", Markup(body), count=still or None, flush=bool(rows))  # noqa: S704 - it escapes


@panel_for("order", place=50)
def show_comments(order_id: int) -> Panel:
    """What people said, the newest first."""
    comments = queries_talk.list_comments(order_id, limit=MOST_COMMENTS)
    may_comment = may_current(Permission.ORDERS_COMMENT)
    body = render_template(
        "orders/_comments.html",
        comments=comments,
        authors=name_users(comment.author_id for comment in comments),
        me=current_user.id,
        order_id=order_id,
        form=CommentForm(formdata=None) if may_comment else None,
        people=queries_talk.list_mentionable() if may_comment else [],
        is_cut=len(comments) == MOST_COMMENTS,
    )
    actions = Markup(render_template("orders/_comment_key.html")) if may_comment else NOTHING  # noqa: S704 - as below
    return Panel("Comments", Markup(body), count=len(comments) or None, actions=actions)  # noqa: S704 - it escapes


@panel_for("order", place=52)
def show_files(order_id: int) -> Panel | None:
    """The files of the order, the newest first, and those of the deal it came from."""
    files = queries_talk.list_files(order_id)
    handed_over = deal_files.list_files(get_order(order_id).deal_id)
    may_add = may_current(Permission.ORDERS_COMMENT)
    if not files and not handed_over and not may_add:
        return None
    names = name_actors([one.file.added_by for one in files] + [one.file.added_by for one in handed_over])
    rows = [
        *(_tell_own(one, names) for one in files),
        *(_tell_handed_over(one, names, order_id) for one in handed_over),
    ]
    body = render_template(
        "orders/_files.html",
        rows=rows,
        order_id=order_id,
        may_add=may_add,
        form=FileForm(formdata=None) if may_add and len(files) < MOST_FILES else None,
        accept=ACCEPT,
        most=MOST_FILES,
    )
    return Panel("Files", Markup(body), count=len(rows) or None)  # noqa: S704 - the template escapes


def _tell_own(one: queries_talk.StoredFile, names: Mapping[str, str]) -> FileRow:
    is_own = one.file.added_by == current_user.actor and may_current(Permission.ORDERS_COMMENT)
    may_remove = is_own or may_current(Permission.ORDERS_EDIT)
    return FileRow.of(
        one.document,
        by=names[one.file.added_by],
        at=one.file.added_at,
        url=url_for("orders.download", file_id=one.file.id),
        remove_url=url_for("orders.remove_file", file_id=one.file.id) if may_remove else "",
    )


def _tell_handed_over(one: deal_files.StoredFile, names: Mapping[str, str], order_id: int) -> FileRow:
    return FileRow.of(
        one.document,
        by=names[one.file.added_by],
        at=one.file.added_at,
        url=url_for("orders.download_of_deal", order_id=order_id, file_id=one.file.id),
        note="from the deal",
    )
