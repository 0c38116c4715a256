"""Invoices of an earlier system: owed and aged like ours, but outside our numbers."""

from datetime import date

import pytest

from app.db.base import session
from app.db.sequences import Counter
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_request
from app.invoices import queries, services
from app.invoices.services.history import AmountWrong, NumberTaken
from app.ledger.queries import list_open_items
from tests import factories
from tests.factories import ACTOR, NOW

FACTS = {"issued_on": date(2024, 3, 1), "due_on": date(2024, 3, 31), "currency": "EUR", "gross": 11900}


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer()


def _register(customer, number="R-2024/17", **changes):
    with unit_of_work():
        return services.register_history_invoice(number, customer.id, **{**FACTS, **changes}, actor=ACTOR, now=NOW)


def test_it_keeps_its_number_and_stands_outside_our_series(customer):
    old = _register(customer)
    assert (old.number, old.origin, old.state) == ("R-2024/17", "history", "issued")
    assert (old.series, old.period, old.sequence) == (None, None, None)
    assert session().get(Counter, ("invoice", "2024")) is None
    assert factories.make_issued_invoice(customer).number == "INV-2026-00001"


def test_it_is_owed_overdue_and_has_neither_pdf_nor_mail(customer):
    old = _register(customer)
    [item] = list_open_items(date(2026, 1, 1))
    assert (item.document, item.instalment, item.due_on, item.open) == (
        f"invoice:{old.id}",
        1,
        date(2024, 3, 31),
        11900,
    )
    assert queries.position_of(old, date(2024, 4, 1)).days_past_due == 1
    assert find_request("invoice", old.id, "pdf") is None
    assert queries.list_sent(old.id) == []


def test_the_same_facts_again_change_nothing(customer):
    assert _register(customer).id == _register(customer).id
    assert len(list_open_items(date(2026, 1, 1))) == 1


def test_the_same_number_with_other_facts_is_refused(customer):
    _register(customer)
    with pytest.raises(NumberTaken, match="R-2024/17"):
        _register(customer, gross=1)


def test_our_own_number_may_also_be_one_of_the_earlier_system(customer):
    ours = factories.make_issued_invoice(customer)
    old = _register(customer, number=ours.number)
    assert old.id != ours.id
    assert queries.get_by_number(ours.number).id == ours.id


def test_less_than_nothing_is_refused(customer):
    with pytest.raises(AmountWrong):
        _register(customer, gross=-1)


def test_any_dates_are_taken_as_the_earlier_system_says(customer):
    assert _register(customer, due_on=date(2024, 2, 1)).due_on == date(2024, 2, 1)


def test_many_are_registered_in_one_go(customer):
    rows = [services.HistoryInvoice(number=f"R-{n}", customer_id=customer.id, **FACTS) for n in range(1200)]
    with unit_of_work():
        ids = services.register_history_invoices(rows, actor=ACTOR, now=NOW)
    assert len(set(ids.values())) == 1200
    assert queries.get_by_number("R-1199").id == ids["R-1199"]
    assert sum(item.open for item in list_open_items(date(2026, 1, 1))) == 1200 * 11900
