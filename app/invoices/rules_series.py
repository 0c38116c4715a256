"""Knows what must be true of the numbers of a series in a period: from 1 to the counter, no gap, no date back."""

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
    first_on: date | None = None
    last_on: date | None = None

    @property
    def missing(self) -> int:
        """How many numbers have no document."""
        return max(self.counter, self.last) - self.distinct

    @property
    def has_gap(self) -> bool:
        """A number without a document, two documents of one number, or a counter that is not at the last of them."""
        return self.missing != 0 or self.documents != self.distinct or self.counter != self.last

    @property
    def is_sound(self) -> bool:
        return not self.has_gap and not self.back

    @property
    def said(self) -> str:
        """What the numbers are, for whoever looks into a gap."""
        return f"numbers {self.first} to {self.last}, {self.documents} documents, counter {self.counter}"
