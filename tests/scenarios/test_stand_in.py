"""The story of an absence: a colleague takes over tasks and notices between two dates, and gives them back."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from app.auth.queries import get_user
from app.auth.rules import Role
from app.auth.services_absence import end_absence, set_absence
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.orders.services_talk import write_comment
from app.outbox.models import Message
from app.tasks.queries import list_tasks_of
from app.tasks.queries_scope import build_scope
from app.tasks.queries_work import Tab, Wanted, select_work
from app.tasks.services import assign_task, finish_task
from tests import factories
from tests.factories import ACTOR, make_user

FRIDAY, MONDAY, TUESDAY = (datetime(2026, 11, day, 9, 0, tzinfo=UTC) for day in (20, 23, 24))


def mine(user_id, on):
    scope = build_scope(get_user(user_id), on)
    return [task.code for task in session().scalars(select_work(scope, Wanted(tab=Tab.MINE), on))]


def mailed_to():
    return sorted(session().scalars(select(Message.recipient).where(Message.kind == "order.mention")))


def test_a_stand_in_takes_over_from_monday_until_the_person_is_back(app):
    factories.make_company(now=FRIDAY)
    order_id = factories.make_order(now=FRIDAY).id
    ada = make_user(app, Role.MEMBER, department_code="finance")
    ben = make_user(app, Role.MEMBER, department_code="qa")
    cleo = make_user(app, Role.CLERK)
    credit_check = next(task.id for task in list_tasks_of(order_id) if task.code == "credit_check")
    with unit_of_work():
        assign_task(credit_check, ada, actor=ACTOR, now=FRIDAY)

    # Friday: Ada says that Ben stands in for her next week
    with unit_of_work():
        week = {"first_day": date(2026, 11, 23), "last_day": date(2026, 11, 27)}
        absence_id = set_absence(ada, ben, **week, today=FRIDAY.date(), actor=f"user:{ada}", now=FRIDAY).id
    assert mine(ben, FRIDAY.date()) == []
    assert mine(ada, FRIDAY.date()) == ["credit_check"]

    # Monday: her task is on his list, and a mention of her goes to him
    assert mine(ben, MONDAY.date()) == ["credit_check"]
    address = get_user(ada).email.partition("@")[0]
    with unit_of_work():
        write_comment(order_id, f"@{address} may I go on?", author_id=cleo, actor=f"user:{cleo}", now=MONDAY)
    assert mailed_to() == [get_user(ben).email]
    with unit_of_work():
        finish_task(credit_check, actor=f"user:{ben}", now=MONDAY)

    # Tuesday: she is back early; from now on her notices are hers again
    with unit_of_work():
        end_absence(absence_id, user_id=ada, today=TUESDAY.date(), actor=f"user:{ada}", now=TUESDAY)
        write_comment(order_id, f"@{address} welcome back", author_id=cleo, actor=f"user:{cleo}", now=TUESDAY)
    assert mine(ben, TUESDAY.date()) == []
    assert mailed_to() == sorted([get_user(ben).email, get_user(ada).email])
