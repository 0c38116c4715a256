"""The story of an order delivered and invoiced in part, amended with somebody's approval, and billed to the end."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.services import draft_invoice, issue_invoice
from app.invoices.services.orders import BelowInvoiced, PriceInvoiced
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.orders.rules_amend import AmendmentState, AmendmentWish, LineWish
from app.orders.services_amendments import OwnAmendment, approve_amendment, propose_amendment
from app.orders.services_deliveries import record_delivery
from app.verify import verify
from tests import factories
from tests.book import ROWS

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 6, 9, 0, tzinfo=UTC)
CLERK, MANAGER = "user:1", "user:2"


def wish(line, quantity: str, price: str = "12.35") -> AmendmentWish:
    """The one line at another quantity or price."""
    wanted = LineWish(line_id=line.id, quantity=Decimal(quantity), unit_price=Decimal(price))
    return AmendmentWish(reason="They need more", payment_terms="30 days", po_number="PO-7", lines=(wanted,))


def bill(order_id: int, now: datetime, **how: bool) -> int:
    with unit_of_work():
        draft = draft_invoice(order_id, actor=CLERK, now=now, **how)
        return issue_invoice(draft.id, issued_on=now.date(), actor=CLERK, now=now).net_total


def test_an_order_is_amended_after_it_was_delivered_and_invoiced_in_part(app):
    factories.make_company(now=MONDAY)
    order = factories.make_order("D-1", now=MONDAY, lines=(factories.deal_line(quantity="10"),))
    (line,) = order.lines
    assert order.net_total == 12350

    # Tuesday: four of ten are delivered and invoiced
    with unit_of_work():
        record_delivery(order.id, {line.id: Decimal(4)}, on=date(2026, 11, 3), actor=CLERK, now=TUESDAY)
    assert bill(order.id, TUESDAY, only_delivered=True) == 4940

    # Fewer than invoiced, or another price for what is invoiced, is refused and says what to do
    with (
        pytest.raises(BelowInvoiced, match=r"Line 1: 4 of Sensor are on INV-2026-00001\. .* credit the invoice"),
        unit_of_work(),
    ):
        propose_amendment(order.id, wish(line, "3"), actor=CLERK, now=TUESDAY)
    with pytest.raises(PriceInvoiced), unit_of_work():
        propose_amendment(order.id, wish(line, "10", "11"), actor=CLERK, now=TUESDAY)

    # Twelve instead of ten is a fifth more: somebody else has to agree
    with unit_of_work():
        amendment = propose_amendment(order.id, wish(line, "12"), actor=CLERK, now=TUESDAY)
    assert (amendment.state, amendment.net_before, amendment.net_after) == (AmendmentState.PROPOSED, 12350, 14820)
    assert get_order(order.id).net_total == 12350
    with pytest.raises(OwnAmendment), unit_of_work():
        approve_amendment(amendment.id, actor=CLERK, now=TUESDAY)
    with unit_of_work():
        approve_amendment(amendment.id, actor=MANAGER, now=TUESDAY)
    amended = get_order(order.id)
    assert (amended.net_total, amended.lines[0].quantity) == (14820, Decimal(12))

    # Friday: all tasks are done, so the rest is delivered; the rest is invoiced
    factories.finish_all_tasks(order.id, now=FRIDAY)
    done = get_order(order.id)
    assert (done.state, done.lines[0].fulfilled_quantity) == (OrderState.FULFILLED, Decimal(12))
    assert bill(order.id, FRIDAY) == 9880
    assert get_order(order.id).billed_net == done.net_total == 14820
    assert [verdict.invariant.code for verdict in verify(FRIDAY, ROWS).broken if verdict.invariant.code < "I18"] == []
