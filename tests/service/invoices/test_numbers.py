"""The report on numbers: always without a gap, and loud when somebody changed the database by hand."""

from datetime import date

import pytest
from sqlalchemy import text, update

from app.db.base import db, session
from app.db.sequences import Counter
from app.db.unit_of_work import unit_of_work
from app.invoices.queries_series import list_series_periods
from app.verify import books
from tests import factories
from tests.factories import NOW
from tests.harness.statements import count_statements


@pytest.fixture
def issued(app):
    factories.make_company()
    customer = factories.make_customer()
    for on in (date(2025, 12, 30), date(2026, 1, 2), date(2026, 1, 2), date(2026, 3, 1)):
        factories.make_issued_invoice(customer, issued_on=on)


def damage(engine, statement):
    """Past every guard, as only somebody with the database's own tools could."""
    if engine == "sqlite":
        session().execute(text("DROP TRIGGER guard_invoice_update"))
    else:
        session().execute(text("ALTER TABLE invoice DISABLE TRIGGER ALL"))
    session().execute(text(statement))


def test_each_series_and_year_is_complete_in_one_statement(issued):
    with count_statements(db.engine) as seen:
        rows = list_series_periods()
    assert seen.count <= 1
    assert [(one.period, one.first, one.last, one.documents, one.is_sound) for one in rows] == [
        ("2026", 1, 3, 3, True), ("2025", 1, 1, 1, True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "has_gap", "back"),
    [
        ("UPDATE invoice SET sequence = 9 WHERE sequence = 3", True, 0),
        ("UPDATE invoice SET issued_on = '2026-04-01' WHERE sequence = 2", False, 1),
    ],
)
def test_a_gap_and_a_date_that_goes_back_are_seen(issued, engine_name, statement, has_gap, back):
    damage(engine_name, statement)
    row = list_series_periods()[0]
    session().rollback()
    assert (row.is_sound, row.has_gap, row.back) == (False, has_gap, back)


def test_a_counter_that_ran_ahead_breaks_the_self_check(issued):
    with unit_of_work():
        session().execute(update(Counter).where(Counter.series == "invoice", Counter.period == "2026").values(last=5))
    row = list_series_periods()[0]
    assert (row.missing, row.has_gap) == (2, True)
    said = [finding.detail for invariant in books.NUMBERING for finding in invariant.find(NOW)]
    assert said == ["numbers 1 to 3, 3 documents, counter 5"]
