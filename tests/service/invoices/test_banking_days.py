"""Due dates leave days without banks when the company says so, and stay where they went."""

from dataclasses import replace
from datetime import date

import pytest

from app.company.queries import get_company
from app.company.services import data_of, update_company
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.banking import date_terms
from app.invoices.queries import get_invoice
from app.invoices.snapshot import fingerprint_of
from app.kernel.errors import BadInput
from app.ledger.queries import list_open_items
from app.verify import verify
from app.verify.arithmetic import ARITHMETIC
from tests import factories
from tests.factories import ACTOR, NOW


def _set(**changes):
    with unit_of_work():
        company = get_company()
        update_company(replace(data_of(company), **changes), version=company.version, actor=ACTOR, now=NOW)


def test_an_invoice_falls_due_on_a_banking_day_and_says_by_which_rule(app):
    """Christmas 2026 is a Friday and a Saturday; the discount would end on Sunday, 6 December."""
    factories.make_company(due_date_move="next")
    customer = factories.make_customer()
    terms = "2% discount 14 days, 50% 33 days, 50% 70 days"
    invoice = factories.make_issued_invoice(customer, payment_terms=terms)
    parts = [(part.due_on, part.amount) for part in invoice.instalments]
    assert parts == [(date(2026, 12, 28), 59500), (date(2027, 2, 1), 59500)]  # 31 January is a Sunday
    assert invoice.due_on == date(2027, 2, 1)
    assert invoice.snapshot["early_discount"]["until"] == "2026-12-07"
    assert invoice.snapshot["banking_days"] == {
        "move": "next",
        "calendar": "TARGET",
        "due": {"2026-12-25": "2026-12-28", "2027-01-31": "2027-02-01"},
        "until": {"2026-12-06": "2026-12-07"},
    }
    assert [item.due_on for item in list_open_items(date(2026, 12, 26))] == [date(2026, 12, 28), date(2027, 2, 1)]
    _set(due_date_move="previous", bank_calendar="customer")
    assert get_invoice(invoice.id).due_on == date(2027, 2, 1)
    assert verify(NOW, ARITHMETIC).is_ok


def test_what_the_button_checked_is_what_is_issued(app):
    factories.make_company(due_date_move="next")
    order = factories.make_plain_order(factories.make_customer(), payment_terms="33 days")
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
    content = services.preview_issue(draft.id, date(2026, 11, 22)).content
    with unit_of_work():
        issued = services.issue_invoice(
            draft.id, issued_on=date(2026, 11, 22), actor=ACTOR, now=NOW, checked=fingerprint_of(content)
        )
    assert issued.due_on == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("said", "country", "terms", "issued_on", "due"),
    [
        ({}, "DE", "33 days", "2026-11-22", "2026-12-25"),
        ({"due_date_move": "next"}, "DE", "33 days", "2026-11-22", "2026-12-28"),
        ({"due_date_move": "previous"}, "DE", "33 days", "2026-11-22", "2026-12-24"),
        # Epiphany is a holiday in Poland, but not of TARGET
        ({"due_date_move": "next"}, "PL", "45 days", "2026-11-22", "2027-01-06"),
        ({"due_date_move": "next", "bank_calendar": "customer"}, "PL", "45 days", "2026-11-22", "2027-01-07"),
        # never before the invoice itself: Sunday stays no due date, so it goes forward
        ({"due_date_move": "previous"}, "DE", "immediately", "2026-11-22", "2026-11-23"),
        ({"due_date_move": "next"}, "DE", "40 days", "2026-11-22", "2027-01-04"),  # New Year and the weekend
        ({"due_date_move": "previous"}, "DE", "end of month", "2026-01-05", "2026-01-30"),
        ({"due_date_move": "next", "bank_calendar": "customer"}, "XX", "6 days", "2026-11-22", "2026-11-30"),
    ],
)
def test_the_dates_of_terms(app, said, country, terms, issued_on, due):
    factories.make_company(**said)
    (row,) = date_terms(terms, date.fromisoformat(issued_on), get_company(), country)
    assert row.due_on.isoformat() == due


@pytest.mark.parametrize("move", ["next", "previous"])
def test_an_early_discount_never_ends_earlier_than_promised(app, move):
    factories.make_company(due_date_move=move)
    discount, _all = date_terms("2% 13, net 30", date(2026, 11, 22), get_company(), "DE")
    assert (discount.promised, discount.due_on) == (date(2026, 12, 5), date(2026, 12, 7))


@pytest.mark.parametrize("field", ["due_date_move", "bank_calendar"])
def test_another_word_is_refused_with_the_field(app, field):
    factories.make_company()
    with pytest.raises(BadInput, match="Choose one of these") as refusal:
        _set(**{field: "sometimes"})
    assert refusal.value.field == field
