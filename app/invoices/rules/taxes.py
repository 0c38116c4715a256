"""Knows how taxes fall on quoted amounts: included or added, compound or flat, rounded per document or per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.invoices.rules.document import Tax, TaxKey, TaxRounding
from app.kernel.errors import BadInput
from app.kernel.money import round_half_away, settle_quotas

WHOLE = Fraction(1)


class PriceCannotContain(BadInput):
    """Taxes that add up to -100% cannot be taken out of a price."""


@dataclass(frozen=True, slots=True)
class Levy:
    """One tax on one item: ``rate`` of its base (0.21) plus ``flat`` minor units."""

    key: TaxKey
    rate: Fraction
    flat: Fraction
    included: bool
    compounds: bool

    @property
    def is_percent(self) -> bool:
        return self.key.amount is None

    def on(self, base: Fraction) -> Fraction:
        return base * self.rate + self.flat


@dataclass(frozen=True, slots=True)
class Item:
    """Something taxed: a line, a charge, or (negative) an allowance. ``quoted`` contains the included taxes."""

    quoted: int
    levies: tuple[Levy, ...]
    field: str


@dataclass(frozen=True, slots=True)
class Split:
    """The exact parts of an item, in minor units: quoted = net + included taxes."""

    net: Fraction
    taxes: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Solved:
    """Rounded parts per item, and base and tax per tax. Per tax, the items' taxes add up to the row's tax."""

    nets: list[int]
    taxes: list[list[int]]
    rows: dict[TaxKey, tuple[int, int]]

    @property
    def net_total(self) -> int:
        return sum(self.nets)


# (item, position of the tax on it)
Place = tuple[int, int]


def levy(tax: Tax, *, quantity: Fraction, scale: int, included: bool) -> Levy:
    """``tax`` on ``quantity`` units; ``scale`` is the currency's minor units in one major unit."""
    rate = Fraction(tax.rate or 0) / 100 if tax.amount is None else Fraction(0)
    flat = Fraction(0) if tax.amount is None else Fraction(tax.amount) * quantity * scale
    return Levy(tax.key, rate, flat, included, tax.compounds)


def split(item: Item) -> Split:
    """Solve quoted = net + included taxes. Every tax is linear in the net, so each is slope * net + offset."""
    slopes: list[Fraction] = []
    offsets: list[Fraction] = []
    base_slope, base_offset = WHOLE, Fraction(0)
    for part in item.levies:
        slopes.append(part.rate * base_slope)
        offsets.append(part.on(base_offset))
        if part.compounds:
            base_slope += slopes[-1]
            base_offset += offsets[-1]
    included = [i for i, part in enumerate(item.levies) if part.included]
    divisor = WHOLE + sum(slopes[i] for i in included)
    if divisor == 0:
        raise PriceCannotContain(field=f"{item.field}.taxes")
    net = (item.quoted - sum(offsets[i] for i in included)) / divisor
    return Split(net, tuple(slope * net + offset for slope, offset in zip(slopes, offsets, strict=True)))


def solve(items: Sequence[Item], rounding: TaxRounding, keep: Fraction = WHOLE) -> Solved:
    """Nets and taxes of ``items``. ``keep`` is the part of the net that percent taxes are computed on.

    With ``keep`` below one the nets are those of ``keep`` one, and the taxes come on top of them.
    """
    return _PerDocument(items, keep).solve() if rounding is TaxRounding.DOCUMENT else _per_line(items, keep)


def _per_line(items: Sequence[Item], keep: Fraction) -> Solved:
    nets: list[int] = []
    taxes: list[list[int]] = []
    sums: dict[TaxKey, tuple[Fraction, int]] = {}
    for item in items:
        exact = split(item).taxes
        quoted_taxes = [round_half_away(exact[i]) for i, part in enumerate(item.levies) if part.included]
        nets.append(item.quoted - sum(quoted_taxes))
        taxes.append([])
        compounded = Fraction(0)
        for part, exact_tax in zip(item.levies, exact, strict=True):
            base = nets[-1] * (keep if part.is_percent else WHOLE) + compounded
            stays = part.included and keep == WHOLE
            tax = round_half_away(exact_tax if stays else part.on(base))
            taxes[-1].append(tax)
            compounded += tax if part.compounds else 0
            base_sum, tax_sum = sums.get(part.key, (Fraction(0), 0))
            sums[part.key] = (base_sum + base, tax_sum + tax)
    return Solved(nets, taxes, {key: (round_half_away(base), tax) for key, (base, tax) in sums.items()})


class _PerDocument:
    """One rounded amount per tax; items receive shares of it that add up.

    First the included taxes are taken out of what was quoted, which fixes every net. Then the taxes are taken one by
    one, each after those that compound into it, with the sum of their bases.
    """

    def __init__(self, items: Sequence[Item], keep: Fraction) -> None:
        self.items = items
        self.keep = keep
        self.exact = [split(item) for item in items]
        self.groups: dict[TaxKey, list[Place]] = {}
        for i, item in enumerate(items):
            for j, part in enumerate(item.levies):
                self.groups.setdefault(part.key, []).append((i, j))
        self.shares: dict[Place, int] = {}
        self.rows: dict[TaxKey, tuple[int, int]] = {}

    def solve(self) -> Solved:
        nets = self._take_out_included()
        if self.keep != WHOLE:
            self.shares.clear()
        waiting = list(self.groups)
        while waiting:
            late = [key for key in waiting if not self._settle_if_ready(key, nets)]
            if len(late) == len(waiting):
                self._settle(late.pop(0), nets)
            waiting = late
        taxes = [[self.shares[i, j] for j in range(len(item.levies))] for i, item in enumerate(self.items)]
        return Solved(nets, taxes, {key: self.rows[key] for key in self.groups})

    def _take_out_included(self) -> list[int]:
        nets = [item.quoted for item in self.items]
        for places in self.groups.values():
            included = [(i, j) for i, j in places if self.items[i].levies[j].included]
            quotas = [self.exact[i].taxes[j] for i, j in included]
            parts = settle_quotas(round_half_away(sum(quotas, Fraction(0))), quotas)
            for (i, j), part in zip(included, parts, strict=True):
                self.shares[i, j] = part
                nets[i] -= part
        return nets

    def _settle_if_ready(self, key: TaxKey, nets: list[int]) -> bool:
        """Whether all that compounds into the tax is known, and so the tax too now."""
        ready = all(place in self.shares for i, j in self.groups[key] for place in self._compounding_into(i, j))
        if ready:
            self._settle(key, nets)
        return ready

    def _compounding_into(self, i: int, j: int) -> list[Place]:
        return [(i, before) for before in range(j) if self.items[i].levies[before].compounds]

    def _settle(self, key: TaxKey, nets: list[int]) -> None:
        places = self.groups[key]
        bases = [self._base(i, j, nets[i]) for i, j in places]
        exact = [self.items[i].levies[j].on(base) for (i, j), base in zip(places, bases, strict=True)]
        added = [n for n, place in enumerate(places) if place not in self.shares]
        quoted = sum(self.shares.get(place, 0) for place in places)
        # What was quoted never moves. Once something is added to it, the tax is that of the whole base.
        tax = round_half_away(sum(exact, Fraction(0))) if added else quoted
        parts = settle_quotas(tax - quoted, [exact[n] for n in added])
        self.shares.update({places[n]: part for n, part in zip(added, parts, strict=True)})
        self.rows[key] = (round_half_away(sum(bases, Fraction(0))), tax)

    def _base(self, i: int, j: int, net: int) -> Fraction:
        """The net and what compounds into it; taxes that compound into each other in a circle count exactly."""
        part = self.items[i].levies[j]
        compounded = sum(
            (Fraction(self.shares.get((i, k), self.exact[i].taxes[k])) for i, k in self._compounding_into(i, j)),
            Fraction(0),
        )
        return net * (self.keep if part.is_percent else WHOLE) + compounded
