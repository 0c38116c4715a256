"""Knows the life of an order: the one table of its states and moves."""

from app.kernel.lifecycle import Lifecycle, Move
from app.orders.models import OrderState

LIFECYCLE = Lifecycle(
    "order",
    OrderState.IN_PROGRESS,
    (
        Move.of("fulfil", OrderState.IN_PROGRESS, OrderState.FULFILLED),
        Move.of("reopen", OrderState.FULFILLED, OrderState.IN_PROGRESS),
        Move.of("cancel", (OrderState.IN_PROGRESS, OrderState.FULFILLED), OrderState.CANCELLED, needs_reason=True),
    ),
)
