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
from app.tasks.queries_work import Show, Tab
from app.tasks.rows import TaskRow, build_rows, my_scope
from app.web.addresses import url_with
from app.web.filters import company_zone, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.tasks.rules_scope import Scope

TITLES = {
    Column.TO_DO: ("To do", "Nothing is to do here."),
    Column.CUSTOMER: ("Waits for the customer", "No task waits for a customer."),
    Column.OTHERS: ("Waits for others", "No task waits for another one."),
    Column.DONE: ("Done this week", "Nothing was done since Monday."),
}
TABS = {Tab.MINE: "Mine", Tab.DEPARTMENT: "My department", Tab.ALL: "All departments", Tab.RISK: "At risk"}


@blueprint.get("/board")
@guard(Permission.TASKS_VIEW)
def board() -> ResponseReturnValue:
    """Four columns; buttons on the cards move them, with the same posts as the list."""
    from app.tasks.views import read_wanted  # it imports this module, so that the route is there

    today, scope = request_today(), my_scope()
    wanted = read_wanted(scope)
    piles = list_piles(scope, wanted, today=today, week_began=_week_began(today))
    rows = {row.task.id: row for row in build_rows([task for pile in piles for task in pile.tasks], today)}
    return render_template(
        "tasks/board.html",
        columns=[_column(pile, rows) for pile in piles],
        wanted=wanted,
        order=get_order(wanted.order_id) if wanted.order_id else None,
        tabs=_tabs(scope, wanted.tab),
        departments=name_departments() if scope.sees_all else {},
        here=request.full_path.rstrip("?"),
        list_url=url_with(path=url_for("tasks.index")),
    )


def _column(pile: Pile, rows: dict[int, TaskRow]) -> dict[str, Any]:
    title, nothing = TITLES[pile.column]
    show = SHOWN[pile.column]
    return {
        "word": pile.column.value,
        "title": title,
        "nothing": nothing,
        "count": pile.count,
        "rows": [rows[task.id] for task in pile.tasks],
        "more": pile.count.number - len(pile.tasks),
        "url": url_with(path=url_for("tasks.index"), state=None if show is Show.OPEN else show.value),
    }


def _tabs(scope: Scope, tab: Tab) -> list[dict[str, Any]]:
    words = [Tab.MINE, *([Tab.DEPARTMENT] if scope.department else []), *([Tab.ALL] if scope.sees_all else [])]
    words += [Tab.RISK] if tab is Tab.RISK else []
    return [
        {"label": TABS[word], "url": url_for("tasks.board", view=word.value), "active": word is tab} for word in words
    ]


def _week_began(today: date) -> datetime:
    """Monday's first minute, in the company's zone."""
    return datetime.combine(today - timedelta(days=today.weekday()), time.min, company_zone())
