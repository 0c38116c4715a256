"""What the company wing announces."""

from dataclasses import dataclass
from datetime import date

from app.db.events import Event


@dataclass(frozen=True)
class CompanySetUp(Event):
    """The company's row exists since a moment ago."""


@dataclass(frozen=True)
class TaxRatesChanging(Event):
    """The rates of a tax code from a day on, and until another one if there is one, are about to be others.

    `held` is what its taxes had on those days, nothing before the first rates. An answer refuses where documents of
    those days were issued with other rates than the new ones.
    """

    code: str
    valid_from: date
    until: date | None
    held: tuple[str, ...]
    rates: tuple[str, ...]
