"""What the deals wing announces."""

from dataclasses import dataclass

from app.db.events import Event


@dataclass(frozen=True)
class DealAccepted(Event):
    """Operations took the deal over: an order is opened for it."""

    deal_id: int


@dataclass(frozen=True)
class DealReturned(Event):
    """The deal went back to Sales."""

    deal_id: int
