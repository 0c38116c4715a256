"""Pages of tasks: the work list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for

from app.auth.away import list_away, note_away
from app.auth.guards import guard, may_current
from app.auth.names import list_people
from app.auth.rules import Permission
from app.kernel.errors import Forbidden
from app.orders.queries import get_order
from app.tasks import (  # noqa: F401 - they register what they have
    holders,
    panels,
    panels_escalation,
    panels_promised,
    queries,
    views_acts,
    views_board,
    views_escalation,
    views_finish,
    views_holder,
    views_playbooks,
    views_target,
)
from app.tasks.pages import blueprint
from app.tasks.queries_work import (
    Bucket,
    By,
    Due,
    Show,
    Tab,
    Wanted,
    count_by_due,
    order_work,
    select_work,
)
from app.tasks.rows import build_rows, my_scope
from app.tasks.rows_away import describe_cover
from app.web.addresses import url_with
from app.web.arguments import id_argument, text_argument, word_argument
from app.web.filters import request_now, request_today
from app.web.listing import count_up_to, paginate
from app.web.navigation import register_count

if TYPE_CHECKING:
    from datetime import date

    from flask.typing import ResponseReturnValue

    from app.tasks.rules_scope import Scope

TABS = {Tab.MINE: "Mine", Tab.DEPARTMENT: "My department", Tab.ALL: "All departments", Tab.RISK: "At risk"}
SHOWN = {Show.OPEN: "to do", Show.BLOCKED: "waiting for others", Show.DONE: "done"}
STRIP = (
    (Due.OVERDUE, "Overdue", "red"),
    (Due.TODAY, "Due today", "amber"),
    (Due.WEEK, "Next 7 days", "info"),
    (Due.LATER, "Later", "slate"),
)


class OtherDepartment(Forbidden):
    """You see the tasks of your own department and your own. Ask an administrator for more."""


@blueprint.get("")
@guard(Permission.TASKS_VIEW)
def index() -> ResponseReturnValue:
    """The work list: due first by day or by clock, grouped by when, each task with what to do next."""
    today, scope = request_today(), my_scope()
    wanted = read_wanted(scope)
    # the strip counts every day of the list, whichever of them is shown
    buckets = count_by_due(select_work(scope, replace(wanted, due=None), today), today)
    page = paginate(select_work(scope, wanted, today), order=order_work(wanted))
    return render_template(
        "tasks/index.html",
        page=page,
        rows=build_rows(page.rows, today),
        wanted=wanted,
        count=_count(buckets, wanted.due),
        order=get_order(wanted.order_id) if wanted.order_id else None,
        strip=_strip(buckets, wanted.due),
        tabs=_tabs(scope, wanted, today),
        shown=SHOWN,
        departments=queries.name_departments() if scope.sees_all else {},
        people=note_away(list_people(), list_away(today)) if may_current(Permission.TASKS_ASSIGN) else [],
        here=request.full_path.rstrip("?"),
        board_url=url_with(path=url_for("tasks.board"), after=None, before=None),
        cover=describe_cover(scope, today),
        without_order_url=url_with(order=None, after=None, before=None),
    )


def read_wanted(scope: Scope) -> Wanted:
    """What the address asks for. Raises OtherDepartment for what is out of sight, DepartmentUnknown for junk."""
    wanted = Wanted(
        tab=word_argument(request.args, "view", Tab) or _first_tab(scope),
        show=word_argument(request.args, "state", Show) or Show.OPEN,
        due=word_argument(request.args, "due", Due),
        department_code=text_argument(request.args, "department"),
        order_id=id_argument(request.args, "order"),
        text=text_argument(request.args, "q"),
        now=request_now(),
        by=word_argument(request.args, "sort", By) or By.DUE,
    )
    if wanted.tab is Tab.RISK:
        wanted = replace(wanted, show=Show.OPEN)
    if wanted.department_code and queries.get_department(wanted.department_code).code != scope.department:
        _require_all(scope)
    if wanted.tab is Tab.ALL:
        _require_all(scope)
    return wanted


def _require_all(scope: Scope) -> None:
    if not scope.sees_all:
        raise OtherDepartment


def _first_tab(scope: Scope) -> Tab:
    return Tab.MINE if scope.department or not scope.sees_all else Tab.ALL


def _count(buckets: dict[Due, Bucket], due: Due | None) -> int:
    wanted = {Due.OVERDUE, Due.TODAY} if due is Due.NOW else {due} if due else set(buckets)
    return sum(bucket.count for word, bucket in buckets.items() if word in wanted)


def _strip(buckets: dict[Due, Bucket], due: Due | None) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": buckets.get(word, Bucket()).count,
            "first": buckets.get(word, Bucket()).first,
            "tone": tone,
            "url": url_with(due=None if word is due else word.value, after=None, before=None),
            "active": word is due or (due is Due.NOW and word in {Due.OVERDUE, Due.TODAY}),
        }
        for word, label, tone in STRIP
    ]


def _tabs(scope: Scope, wanted: Wanted, today: date) -> list[dict[str, Any]]:
    """The tabs in somebody's sight, each with how much there is to do."""
    words = [Tab.MINE, *([Tab.DEPARTMENT] if scope.department else []), *([Tab.ALL] if scope.sees_all else [])]
    counts = {
        word: count_up_to(select_work(scope, Wanted(tab=word, now=request_now()), today)) for word in [*words, Tab.RISK]
    }
    return [
        {
            "label": TABS[word],
            "url": url_for("tasks.index", view=word.value, sort=sort_argument(wanted)),
            "count": count,
            "active": word is wanted.tab,
        }
        for word, count in counts.items()
        # nothing at risk needs no tab
        if word is not Tab.RISK or count.number or wanted.tab is Tab.RISK
    ]


def sort_argument(wanted: Wanted) -> str | None:
    """The order somebody chose, for another address; none when it is the usual one."""
    return None if wanted.by is By.DUE else wanted.by.value


@blueprint.get("/<int:task_id>")
@guard(Permission.TASKS_VIEW)
def detail(task_id: int) -> ResponseReturnValue:
    """A task is shown in the plan of its order."""
    task = queries.get_task(task_id)
    return redirect(url_for("orders.detail", order_id=task.order_id) + f"#task-{task.id}")


def _count_due() -> int:
    """How many of my tasks are due today or overdue, for the menu; counted to a hundred."""
    due = select_work(my_scope(), Wanted(tab=Tab.MINE, due=Due.NOW), request_today())
    return count_up_to(due, most=100).number


blueprint.record(lambda state: register_count(state.app, "tasks.index", _count_due))
