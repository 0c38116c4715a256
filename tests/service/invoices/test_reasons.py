"""Why no tax is charged, given by amending an order that is in already."""

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.services import draft_invoice, issue_invoice, preview_issue
from app.orders.queries import get_order
from app.orders.rules_amend import AmendmentState, AmendmentWish, LineWish, TaxReasonMissing
from app.orders.services_amendments import propose_amendment
from tests import factories
from tests.factories import ACTOR, NOW

BY = {"actor": ACTOR, "now": NOW}
EXEMPT = [{"name": "VAT 0", "category": "E", "kind": "percent", "rate": "0", "price_includes": False}]


def _amend(order_id, reason):
    order = get_order(order_id)
    (line,) = order.lines
    wish = LineWish(line_id=line.id, quantity=line.quantity, unit_price=line.unit_price, tax_reason=reason)
    head = {"payment_terms": order.payment_terms, "po_number": order.po_number}
    with unit_of_work():
        return propose_amendment(order_id, AmendmentWish(reason="Asked Tax", lines=(wish,), **head), **BY)


@pytest.mark.parametrize("state", ["in_progress", "fulfilled"])
def test_an_order_without_the_reason_is_amended_and_its_draft_can_be_issued(app, state):
    factories.make_company()
    order = factories.make_plain_order(factories.make_customer(), ("Course", "2", "50"), taxes=EXEMPT, state=state)
    with unit_of_work():
        draft = draft_invoice(order.id, ahead_of_fulfilment=True, **BY)
    faults = preview_issue(draft.id, NOW.date()).faults
    assert [fault.field for fault in faults] == ["lines[0].taxes[0].reason"]
    amendment = _amend(order.id, " Article 132 ")
    assert amendment.state is AmendmentState.APPROVED
    assert amendment.changes["lines"][0]["fields"] == {"tax_reason": ["", "Article 132"]}
    with unit_of_work():
        issued = issue_invoice(draft.id, NOW.date(), **BY)
    assert issued.snapshot["lines"][0]["taxes"][0]["reason"] == "Article 132"
    with pytest.raises(TaxReasonMissing):
        _amend(order.id, "")
