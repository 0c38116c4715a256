"""Knows how much of an order is delivered, which lines are late, and how much of a line may still be delivered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

from app.kernel.errors import BadInput
from app.kernel.quantities import canonical
from app.orders.rules import line_net
from app.orders.rules_age import percent_of


class ValuedLine(Protocol):
    """What is read of a line to tell its value and how much of it is delivered."""

    @property
    def standing(self) -> Decimal: ...
    @property
    def unit_price(self) -> Decimal: ...
    @property
    def discount_percent(self) -> Decimal: ...
    @property
    def fulfilled_quantity(self) -> Decimal: ...


class DeliveredLine(Protocol):
    """What is read of a line to tell whether it is late."""

    @property
    def left(self) -> Decimal: ...
    @property
    def promised_on(self) -> date | None: ...


class QuantityTooMuch(BadInput):
    """{quantity} is more than the {left} that are left of this line."""


class QuantityNegative(BadInput):
    """Write a quantity above 0, or leave it empty."""


class NothingChosen(BadInput):
    """Write a quantity for at least one line."""


class DayAhead(BadInput):
    """{day} is in the future. Record a delivery when it has happened."""


class DayBeforeDeal(BadInput):
    """{day} is before the deal was closed on {closed_on}. Write the day on which it arrived."""


class PromisePast(BadInput):
    """{day} is past. Promise today or a later day; what has arrived is recorded as a delivery."""


def check_promise(before: date | None, after: date | None, today: date, path: str) -> None:
    """A day that was promised may pass, but nobody promises a day that has passed. Raises PromisePast."""
    if after is not None and after != before and after < today:
        raise PromisePast(field=path, day=after)


def check_quantity(quantity: Decimal, left: Decimal, path: str) -> None:
    """Raises QuantityNegative, QuantityTooMuch."""
    if quantity <= 0:
        raise QuantityNegative(field=path)
    if quantity > left:
        raise QuantityTooMuch(field=path, quantity=canonical(quantity), left=canonical(left))


def is_late(line: DeliveredLine, today: date) -> bool:
    """Promised before today, and not all of it delivered."""
    return line.promised_on is not None and line.promised_on < today and line.left > 0


def percent_delivered(lines: Iterable[ValuedLine], currency: str) -> int | None:
    """The share of the order's value that is delivered."""
    done = total = 0
    for line in lines:
        done += line_net(line.fulfilled_quantity, line.unit_price, line.discount_percent, currency)
        total += line_net(line.standing, line.unit_price, line.discount_percent, currency)
    return percent_of(done, total)
