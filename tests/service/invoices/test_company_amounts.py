"""Documents in another currency: refused without a rate, issued with the one of their tax point, and frozen with it."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from app.company.queries import get_company
from app.company.services import data_of, update_company
from app.company.services_rates import set_rate
from app.db.base import session
from app.db.sequences import Counter
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.queries import get_invoice
from app.invoices.rules_issue import NotIssuable
from app.invoices.services.issue import ChangedSinceChecked
from app.invoices.snapshot import fingerprint_of
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW, VAT_19

TODAY = date(2026, 11, 22)
DELIVERED = date(2026, 11, 2)
VAT_7 = VAT_19 | {"name": "VAT 7", "rate": "7"}


@pytest.fixture
def customer(app):
    factories.make_company(foreign_rates="required")
    return factories.make_customer()


def _rate(rate="1.0834", day=DELIVERED, currency="USD"):
    with unit_of_work():
        set_rate(currency, day, rate, actor=ACTOR, now=NOW)


def _draft(customer, currency="USD", **order):
    made = factories.make_plain_order(customer, ("Sensor", "3", "33.33"), currency=currency, **order)
    with unit_of_work():
        return services.draft_invoice(made.id, actor=ACTOR, now=NOW)


def _issue(draft, **options):
    with unit_of_work():
        return services.issue_invoice(draft.id, issued_on=TODAY, actor=ACTOR, now=NOW, **options)


@pytest.mark.parametrize("day", [None, DELIVERED + timedelta(days=1), DELIVERED - timedelta(days=8)])
def test_without_a_rate_of_its_day_nothing_is_numbered(customer, day):
    draft = _draft(customer)
    if day:
        _rate(day=day)
    with pytest.raises(NotIssuable, match="No USD rate for 2026-11-02: enter one under Settings") as refusal:
        _issue(draft)
    assert refusal.value.field == "exchange_rate"
    session().rollback()
    assert session().query(Counter).filter_by(series="invoice").count() == 0
    assert [fault.field for fault in services.find_issue_faults(draft.id, TODAY)] == ["exchange_rate"]


def test_the_document_keeps_its_rate_and_totals_and_its_credit_note_takes_them_back(customer):
    _rate(day=DELIVERED - timedelta(days=7))
    draft = _draft(customer)
    issued = _issue(draft)
    said = issued.snapshot["company_amounts"]
    exact = Fraction(9999, 100) / Fraction("1.0834")
    assert said == {
        "currency": "EUR", "rate": "1.0834", "rated_on": "2026-10-26", "source": "hand", "taxes": ["17.54"],
        "net_total": f"{float(round(exact, 2)):.2f}", "tax_total": "17.54", "gross_total": "109.83",
    }  # fmt: skip
    _rate("2", DELIVERED)
    with unit_of_work():
        note = services.credit_invoice(issued.id, reason="Wrong", issued_on=TODAY, actor=ACTOR, now=NOW)
    assert note.snapshot["company_amounts"] == said
    assert (note.company_currency, note.company_gross_total) == ("EUR", 10983)
    broken = {verdict.invariant.code for verdict in verify(NOW, ROWS).broken}
    assert "I1" not in broken


def test_our_own_currency_says_nothing_and_rates_may_be_optional(customer):
    own = _issue(_draft(customer, currency="EUR"))
    assert "company_amounts" not in own.snapshot
    assert (own.company_currency, own.exchange_rate, own.company_gross_total) == (None, None, None)
    with unit_of_work():
        company = get_company()
        update_company(
            replace(data_of(company), foreign_rates="optional"), version=company.version, actor=ACTOR, now=NOW
        )
    foreign = _issue(_draft(customer))
    assert "company_amounts" not in foreign.snapshot


def test_a_rate_that_moves_between_check_and_issue_is_noticed(customer):
    _rate()
    draft = _draft(customer)
    checked = fingerprint_of(services.preview_issue(draft.id, TODAY).content)
    _rate("1.09")
    with pytest.raises(ChangedSinceChecked):
        _issue(draft, checked=checked)
    session().rollback()
    assert get_invoice(draft.id).number is None
