"""Document numbers, lifecycles, names and working days."""

import enum
from datetime import date

import pytest

from app.kernel.business_calendar import BusinessCalendar
from app.kernel.errors import BadInput
from app.kernel.lifecycle import Lifecycle, Move, MoveRefused, ReasonMissing
from app.kernel.numbering import check_pattern, period_of, write_number
from app.kernel.references import document_key, name_key, plain_text, vat_id_key

# --- document numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("INV-{year}-{number:05d}", "INV-2026-00017"),
        ("INV-{year}-{number:05}", "INV-2026-00017"),
        ("{yy}/{month}/{number}", "26/03/17"),
        ("R{number:03d}.{year}", "R017.2026"),
        ("{yy}{month}-{number:03d}", "2603-017"),
    ],
)
def test_a_number_is_written_as_its_pattern_says(pattern, number):
    assert check_pattern(pattern) == pattern
    assert write_number(pattern, 17, date(2026, 3, 9)) == number


def test_a_number_that_outgrows_its_width_is_never_cut():
    assert write_number("{number:03d}", 12345, date(2026, 1, 1)) == "12345"


@pytest.mark.parametrize(
    "pattern",
    [
        "INV",
        "INV-{year}",
        "{number}",
        "{number}{year}",
        "{year}{number}",
        "{year}-{number}-{number}",
        "{year}-1{number}",
        "{year}-{number.__class__}",
        "{year}-{number!r}",
        "{0}-{year}-{number}",
        "{year} {number}",
        "{year}-{number:>9}",
        "INV-{year}-{number}-€",
        "{year}-{number}" + "X" * 40,
        "{year}-{number}\n",
        "{month}-{number}",
    ],
)
def test_a_pattern_that_could_mislead_is_refused(pattern):
    with pytest.raises(BadInput, match="Write one like INV-"):
        check_pattern(pattern)


def test_what_is_wrong_with_a_pattern_is_said_plainly():
    for pattern, said in (
        ("INV-{year}", "{number} must stand in it once"),
        ("INV-{number}", "a yearly series must show {year}"),
        ("INV-{jahr}-{number}", "{jahr} is not known; there are {year}"),
        ("INV {year}-{number}", "only letters, digits"),
        ("-{year}-{number}", "a letter or digit first"),
        ("FV//{year}/{number}", "between two marks"),
        ("{year}/{number}/", "a letter or digit first, last"),
        ("{yy}{number:03d}", "digits that touch"),
        ("{year}{month:01d}-{number}", "digits that touch"),
        ("AVeryLongNameOfACompany-{year}-{number:05d}", "longer than 30 characters"),
    ):
        with pytest.raises(BadInput) as refused:
            check_pattern(pattern)
        assert said in str(refused.value), pattern


def test_a_series_without_years_needs_no_year():
    assert check_pattern("C-{number:06d}", yearly=False)
    assert period_of(date(2026, 3, 9), yearly=False) == ""
    assert period_of(date(2026, 3, 9), yearly=True) == "2026"


# --- lifecycles -------------------------------------------------------------------------------------------------------


class State(enum.StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"


DEAL = Lifecycle(
    "deal",
    State.WAITING,
    (
        Move.of("accept", State.WAITING, State.ACCEPTED, permission="accept_deal"),
        Move.of("return_to_sales", State.WAITING, State.RETURNED, needs_reason=True),
        Move.of("offer_again", [State.RETURNED], State.WAITING),
    ),
)


def test_a_move_leads_to_its_state():
    assert DEAL.move("accept", State.WAITING) is State.ACCEPTED
    assert DEAL.is_possible("offer_again", State.RETURNED)
    assert DEAL.is_final(State.ACCEPTED)
    assert [move.name for move in DEAL.moves_from(State.WAITING)] == ["accept", "return_to_sales"]
    assert DEAL.permission_for("accept") == "accept_deal"


def test_a_refused_move_says_what_is_possible_instead():
    with pytest.raises(MoveRefused, match='This deal is returned, so "accept" is not possible'):
        DEAL.move("accept", State.RETURNED)
    with pytest.raises(MoveRefused, match="Nothing more can happen"):
        DEAL.move("accept", State.ACCEPTED)


def test_a_move_that_needs_a_reason_asks_for_it():
    with pytest.raises(ReasonMissing, match="return to sales"):
        DEAL.move("return_to_sales", State.WAITING, reason="  ")
    assert DEAL.move("return_to_sales", State.WAITING, reason="no address") is State.RETURNED


def test_a_table_with_a_hole_is_refused_when_it_is_written():
    with pytest.raises(ValueError, match="never becomes"):
        Lifecycle("deal", State.WAITING, (Move.of("accept", State.WAITING, State.ACCEPTED),))
    with pytest.raises(ValueError, match="share a name"):
        Lifecycle("deal", State.WAITING, (*DEAL.moves, Move.of("accept", State.RETURNED, State.ACCEPTED)))
    with pytest.raises(KeyError):
        DEAL.move("explode", State.WAITING)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Müller & Söhne GmbH", "muller sohne"),
        ("MULLER UND SÖHNE", "muller und sohne"),
        ("Acme, Inc.", "acme"),
        ("ACME GmbH & Co. KG", "acme"),
        ("Łódź Sp. z o.o.", "lodz"),
        ("A.P. Møller A/S", "ap moller"),
        ("Peugeot S.A.", "peugeot"),
        ("S.A.", "sa"),
        ("Großhandel AG", "grosshandel"),
        ("Ελληνικά Τρόφιμα", "ελληνικα τροφιμα"),
        ("شركة النور", "شركة النور"),
        ("", ""),
    ],
)
def test_a_name_is_known_without_case_accents_and_legal_form(name, key):
    assert name_key(name) == key


def test_plain_text_keeps_the_legal_form():
    assert plain_text("  Acme,   GmbH ") == "acme gmbh"


def test_identifiers_are_known_without_spaces_and_zeros():
    assert vat_id_key(" de 123.456-789 ") == "DE123456789"
    assert document_key("inv 2026/17") == document_key("INV-2026-00017") == "INV-2026-17"
    assert document_key("INV-2026-1-7") != document_key("INV-2026-17")


# --- working days -----------------------------------------------------------------------------------------------------

CHRISTMAS = BusinessCalendar(frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}))


@pytest.mark.parametrize(
    ("start", "days", "day"),
    [
        ("2026-11-20", 1, "2026-11-23"),  # Friday -> Monday
        ("2026-12-24", 1, "2026-12-28"),  # over Christmas and the weekend
        ("2026-12-24", 0, "2026-12-24"),
        ("2026-12-25", 0, "2026-12-28"),
        ("2026-11-23", -1, "2026-11-20"),
        ("2026-12-24", 5, "2027-01-04"),
    ],
)
def test_working_days_are_counted_over_weekends_and_holidays(start, days, day):
    assert CHRISTMAS.add_working_days(date.fromisoformat(start), days) == date.fromisoformat(day)


def test_working_days_between_two_dates():
    assert CHRISTMAS.working_days_between(date(2026, 12, 24), date(2027, 1, 4)) == 5
    assert CHRISTMAS.working_days_between(date(2027, 1, 4), date(2026, 12, 24)) == -5
    assert CHRISTMAS.previous_working_day(date(2026, 12, 27)) == date(2026, 12, 24)
    assert not CHRISTMAS.is_working_day(date(2026, 12, 25))


def test_a_week_needs_a_working_day():
    with pytest.raises(ValueError, match="working day"):
        BusinessCalendar(weekend=frozenset(range(7)))
