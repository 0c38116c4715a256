"""The board: the same tasks as the work list, as cards that stand where the work stands."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from flask import render_template, request, url_for

from app.auth.guards import guard
from app.auth.rules import Permission
from app.orders.queries import get_order
from app.tasks.pages import blueprint
from app.tasks.queries import name_departments
from app.tasks.queries_board import SHOWN, Column, Pile, list_piles
from app.tasks.queries_work import Due, Show, Tab, Wanted
from app.tasks.rows import TaskRow, build_rows, my_scope
from app.tasks.rows_away import describe_cover
from app.web.addresses import url_with
from app.web.arguments import word_argument
from app.web.filters import company_zone, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.orders.models import Order
    from app.tasks.rules_scope import Scope

# title, what is said of an empty one, what is counted
TITLES = {
    Column.TO_DO: ("To do", "Nothing is to do here.", "to do"),
    Column.CUSTOMER: (
        "Waits",
        "No task waits for a customer or a hold.",
        "waiting for a customer or a hold",
    ),
    Column.OTHERS: ("Waits for others", "No task waits for another one.", "waiting for others"),
    Column.DONE: ("Done this week", "Nothing was done since Monday.", "done this week"),
}
# filters of the list that have no field here: each can be taken off
DUE_CHIPS = {
    Due.OVERDUE: "Overdue", Due.TODAY: "Due today", Due.NOW: "Due today or before", Due.WEEK: "Next 7 days",
    Due.LATER: "Later than 7 days",
}  # fmt: skip
STATE_CHIPS = {Show.OPEN: "Only to do", Show.BLOCKED: "Only waiting for others", Show.DONE: "Only done"}
TABS = {Tab.MINE: "Mine", Tab.DEPARTMENT: "My department", Tab.ALL: "All departments", Tab.RISK: "At risk"}


@blueprint.get("/board")
@guard(Permission.TASKS_VIEW)
def board() -> ResponseReturnValue:
    """Four columns; buttons on the cards move them, with the same posts as the list."""
    from app.tasks.views import read_wanted, sort_argument  # it imports this module, so that the route is there

    today, scope = request_today(), my_scope()
    wanted, only = read_wanted(scope), word_argument(request.args, "state", Show)
    order = get_order(wanted.order_id) if wanted.order_id else None
    piles = list_piles(scope, wanted, only=only, today=today, week_began=_week_began(today))
    rows = {row.task.id: row for row in build_rows([task for pile in piles for task in pile.tasks], today)}
    return render_template(
        "tasks/board.html",
        columns=[_column(pile, rows) for pile in piles],
        wanted=wanted,
        chips=_chips(wanted, only, order),
        sort=sort_argument(wanted),
        tabs=_tabs(scope, wanted.tab, sort_argument(wanted)),
        departments=name_departments() if scope.sees_all else {},
        here=request.full_path.rstrip("?"),
        cover=describe_cover(scope, today),
        list_url=url_with(path=url_for("tasks.index")),
    )


def _chips(wanted: Wanted, only: Show | None, order: Order | None) -> list[tuple[str, str]]:
    """What else of a list's filter applies, each with the address without it."""
    return [
        *([(f"Order: {order.number}", url_with(order=None))] if order else []),
        *([(DUE_CHIPS[wanted.due], url_with(due=None))] if wanted.due else []),
        *([(STATE_CHIPS[only], url_with(state=None))] if only else []),
    ]


def _column(pile: Pile, rows: dict[int, TaskRow]) -> dict[str, Any]:
    title, nothing, said = TITLES[pile.column]
    show = SHOWN[pile.column]
    return {
        "word": pile.column.value,
        "title": title,
        "nothing": nothing,
        "said": said,
        "count": pile.count,
        "rows": [rows[task.id] for task in pile.tasks],
        "more": pile.count.number - len(pile.tasks),
        "url": url_with(path=url_for("tasks.index"), state=None if show is Show.OPEN else show.value),
    }


def _tabs(scope: Scope, tab: Tab, sort: str | None) -> list[dict[str, Any]]:
    words = [Tab.MINE, *([Tab.DEPARTMENT] if scope.department else []), *([Tab.ALL] if scope.sees_all else [])]
    words += [Tab.RISK] if tab is Tab.RISK else []
    return [
        {"label": TABS[word], "url": url_for("tasks.board", view=word.value, sort=sort), "active": word is tab}
        for word in words
    ]


def _week_began(today: date) -> datetime:
    """Monday's first minute, in the company's zone."""
    return datetime.combine(today - timedelta(days=today.weekday()), time.min, company_zone())
