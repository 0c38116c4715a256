"""Knows when a customer's credit does not carry another order: what is open and not yet billed, against the limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.kernel.money import write_money


@dataclass(frozen=True)
class Exposure:
    """What a customer owes or will owe, in minor units of `currency`; exposure = open receivables + unbilled orders.

    Both are gross: `receivable` less unapplied cash, `unbilled` with the tax of the orders' lines. `other_currencies`
    are those of open items and orders that no rate makes comparable. Days are those past due of the oldest open
    instalment in any currency.
    """

    currency: str
    receivable: int
    unbilled: int
    limit: int | None = None
    days_past_due: int = 0
    allowed_days: int | None = None
    other_currencies: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.receivable + self.unbilled

    @property
    def left(self) -> int | None:
        """What the limit still carries; below zero when it is passed, None without a limit."""
        return None if self.limit is None else self.limit - self.total


def find_objections(exposure: Exposure) -> list[str]:
    """Why an order of this customer has to wait; empty when nothing speaks against it."""
    return list(_objections(exposure))


def _objections(exposure: Exposure) -> Iterator[str]:
    if exposure.left is not None and exposure.left < 0:
        total, limit = _amount(exposure.total, exposure), _amount(exposure.limit or 0, exposure)
        receivable, unbilled = _amount(exposure.receivable, exposure), _amount(exposure.unbilled, exposure)
        yield f"Exposure {total} is over the limit of {limit} (open {receivable}, not yet billed {unbilled})."
    if exposure.limit is not None and exposure.other_currencies:
        yield f"The limit is in {exposure.currency}, and there is business in {', '.join(exposure.other_currencies)}."
    if exposure.allowed_days is not None and exposure.days_past_due > exposure.allowed_days:
        yield f"The oldest open invoice is {exposure.days_past_due} days past due, {exposure.allowed_days} are allowed."


def _amount(minor: int, exposure: Exposure) -> str:
    return write_money(minor, exposure.currency)
