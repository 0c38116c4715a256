"""Says which quantities of an order a partial invoice takes: those given, or a share of every line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from app.kernel.errors import BadInput
from app.kernel.money import Money
from app.kernel.quantities import canonical
from app.orders.models import Order, OrderLine
from app.orders.rules import line_net

FINEST = Decimal("0.000001")


class MoreThanOrdered(BadInput):
    """Line {position}: {quantity} is more than the {remaining} still to be invoiced."""


class NothingChosen(BadInput):
    """Nothing is chosen. Write a quantity above 0 for at least one line."""


class PercentBeyond(MoreThanOrdered):
    """Percent means percent of the order: at most {most} % is left, of line {position}. Or choose “The rest”."""


class LineBilled(MoreThanOrdered):
    """Line {position} is invoiced in full, so no percentage of the order is left. Choose “The rest” or “Quantities”."""


class TooLittle(BadInput):
    """{percent} % of line {position} comes to {nothing}. Write a larger percentage, or choose “Quantities”."""


class PercentWrong(BadInput):
    """Write a percentage above 0 and up to 100."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of an order: quantities by order line, a percentage of all that is ordered, or the rest.

    `title` names it.
    """

    quantities: Mapping[int, Decimal] | None = None
    percent: Decimal | None = None
    is_rest: bool = False
    title: str = ""


def choose_part(order: Order, part: Part, remaining: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Order line id -> quantity. Raises MoreThanOrdered, NothingChosen, and what a percentage is refused with."""
    if part.is_rest:
        return dict(remaining)
    if part.percent is not None:
        return _share(order, require_percent(part.percent), remaining)
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


def _share(order: Order, percent: Decimal, remaining: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """So much of every line. Raises PercentWrong, PercentBeyond, LineBilled, TooLittle."""
    return {line.id: _share_of(line, percent, remaining[line.id], order.currency) for line in order.lines}


def _share_of(line: OrderLine, percent: Decimal, left: Decimal, currency: str) -> Decimal:
    chosen = (line.standing * percent / 100).quantize(FINEST, ROUND_HALF_UP)
    if chosen > left <= 0:
        raise LineBilled(field="percent", position=line.position)
    if chosen > left:
        most = (left * 100 / line.standing).quantize(Decimal("0.01"), ROUND_DOWN)
        raise PercentBeyond(field="percent", most=canonical(most), position=line.position)
    if _net(line, line.standing, currency) and not _net(line, chosen, currency):
        nothing = Money(0, currency)
        raise TooLittle(field="percent", percent=canonical(percent), position=line.position, nothing=nothing)
    return chosen


def _net(line: OrderLine, quantity: Decimal, currency: str) -> int:
    return line_net(quantity, line.unit_price, line.discount_percent, currency)
