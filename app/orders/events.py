"""What the orders wing announces."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

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


@dataclass(frozen=True)
class OrderAmending(Event):
    """Lines are about to change; an answer may refuse, as when more is invoiced than would be ordered."""

    order_id: int
    quantities: Mapping[int, Decimal] = field(default_factory=dict)  # line id -> what will be ordered
    repriced: frozenset[int] = frozenset()  # lines whose price or discount changes


@dataclass(frozen=True)
class OrderAmended(Event):
    """An amendment counts from now on."""

    order_id: int


@dataclass(frozen=True)
class ExceptionResolving(Event):
    """An exception is about to be resolved; an answer may refuse while its source still stands."""

    exception_id: int
    source: str


@dataclass(frozen=True)
class OrderCutShort(Event):
    """What was left to deliver is cancelled: the order is fulfilled, whatever tasks are left."""

    order_id: int
