"""A decision that was refused: it frees nothing, says why on the order, and can be taken again."""

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.lifecycle import MoveRefused
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.orders.queries_exceptions import list_exceptions_of
from app.orders.rules_exceptions import Cause
from app.orders.services import cancel_order
from app.orders.services_exceptions import raise_exception, resolve_exception
from app.tasks.models import Task
from app.tasks.queries import list_tasks_of
from app.tasks.rules_evidence import Evidence, Given, StillRefused
from app.tasks.services import finish_task
from app.tasks.services_refuse import NothingToRefuse, StandsRefused, refuse_task
from tests import factories
from tests.factories import ACTOR, NOW

STAMP = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def order_id(app):
    """An order whose goods are packed; QA decides whether they may leave."""
    factories.make_company()
    order = factories.make_order()
    with unit_of_work():
        check = task_of(order.id, "quality_check")
        check.evidence, check.evidence_label = Evidence.DECISION, "Goods may leave"
        for code in ("confirm_order", "credit_check", "prepare_goods"):
            finish_task(task_of(order.id, code).id, **STAMP)
    return order.id


def task_of(order_id: int, code: str) -> Task:
    return next(task for task in list_tasks_of(order_id) if task.code == code)


def test_a_refused_decision_frees_nothing_until_it_is_approved(order_id):
    check = task_of(order_id, "quality_check").id
    for reason in ("Scratched", "Scratched again"):
        with unit_of_work():
            refuse_task(check, reason, **STAMP)
    states = {task.code: task.state.value for task in list_tasks_of(order_id)}
    assert (states["quality_check"], states["deliver"]) == ("open", "blocked")
    assert task_of(order_id, "quality_check").refusal == "Scratched again"
    assert get_order(order_id).state is OrderState.IN_PROGRESS
    raised = [(one.cause.value, one.state.value, one.description) for one in list_exceptions_of(order_id)]
    assert raised == [("refused", "open", "QA refused “Check the goods before they leave”: Scratched again")]
    with unit_of_work():
        finish_task(check, given=Given("approved"), **STAMP)
    assert (task_of(order_id, "deliver").state, task_of(order_id, "quality_check").refusal) == ("open", "")
    assert [one.state.value for one in list_exceptions_of(order_id)] == ["resolved"]
    told = select(AuditEntry.action).where(AuditEntry.object_kind == "task", AuditEntry.object_id == check)
    assert list(session().scalars(told.order_by(AuditEntry.id))) == ["task.refused", "task.refused", "task.done"]


def test_a_decision_refused_again_says_the_newest_reason_on_its_exception_and_in_the_timeline(order_id):
    check = task_of(order_id, "quality_check").id
    for reason in ("Scratched", "Dented", "Dented"):
        with unit_of_work():
            refuse_task(check, reason, **STAMP)
    (one,) = list_exceptions_of(order_id)
    assert one.description == "QA refused “Check the goods before they leave”: Dented"
    said = select(AuditEntry).where(AuditEntry.object_kind == "order_exception", AuditEntry.object_id == one.id)
    entries = [(entry.action, entry.detail["reason"]) for entry in session().scalars(said.order_by(AuditEntry.id))]
    asked = "QA refused “Check the goods before they leave”: "
    assert entries == [("exception.raised", f"{asked}Scratched"), ("exception.restated", f"{asked}Dented")]


def test_the_exception_of_a_refused_decision_is_not_resolved_by_hand_while_it_stands(order_id):
    with unit_of_work():
        refuse_task(task_of(order_id, "quality_check").id, "Scratched", **STAMP)
        other = raise_exception(order_id, Cause.STOCK, "No cable", **STAMP).id
    refused = next(one.id for one in list_exceptions_of(order_id) if one.source)
    says = "“Check the goods before they leave” still stands refused. Decide the task again, then this resolves itself."
    with pytest.raises(StandsRefused) as raised, unit_of_work():
        resolve_exception(refused, "Polished", **STAMP)
    assert str(raised.value) == says
    with unit_of_work():
        resolve_exception(other, "Bought", **STAMP)
    assert {one.id: one.state.value for one in list_exceptions_of(order_id)} == {refused: "open", other: "resolved"}
    with unit_of_work():
        cancel_order(order_id, "Off", **STAMP)
    with unit_of_work():
        resolve_exception(refused, "Nobody needs it now", **STAMP)  # its task is closed
    assert {one.state.value for one in list_exceptions_of(order_id)} == {"resolved"}


@pytest.mark.parametrize(
    ("code", "reason", "evidence", "refusal"),
    [
        ("quality_check", " ", Evidence.DECISION, BadInput),  # no reason
        ("quality_check", "No", Evidence.NUMBER, NothingToRefuse),
        ("deliver", "No", Evidence.DECISION, MoveRefused),  # blocked
        ("prepare_goods", "No", Evidence.DECISION, MoveRefused),  # done
    ],
)
def test_what_cannot_be_refused_stays_as_it_is(order_id, code, reason, evidence, refusal):
    with unit_of_work():
        task_of(order_id, code).evidence = evidence
    with pytest.raises(refusal), unit_of_work():
        refuse_task(task_of(order_id, code).id, reason, **STAMP)
    assert list_exceptions_of(order_id) == []


def test_a_refused_task_is_not_done_by_finishing_it(order_id):
    with pytest.raises(StillRefused), unit_of_work():
        finish_task(task_of(order_id, "quality_check").id, given=Given("refused"), **STAMP)
