"""The story of a task that takes too long: who is told when, somebody takes it over, and nobody is told again."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEntry
from app.auth.models import User
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.orders.models_holds import HoldKind
from app.orders.services_holds import place_hold, release_hold
from app.outbox.models import Message
from app.tasks.models import Department, Task
from app.tasks.models_escalation import TaskEscalation
from app.tasks.queries import get_task, list_tasks_of
from app.tasks.queries_escalation import list_steps_of
from app.tasks.queries_sla import read_clocks
from app.tasks.services import assign_task, finish_task, reopen_task
from app.tasks.services_escalation import (
    EverybodyTold,
    NothingToAcknowledge,
    NothingToEscalate,
    acknowledge,
    climb,
    escalate_now,
    set_target,
)
from app.verify import verify
from tests import factories
from tests.factories import ACTOR
from tests.harness.statements import count_statements

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in the morning in Berlin, when work begins


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def do(work, *args, now, **kwargs):
    with unit_of_work():
        return work(*args, actor=ACTOR, now=now, **kwargs)


def run(hours: float) -> list[str]:
    """The job, twice; who got a mail from it."""
    before = set(session().scalars(select(Message.id)))
    for _again in range(2):
        with unit_of_work():
            climb(now=at(hours))
    mails = session().scalars(select(Message).where(Message.kind == "task.escalation").order_by(Message.recipient))
    return [mail.recipient.partition("@")[0] for mail in mails if mail.id not in before]


@pytest.fixture
def house(app):
    """A company with Finance (a lead, two members, one gone), a manager; the credit check of one order has 4 hours."""
    factories.make_company(now=MONDAY)
    ids = {
        name: factories.make_user(app, role, email=f"{name}@tillpaid.test", name=name.title(), department_code=of)
        for name, role, of in (
            ("fia", "member", "finance"), ("finn", "member", "finance"), ("lea", "finance", "finance"),
            ("gone", "member", "finance"), ("mona", "manager", None), ("ada", "admin", None),
        )
    }  # fmt: skip
    order = factories.make_order(now=MONDAY)
    task_id = next(task.id for task in list_tasks_of(order.id) if task.code == "credit_check")
    with unit_of_work():
        session().get_one(User, ids["gone"]).active = False
        session().get_one(Department, "finance").lead_id = ids["lea"]
    do(set_target, task_id, 240, now=MONDAY)
    return ids, order.id, task_id


def test_it_climbs_from_the_owner_to_the_managers_each_told_once(house):
    ids, _order_id, task_id = house
    do(assign_task, task_id, ids["fia"], now=MONDAY)
    assert [(step.who.value, step.due_at) for step in list_steps_of([task_id])] == [
        ("owner", at(3)), ("team_lead", at(4)), ("manager", at(6)),
    ]  # fmt: skip
    assert run(2.9) == []
    assert run(3) == ["fia"]
    assert run(3.9) == []
    assert run(4) == ["lea"]
    assert run(6) == ["mona"]
    # two workers that found the same step: the second looks again under the lock
    found = [(step.id, step.task_id) for step in list_steps_of([task_id])]
    with patch("app.tasks.services_escalation.list_due", return_value=found):
        assert run(7) == []
    assert run(60) == []
    told = select(AuditEntry.detail).where(AuditEntry.action == "task.escalated").order_by(AuditEntry.id)
    assert [detail["people"] for detail in session().scalars(told)] == ["Fia", "Lea", "Mona"]
    with pytest.raises(EverybodyTold):
        do(escalate_now, task_id, "Please", now=at(60))
    assert verify(at(60)).broken == []


def test_whoever_acknowledges_stops_the_ladder_until_somebody_escalates_by_hand(house):
    _ids, _order_id, task_id = house
    assert run(3) == ["fia", "finn", "lea"]  # nobody has it: everybody of the department who is here
    do(acknowledge, task_id, now=at(3.2))
    with pytest.raises(NothingToAcknowledge):
        do(acknowledge, task_id, now=at(3.3))
    assert run(30) == []
    with unit_of_work():
        escalate_now(task_id, "The bank does not answer", actor="user:99", now=at(31))
    mail = session().scalars(select(Message).order_by(Message.id.desc())).first()
    assert (mail.recipient, "The bank does not answer" in mail.body_text) == ("lea@tillpaid.test", True)
    assert run(60) == []
    do(finish_task, task_id, now=at(61))
    assert {step.stopped_why for step in list_steps_of([task_id])} == {"acknowledged", "done"}
    with pytest.raises(NothingToEscalate):
        do(escalate_now, task_id, "Please", now=at(62))
    assert verify(at(62)).broken == []


def test_finishing_stops_it_and_reopening_starts_a_new_round(house):
    _ids, _order_id, task_id = house
    assert len(run(3)) == 3
    do(finish_task, task_id, now=at(3.5))
    assert run(30) == []
    assert (get_task(task_id).sla_due_at, get_task(task_id).sla_risk_at) == (None, None)
    do(reopen_task, task_id, now=at(24))
    assert get_task(task_id).sla_due_at == at(28)
    assert len(run(27)) == 3
    assert verify(at(27)).broken == []


def test_the_self_check_finds_a_step_told_late_or_without_a_word_in_the_trail(house):
    _ids, _order_id, task_id = house
    run(3)
    do(finish_task, task_id, now=at(3.5))
    for wrong in (at(4), None):
        with unit_of_work():
            session().execute(update(TaskEscalation).values(notified_at=wrong))
        assert {one.invariant.code for one in verify(at(5)).broken} == {"I44"}


def test_clocks_of_many_tasks_are_read_with_the_statements_of_one(house):
    _ids, _order_id, task_id = house
    others = [factories.make_order(f"D-{number}", now=MONDAY).id for number in range(2, 6)]
    tasks = [task for order_id in others for task in list_tasks_of(order_id) if task.code == "credit_check"]
    for task in tasks:
        do(set_target, task.id, 60, now=MONDAY)
    counts = []
    for wanted in ([get_task(task_id)], [get_task(task_id), *tasks]):
        assert all(task.target_minutes for task in wanted)  # loaded
        with count_statements(db.engine) as counted:
            assert len(read_clocks(wanted, at(1))) == len(wanted)
        counts.append(counted.count)
    assert counts[0] == counts[1] <= 6


def test_a_hold_shifts_what_is_planned(house):
    _ids, order_id, task_id = house
    hold = do(place_hold, order_id, HoldKind.INTERNAL, "Flood", review_on=date(2026, 11, 30), now=at(1))
    assert list_steps_of([task_id]) == []
    assert read_clocks([get_task(task_id)], at(30))[task_id].elapsed_minutes == 60
    assert run(48) == []
    do(release_hold, hold.id, "It is dry", now=at(48))
    assert [step.due_at for step in list_steps_of([task_id])] == [at(50), at(51), at(53)]
    assert session().get_one(Task, task_id).sla_due_at == at(51)
    assert len(run(50)) == 3


@pytest.mark.parametrize(
    ("gone", "assigned", "told"),
    [
        (("fia",), "fia", ["lea"]),  # the owner left: who leads the department
        (("lea",), "fia", ["fia"]),
        (("fia", "lea"), "fia", ["mona"]),
        (("fia", "lea", "mona"), "fia", ["ada"]),
    ],
)
def test_who_left_is_skipped_with_the_next_in_line(house, gone, assigned, told):
    ids, _order_id, task_id = house
    do(assign_task, task_id, ids[assigned], now=MONDAY)
    with unit_of_work():
        for name in gone:
            session().get_one(User, ids[name]).active = False
    assert run(3) == told
