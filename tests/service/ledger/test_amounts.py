"""Who was asked an amount: found by it alone, where it is rare, however much else is open."""

from datetime import date

import pytest

from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.ledger import queries_amounts as queries
from app.ledger.models import EntryKind
from app.ledger.queries import list_open_items, list_open_items_of
from app.ledger.services import NewEntry, post_many, take_snapshot
from tests.factories import ACTOR, NOW
from tests.harness.plans import explain
from tests.harness.statements import count_statements

DAY, DUE = date(2026, 10, 1), date(2026, 11, 1)
FEE, RARE, SETTLED = (49_00, "EUR"), (70_00, "EUR"), (90_00, "EUR")


def asked(number, amount, currency="EUR"):
    return NewEntry(
        kind=EntryKind.INSTALMENT, effective_on=DAY, customer_id=number % 5, currency=currency, amount=amount,
        reason=f"invoice:{number}", document=f"invoice:{number}", instalment=1, due_on=DUE,
    )  # fmt: skip


@pytest.fixture
def book(app):
    fees = [asked(number, 49_00) for number in range(1, queries.MOST_ASKED + 2)]
    paid = NewEntry(
        kind=EntryKind.SETTLEMENT, effective_on=DUE, customer_id=1, currency="EUR", amount=-1, reason="payment:1",
        document="invoice:101", instalment=1,
    )  # fmt: skip
    with unit_of_work():
        post_many([*fees, asked(100, 70_00), asked(101, 90_00), paid], actor=ACTOR, now=NOW)


def test_a_rare_amount_finds_who_owes_all_of_it(book):
    rare = queries.list_rare({FEE, RARE, SETTLED, (70_00, "USD")})
    assert rare == {RARE, SETTLED, (70_00, "USD")}
    assert [one.document for one in queries.list_open_of(rare)] == ["invoice:100"]
    assert queries.list_rare(set()) == set()
    assert queries.list_open_of(set()) == []


def test_an_amount_is_looked_up_by_its_index(book):
    for statement in (queries.select_rare([RARE]), queries.select_open([RARE])):
        assert "ix_ledger_entry_asked" in explain(statement)


@pytest.mark.parametrize("snapshot", [False, True])
def test_some_customers_are_read_as_each_alone_in_one_go(book, snapshot):
    if snapshot:
        with unit_of_work():
            take_snapshot(date(2026, 10, 31), NOW)
    alone = [item for one in (1, 3) for item in list_open_items(date.max, customer_id=one)]
    session().rollback()
    with count_statements(db.engine) as counted:
        assert sorted(list_open_items_of([1, 3])) == sorted(alone)
    assert counted.count == 2
