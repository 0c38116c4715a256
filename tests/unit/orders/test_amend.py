"""What an amendment changes, who has to agree, and what may be delivered of a line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from app.company.rules_rates import Rate
from app.kernel.money import MAX_MINOR
from app.orders.rules_amend import (
    Limits,
    LineWish,
    TotalBelowZero,
    TotalTooLarge,
    list_changes,
    list_limits_passed,
    net_of,
    read_value,
    terms_of,
    terms_wanted,
)
from app.orders.rules_deliver import QuantityNegative, QuantityTooMuch, check_quantity, is_late, percent_delivered

FRIDAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Line:
    """As a line of an order, without a database."""

    quantity: Decimal = Decimal(10)
    cancelled_quantity: Decimal = Decimal(1)
    fulfilled_quantity: Decimal = Decimal(4)
    unit_price: Decimal = Decimal("2.50")
    discount_percent: Decimal = Decimal(0)
    requested_on: date | None = None
    promised_on: date | None = FRIDAY
    taxes: tuple[dict[str, str], ...] = ()
    tax_code: str | None = None

    @property
    def standing(self) -> Decimal:
        return self.quantity - self.cancelled_quantity

    @property
    def left(self) -> Decimal:
        return self.standing - self.fulfilled_quantity


LINE = Line()
WISH = LineWish(quantity=Decimal(10), unit_price=Decimal("2.5"), promised_on=FRIDAY)


@pytest.mark.parametrize(
    ("wish", "changes"),
    [
        (WISH, {}),
        (replace(WISH, quantity=Decimal("12.50")), {"quantity": ["10", "12.5"]}),
        (replace(WISH, promised_on=None), {"promised_on": ["2026-11-20", None]}),
        # cancelling the rest leaves everything else as it is
        (replace(WISH, cancels_rest=True, unit_price=Decimal(9)), {"cancelled_quantity": ["1", "6"]}),
    ],
)
def test_only_what_differs_is_a_change(wish, changes):
    assert list_changes(terms_of(LINE), terms_wanted(wish, LINE, 0)) == changes


TEN_PERCENT = Limits(Decimal(10))
BOTH = Limits(Decimal(10), 5000, "EUR")
NO_RATE = "The limit of 50.00 EUR cannot be compared: there is no rate for USD."
RATED = replace(BOTH, rate=Rate("EUR", "USD", Decimal("1.25"), FRIDAY, "ecb"))
FROM_NOTHING = "The order was worth nothing before, so any change is over the limit of 10 %."


@pytest.mark.parametrize(
    ("before", "after", "currency", "limits", "said"),
    [
        (1000, 1100, "EUR", TEN_PERCENT, []),
        (1000, 900, "EUR", TEN_PERCENT, []),
        (0, 0, "EUR", Limits(Decimal(0)), []),
        (0, 1, "EUR", TEN_PERCENT, [FROM_NOTHING]),
        (1000, 899, "EUR", TEN_PERCENT, ["The change of 10.1 % is 0.1 points over the limit of 10 %."]),
        (10**9, 11 * 10**8 + 1, "EUR", TEN_PERCENT, ["The change of 10.01 % is 0.01 points over the limit of 10 %."]),
        (100_000, 105_000, "EUR", BOTH, []),
        (100_000, 94_900, "EUR", BOTH, ["The change of 51.00 EUR is 1.00 EUR over the limit of 50.00 EUR."]),
        (10_000, 15_001, "EUR", BOTH, [
            "The change of 50.01 % is 40.01 points over the limit of 10 %.",
            "The change of 50.01 EUR is 0.01 EUR over the limit of 50.00 EUR.",
        ]),
        (100_000, 100_001, "USD", BOTH, [NO_RATE]),
        (100_000, 100_000, "USD", BOTH, []),
        (100_000, 100_001, "USD", TEN_PERCENT, []),
        (100_000, 106_250, "USD", RATED, []),
        (100_000, 93_749, "USD", RATED, [
            "The change of 62.51 USD, worth 50.01 EUR, is 0.01 EUR over the limit of 50.00 EUR."
        ]),
        (100_000, 94_900, "EUR", RATED, ["The change of 51.00 EUR is 1.00 EUR over the limit of 50.00 EUR."]),
        (100_000, 100_001, "EUR", Limits(Decimal(10), 0, "EUR"), [
            "The change of 0.01 EUR is 0.01 EUR over the limit of 0.00 EUR."
        ]),
    ],
)  # fmt: skip
def test_a_change_over_a_limit_says_which_and_by_how_much(before, after, currency, limits, said):
    assert list_limits_passed(before, after, currency, limits) == said


def test_a_net_total_is_rounded_line_by_line_and_has_bounds():
    line = terms_of(replace(LINE, unit_price=Decimal("0.005"), cancelled_quantity=Decimal(9)))
    assert net_of([line, line], "EUR") == 2
    with pytest.raises(TotalTooLarge):
        net_of([{**line, "unit_price": str(MAX_MINOR)}], "EUR")
    with pytest.raises(TotalBelowZero):
        net_of([{**line, "unit_price": "-1"}], "EUR")


def test_kept_values_are_read_as_what_they_are():
    assert read_value("quantity", "1.5") == Decimal("1.5")
    assert (read_value("promised_on", "2026-11-20"), read_value("promised_on", None)) == (FRIDAY, None)
    assert read_value("item", "Cable") == "Cable"


def test_no_more_is_delivered_than_is_left():
    check_quantity(Decimal(5), LINE.left, "q")
    with pytest.raises(QuantityTooMuch, match="6 is more than the 5"):
        check_quantity(Decimal(6), LINE.left, "q")
    with pytest.raises(QuantityNegative):
        check_quantity(Decimal(0), LINE.left, "q")


def test_a_promised_line_is_late_from_the_day_after_until_all_is_delivered():
    assert [is_late(LINE, date(2026, 11, day)) for day in (19, 20, 21)] == [False, False, True]
    assert not is_late(replace(LINE, fulfilled_quantity=Decimal(9)), date(2026, 12, 1))
    assert not is_late(replace(LINE, promised_on=None), date(2026, 12, 1))


def test_the_share_delivered_counts_value_not_pieces():
    dear = Line(
        quantity=Decimal(1), cancelled_quantity=Decimal(0), fulfilled_quantity=Decimal(0), unit_price=Decimal(30)
    )
    assert percent_delivered([LINE, dear], "EUR") == 1000 * 100 // (2250 + 3000)
    assert percent_delivered([], "EUR") is None
