"""Says which quantities of an order a partial invoice takes: those given, or a share of every line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.kernel.errors import BadInput
from app.kernel.quantities import canonical
from app.orders.models import Order

FINEST = Decimal("0.000001")


class MoreThanOrdered(BadInput):
    """Line {position}: {quantity} is more than the {remaining} still to be invoiced."""


class NothingChosen(BadInput):
    """Nothing is chosen. Write a quantity above 0 for at least one line."""


class PercentWrong(BadInput):
    """Write a percentage above 0 and up to 100."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of an order: quantities by order line, or a percentage of all that is ordered; `title` names it."""

    quantities: Mapping[int, Decimal] | None = None
    percent: Decimal | None = None
    title: str = ""


def choose_part(order: Order, part: Part, remaining: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Order line id -> quantity. Raises MoreThanOrdered, NothingChosen, PercentWrong."""
    if part.percent is not None:
        chosen, fields = _share(order, require_percent(part.percent)), {line.id: "percent" for line in order.lines}
    else:
        chosen = {line.id: (part.quantities or {}).get(line.id, Decimal(0)) for line in order.lines}
        fields = {line.id: f"lines[{place}].quantity" for place, line in enumerate(order.lines)}
    for line in order.lines:
        if not 0 <= chosen[line.id] <= remaining[line.id]:
            raise MoreThanOrdered(
                field=fields[line.id],
                position=line.position,
                quantity=canonical(chosen[line.id]),
                remaining=canonical(remaining[line.id]),
            )
    if not any(chosen.values()):
        raise NothingChosen(field="lines")
    return chosen


def require_percent(percent: Decimal) -> Decimal:
    if not 0 < percent <= 100:
        raise PercentWrong(field="percent")
    return percent


def _share(order: Order, percent: Decimal) -> dict[int, Decimal]:
    return {line.id: (line.standing * percent / 100).quantize(FINEST, ROUND_HALF_UP) for line in order.lines}
