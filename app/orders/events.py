"""What the orders wing announces."""

from dataclasses import dataclass

from app.db.events import Event


@dataclass(frozen=True)
class OrderOpened(Event):
    """An order stands, with its lines: its tasks are planned."""

    order_id: int


@dataclass(frozen=True)
class OrderFulfilled(Event):
    """Everything promised is done: it can be invoiced."""

    order_id: int


@dataclass(frozen=True)
class OrderReopening(Event):
    """A fulfilled order is about to go back to work; an answer may refuse, as when it is invoiced."""

    order_id: int


@dataclass(frozen=True)
class OrderCancelling(Event):
    """An order is about to be cancelled; an answer may refuse, as when it is invoiced."""

    order_id: int


@dataclass(frozen=True)
class OrderCancelled(Event):
    """The order is cancelled: its open tasks are closed."""

    order_id: int
    reason: str


@dataclass(frozen=True)
class OrderHeld(Event):
    """The first hold was placed: work stands still."""

    order_id: int


@dataclass(frozen=True)
class OrderFreed(Event):
    """The last hold was released: work goes on."""

    order_id: int
