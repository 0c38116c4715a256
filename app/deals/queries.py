"""Reads deals: one, the list of each state in its order."""

import enum
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, and_, func, or_, select

from app.customers.models import Customer
from app.customers.queries import filter_customers
from app.db.base import session
from app.deals.models import Deal, DealState
from app.kernel.errors import NotFound
from app.kernel.money import format_decimal

CHUNK = 500


class View(enum.StrEnum):
    """The saved views of the list."""

    WAITING = "waiting"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    ALL = "all"

    @property
    def state(self) -> DealState | None:
        return None if self is View.ALL else DealState(self.value)


class DealUnknown(NotFound):
    """There is no such deal."""


def get_deal(deal_id: int) -> Deal:
    deal = session().get(Deal, deal_id)
    if deal is None:
        raise DealUnknown
    return deal


def find_deal(source: str, external_id: str) -> Deal | None:
    return session().scalars(select(Deal).where(Deal.source == source, Deal.external_id == external_id)).first()


def find_deals(source: str, external_ids: Sequence[str]) -> dict[str, Deal]:
    """Those of these deals that are registered, by external id."""
    found: dict[str, Deal] = {}
    for start in range(0, len(external_ids), CHUNK):
        some = external_ids[start : start + CHUNK]
        for deal in session().scalars(select(Deal).where(Deal.source == source, Deal.external_id.in_(some))):
            found[deal.external_id] = deal
    return found


def filter_deals(*, state: DealState | None = None, customer_id: int | None = None, query: str = "") -> Select[Deal]:
    """Deals with these properties; `query` is the beginning of an external id or words of the customer's name."""
    statement = select(Deal)
    if state is not None:
        statement = statement.where(Deal.state == state)
    if customer_id is not None:
        statement = statement.where(Deal.customer_id == customer_id)
    if query.strip():
        matching = filter_customers(query=query).with_only_columns(Customer.id)
        statement = statement.where(
            or_(Deal.external_id == query.strip(), Deal.po_number == query.strip(), Deal.customer_id.in_(matching))
        )
    return statement


def list_deals(*, state: DealState | None = None, after: tuple[date, int] | None = None, limit: int = 50) -> list[Deal]:
    """Deals by the day they were closed, oldest first, after the key `(closed_on, id)` of the last one shown."""
    statement = filter_deals(state=state).order_by(Deal.closed_on, Deal.id)
    if after is not None:
        closed_on, last = after
        statement = statement.where(or_(Deal.closed_on > closed_on, and_(Deal.closed_on == closed_on, Deal.id > last)))
    return list(session().scalars(statement.limit(limit)))


def count_by_state() -> dict[DealState, int]:
    rows = session().execute(select(Deal.state, func.count()).group_by(Deal.state))
    counted = {state: int(number) for state, number in rows}
    return {state: counted.get(state, 0) for state in DealState}


def count_of(state: DealState) -> int:
    return session().scalar(select(func.count()).select_from(Deal).where(Deal.state == state)) or 0


def find_next_waiting(deal: Deal) -> int | None:
    """The id of the deal that waits behind this one, else of the oldest one."""
    waiting = select(Deal.id).where(Deal.state == DealState.WAITING, Deal.id != deal.id)
    behind = or_(Deal.closed_on > deal.closed_on, and_(Deal.closed_on == deal.closed_on, Deal.id > deal.id))
    ordered = waiting.order_by(Deal.closed_on, Deal.id).limit(1)
    return session().scalar(ordered.where(behind)) or session().scalar(ordered)


def net_of(deal: Deal) -> str:
    """The net total in major units."""
    return format_decimal(deal.net_total, deal.currency)


def totals_of(state: DealState) -> dict[str, int]:
    """Net value per currency (minor units) of the deals in one state."""
    summed = select(Deal.currency, func.sum(Deal.net_total)).where(Deal.state == state).group_by(Deal.currency)
    return {currency: int(total) for currency, total in session().execute(summed)}


def list_deals_of(customer_id: int, *, limit: int = 5) -> list[Deal]:
    """The newest deals of a customer that are not orders yet."""
    statement = select(Deal).where(Deal.customer_id == customer_id, Deal.state != DealState.ACCEPTED)
    return list(session().scalars(statement.order_by(Deal.id.desc()).limit(limit)))
