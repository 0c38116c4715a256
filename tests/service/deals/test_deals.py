"""Deals: registered once, decided at the gate, corrected until accepted."""

from dataclasses import replace
from datetime import date

import pytest

from app.audit.queries import list_timeline
from app.customers.queries import get_customer, list_customers
from app.db.unit_of_work import unit_of_work
from app.deals import intake, queries, services
from app.deals.models import DealState, ReturnCode
from app.deals.queries_gate import checklist
from app.deals.rules_gate import Weight
from app.kernel.errors import BadInput
from app.kernel.lifecycle import MoveRefused, ReasonMissing
from app.orders.queries import count_by_state, find_order_of
from tests import factories
from tests.factories import ACTOR, NOW, deal_line, parsed_deal


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def register(parsed, source="file"):
    with unit_of_work():
        return services.register_deal(parsed, source=source, actor=ACTOR, now=NOW)


def test_a_deal_is_registered_once_per_source_and_id():
    assert register(parsed_deal()).status == "created"
    assert register(parsed_deal()).status == "unchanged"
    assert register(parsed_deal(), source="hubspot").status == "created"
    assert sum(queries.count_by_state().values()) == 2
    assert len(list_customers()) == 1


def test_a_deal_delivered_with_another_content_is_reported_with_both_values_and_never_applied():
    deal = register(parsed_deal()).deal
    again = register(parsed_deal(po_number="PO-8", lines=(deal_line(quantity="5"),)))
    assert again.status == "changed"
    assert again.reasons == (
        "po_number was PO-7, the file says PO-8",
        "quantity of 'Sensor' was 4, the file says 5",
    )
    assert (queries.get_deal(deal.id).po_number, queries.get_deal(deal.id).lines[0].quantity) == ("PO-7", 4)
    assert [entry.action for entry in list_timeline(deal_id=deal.id)] == ["deal.received"]


# of `parsed_deal()` before a line could say when the customer wants it
OLD_FINGERPRINT = "7e009808f8069c3b0f9130b5d926055e56babb24f7be74037e316c1a61a815d1"


def test_a_requested_day_goes_to_the_order_and_counts_as_content_except_in_deals_without_one():
    plain, dated = parsed_deal(), parsed_deal(lines=(deal_line(requested_on=date(2026, 12, 1)),))
    assert plain.fingerprint() == OLD_FINGERPRINT
    register(plain)
    assert register(plain).status == "unchanged"
    assert register(dated).reasons == ("requested_on of 'Sensor' was empty, the file says 2026-12-01",)
    other = parsed_deal("D-2", po_number="PO-9", lines=dated.lines)
    register(other)
    assert register(parsed_deal("D-2", po_number="PO-9")).reasons == (
        "requested_on of 'Sensor' was 2026-12-01, the file says empty",
    )
    order = factories.make_order("D-3", po_number="PO-10", lines=(*dated.lines, deal_line("Cable")))
    assert [line.requested_on for line in order.lines] == [date(2026, 12, 1), None]


def test_the_terms_of_the_customer_or_the_company_fill_in_where_a_deal_says_none():
    factories.make_customer("With Terms GmbH", payment_terms="14 days")
    with_terms = register(parsed_deal("A", customer="With Terms GmbH", payment_terms="")).deal
    without = register(parsed_deal("B", customer="Other GmbH", payment_terms="")).deal
    assert (with_terms.payment_terms, without.payment_terms) == ("14 days", "30 days")


def test_what_a_known_customer_lacks_is_taken_from_the_deal_and_nothing_else():
    known = factories.make_customer(billing_email="", street="Old street")
    register(parsed_deal(vat_id="DE136695976"))
    customer = get_customer(known.id)
    assert (customer.billing_email, customer.vat_id) == ("ap@nordlicht.example", "DE136695976")
    assert customer.addresses[0].street == "Old street"


def test_a_customer_that_cannot_be_refuses_the_deal():
    with pytest.raises(BadInput):
        register(parsed_deal(billing_email="no address"))
    assert sum(queries.count_by_state().values()) == 0


def test_accepting_a_deal_opens_its_order_once():
    deal = register(parsed_deal()).deal
    with unit_of_work():
        services.accept_deal(deal.id, actor=ACTOR, now=NOW)
    assert find_order_of(deal.id) is not None
    with pytest.raises(MoveRefused, match="This deal is accepted"), unit_of_work():
        services.accept_deal(deal.id, actor=ACTOR, now=NOW)
    assert sum(count_by_state().values()) == 1


def test_a_deal_that_lacks_something_needed_is_not_accepted_and_says_what():
    deal = register(parsed_deal(lines=(deal_line(tax_rate=0, tax_category="AE"),))).deal
    with pytest.raises(services.DealIncomplete, match="VAT id"), unit_of_work():
        services.accept_deal(deal.id, actor=ACTOR, now=NOW)
    assert queries.get_deal(deal.id).state is DealState.WAITING


def test_a_deal_that_lacks_optional_cells_is_accepted_with_warnings():
    bare = parsed_deal(owner="", street="", postal_code="", city="", billing_email="", payment_terms="", po_number="")
    deal = register(bare).deal
    warned = [item.label for item in checklist(deal, NOW.date()) if item.weight is Weight.WARNS]
    assert warned == ["Billing e-mail", "Billing address", "VAT id", "Purchase order"]
    with unit_of_work():
        assert services.accept_deal(deal.id, actor=ACTOR, now=NOW).state is DealState.ACCEPTED


def test_the_same_purchase_order_on_two_deals_warns():
    register(parsed_deal("A"))
    deal = register(parsed_deal("B", lines=(deal_line("Cable"),))).deal
    (item,) = [item for item in checklist(deal, NOW.date()) if item.label == "Perhaps a duplicate"]
    assert (item.weight, "A" in item.hint) == (Weight.WARNS, True)


def test_a_deal_is_returned_with_a_reason_only_while_it_waits():
    deal = register(parsed_deal()).deal
    with pytest.raises(ReasonMissing), unit_of_work():
        services.return_deal(deal.id, "  ", actor=ACTOR, now=NOW)
    with unit_of_work():
        services.return_deal(deal.id, "Price is wrong", code=ReturnCode.PRICE, actor=ACTOR, now=NOW)
    returned = queries.get_deal(deal.id)
    assert (returned.state, returned.return_code, returned.return_reason) == (
        DealState.RETURNED,
        ReturnCode.PRICE,
        "Price is wrong",
    )
    with pytest.raises(MoveRefused, match="hand in again"), unit_of_work():
        services.accept_deal(deal.id, actor=ACTOR, now=NOW)


def test_a_corrected_deal_is_handed_in_again_and_its_file_delivered_again_changes_nothing():
    deal = register(parsed_deal()).deal
    with unit_of_work():
        services.return_deal(deal.id, "Price is wrong", actor=ACTOR, now=NOW)
    corrected = parsed_deal(lines=(deal_line(unit_price="10"), deal_line("Cable")))
    with unit_of_work():
        services.resubmit_deal(deal.id, corrected, actor=ACTOR, now=NOW)
    again = queries.get_deal(deal.id)
    assert (again.state, [line.item for line in again.lines], again.net_total) == (
        DealState.WAITING,
        ["Sensor", "Cable"],
        8940,
    )
    assert register(parsed_deal()).status == "unchanged"  # the first delivery
    assert register(corrected).status == "unchanged"  # what it was corrected to
    assert register(parsed_deal(po_number="X")).status == "changed"


def test_the_second_of_two_people_who_edit_is_told_and_an_accepted_deal_stays():
    deal = register(parsed_deal()).deal
    with unit_of_work():
        services.edit_deal(deal.id, parsed_deal(po_number="A"), version=1, actor=ACTOR, now=NOW)
    with pytest.raises(services.DealChanged), unit_of_work():
        services.edit_deal(deal.id, parsed_deal(po_number="B"), version=1, actor=ACTOR, now=NOW)
    with unit_of_work():
        services.accept_deal(deal.id, actor=ACTOR, now=NOW)
    with pytest.raises(services.DealAcceptedAlready), unit_of_work():
        services.edit_deal(deal.id, parsed_deal(po_number="B"), version=3, actor=ACTOR, now=NOW)


def test_an_unknown_deal_is_said_to_be_unknown():
    with pytest.raises(queries.DealUnknown), unit_of_work():
        services.accept_deal(404, actor=ACTOR, now=NOW)


def test_the_waiting_deals_are_listed_oldest_first_page_by_page():
    for number, day in enumerate((9, 3, 5, 3), start=1):
        register(parsed_deal(f"D-{number}", closed_on=replace(parsed_deal()).closed_on.replace(day=day)))
    page = queries.list_deals(state=DealState.WAITING, limit=2)
    rest = queries.list_deals(state=DealState.WAITING, after=(page[-1].closed_on, page[-1].id), limit=9)
    assert [deal.external_id for deal in page + rest] == ["D-2", "D-4", "D-3", "D-1"]
    assert queries.totals_of(DealState.WAITING) == {"EUR": 4 * 4940}


def test_a_file_is_registered_with_one_row_of_result_for_each_deal():
    text = (
        "deal_id,closed_on,customer,country,currency,vat_id,item,quantity,unit_price,tax_rate\n"
        "A,2026-11-02,Alpha,DE,EUR,,X,1,2,19\n"
        "B,2026-11-02,Beta,DE,EUR,DE1,X,1,2,19\n"
        "A,2026-11-02,Alpha,DE,EUR,,Y,1,2,19\n"
        "C,2026-11-02,Gamma,DE,EUR,,X,-1,2,19\n"
    )
    parsed = intake.read_deals(text.encode(), "deals.csv")
    with unit_of_work():
        rows = intake.register_file(parsed, source="file", actor=ACTOR, now=NOW)
    assert [(row.line, row.deal_id, row.status) for row in rows] == [
        (2, "A", "created"),
        (3, "B", "created"),
        (5, "C", "rejected"),
    ]
    assert "quantity" in rows[2].reasons[0].lower()
    assert intake.count_rows(rows) == {"created": 2, "unchanged": 0, "changed": 0, "rejected": 1}


def test_a_vat_id_that_fails_its_check_digits_warns_at_the_gate_and_never_reaches_the_customer():
    deal = register(parsed_deal(vat_id="DE123456789")).deal
    (item,) = [item for item in checklist(deal, NOW.date()) if item.label == "VAT id"]
    assert item.weight == "warns"
    assert "DE123456789 fails its check digits" in item.hint
    assert get_customer(deal.customer_id).vat_id == ""
