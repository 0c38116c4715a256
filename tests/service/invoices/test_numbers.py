"""The report on numbers: always without a gap, and loud when somebody changed the database by hand."""

import threading
from datetime import date

import pytest
from sqlalchemy import text, update

from app.company.services_reserving import NumberNotRaised, raise_next_number
from app.db.base import db, session
from app.db.sequences import Counter
from app.db.unit_of_work import unit_of_work
from app.invoices.queries_series import list_series_periods
from app.invoices.services import draft_invoice, issue_invoice
from app.invoices.services.issue import OlderThanLast
from app.verify import books
from tests import factories
from tests.factories import ACTOR, NOW
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


def test_each_series_and_year_is_complete_in_two_statements(issued):
    with count_statements(db.engine) as seen:
        rows = list_series_periods()
    assert seen.count <= 2
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


def raise_to(number):
    with unit_of_work():
        return raise_next_number("invoice", number, "Used before", on=date(2026, 3, 1), actor=ACTOR, now=NOW)


def broken():
    session().rollback()
    return [finding.detail for invariant in books.NUMBERING for finding in invariant.find(NOW)]


def test_reserved_numbers_are_no_gap_but_any_other_is(issued, engine_name):
    raise_to(500)
    assert (list_series_periods()[0].is_sound, broken()) == (True, []), "even before the first document after them"
    customer = factories.make_customer("After GmbH")
    late = factories.make_plain_order(customer)
    with unit_of_work():
        draft = draft_invoice(late.id, actor=ACTOR, now=NOW)
    with pytest.raises(OlderThanLast, match="INV-2026-00003"), unit_of_work():
        issue_invoice(draft.id, date(2026, 2, 1), actor=ACTOR, now=NOW)
    assert factories.make_issued_invoice(customer, issued_on=date(2026, 3, 2)).number == "INV-2026-00500"
    row = list_series_periods()[0]
    assert (row.first, row.last, row.documents, row.reserved, row.missing, broken()) == (1, 500, 4, 496, 0, [])
    session().rollback()
    for moved in (2, 500):  # out of the row, and into the reserved numbers
        damage(engine_name, f"UPDATE invoice SET sequence = 77 WHERE sequence = {moved} AND period = '2026'")
        assert list_series_periods()[0].has_gap, moved
        session().rollback()


def test_numbers_are_raised_while_others_are_issued_and_each_is_accounted_for(app, issued):
    drafts = []
    for _ in range(6):
        order = factories.make_plain_order(factories.make_customer("Busy GmbH"))
        with unit_of_work():
            drafts.append(draft_invoice(order.id, actor=ACTOR, now=NOW).id)
    begun = threading.Event()

    def issue_all():
        with app.app_context():
            for draft in drafts:
                with unit_of_work():
                    issue_invoice(draft, date(2026, 3, 1), actor=ACTOR, now=NOW)
                begun.set()

    worker = threading.Thread(target=issue_all)
    worker.start()
    begun.wait(20)
    for number in (6, 50, 100):
        try:
            raise_to(number)
        except NumberNotRaised:
            continue  # the others were there first
    worker.join()
    session().rollback()
    row = list_series_periods()[0]
    assert (row.documents, row.missing, row.has_gap, broken()) == (9, 0, False, [])
    assert row.end == row.counter >= 99
