"""Knows what must be true of numbers of a series and period: each up to the counter used or reserved, dates rise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SeriesPeriod:
    """The documents of one series in one period; `counter` is the last number drawn, `back` how often dates fall."""

    series: str
    period: str
    first: int
    last: int
    documents: int
    distinct: int
    counter: int
    back: int
    inside: int = 0  # documents with a reserved number
    ranges: tuple[tuple[int, int], ...] = ()  # reserved numbers, from and to
    first_on: date | None = None
    last_on: date | None = None

    @property
    def end(self) -> int:
        """The last number that is used or reserved."""
        return max(self.last, *(last for _, last in self.ranges), 0)

    @property
    def reserved(self) -> int:
        """How many numbers are reserved."""
        count = top = 0
        for first, last in sorted(self.ranges):
            count += max(last - max(first - 1, top), 0)
            top = max(top, last)
        return count

    @property
    def missing(self) -> int:
        """How many numbers have no document and are not reserved."""
        return max(self.counter, self.end) - self.reserved - (self.distinct - self.inside)

    @property
    def has_gap(self) -> bool:
        """A number without a document, two of one number, one with a reserved number, or a counter elsewhere."""
        return bool(self.missing or self.inside) or self.documents != self.distinct or self.counter != self.end

    @property
    def is_sound(self) -> bool:
        return not self.has_gap and not self.back

    @property
    def said(self) -> str:
        """What the numbers are, for whoever looks into a gap."""
        reserved = f"{self.reserved} reserved, " if self.reserved else ""
        return f"numbers {self.first} to {self.last}, {self.documents} documents, {reserved}counter {self.counter}"
