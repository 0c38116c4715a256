"""The rows of a CSV with balances in any order: a file whose rows were moved about is the same file."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest

from app.payments.statements.csv_profile import CsvProfile, read_csv

PROFILE = CsvProfile(
    name="Bank", date_format="DD.MM.YYYY", decimal_mark=",", booked_on="Day", amount="Sum", balance="Saldo",
    own_account="X1", own_currency="JPY",
)  # fmt: skip


def rows_of(amounts, opening=1000, per_day=3):
    balances = list(accumulate(amounts, initial=opening))[1:]
    return [
        f"{1 + n // per_day}.11.2026;{one};{after}"
        for n, (one, after) in enumerate(zip(amounts, balances, strict=True))
    ]


def read(rows):
    [statement] = read_csv("\n".join(["Day;Sum;Saldo", *rows]).encode(), PROFILE).statements
    return statement


@pytest.mark.parametrize(
    "amounts",
    [
        [1234, 1, 1, -50],
        [5, 5, 5, -5, -5, 7, 0, 0, -5, 5, 3],  # balances that come again and again
        [100, 20, 30, -100, -20, -30],  # nothing moved at all in the end
        [1, -1, 1, -1, 2],
    ],
)
def test_rows_in_any_order_have_the_balances_they_had(amounts):
    rows = rows_of(amounts)
    for seed in range(30):
        moved = random.Random(seed).sample(rows, len(rows))
        statement = read(moved)
        found = statement.opening.amount, statement.closing.amount, statement.adds_up
        assert found == (1000, 1000 + sum(amounts), True), moved
        assert sorted(one.amount for one in statement.entries) == sorted(amounts)


def test_a_row_that_is_missing_or_wrong_holds_the_file_back_in_any_order():
    rows = rows_of([1234, 1, 1, -50, 70, 8])
    for seed in range(30):
        chance = random.Random(seed)
        wrong = chance.sample(rows, len(rows))
        inner = next(place for place, row in enumerate(wrong) if ";-50;" in row)
        assert read(wrong[:inner] + wrong[inner + 1 :]).adds_up is False
        wrong[inner] = wrong[inner].replace(";-50;", ";-51;")
        assert read(wrong).adds_up is False


def test_many_rows_are_put_in_order_at_once():
    chance = random.Random(5)
    rows = rows_of([chance.randint(-9, 9) for _ in range(5_000)] + [100_000], per_day=1_000)
    assert read(chance.sample(rows, len(rows))).adds_up is True


def test_faults_within_that_cancel_out_at_the_end_hold_a_file_back_and_name_the_row():
    amounts, after = [-20, 7, -1, 3], [600, 607, 606, 609]
    good = [f"01.11.2026;{one};{balance}" for one, balance in zip(amounts, after, strict=True)]
    assert read(good).fault is None
    exchanged = [good[0], "01.11.2026;-1;607", "01.11.2026;7;606", good[3]]
    wrong_balance = [good[0], "01.11.2026;7;608", *good[2:]]
    for rows in (exchanged, wrong_balance):
        assert read(rows).fault.line == 3


def test_balances_at_the_end_of_each_day_are_balances_too():
    statement = read(["01.11.2026;-20;600", "02.11.2026;7;606", "02.11.2026;-1;606", "03.11.2026;3;609"])
    assert (statement.fault, statement.adds_up) == (None, True)
