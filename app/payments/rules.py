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


@dataclass(frozen=True, slots=True)
class EarlyOffer:
    """So much settles an invoice until a day, instead of all that is `owed` after credits; minor units.

    `parts` are what stands on it as paid, each with the day its money came.
    """

    owed: int
    payable: int
    until: date
    parts: tuple[tuple[date, int], ...] = ()

    def leaves(self, still_open: int) -> bool:
        """Whether nothing but these parts and credits lowered the invoice."""
        return still_open + sum(amount for _, amount in self.parts) == self.owed


def earned_discount(offer: EarlyOffer, still_open: int) -> int:
    """What early payments need not pay any more: together, those that came in time reached what settles it."""
    in_time = sum(amount for day, amount in offer.parts if day <= offer.until)
    is_earned = offer.leaves(still_open) and in_time >= offer.payable
    return max(still_open, 0) if is_earned else 0


def kept_discount(after: EarlyOffer | None, granted: int) -> int:
    """What of a discount that was granted stays: no more than the terms give on what a credit note leaves."""
    return min(granted, after.owed - after.payable) if after else 0


def price_of_rest(offer: EarlyOffer, still_open: int) -> tuple[int | None, date | None]:
    """What settles the rest, and until when; no day where a part came late, nothing where it settles no less."""
    price = offer.payable - sum(amount for _, amount in offer.parts)
    if not (offer.leaves(still_open) and 0 < price < still_open):
        return None, None
    return price, offer.until if all(day <= offer.until for day, _ in offer.parts) else None


def cut_to_open(shares: Iterable[Share], open_instalments: Iterable[OpenInstalment]) -> list[Share]:
    """As much of each share as its instalment still takes."""
    takes = {one.key: one.open for one in open_instalments}
    cut = [(share, min(share.amount, takes.get((share.invoice_id, share.instalment), 0))) for share in shares]
    return [share._replace(amount=amount) for share, amount in cut if amount > 0]


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
