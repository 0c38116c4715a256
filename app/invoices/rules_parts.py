"""Knows how a document is cut into parts whose nets and taxes add up to it, to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from app.invoices.rules import TaxKey
from app.kernel.money import round_half_away

MOST_MOVED = 100  # minor units a part may move from what was asked for

Taxes = Mapping[TaxKey, int]
TaxOf = Callable[[Sequence[int]], Taxes]


def fit(wanted: Sequence[int], left: Sequence[int], tax_left: Taxes, tax_of: TaxOf) -> list[int]:
    """Nets near `wanted`, one for each set of taxes, so that their tax and that of what stays make `tax_left`.

    Each document rounds its own tax, so two parts may come to a cent more or less than the whole; moving a part by a
    few cents makes them agree. What is taken in full, or not at all, stays as it is.
    """
    nets = list(wanted)
    for place, (asked, most) in enumerate(zip(wanted, left, strict=True)):
        best = _off(nets, left, tax_left, tax_of)
        if asked in (0, most) or best == 0:
            continue
        for moved in _around(asked, most):
            candidate = [*nets[:place], moved, *nets[place + 1 :]]
            off = _off(candidate, left, tax_left, tax_of)
            if off < best:
                best, nets = off, candidate
            if best == 0:
                break
    return nets


def share_of(amount: int, part: Fraction) -> int:
    """That part of an amount in minor units."""
    return round_half_away(amount * part)


def _off(nets: Sequence[int], left: Sequence[int], tax_left: Taxes, tax_of: TaxOf) -> int:
    here = tax_of(nets)
    rest = tax_of([most - net for most, net in zip(left, nets, strict=True)])
    return sum(abs(here.get(key, 0) + rest.get(key, 0) - tax) for key, tax in tax_left.items())


def _around(asked: int, most: int) -> Iterator[int]:
    """Amounts between nothing and all, nearest first."""
    low, high = sorted((0, most))
    for step in range(1, MOST_MOVED + 1):
        for moved in (asked - step, asked + step):
            if low < moved < high:
                yield moved
