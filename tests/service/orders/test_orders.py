"""Orders: opened once with the deal's lines, fulfilled, reopened, cancelled."""

from datetime import timedelta

import pytest

from app.audit.queries import list_timeline
from app.db.unit_of_work import unit_of_work
from app.kernel.lifecycle import MoveRefused, ReasonMissing
from app.orders import queries, services
from app.orders.models import OrderState
from app.orders.queries import View
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from tests import factories
from tests.factories import ACTOR, NOW, deal_line


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def test_an_order_copies_the_lines_with_taxes_as_compute_takes_them():
    order = factories.make_order(
        country="CH",
        lines=(deal_line(discount_percent=7), deal_line("Export", tax_rate=0, tax_category="G", tax_reason="Export")),
    )
    first, second = order.lines
    assert (first.item, first.quantity, first.unit_price, first.discount_percent) == (
        "Sensor",
        4,
        deal_line().unit_price,
        7,
    )
    assert first.taxes == [
        {
            "name": "VAT 19",
            "category": "S",
            "kind": "percent",
            "rate": "19",
            "price_includes": False,
            "compounds": False,
        }
    ]
    assert (second.taxes[0]["category"], second.taxes[0]["rate"], second.taxes[0]["reason"]) == ("G", "0", "Export")


def test_an_order_is_opened_once_however_often_it_is_asked_for():
    order = factories.make_order()
    with unit_of_work():
        assert services.open_order(order.deal_id, actor=ACTOR, now=NOW).id == order.id
    assert queries.count_by_state()[OrderState.IN_PROGRESS] == 1


def test_nothing_is_ordered_before_the_deal_is_accepted():
    deal = factories.make_deal()
    with pytest.raises(services.DealNotAccepted, match="D-1"), unit_of_work():
        services.open_order(deal.id, actor=ACTOR, now=NOW)


def test_a_cancelled_order_says_why_and_closes_its_tasks():
    order = factories.make_order()
    with pytest.raises(ReasonMissing), unit_of_work():
        services.cancel_order(order.id, "", actor=ACTOR, now=NOW)
    with unit_of_work():
        services.cancel_order(order.id, "Customer withdrew", actor=ACTOR, now=NOW)
    cancelled = queries.get_order(order.id)
    assert (cancelled.state, cancelled.cancel_reason) == (OrderState.CANCELLED, "Customer withdrew")
    assert {task.state for task in list_tasks_of(order.id)} == {TaskState.CANCELLED}
    with pytest.raises(MoveRefused, match="Nothing more can happen"), unit_of_work():
        services.mark_fulfilled(order.id, actor=ACTOR, now=NOW)
    assert "order.cancelled" in [entry.action for entry in list_timeline(order_id=order.id)]


def test_a_fulfilled_order_is_not_fulfilled_again():
    order = factories.make_fulfilled_order()
    with pytest.raises(MoveRefused, match="This order is fulfilled"), unit_of_work():
        services.mark_fulfilled(order.id, actor=ACTOR, now=NOW)


def test_orders_are_counted_and_summed_by_state():
    factories.make_order("A")
    factories.make_order("B", currency="JPY", lines=(deal_line(unit_price="100"),))
    factories.make_fulfilled_order("C")
    assert queries.count_by_state() == {OrderState.IN_PROGRESS: 2, OrderState.FULFILLED: 1, OrderState.CANCELLED: 0}
    worth = queries.worth_by_view(NOW.date())
    assert (worth[View.ON_TIME].count, worth[View.ON_TIME].totals) == (2, {"EUR": 4940, "JPY": 400})
    assert [worth[view].count for view in (View.LATE, View.FULFILLED, View.CANCELLED)] == [0, 1, 0]
    tomorrow_a_month = NOW.date() + timedelta(days=31)
    assert queries.worth_by_view(tomorrow_a_month)[View.LATE].count == 2


def test_an_unknown_order_is_said_to_be_unknown():
    with pytest.raises(queries.OrderUnknown):
        queries.get_order(404)
    with pytest.raises(queries.OrderUnknown), unit_of_work():
        services.cancel_order(404, "x", actor=ACTOR, now=NOW)
