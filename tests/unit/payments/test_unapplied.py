"""Since when the money of a payment lies unapplied."""

from datetime import date

import pytest

from app.payments.rules_unapplied import lies_since

ONE, TWO, THREE = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ([(ONE, 100)], ONE),
        ([(ONE, 100), (TWO, -40)], ONE),
        ([(ONE, 100), (TWO, -100)], None),
        ([(ONE, 100), (ONE, -100), (THREE, 40)], THREE),
        ([(ONE, 100), (TWO, -60), (THREE, 60)], ONE),
    ],
)
def test_money_lies_there_since_the_day_it_was_free(changes, since):
    assert lies_since(changes) == since
