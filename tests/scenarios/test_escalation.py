"""The story of a task that takes too long: who is told when, somebody takes it over, and nobody is told again."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEntry
from app.auth.models import User
from app.auth.models_absence import Absence
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.orders.models_holds import HoldKind
from app.orders.services_holds import place_hold, release_hold
from app.outbox.models import Message
from app.tasks.models import Department, Task
from app.tasks.models_escalation import TaskEscalation
from app.tasks.queries import get_task, list_tasks_of
from app.tasks.queries_escalation import forecast_steps, list_colleagues, list_steps_of
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
from tests.book import ROWS
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
    assert verify(at(60), ROWS).broken == []


def test_whoever_acknowledges_stops_the_ladder_until_somebody_escalates_by_hand(house):
    _ids, _order_id, task_id = house
    assert run(3) == ["fia", "finn", "lea"]  # nobody has it: everybody of the department who is here
    do(acknowledge, task_id, now=at(3.2))
    with pytest.raises(NothingToAcknowledge):
        do(acknowledge, task_id, now=at(3.3))
    assert run(30) == []
    with unit_of_work():
        escalate_now(task_id, "The bank does not answer", actor="user:99", now=at(31))
    assert "team_lead" not in [step.who.value for step in list_steps_of([task_id]) if step.notified_at]  # Lea knows
    mail = session().scalars(select(Message).order_by(Message.id.desc())).first()
    assert (mail.recipient, "The bank does not answer" in mail.body_text) == ("mona@tillpaid.test", True)
    assert run(60) == []
    do(finish_task, task_id, now=at(61))
    assert {step.stopped_why for step in list_steps_of([task_id])} == {"acknowledged", "done"}
    with pytest.raises(NothingToEscalate):
        do(escalate_now, task_id, "Please", now=at(62))
    assert verify(at(62), ROWS).broken == []


@pytest.mark.parametrize(
    ("owner", "presses", "at_once", "told"),
    [
        ("lea", None, False, [(3, ["lea"]), (6, ["mona"])]),  # the owner leads: the second step tells nobody new
        ("fia", None, True, [(7, ["fia", "lea", "mona"])]),  # the worker was down: one mail each, at the highest
        ("fia", "user:99", False, [(4, ["lea"]), (6, ["mona"])]),
        ("fia", "lea", False, [(4, ["lea"]), (6, ["mona"])]),  # who presses is not told by that
        ("lea", "lea", False, []),  # Mona was told, so no level below her
        ("away", None, False, [(3, ["lea"]), (6, ["mona"])]),  # Lea stands in for the owner
    ],
)
def test_nobody_is_told_twice_and_no_lower_level_after_a_higher(house, owner, presses, at_once, told):
    ids, _order_id, task_id = house
    do(assign_task, task_id, ids["fia" if owner == "away" else owner], now=MONDAY)
    if owner == "away":
        with unit_of_work():
            days = {"first_day": MONDAY.date(), "last_day": MONDAY.date(), "set_by": ACTOR, "set_at": MONDAY}
            session().add(Absence(user_id=ids["fia"], stand_in_id=ids["lea"], **days))
    by_hand = []
    if presses:
        with unit_of_work():
            actor = f"user:{ids[presses]}" if presses in ids else presses
            by_hand = [escalate_now(task_id, "Please", actor=actor, now=at(1)).told]
    steps, task = list_steps_of([task_id]), get_task(task_id)
    if presses == owner:
        assert [step.position for step in steps] == [3]
        with pytest.raises(EverybodyTold), unit_of_work():
            escalate_now(task_id, "Please", actor="user:99", now=at(1))
    planned = forecast_steps(task, steps, list_colleagues(), at(7 if at_once else 1))
    foreseen = [one.name.lower() for people in planned.values() for one in people]
    found = [(hour, run(hour)) for hour in ((7,) if at_once else (3, 4, 6))]
    assert [(hour, mails) for hour, mails in found if mails] == told
    assert foreseen == [name for _hour, mails in found for name in mails]  # the plan said so
    entries = select(AuditEntry.id).where(AuditEntry.action == "task.escalated")
    assert len(session().scalars(entries).all()) == len(told) + len(by_hand)
    if at_once:
        mail = session().scalars(select(Message).where(Message.kind == "task.escalation")).first()
        assert "150 %" in mail.body_text
    assert verify(at(8), ROWS).broken == []


def test_finishing_stops_it_and_reopening_starts_a_new_round(house):
    _ids, _order_id, task_id = house
    assert len(run(3)) == 3
    do(finish_task, task_id, now=at(3.5))
    assert run(30) == []
    assert (get_task(task_id).sla_due_at, get_task(task_id).sla_risk_at) == (None, None)
    do(reopen_task, task_id, now=at(24))
    assert get_task(task_id).sla_due_at == at(28)
    assert len(run(27)) == 3
    assert verify(at(27), ROWS).broken == []


def test_the_self_check_finds_a_step_told_late_or_without_a_word_in_the_trail(house):
    _ids, _order_id, task_id = house
    run(3)
    do(finish_task, task_id, now=at(3.5))
    for wrong in (at(4), None):
        with unit_of_work():
            session().execute(update(TaskEscalation).values(notified_at=wrong))
        assert {one.invariant.code for one in verify(at(5), ROWS).broken} == {"I44"}


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
