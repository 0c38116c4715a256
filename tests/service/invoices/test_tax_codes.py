"""Tax codes on documents: the rate of the tax point, what stops a draft that has another one, and deposits."""

from datetime import date
from decimal import Decimal

import pytest

from app.company.models_taxes import TaxRate
from app.company.rules_taxes import TaxRateMissing
from app.company.services_taxes import PartData, make_tax_code, set_tax_rates
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.einvoice.check import find_obstacles
from app.invoices.rules_issue import NotIssuable
from app.invoices.services import rates
from app.invoices.services.drafts import DraftData
from app.invoices.services.rates import RateIssued
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW

TODAY = date(2026, 11, 22)
CHANGE = date(2026, 11, 10)
SAID = (
    "The rate of DE changed on 2026-11-10: this draft has 16 %, the tax point {} wants 19 %.",
    "The rate of DE changed on 2026-11-10: this draft has 19 %, the tax point {} wants 16 %.",
)
WHO = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def customer(app):
    factories.make_company(foreign_rates="optional")
    return factories.make_customer()


def make_code(*parts, code="DE"):
    with unit_of_work():
        taxes = tuple(PartData(name, "S", Decimal(rate)) for name, rate in parts)
        return make_tax_code(code, "A code", "", date(2026, 1, 1), taxes, **WHO)


def set_rate(code, rate, on=CHANGE, version=1):
    with unit_of_work():
        return set_tax_rates(code.id, on, {code.parts[0].id: Decimal(rate)}, version=version, **WHO)


def draft(customer, code="DE", **order):
    made = factories.make_plain_order(customer, ("Sensor", "3", "100"), tax_code=code, **order)
    with unit_of_work():
        return services.draft_invoice(made.id, **WHO)


def deliver(invoice, day):
    said = DraftData(payment_terms="30 days", delivered_on=day)
    with unit_of_work():
        return services.update_draft(invoice.id, said, version=invoice.version, **WHO)


def issue(invoice, on=TODAY):
    with unit_of_work():
        return services.issue_invoice(invoice.id, on, **WHO)


def said_against(invoice):
    return [fault.message for fault in services.find_issue_faults(invoice.id, TODAY)]


@pytest.mark.parametrize(("delivered", "rate"), [(date(2026, 11, 9), "16"), (CHANGE, "19"), (TODAY, "19")])
def test_a_draft_takes_the_rate_of_the_day_of_delivery(customer, delivered, rate):
    set_rate(make_code(("VAT", "16")), "19")
    made = draft(customer, ordered_on=delivered)
    assert [tax["rate"] for tax in made.lines[0].taxes] == [rate]
    assert issue(made).gross_total == 30_000 + 300 * int(rate)
    assert not verify(NOW, ROWS).broken


def test_a_draft_whose_tax_point_moves_over_a_change_is_refused_until_somebody_decides(customer):
    set_rate(make_code(("VAT", "16")), "19")
    made = draft(customer, ordered_on=date(2026, 11, 9))
    made = deliver(made, date(2026, 11, 12))
    assert said_against(made) == [SAID[0].format("2026-11-12")]
    with pytest.raises(NotIssuable):
        issue(made)
    with unit_of_work():
        made = rates.take_rates(made.id, TODAY, **WHO)
    assert (said_against(made), made.gross_total) == ([], 35_700)
    made = deliver(made, date(2026, 11, 9))
    assert said_against(made) == [SAID[1].format("2026-11-09")]
    with unit_of_work():
        made = rates.keep_rates(made.id, TODAY, **WHO)
    assert issue(made).gross_total == 35_700


def test_a_day_without_a_rate_is_refused_by_name(customer):
    make_code(("VAT", "16"))
    with pytest.raises(TaxRateMissing, match="Tax code DE has no rate on 2025-12-31"):
        draft(customer, ordered_on=date(2025, 12, 31))


def test_rates_that_documents_were_issued_with_are_never_corrected(customer):
    code = make_code(("VAT", "16"))
    set_rate(code, "18")
    set_rate(code, "19", version=2)  # nothing was issued with it yet
    made = issue(draft(customer, ordered_on=CHANGE))
    with pytest.raises(RateIssued, match=f"{made.number} with 19 % of DE for 2026-11-10"):
        set_rate(code, "20", version=3)
    set_rate(code, "17", on=date(2026, 1, 1), version=3)  # its days have no document
    set_rate(code, "20", on=TODAY, version=4)


@pytest.mark.parametrize("day", [date(2026, 3, 1), CHANGE])
def test_no_rates_are_entered_from_a_day_after_which_documents_took_other_ones(customer, day):
    code = make_code(("VAT", "16"))
    issue(draft(customer, ordered_on=CHANGE))
    with pytest.raises(RateIssued) as refused:
        set_rate(code, "19", on=day)
    assert refused.value.field == "valid_from"
    set_rate(code, "19", on=date(2026, 11, 11))


def test_rates_no_document_took_are_corrected_and_taken_back(customer):
    code = make_code(("VAT", "16"))
    set_rate(code, "19", on=TODAY)
    set_rate(code, "20", on=TODAY, version=2)
    made = set_rate(code, "16", on=TODAY, version=3)
    assert [(one.valid_from, one.rate) for one in made.parts[0].rates] == [(date(2026, 1, 1), 16)]
    assert not verify(NOW, ROWS).broken


def test_a_wrong_rate_that_was_entered_over_documents_is_corrected_to_what_they_have(customer):
    code = make_code(("VAT", "16"))
    issue(draft(customer, ordered_on=CHANGE))
    with unit_of_work():  # as it could be entered once
        code.parts[0].rates.append(TaxRate(valid_from=CHANGE, rate=Decimal(19), recorded_at=NOW, recorded_by=ACTOR))
    with pytest.raises(RateIssued):
        set_rate(code, "18")
    assert [one.rate for one in set_rate(code, "16").parts[0].rates] == [16]


def test_rates_entered_late_hold_once_the_documents_with_the_old_ones_are_credited(customer):
    code = make_code(("VAT", "16"))
    wrong = issue(draft(customer, ordered_on=CHANGE))
    with unit_of_work():
        _note, again = services.correct_invoice(wrong.id, "Rate", issued_on=TODAY, **WHO)
    set_rate(code, "19")
    with unit_of_work():
        rates.take_rates(again.id, TODAY, **WHO)
    assert issue(again).gross_total == 35_700


def test_a_document_that_kept_another_rate_on_purpose_does_not_hold_its_code(customer):
    code = make_code(("VAT", "16"))
    made = draft(customer, ordered_on=CHANGE)
    set_rate(code, "19")
    with unit_of_work():
        rates.keep_rates(made.id, TODAY, **WHO)
    issue(made)
    set_rate(code, "18", version=2)


def test_a_deposit_is_deducted_with_its_own_rate_after_the_rate_changed(customer):
    code = make_code(("VAT", "16"))
    was = [factories.VAT_19 | {"name": "VAT 16", "rate": "16"}]
    order = factories.make_plain_order(customer, ("Plant", "1", "1000"), state="in_progress", taxes=was, tax_code="DE")
    with unit_of_work():
        deposit = services.draft_deposit(order.id, percent=Decimal(30), **WHO)
    issue(deposit, on=date(2026, 11, 21))
    set_rate(code, "19", on=TODAY, version=1)
    with unit_of_work():
        final = services.draft_invoice(order.id, ahead_of_fulfilment=True, **WHO)
    taxed = [(line.net, line.taxes[0]["rate"]) for line in final.lines]
    assert taxed == [(100_000, "19"), (-30_000, "16")]
    assert issue(final).gross_total == 119_000 - 34_800


def test_state_county_and_city_are_issued_as_plain_pdf(customer):
    make_code(("NY State", "4"), ("NYC", "4.5"), ("MCTD", "0.375"), code="NYC")
    made = issue(draft(customer, "NYC", currency="USD"))
    rows = [(row.name, row.rate, row.tax) for row in made.taxes]
    assert rows == [
        ("NY State 4", Decimal(4), 1200), ("NYC 4.5", Decimal("4.5"), 1350), ("MCTD 0.375", Decimal("0.375"), 113)
    ]  # fmt: skip
    assert "EN 16931 knows exactly one VAT" in " ".join(find_obstacles(made.snapshot))
