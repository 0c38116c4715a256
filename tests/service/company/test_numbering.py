"""The next number of a series: raised with a reason, never lowered, and tried before it is written otherwise."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.audit.queries import list_entries_of
from app.company import services
from app.company.queries_numbering import list_reserved, next_sequences
from app.company.rules import SeriesCouldShare
from app.company.services_numbering import preview_pattern
from app.company.services_reserving import raise_next_number
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from tests import factories
from tests.factories import ACTOR, NOW

TODAY = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def raise_to(number, reason="Numbers to 499 are of the old system", code="invoice"):
    with unit_of_work():
        return raise_next_number(code, number, reason, on=TODAY, actor=ACTOR, now=NOW)


def test_a_company_that_moves_in_mid_year_goes_on_where_it_was():
    raise_to(500)
    assert next_sequences(TODAY)["invoice"] == 500
    with unit_of_work():
        drawn = [services.next_number("invoice", on)[0] for on in (TODAY, date(2027, 1, 1))]
    assert drawn == ["INV-2026-00500", "INV-2027-00001"], "another year begins with 1"
    [kept] = list_reserved()
    assert (kept.series, kept.period, kept.first, kept.last, kept.reserved_by) == ("invoice", "2026", 1, 499, ACTOR)
    entry = list_entries_of("company", 1)[0]
    assert (entry.action, entry.detail["last"], entry.detail["reason"]) == ("numbering.reserved", 499, kept.reason)
    session().rollback()
    with pytest.raises(IntegrityError, match="stay as they were"):
        session().execute(text("UPDATE number_range_reserved SET last = 600"))
    session().rollback()


def test_a_number_is_never_lowered_and_never_without_a_reason():
    raise_to(500)
    for number, reason, said in (
        (499, "x", "The next number is 500"),
        (500, "x", "above 500"),
        (-1, "x", "above 500"),
        (10**12, "x", "up to 999999999"),
        (600, "  ", "[Rr]eason|missing|needed"),
    ):
        with pytest.raises(BadInput, match=said):
            raise_to(number, reason)
    with pytest.raises(services.SeriesUnknown):
        raise_to(5, code="quote")
    assert len(list_reserved()) == 1


def test_a_pattern_is_tried_without_being_changed():
    raise_to(500)
    assert preview_pattern("invoice", " RE{yy}-{number:06d}", on=TODAY) == ["RE26-000500", "RE26-000501", "RE26-000502"]
    with pytest.raises(SeriesCouldShare, match="The credit note numbers"):
        preview_pattern("invoice", "CN-{year}-{number:05d}", on=TODAY)
    with unit_of_work():
        assert services.next_number("invoice", TODAY)[0] == "INV-2026-00500"
