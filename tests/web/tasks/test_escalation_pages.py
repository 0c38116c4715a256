"""Pages of clocks and escalation: badges, what is at risk, who is told when, the ladder, and who may press what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.auth.models import User
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel import clock
from app.orders.models_holds import HoldKind
from app.orders.services_holds import place_hold
from app.tasks.models import Department
from app.tasks.queries import list_tasks_of
from app.tasks.queries_escalation import list_levels, list_steps_of
from app.tasks.services import assign_task
from app.tasks.services_escalation import climb, set_target
from app.tasks.services_ladder import describe_ladder
from tests import factories
from tests.factories import ACTOR, sign_in
from tests.harness.pages import words_of

# the tests' day is a Sunday: the clocks ran on Thursday and Friday
OPENED = factories.NOW - timedelta(days=3)
pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    """Two open tasks: one of Finance with a target of two days, used up on Friday, and one with ten."""
    with client.application.app_context():
        factories.make_company(now=OPENED)
        factories.make_order(now=OPENED)
        with unit_of_work():
            for code, days in (("credit_check", 2), ("confirm_order", 10), ("deliver", 3)):
                set_target(task_of(code), days * 480, actor=ACTOR, now=OPENED)
    sign_in(client, "clerk")
    return client


def task_of(code):
    return next(task.id for task in list_tasks_of(1) if task.code == code)


def test_rows_show_what_is_left_and_what_is_at_risk(desk):
    page = words_of(desk.get("/tasks?view=all").text)
    assert {"1 h left", "65 h left"} <= set(re.findall(r"\d+ h left", page))
    # what is nearly used up, and what waits although it would have to begin
    risky = re.findall(r'<a href="[^"]*" title="(\w+)[^"]*" data-row-link', desk.get("/tasks?view=risk").text)
    assert risky == ["Check", "Ship"]
    assert "1 h left" in words_of(desk.get("/orders/1").text)
    assert "65 h left" in words_of(desk.get("/orders/1/peek").text)
    assert "Tasks at risk" in desk.get("/").text
    with desk.application.app_context(), unit_of_work():
        place_hold(1, HoldKind.INTERNAL, "Flood", review_on=clock.now().date(), actor=ACTOR, now=clock.now())
    assert "paused" in words_of(desk.get("/tasks?view=all").text)


@pytest.mark.parametrize(
    ("role", "department", "leads", "seen", "statuses"),
    [
        ("member", "finance", False, True, (302, 403)),  # nobody told them
        ("member", "finance", True, True, (302, 302)),
        ("member", "qa", False, False, (403, 403)),
        ("manager", None, False, True, (302, 302)),
    ],
)
def test_each_sees_escalates_and_answers_what_is_theirs(desk, role, department, leads, seen, statuses):
    with desk.application.app_context():
        task_id = task_of("credit_check")
        fia = factories.make_user(desk.application, "member", name="Fia", email="fia@t.test", department_code="finance")
        factories.make_user(desk.application, "manager", name="Mona")
        with unit_of_work():
            assign_task(task_id, fia, actor=ACTOR, now=clock.now())
            climb(now=clock.now())
    me = sign_in(desk, role, department_code=department)
    if leads:
        with desk.application.app_context(), unit_of_work():
            session().get_one(Department, "finance").lead_id = me
    waiting = desk.get("/tasks/escalations?show=unanswered").text
    assert ("Check credit" in waiting, "I see to it" in waiting) == (seen, statuses[1] == 302)
    today = "Escalations without an answer" in desk.get("/").text
    assert today is (leads or role == "manager")
    assert ("I see to it" in desk.get("/orders/1").text) is (statuses[1] == 302)
    assert ("Check credit" in desk.get("/tasks/escalations").text) is seen
    answers = [desk.post(f"/tasks/{task_id}/{act}", data={"reason": "x"}) for act in ("escalate", "acknowledge")]
    assert tuple(answer.status_code for answer in answers) == statuses
    with desk.application.app_context():
        steps = list_steps_of([task_id])
        assert [step.by_hand for step in steps if step.notified_at] == ([False, True] if seen else [False])
        assert all(step.acknowledged_at for step in steps) is (statuses[1] == 302)


def test_the_order_offers_to_see_to_it_and_says_who_would_be_next(desk):
    with desk.application.app_context():
        factories.make_user(desk.application, "manager", name="Mona")
        clerk = session().scalars(select(User.id).where(User.role == "clerk")).one()
        with unit_of_work():
            assign_task(task_of("credit_check"), clerk, actor=ACTOR, now=clock.now())
            climb(now=clock.now())
    page = desk.get("/orders/1").text
    assert page.count("I see to it") == 1
    assert "if nobody acts" in page
    task_id = re.search(r"/tasks/(\d+)/acknowledge", page)[1]
    assert desk.post(f"/tasks/{task_id}/escalate", data={"reason": " "}).status_code == 422
    desk.post(f"/tasks/{task_id}/acknowledge")
    page = words_of(desk.get("/orders/1").text)
    assert "Clerk sees to it" in page
    assert "I see to it" not in page
    assert desk.post(f"/tasks/{task_id}/acknowledge").status_code == 409


def ladder(seen, shares=("80", "120"), lead=""):
    data = {"seen": seen, "leads-0-code": "finance", "leads-0-lead": lead}
    for place, share in enumerate(shares):
        data |= {f"levels-{place}-share": share, f"levels-{place}-who": "manager"}
    return data


def test_the_ladder_is_edited_by_who_may_and_never_over_another_s_change(desk):
    assert desk.get("/tasks/ladder").status_code == 403
    admin = sign_in(desk, "admin")
    assert 'value="150"' in desk.get("/tasks/ladder").text
    with desk.application.app_context():
        seen = describe_ladder()
    for junk, words in (
        (ladder(seen, ("80", "70")), "larger share"),
        (ladder(seen, ("much",)), "whole number of percent"),
        (ladder(seen, ()), "at least one level"),
        (ladder(seen, lead="99"), "somebody who works here"),
        (ladder(seen, lead="x"), "somebody who works here"),
    ):
        answer = desk.post("/tasks/ladder", data=junk)
        assert (answer.status_code, words in answer.text) == (422, True), words
    assert desk.post("/tasks/ladder", data=ladder(seen, lead=str(admin))).status_code == 302
    stale = desk.post("/tasks/ladder", data=ladder(seen, ("50",)))
    assert (stale.status_code, "Somebody else changed" in stale.text) == (409, True)
    with desk.application.app_context():
        assert [level.share_percent for level in list_levels()] == [80, 120]
        assert session().get_one(Department, "finance").lead_id == admin
