"""What a statement of account shows of the ledger, and how late a customer usually pays."""

from datetime import date

import pytest

from app.followup.rules_account import Change, SpanTooLong, WrongSpan, check_span, list_lines
from app.followup.rules_card import Settled, usual_days_late
from app.followup.texts_account import LANGUAGES

DAY = date(2026, 10, 5)


def change(kind, amount, reason, *, on=DAY, is_reversal=False, position=1, reverses=None):
    return Change(position, on, kind, is_reversal, "EUR", "invoice:1", amount, reason, reverses)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ([change("instalment", 60, "invoice:1"), change("instalment", 40, "invoice:1")], [("invoice", 100)]),
        ([change("settlement", -60, "allocation:1"), change("application", 60, "allocation:1")], []),
        (
            [
                change("settlement", -58, "allocation:1"),
                change("application", 58, "allocation:1"),
                change("write_off", -2, "allocation:1"),
            ],
            [("discount", -2)],
        ),
        (
            [
                change("settlement", 60, "allocation:2", is_reversal=True),
                change("application", -60, "allocation:2", is_reversal=True),
            ],
            [],
        ),
        ([change("receipt", 60, "payment_reversal:1", is_reversal=True)], [("payment", 60)]),
        ([change("write_off", -3, "deduction:1")], [("write_off", -3)]),
        ([change("of tomorrow", -3, "x:1")], [("other", -3)]),
        ([change("settlement", -5, "allocation:9")], [("other", -5)]),
    ],
)
def test_a_statement_shows_documents_and_money_but_no_placing(changes, lines):
    assert [(line.kind.value, line.amount) for line in list_lines(changes)] == lines


DISCOUNT = change("write_off", -2, "allocation:1", position=1)
NO_DISCOUNT = change("write_off", 2, "allocation:2", on=date(2026, 10, 9), is_reversal=True, position=2, reverses=1)
PAID = change("receipt", -60, "payment:1", position=3)
TAKEN = change("receipt", 60, "payment_reversal:1", on=date(2026, 10, 9), is_reversal=True, position=4, reverses=3)
NOT_EARNED, UNTAKEN = NO_DISCOUNT._replace(on=DAY), TAKEN._replace(on=DAY)
AGAIN = change("receipt", -60, "payment:2", on=date(2026, 10, 9), position=5)
MISTAKEN, STANDS = ("payment:1", "payment_reversal:1"), ("payment_reversal:1", "payment:2")


@pytest.mark.parametrize(
    ("changes", "corrections", "amounts"),
    [
        ([DISCOUNT, NOT_EARNED], [], []),
        ([DISCOUNT, NO_DISCOUNT], [], [-2, 2]),  # in between it was not owed
        ([NO_DISCOUNT], [], [2]),  # it was told to the customer in an earlier statement
        ([DISCOUNT], [], [-2]),
        ([PAID, TAKEN], [], [-60, 60]),  # by the bank: the customer saw both
        ([PAID, UNTAKEN], [MISTAKEN], []),
        ([PAID, TAKEN], [MISTAKEN], [-60, 60]),
        ([PAID, UNTAKEN, AGAIN], [MISTAKEN], [-60]),
        ([PAID, TAKEN, AGAIN], [MISTAKEN], [-60, 60, -60]),
        ([PAID, TAKEN, AGAIN], [STANDS], [-60]),
        ([TAKEN], [MISTAKEN], [60]),
        ([PAID, TAKEN], [STANDS], [-60, 60]),  # as known before the return was undone
    ],
)
def test_what_was_put_right_as_of_its_own_day_is_left_out_and_every_balance_stays(changes, corrections, amounts):
    lines = list_lines(changes, corrections)
    assert [line.amount for line in lines] == amounts
    for day in (DAY, date(2026, 10, 9)):
        assert sum(line.amount for line in lines if line.on <= day) == sum(
            one.amount for one in changes if one.on <= day
        )


def test_a_return_that_was_none_leaves_the_payment_on_its_own_day():
    assert [line.on for line in list_lines([PAID, TAKEN, AGAIN], [STANDS])] == [DAY]


def test_a_span_runs_forward_and_not_for_ever():
    with pytest.raises(WrongSpan):
        check_span(date(2026, 2, 1), date(2026, 1, 1))
    with pytest.raises(SpanTooLong):
        check_span(date(2010, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("rows", "days"),
    [
        ([], None),
        ([(10, 100)], 10),
        ([(10, 900), (0, 100)], 9),
        ([(-4, 100)], -4),
    ],
)
def test_usual_days_late_weighs_by_amount(rows, days):
    settled = [Settled(DAY, date.fromordinal(DAY.toordinal() + late), amount) for late, amount in rows]
    assert usual_days_late(settled) == days


def test_every_language_says_every_kind():
    assert set(LANGUAGES) == {"en", "de", "fr", "es", "pl"}
    assert all(text for texts in LANGUAGES.values() for text in [*texts.kinds.values(), texts.title, texts.subject])
