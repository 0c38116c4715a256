"""The story of a night shift that waits for its customer over the night on which the clock jumps."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from app.company.services_calendars import CalendarData, set_calendar
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.outbox.models import Message
from app.tasks.queries import get_task, list_tasks_of
from app.tasks.queries_escalation import list_steps_of
from app.tasks.queries_sla import list_shifted, read_clocks
from app.tasks.services_escalation import climb, set_clocks_again, set_target
from app.tasks.services_pause import pause_task, resume_task
from tests import factories
from tests.factories import ACTOR

NIGHT = ((0, 360), (22 * 60, 24 * 60))  # 22:00 to 06:00, written as two


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


def run(now: datetime) -> int:
    """The job, twice; how many mails there are."""
    for _again in range(2):
        with unit_of_work():
            climb(now=now)
    return session().scalar(select(func.count()).where(Message.kind == "task.escalation")) or 0


def test_a_pause_over_the_night_that_lacks_an_hour_moves_the_target_rightly(app):
    # Saturday 27 March 2027, 22:00 in Berlin (21:00 UTC): the shift begins; at 02:00 the clock jumps to 03:00
    began = utc(27, 21)
    factories.make_company(now=began)
    factories.make_user(app, "member", email="nina@tillpaid.test", department_code="finance")
    with unit_of_work():
        set_calendar("finance", CalendarData("Europe/Berlin", "", (NIGHT,) * 7), version=0, actor=ACTOR, now=began)
    order = factories.make_order(now=began)
    task_id = next(task.id for task in list_tasks_of(order.id) if task.code == "credit_check")
    with unit_of_work():
        set_target(task_id, 480, actor=ACTOR, now=began)

    # The night has seven hours; the eighth is worked from 22:00 on Sunday (20:00 UTC now)
    assert get_task(task_id).sla_due_at == utc(28, 21)

    # It waits for the customer from half past one to half past three: one hour by the clock that was worked
    with unit_of_work():
        pause_task(task_id, "send the tax form", actor=ACTOR, now=utc(28, 0, 30))
    assert (get_task(task_id).sla_due_at, list_steps_of([task_id])) == (None, [])
    assert run(utc(28, 1)) == 0
    with unit_of_work():
        resume_task(task_id, actor=ACTOR, now=utc(28, 1, 30))
    assert get_task(task_id).sla_due_at == utc(28, 22)
    state = read_clocks([get_task(task_id)], utc(28, 20))[task_id]
    assert (state.elapsed_minutes, state.remaining_minutes, state.breached) == (360, 120, False)

    # Three quarters are six hours, over when the shift ends at 06:00 (04:00 UTC)
    assert [step.due_at for step in list_steps_of([task_id])] == [utc(28, 4), utc(28, 22), utc(29, 2)]
    assert run(utc(28, 3, 59)) == 0
    assert run(utc(28, 4)) == 1

    # From now on Monday begins at 22:00 only: what is only planned follows, what was told stays told
    with unit_of_work():
        week = (((22 * 60, 24 * 60),), *(NIGHT,) * 6)
        set_calendar("finance", CalendarData("Europe/Berlin", "", week), version=1, actor=ACTOR, now=utc(28, 12))
    assert list_shifted(utc(28, 12)) == [order.id]
    with unit_of_work():
        set_clocks_again([order.id], now=utc(28, 12))
    assert list_shifted(utc(28, 12)) == []
    assert [step.due_at for step in list_steps_of([task_id])] == [utc(28, 4), utc(28, 22), utc(30, 0)]
    assert run(utc(28, 12)) == 1
