"""Reads the backlog: open orders by how many working days ago they were opened."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, case, func, literal, select

from app.db.base import session
from app.orders.models import Order, OrderState
from app.orders.queries import Worth
from app.orders.rules_age import AgeBand, Days


def opened_in(days: Days) -> list[ColumnElement[bool]]:
    """Conditions on orders that were opened on these days."""
    first = [Order.ordered_on >= days.first] if days.first else []
    last = [Order.ordered_on <= days.last] if days.last else []
    return [*first, *last]


def worth_by_band(bands: Mapping[AgeBand, Days]) -> dict[AgeBand, Worth]:
    """Count and net value of the open orders of each band, in one read."""
    # the youngest first: an order belongs to the first band that begins before it was opened
    begins = [(Order.ordered_on >= days.first, literal(band.value)) for band, days in bands.items() if days.first]
    band = case(*begins, else_=literal(AgeBand.OLDEST.value)).label("band")
    rows = session().execute(
        select(band, Order.currency, func.count(), func.sum(Order.net_total))
        .where(Order.state == OrderState.IN_PROGRESS)
        .group_by(band, Order.currency)
        .order_by(Order.currency)
    )
    found = {one: Worth() for one in AgeBand}
    for word, currency, count, total in rows:
        found[AgeBand(word)].add(currency, int(count), int(total))
    return found
