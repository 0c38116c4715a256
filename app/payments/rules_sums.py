"""Knows which of a customer's open items an amount adds up to, and whether there is only one way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import accumulate, product

from app.payments.rules import Share
from app.payments.rules_book import OpenItem

MOST_ITEMS = 60  # more make a sum by chance likely
MOST_CHOICES = 256


def price_of(item: OpenItem, on: date) -> int | None:
    """What settles the whole invoice on that day, where it promises an early discount and is open in full."""
    in_time = item.payable is not None and item.payable_until is not None and on <= item.payable_until
    return item.payable if in_time else None


def share_of(item: OpenItem, amount: int | None = None) -> Share:
    return Share(item.invoice_id, item.instalment, item.open if amount is None else amount)


def settle_named(items: Sequence[OpenItem], amount: int, on: date) -> tuple[Share, ...] | None:
    """The amount as all of these items, some less their early discount in time; None where it is not."""
    if sum(item.open for item in items) == amount:
        return tuple(map(share_of, items))
    prices = [[item.open, price] if (price := price_of(item, on)) is not None else [item.open] for item in items]
    if 2 ** sum(len(choice) > 1 for choice in prices) > MOST_CHOICES:
        prices = [[choice[-1]] for choice in prices]
    for chosen in product(*prices):
        if sum(chosen) == amount:
            return tuple(share_of(item, price) for item, price in zip(items, chosen, strict=True))
    return None


def find_subsets(items: Sequence[OpenItem], amount: int) -> list[tuple[OpenItem, ...]]:
    """Two or three of the items that add up to the amount, or the oldest so many; two ways at most, which is no way."""
    if len(items) > MOST_ITEMS:
        return _oldest(items, amount)
    found = {frozenset(way): way for way in _oldest(items, amount)}
    for first, one in enumerate(items):
        seen: defaultdict[int, list[OpenItem]] = defaultdict(list)
        for second in items[first + 1 :]:
            rest = amount - one.open - second.open
            ways = [(one, third, second) for third in seen.get(rest, ())] if rest else [(one, second)]
            for way in ways:
                found[frozenset(way)] = way
            seen[second.open].append(second)
        if len(found) > 1:
            break
    return list(found.values())[:2]


def _oldest(items: Sequence[OpenItem], amount: int) -> list[tuple[OpenItem, ...]]:
    sums = list(accumulate(item.open for item in items))
    return [tuple(items[: sums.index(amount) + 1])] if amount in sums[1:] else []


def place_oldest(items: Sequence[OpenItem], amount: int) -> tuple[Share, ...]:
    """The amount on these items in their order; what they do not take stays unapplied."""
    shares = []
    for item in items:
        if amount > 0:
            shares.append(share_of(item, min(item.open, amount)))
            amount -= item.open
    return tuple(shares)
