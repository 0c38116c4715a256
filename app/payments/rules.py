"""Knows how money is put on instalments: oldest due first, never more than is left of it or open there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.kernel.errors import BadInput


class NothingToPlace(BadInput):
    """Write how much goes on at least one instalment."""


class PlacedTwice(BadInput):
    """Instalment {instalment} of invoice {invoice_id} is named twice."""


class NotPositive(BadInput):
    """Write an amount above 0."""


class Share(NamedTuple):
    """So much of a payment on one instalment; minor units."""

    invoice_id: int
    instalment: int
    amount: int


@dataclass(frozen=True, slots=True)
class OpenInstalment:
    """One instalment that still takes money; `open` in minor units."""

    invoice_id: int
    number: str
    instalment: int
    currency: str
    issued_on: date
    due_on: date
    open: int

    @property
    def key(self) -> tuple[int, int]:
        return self.invoice_id, self.instalment


def oldest_first(open_instalments: Iterable[OpenInstalment]) -> list[OpenInstalment]:
    """By due date; of one day, the invoice issued first."""
    return sorted(open_instalments, key=lambda one: (one.due_on, one.issued_on, one.invoice_id, one.instalment))


def propose_oldest(amount: int, open_instalments: Iterable[OpenInstalment]) -> list[Share]:
    """The amount on the oldest due instalments first; what they do not take stays unapplied."""
    shares = []
    for one in oldest_first(open_instalments):
        placed = min(amount, one.open)
        if placed > 0:
            shares.append(Share(one.invoice_id, one.instalment, placed))
            amount -= placed
    return shares


def earned_discount(
    placed: int, open_before: int, *, payable: int, discount: int, until: date, received_on: date
) -> int:
    """What an early payment need not pay any more, in minor units.

    The invoice was open in full, and one payment brought what it says settles it (`payable`) on `until` or before.
    """
    is_in_full = open_before == payable + discount and payable <= placed < open_before
    return open_before - placed if is_in_full and received_on <= until else 0


def check_shares(shares: Sequence[Share], *, required: bool) -> None:
    """Raises NothingToPlace, NotPositive, PlacedTwice; the field is the position in the list."""
    if required and not shares:
        raise NothingToPlace(field="allocations")
    seen: set[tuple[int, int]] = set()
    for position, share in enumerate(shares):
        field = f"allocations-{position}"
        if share.amount <= 0:
            raise NotPositive(field=field)
        if (share.invoice_id, share.instalment) in seen:
            raise PlacedTwice(field=field, invoice_id=share.invoice_id, instalment=share.instalment)
        seen.add((share.invoice_id, share.instalment))
