"""The work list by the clock: what is due first first, what has no clock last, page by page both ways."""

from __future__ import annotations

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.clock import zone_named
from app.tasks.models import Task
from app.tasks.queries import list_tasks_of
from app.tasks.queries_work import By, Show, Tab, Wanted, order_work, select_work
from app.tasks.rules_scope import scope_of
from app.tasks.rules_sla import NEVER
from app.tasks.services_escalation import set_target
from app.web.listing import paginate
from tests import factories
from tests.factories import ACTOR, NOW
from tests.harness.plans import plan_of, reads_in_order

TODAY = NOW.astimezone(zone_named("Europe/Berlin")).date()
EVERYBODY = scope_of(1, "manager", None)
TARGETS = {1: 4800, 2: 60, 3: 480}


@pytest.fixture
def clocks(app):
    """Three orders with two open tasks each; the credit checks have targets of ten days, an hour and a day."""
    factories.make_company()
    credit, rest = {}, []
    for number in TARGETS:
        for task in list_tasks_of(factories.make_order(f"D-{number}").id):
            if task.code == "credit_check":
                credit[number] = task.id
            elif task.state == "open":
                rest.append(task.id)
    with unit_of_work():
        for number, minutes in TARGETS.items():
            set_target(credit[number], minutes, actor=ACTOR, now=NOW)
    return [credit[2], credit[3], credit[1], *rest]


def read(args, size=2):
    wanted = Wanted(tab=Tab.ALL, by=By.CLOCK)
    page = paginate(
        select_work(EVERYBODY, wanted, TODAY), order=order_work(wanted), args=args, path="/tasks", size=size
    )
    return [task.id for task in page.rows], page


def after(url):
    name, _, place = url.partition("?")[2].partition("=")
    return {name: place}


def test_pages_follow_the_clock_forwards_and_back(clocks):
    found, args, last = [], {}, None
    while len(found) < len(clocks):
        ids, last = read(args)
        found += ids
        args = after(last.older_url) if last.older_url else {}
    assert (found, last.older_url) == (clocks, "")
    assert read(after(last.newer_url))[0] == clocks[2:4]
    assert {task.clock_due_at == (task.sla_due_at or NEVER) for task in session().query(Task)} == {True}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("department", ["", "finance"])
def test_each_page_by_the_clock_is_read_from_an_index(clocks, department, backwards):
    wanted = Wanted(tab=Tab.ALL, show=Show.OPEN, by=By.CLOCK, department_code=department)
    first = session().get_one(Task, clocks[0])
    statement = select_work(EVERYBODY, wanted, TODAY)
    plan = plan_of(statement, order_work(wanted), [first.clock_due_at, first.id], backwards=backwards)
    assert reads_in_order(plan), plan
