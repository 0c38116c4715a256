"""Closed periods: nothing is dated in them on any path, and what comes later counts from the first open day."""

from datetime import date

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import services as invoices
from app.invoices.models import Invoice
from app.ledger.models import LedgerEntry
from app.ledger.queries_periods import closed_until
from app.ledger.rules_periods import ClosedAlready, NotOverYet, PeriodClosed
from app.ledger.services_periods import NotTheNewest, close_period, reopen_period
from app.payments import services as payments
from tests import factories
from tests.factories import ACTOR, NOW

TODAY = date(2026, 11, 22)
OCTOBER = date(2026, 10, 31)
FIRST_OPEN = date(2026, 11, 1)


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer()


def close(up_to=OCTOBER):
    with unit_of_work():
        return close_period(up_to, "", today=TODAY, actor=ACTOR, now=NOW).id


def issue(customer, on):
    return factories.make_issued_invoice(customer, issued_on=on)


def pay(customer, on):
    factories.make_payment(customer, 500, received_on=on)


def take_over(customer, on):
    factories.make_open_invoice(customer, 500, issued_on=on, due_on=TODAY)


def free_of_charge(customer, on):
    factories.make_issued_invoice(customer, ("Sample", "1", "0"), issued_on=on)


PATHS = [issue, pay, take_over, free_of_charge]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_nothing_is_dated_in_a_closed_period_on_any_path(customer, path):
    close()
    before = session().query(LedgerEntry).count()
    with pytest.raises(PeriodClosed, match="closed up to 2026-10-31: nothing can be dated 2026-10-31"):
        path(customer, OCTOBER)
    assert session().query(LedgerEntry).count() == before
    assert session().query(Invoice).filter(Invoice.number.is_not(None)).count() == 0
    path(customer, FIRST_OPEN)


def test_money_of_a_closed_month_is_placed_from_the_first_open_day(customer):
    invoice = factories.make_issued_invoice(customer, issued_on=date(2026, 10, 5))
    payment = factories.make_payment(customer, 500, received_on=OCTOBER, allocations=[])
    close()
    with unit_of_work():
        [placed] = payments.allocate(payment.id, [(invoice.id, 1, 500)], actor=ACTOR, now=NOW)
        assert placed.effective_on == FIRST_OPEN
    with pytest.raises(PeriodClosed), unit_of_work():
        invoices.credit_invoice(invoice.id, reason="Wrong", issued_on=OCTOBER, actor=ACTOR, now=NOW)


def test_the_newest_closing_alone_is_reopened_and_both_are_kept(customer):
    with pytest.raises(NotOverYet):
        close(TODAY)
    september, october = close(date(2026, 9, 30)), close()
    with pytest.raises(ClosedAlready):
        close()
    with pytest.raises(NotTheNewest), unit_of_work():
        reopen_period(september, "A late bill", actor=ACTOR, now=NOW)
    with unit_of_work():
        reopen_period(october, "A late bill", actor=ACTOR, now=NOW)
    assert closed_until() == date(2026, 9, 30)
    pay(customer, OCTOBER)
    close()
    assert closed_until() == OCTOBER
    noted = select(AuditEntry.action).where(AuditEntry.object_kind == "period", AuditEntry.object_id == october)
    assert list(session().scalars(noted.order_by(AuditEntry.id))) == ["period.closed", "period.reopened"]
