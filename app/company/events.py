"""What the company wing announces."""

from dataclasses import dataclass
from datetime import date

from app.db.events import Event


@dataclass(frozen=True)
class CompanySetUp(Event):
    """The company's row exists since a moment ago."""


@dataclass(frozen=True)
class TaxRateCorrecting(Event):
    """The rates of a tax code that hold from a day, and until another one if there is one, are about to be corrected.

    An answer refuses where documents were issued with them.
    """

    code: str
    valid_from: date
    until: date | None
