"""What an amendment changes, who has to agree, and what may be delivered of a line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from app.kernel.money import MAX_MINOR
from app.orders.rules_amend import (
    LineWish,
    TotalBelowZero,
    TotalTooLarge,
    list_changes,
    needs_approval,
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


@pytest.mark.parametrize(
    ("before", "after", "percent", "needed"),
    [(1000, 1100, "10", False), (1000, 1101, "10", True), (1000, 899, "10", True), (1000, 900, "10", False),
     (1000, 1001, "0", True), (0, 1, "10", True), (0, 0, "0", False)],
)  # fmt: skip
def test_more_than_the_limit_up_or_down_needs_somebody_else(before, after, percent, needed):
    assert needs_approval(before, after, Decimal(percent)) is needed


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
