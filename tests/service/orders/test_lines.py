"""Deliveries, amendments and cancelling in part: what they change, and what stops them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.audit.queries import list_timeline
from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.invoices.services import draft_invoice
from app.invoices.services.drafts import NothingDelivered
from app.invoices.services.orders import BelowInvoiced
from app.kernel.lifecycle import MoveRefused
from app.orders.models import OrderState
from app.orders.models_holds import HoldKind
from app.orders.queries import get_order
from app.orders.queries_deliveries import list_deliveries
from app.orders.queries_holds import list_holds
from app.orders.rules_amend import AmendmentState, AmendmentWish, LineWish
from app.orders.rules_deliver import DayAhead
from app.orders.services import OrderChanged
from app.orders.services_amendments import (
    AmendmentStale,
    AmendmentWaiting,
    BelowDelivered,
    NotYours,
    WholeOrder,
    approve_amendment,
    cancel_part,
    propose_amendment,
    refuse_amendment,
    withdraw_amendment,
)
from app.orders.services_deliveries import (
    DeliveryUndone,
    OrderNotRunning,
    record_delivery,
    set_dates,
    undo_delivery,
)
from app.orders.services_holds import OrderOnHold, place_hold
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task, reopen_task
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW

BY = {"actor": ACTOR, "now": NOW}
OTHER = {"actor": "user:2", "now": NOW}
TODAY = date(2026, 11, 22)


@pytest.fixture
def order(app):
    """Ten sensors and two cables: 123.50 + 10.00."""
    factories.make_company()
    return factories.make_order(lines=(factories.deal_line(quantity="10"), factories.deal_line("Cable", "2", "5")))


def wish(line, quantity: str, price: str = "", **changes):
    wanted = LineWish(line_id=line.id, quantity=Decimal(quantity), unit_price=Decimal(price or line.unit_price))
    head = {"reason": "They ask for it", "payment_terms": "30 days", "po_number": "PO-7", **changes}
    return AmendmentWish(lines=(wanted,), **head)


def deliver(order, *quantities: str, on: date = TODAY) -> None:
    with unit_of_work():
        chosen = {line.id: Decimal(one) for line, one in zip(get_order(order.id).lines, quantities, strict=False)}
        record_delivery(order.id, {key: value for key, value in chosen.items() if value}, on=on, **BY)


def amounts(order):
    return [(line.standing, line.fulfilled_quantity) for line in get_order(order.id).lines]


def broken():
    return {verdict.invariant.code for verdict in verify(NOW, ROWS).broken} & {"I14", "I15", "I17", "I43", "I45", "I46"}


def test_deliveries_add_up_are_taken_back_and_the_last_task_delivers_the_rest(order):
    deliver(order, "4", on=TODAY - timedelta(days=3))
    deliver(order, "1", "2")
    (second, _cable) = reversed(list_deliveries(order.id)[:2])
    with unit_of_work():
        undo_delivery(second.id, "Came back", **BY)
    with pytest.raises(DeliveryUndone), unit_of_work():
        undo_delivery(second.id, "Again", **BY)
    line = get_order(order.id).lines[0 if second.line_id == order.lines[0].id else 1]
    assert line.fulfilled_on in {TODAY - timedelta(days=3), None}
    for task in list_tasks_of(order.id):
        if task.is_required:
            with unit_of_work():
                finish_task(task.id, **BY)
    assert amounts(order) == [(10, 10), (2, 2)]
    assert broken() == set()
    task = next(task for task in list_tasks_of(order.id) if task.code == "deliver")
    with unit_of_work():
        reopen_task(task.id, **BY)
    # only what the last task delivered goes back
    assert sum(delivered for _, delivered in amounts(order)) in {5, 6}
    assert broken() == set()


def test_what_stops_a_delivery(order):
    line = order.lines[0]
    with pytest.raises(DayAhead), unit_of_work():
        record_delivery(order.id, {line.id: Decimal(1)}, on=TODAY + timedelta(days=1), **BY)
    with pytest.raises(OrderChanged), unit_of_work():
        record_delivery(order.id, {line.id: Decimal(1)}, on=TODAY, version=99, **BY)
    with pytest.raises(OrderChanged), unit_of_work():
        set_dates(order.id, {line.id: (None, TODAY)}, version=99, **BY)
    with pytest.raises(NothingDelivered), unit_of_work():
        draft_invoice(order.id, only_delivered=True, **BY)
    with unit_of_work():
        place_hold(order.id, HoldKind.CUSTOMER, "They move", review_on=TODAY, **BY)
    with pytest.raises(OrderOnHold), unit_of_work():
        record_delivery(order.id, {line.id: Decimal(1)}, on=TODAY, **BY)
    assert list_deliveries(order.id) == []


def test_cancelling_in_part_stops_at_what_is_delivered_or_drafted_and_ends_the_order(order):
    sensor, cable = order.lines
    with pytest.raises(WholeOrder), unit_of_work():
        cancel_part(order.id, {sensor.id: Decimal(10), cable.id: Decimal(2)}, "No", **BY)
    deliver(order, "4")
    with unit_of_work():
        # ahead of fulfilment, of everything
        draft = draft_invoice(order.id, ahead_of_fulfilment=True, **BY)
    with pytest.raises(BelowInvoiced, match=f"Line 1: 10 of Sensor are on draft {draft.id}"), unit_of_work():
        cancel_part(order.id, {sensor.id: Decimal(1)}, "No", **BY)
    with unit_of_work() as current:
        current.delete(current.merge(draft))
    with unit_of_work():
        cancel_part(order.id, {sensor.id: Decimal(5)}, "Fewer", **BY)
    assert (amounts(order), get_order(order.id).net_total) == ([(5, 4), (2, 0)], 6175 + 1000)
    with unit_of_work():
        cancel_part(order.id, {sensor.id: Decimal(1), cable.id: Decimal(2)}, "That is all", **BY)
    done = get_order(order.id)
    assert (done.state, done.fulfilled_on, done.net_total) == (OrderState.FULFILLED, TODAY, 4940)
    assert {task.state for task in list_tasks_of(order.id)} <= {TaskState.DONE, TaskState.CANCELLED}
    assert broken() == set()


def test_a_held_order_is_not_ended_by_cancelling_its_rest(order):
    deliver(order, "4")
    with unit_of_work():
        place_hold(order.id, HoldKind.CUSTOMER, "They move", review_on=TODAY, **BY)
    sensor, cable = order.lines
    with pytest.raises(OrderOnHold), unit_of_work():
        cancel_part(order.id, {sensor.id: Decimal(6), cable.id: Decimal(2)}, "No", **BY)
    assert amounts(order) == [(10, 4), (2, 0)]


def test_a_proposal_is_decided_once_and_waits_for_nothing_else(order):
    sensor = order.lines[0]
    with unit_of_work():
        first = propose_amendment(order.id, wish(sensor, "20"), **BY)
    with pytest.raises(AmendmentWaiting), unit_of_work():
        propose_amendment(order.id, wish(sensor, "11"), **BY)
    with pytest.raises(NotYours), unit_of_work():
        withdraw_amendment(first.id, **OTHER)
    with unit_of_work():
        withdraw_amendment(first.id, **BY)
        second = propose_amendment(order.id, wish(sensor, "21"), **BY)
        refuse_amendment(second.id, "Too much", **OTHER)
    with pytest.raises(MoveRefused), unit_of_work():
        approve_amendment(second.id, **OTHER)
    with unit_of_work():
        third = propose_amendment(order.id, wish(sensor, "2", po_number="PO-8"), **BY)
    deliver(order, "4")
    with pytest.raises(BelowDelivered, match="4 of Sensor are delivered"), unit_of_work():
        approve_amendment(third.id, **OTHER)
    with unit_of_work():
        get_order(order.id).po_number = "PO-9"
    with pytest.raises(AmendmentStale, match="Po number"), unit_of_work():
        approve_amendment(third.id, **OTHER)
    assert amounts(order)[0] == (10, 4)


def test_an_amendment_that_raises_the_value_asks_for_credit_again(order):
    with unit_of_work():
        get_customer(order.customer_id).credit_limit = 13000
        small = propose_amendment(order.id, wish(order.lines[0], "9"), **BY)
    assert (small.state, list_holds(order.id)) == (AmendmentState.APPROVED, [])
    with unit_of_work():
        propose_amendment(order.id, wish(get_order(order.id).lines[0], "9.9"), **BY)
    assert [hold.kind for hold in list_holds(order.id)] == [HoldKind.CREDIT]
    told = [entry.action for entry in list_timeline(order_id=order.id)]
    assert told[:3] == ["order.held", "order.amended", "order.amended"]
    assert broken() == set()


def test_only_an_order_in_progress_changes(order):
    factories.finish_all_tasks(order.id)
    for act in (
        lambda: record_delivery(order.id, {}, on=TODAY, **BY),
        lambda: set_dates(order.id, {}, **BY),
        lambda: cancel_part(order.id, {}, "x", **BY),
        lambda: propose_amendment(order.id, wish(order.lines[0], "9"), **BY),
    ):
        with pytest.raises(OrderNotRunning, match="is fulfilled"), unit_of_work():
            act()
