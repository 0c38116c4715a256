"""Knows why an order can be stuck, the life of such an exception, and when a suspended one comes back by itself."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date

from app.kernel.errors import BadInput
from app.kernel.lifecycle import Lifecycle, Move


class Cause(enum.StrEnum):
    """What keeps an order from going on."""

    PRICE_DISPUTE = "price_dispute"
    MISSING_INFORMATION = "missing_information"
    STOCK = "stock"
    QUALITY = "quality"
    DELIVERY = "delivery"
    CUSTOMER_CHANGE = "customer_change"
    CREDIT = "credit"
    REFUSED = "refused"
    OTHER = "other"


CAUSE_LABELS: Mapping[str, str] = {
    Cause.PRICE_DISPUTE: "Price dispute",
    Cause.MISSING_INFORMATION: "Missing information",
    Cause.STOCK: "Stock",
    Cause.QUALITY: "Quality",
    Cause.DELIVERY: "Delivery",
    Cause.CUSTOMER_CHANGE: "Change by the customer",
    Cause.CREDIT: "Credit",
    Cause.REFUSED: "Refused decision",
    Cause.OTHER: "Other",
}


class ExceptionState(enum.StrEnum):
    OPEN = "open"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"


_S = ExceptionState
LIFECYCLE = Lifecycle(
    "exception",
    _S.OPEN,
    (
        Move.of("suspend", _S.OPEN, _S.SUSPENDED),
        Move.of("resume", _S.SUSPENDED, _S.OPEN),
        Move.of("resolve", (_S.OPEN, _S.SUSPENDED), _S.RESOLVED, needs_reason=True),
        Move.of("reopen", _S.RESOLVED, _S.OPEN, needs_reason=True),
    ),
)


class DateNotAhead(BadInput):
    """{until} is not in the future. Choose a day after today on which this comes back."""


def standing(state: ExceptionState, suspended_until: date | None, today: date) -> ExceptionState:
    """The state as it is today: on its day a suspended exception is open again, without anybody's doing."""
    is_back = state is _S.SUSPENDED and suspended_until is not None and suspended_until <= today
    return _S.OPEN if is_back else state


def require_ahead(until: date, today: date) -> None:
    """Raises DateNotAhead for today and the past."""
    if until <= today:
        raise DateNotAhead(field="until", until=until)
