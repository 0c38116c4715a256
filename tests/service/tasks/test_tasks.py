"""Tasks: planned from the playbook, freed one after another, reopened, assigned, added."""

from datetime import date

import pytest

from app.auth.models import User
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.lifecycle import MoveRefused
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.orders.services import cancel_order
from app.tasks import queries, services
from app.tasks.models import TaskState
from app.tasks.services_playbooks import ensure_standard_playbooks
from tests import factories
from tests.factories import ACTOR, NOW


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def states(order_id):
    return {task.code: task.state.value for task in queries.list_tasks_of(order_id)}


def id_of(order_id, code):
    return next(task.id for task in queries.list_tasks_of(order_id) if task.code == code)


def finish(order_id, *codes):
    for code in codes:
        with unit_of_work():
            services.finish_task(id_of(order_id, code), actor=ACTOR, now=NOW)


def test_setting_up_the_company_brings_departments_and_playbooks_once():
    with unit_of_work():
        ensure_standard_playbooks(NOW)
    assert len(queries.list_departments()) == 6
    assert [playbook.order_type for playbook in queries.list_playbooks()] == ["custom_build", "service", "standard"]


@pytest.mark.parametrize(
    ("deal_type", "first"), [("standard", "prepare_goods"), ("service", "set_up"), ("no_such_type", "prepare_goods")]
)
def test_the_playbook_of_the_order_type_plans_it_else_the_standard_one(deal_type, first):
    order = factories.make_order(deal_type=deal_type)
    assert states(order.id)[first] == "blocked"


def test_a_plan_is_made_once():
    order = factories.make_order()
    with unit_of_work():
        services.plan_tasks(order.id, actor=ACTOR, now=NOW)
    assert len(queries.list_tasks_of(order.id)) == 6


def test_due_dates_count_working_days_from_the_order_date():
    order = factories.make_order()  # a Sunday
    assert {task.code: task.due_on for task in queries.list_tasks_of(order.id)} == {
        "confirm_order": date(2026, 11, 23),
        "credit_check": date(2026, 11, 23),
        "prepare_goods": date(2026, 11, 25),
        "quality_check": date(2026, 11, 26),
        "deliver": date(2026, 11, 27),
        "ask_feedback": date(2026, 12, 4),
    }
    assert get_order(order.id).due_on == date(2026, 11, 27)


def test_a_task_waits_for_everything_it_needs_and_says_for_what():
    order = factories.make_order()
    with (
        pytest.raises(services.TaskBlocked, match="Confirm the order to the customer, Check"),
        unit_of_work(),
    ):
        services.finish_task(id_of(order.id, "deliver"), actor=ACTOR, now=NOW)
    finish(order.id, "credit_check", "prepare_goods", "quality_check")
    assert states(order.id)["deliver"] == "blocked"
    finish(order.id, "confirm_order")
    assert states(order.id)["deliver"] == "open"


def test_the_last_required_task_fulfils_the_order_and_the_others_stay_open():
    order = factories.make_order()
    finish(order.id, "credit_check", "prepare_goods", "quality_check", "confirm_order")
    assert get_order(order.id).state is OrderState.IN_PROGRESS
    finish(order.id, "deliver")
    assert get_order(order.id).state is OrderState.FULFILLED
    finish(order.id, "ask_feedback")
    assert set(states(order.id).values()) == {"done"}


def test_a_task_is_finished_once():
    order = factories.make_order()
    finish(order.id, "credit_check")
    with pytest.raises(MoveRefused, match="This task is done"):
        finish(order.id, "credit_check")


def test_reopening_a_task_blocks_its_successors_and_takes_the_order_back_to_work():
    order = factories.make_fulfilled_order(deal_type="service")
    with pytest.raises(services.SuccessorDone, match="Hand over"), unit_of_work():
        services.reopen_task(id_of(order.id, "set_up"), actor=ACTOR, now=NOW)
    with unit_of_work():
        services.reopen_task(id_of(order.id, "go_live"), actor=ACTOR, now=NOW)
    again = get_order(order.id)
    assert (again.state, again.fulfilled_on) == (OrderState.IN_PROGRESS, None)
    with unit_of_work():
        services.reopen_task(id_of(order.id, "set_up"), actor=ACTOR, now=NOW)
    assert states(order.id)["go_live"] == "blocked"
    factories.finish_all_tasks(order.id)
    assert get_order(order.id).state is OrderState.FULFILLED


def test_a_task_of_a_cancelled_order_is_closed_for_good():
    order = factories.make_order()
    with unit_of_work():
        cancel_order(order.id, "Withdrawn", actor=ACTOR, now=NOW)
    with pytest.raises(MoveRefused):
        finish(order.id, "credit_check")


def _person(active=True):
    with unit_of_work():
        user = User(email=f"{active}@x.example", role="clerk", active=active, fs_uniquifier=str(active), created_at=NOW)
        session().add(user)
        session().flush()
        return user.id


def test_a_task_is_given_to_a_person_who_works_here_or_to_nobody():
    order = factories.make_order()
    task_id, person = id_of(order.id, "credit_check"), _person()
    with unit_of_work():
        services.assign_task(task_id, person, actor=ACTOR, now=NOW)
    assert queries.get_task(task_id).assignee_id == person
    with unit_of_work():
        services.assign_task(task_id, None, actor=ACTOR, now=NOW)
    assert queries.get_task(task_id).assignee_id is None
    for nobody in (99, _person(active=False)):
        with pytest.raises(services.AssigneeUnknown), unit_of_work():
            services.assign_task(task_id, nobody, actor=ACTOR, now=NOW)


def test_the_second_of_two_people_who_finish_a_task_is_told():
    order = factories.make_order()
    task_id, person = id_of(order.id, "credit_check"), _person()
    with unit_of_work():
        services.assign_task(task_id, person, version=1, actor=ACTOR, now=NOW)
    with pytest.raises(services.TaskChanged), unit_of_work():
        services.finish_task(task_id, version=1, actor=ACTOR, now=NOW)


def _add(order_id, **changes):
    said = {"department_code": "qa", "due_on": date(2026, 12, 1), "is_required": True, **changes}
    with unit_of_work():
        return services.add_task(order_id, "Send a certificate", actor=ACTOR, now=NOW, **said)


def test_an_added_task_that_is_required_holds_the_order_up():
    order = factories.make_order(deal_type="service")
    added = _add(order.id)
    finish(order.id, "credit_check", "confirm_order", "set_up", "go_live")
    assert get_order(order.id).state is OrderState.IN_PROGRESS
    finish(order.id, added.code)
    assert get_order(order.id).state is OrderState.FULFILLED
    with pytest.raises(services.OrderNotOpen, match="SO-2026-00001"):
        _add(order.id)


def test_an_added_task_needs_a_department_and_a_day_that_is_not_before_the_order():
    order = factories.make_order()
    with pytest.raises(queries.DepartmentUnknown):
        _add(order.id, department_code="none")
    with pytest.raises(BadInput):
        _add(order.id, due_on=date(2026, 1, 1))


def test_the_next_task_of_each_order_is_the_open_required_one_due_first():
    one, other = factories.make_order("A"), factories.make_order("B")
    finish(one.id, "credit_check", "confirm_order")
    first = queries.next_tasks_of([one.id, other.id])
    assert first[one.id].code == "prepare_goods"
    assert first[other.id].code in {"confirm_order", "credit_check"}
    assert first[other.id].state is TaskState.OPEN
