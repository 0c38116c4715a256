"""An order that is invoiced is neither cancelled nor taken back to work."""

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.services import credit_invoice, delete_draft, draft_invoice, issue_invoice
from app.invoices.services.orders import OrderInvoiced
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.orders.services import cancel_order
from app.tasks.queries import list_tasks_of
from app.tasks.services import reopen_task
from tests import factories
from tests.factories import ACTOR, NOW


@pytest.fixture
def order(app):
    factories.make_company()
    return factories.make_fulfilled_order(deal_type="service")


def draft(order):
    with unit_of_work():
        return draft_invoice(order.id, actor=ACTOR, now=NOW).id


def cancel(order):
    with unit_of_work():
        cancel_order(order.id, "Withdrawn", actor=ACTOR, now=NOW)


def test_a_draft_stands_in_the_way_until_it_is_deleted(order):
    invoice_id = draft(order)
    with pytest.raises(OrderInvoiced, match="draft"):
        cancel(order)
    with unit_of_work():
        delete_draft(invoice_id, actor=ACTOR, now=NOW)
    cancel(order)
    assert get_order(order.id).state is OrderState.CANCELLED


def test_an_issued_invoice_stands_in_the_way_until_it_is_credited(order):
    invoice_id = draft(order)
    with unit_of_work():
        issue_invoice(invoice_id, issued_on=NOW.date(), actor=ACTOR, now=NOW)
    with pytest.raises(OrderInvoiced, match="INV-2026-00001"):
        cancel(order)
    last = next(task for task in list_tasks_of(order.id) if task.code == "go_live")
    with pytest.raises(OrderInvoiced), unit_of_work():
        reopen_task(last.id, actor=ACTOR, now=NOW)
    with unit_of_work():
        credit_invoice(invoice_id, reason="Withdrawn", issued_on=NOW.date(), actor=ACTOR, now=NOW)
    cancel(order)
    assert get_order(order.id).state is OrderState.CANCELLED
