"""A supply without tax is issued only where it goes: the line, the category and the country are named."""

import pytest

from app.customers.rules import AddressData
from app.db.unit_of_work import unit_of_work
from app.deals.queries_gate import checklist
from app.deals.rules_gate import Weight
from app.deals.services import DealIncomplete, accept_deal
from app.invoices import services
from app.invoices.rules_issue import NotIssuable
from tests import factories
from tests.factories import ACTOR, NOW, deal_line

HERE = {"country": "DE", "vat_id": "DE136695976"}
FRANCE = {"country": "FR", "vat_id": "FR40303265045"}
SWISS = {"country": "CH", "vat_id": ""}
TO_BOSTON = {**FRANCE, "deliveries": (AddressData(country="US", city="Boston"),)}


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def issue(category, buyer):
    taxes = [{"name": "VAT", "category": category, "kind": "percent", "rate": "0"}]
    order = factories.make_plain_order(factories.make_customer(**buyer), taxes=taxes)
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
        draft.delivered_on = NOW.date()
    with unit_of_work():
        return services.issue_invoice(draft.id, NOW.date(), actor=ACTOR, now=NOW)


@pytest.mark.parametrize(
    ("category", "buyer", "country"),
    [("K", HERE, "DE"), ("K", SWISS, "CH"), ("G", HERE, "DE"), ("G", FRANCE, "FR"), ("K", TO_BOSTON, "US")],
)
def test_what_does_not_go_where_its_category_says_is_not_issued(category, buyer, country):
    with pytest.raises(NotIssuable) as refusal:
        issue(category, buyer)
    (fault,) = [fault for fault in refusal.value.faults if fault.field == "lines[0].taxes[0].category"]
    assert fault.message.startswith(f"Line 1: {category} (")
    assert f" {country}" in fault.message


@pytest.mark.parametrize(
    ("category", "buyer"), [("K", FRANCE), ("G", SWISS), ("G", TO_BOSTON), ("AE", HERE), ("AE", FRANCE)]
)
def test_what_goes_where_its_category_says_is_issued(category, buyer):
    assert issue(category, buyer).number == "INV-2026-00001"


@pytest.mark.parametrize(("category", "buyer"), [("K", HERE), ("K", SWISS), ("G", FRANCE)])
def test_such_a_deal_is_incomplete_at_the_gate(category, buyer):
    deal = factories.make_deal(lines=(deal_line(), deal_line(tax_rate=0, tax_category=category)), **buyer)
    (item,) = [item for item in checklist(deal, NOW.date()) if item.code == "tax"]
    assert (item.weight, f"Line 2: {category} (" in item.hint) == (Weight.BLOCKS, True)
    with pytest.raises(DealIncomplete, match="Line 2"), unit_of_work():
        accept_deal(deal.id, actor=ACTOR, now=NOW)
