"""What the company wing announces."""

from dataclasses import dataclass

from app.db.events import Event


@dataclass(frozen=True)
class CompanySetUp(Event):
    """The company's row exists since a moment ago."""
