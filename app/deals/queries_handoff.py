"""Reads the checklists of deal types, the ticks, promises and possible twins of a deal, and how hand-offs went."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Select, and_, case, func, select

from app.company.calendars import working_hours
from app.db.base import session
from app.deals.models import Deal, DealState
from app.deals.models_handoff import DealPromise, HandoffItem
from app.deals.rules import STANDARD_TYPE
from app.deals.rules_handoff import SellerScore
from app.kernel.errors import NotFound
from app.kernel.working_time import count_minutes, minute_of

MEDIAN_DAYS = 30


class HandoffItemUnknown(NotFound):
    """This item is not on the checklist any more."""


class PromiseUnknown(NotFound):
    """There is no such promise."""


class Outcome(enum.StrEnum):
    """What became of decided deals; the words stand in addresses."""

    DECIDED = "decided"
    FIRST_TIME = "first_time"
    REPAIRED = "repaired"
    RETURNED = "returned"


_ACCEPTED = Deal.state == DealState.ACCEPTED
_OUTCOMES = {
    Outcome.FIRST_TIME: and_(_ACCEPTED, Deal.returned_times == 0),
    Outcome.REPAIRED: and_(_ACCEPTED, Deal.returned_times > 0),
    Outcome.RETURNED: Deal.state == DealState.RETURNED,
}


def list_own_items(deal_type: str) -> list[HandoffItem]:
    """The checklist of this type alone, in its order."""
    statement = select(HandoffItem).where(HandoffItem.deal_type == deal_type)
    return list(session().scalars(statement.order_by(HandoffItem.position, HandoffItem.id)))


def list_items(deal_type: str) -> list[HandoffItem]:
    """The checklist that deals of this type follow: that of the standard type when they have none of their own."""
    return list_own_items(deal_type) or list_own_items(STANDARD_TYPE)


def get_item(item_id: int) -> HandoffItem:
    item = session().get(HandoffItem, item_id)
    if item is None:
        raise HandoffItemUnknown
    return item


def list_promises(deal_id: int) -> list[DealPromise]:
    """What was promised and not withdrawn, in the order it was said."""
    statement = select(DealPromise).where(DealPromise.deal_id == deal_id, DealPromise.withdrawn_at.is_(None))
    return list(session().scalars(statement.order_by(DealPromise.id)))


def count_working_minutes(since: datetime, until: datetime) -> int:
    """The company's working minutes between two instants."""
    return count_minutes(working_hours(since.date()), minute_of(since), minute_of(until))


def find_longest_waiting() -> int | None:
    """The id of the deal that has waited longest since it was first handed in."""
    waiting = select(Deal.id).where(Deal.state == DealState.WAITING)
    return session().scalar(waiting.order_by(Deal.received_at, Deal.id).limit(1))


def find_median_minutes(now: datetime) -> int | None:
    """The median time to accept of the last 30 days, in working minutes; None without any."""
    since = now - timedelta(days=MEDIAN_DAYS)
    minutes = session().scalars(
        select(Deal.accept_minutes).where(_ACCEPTED, Deal.decided_at > since, Deal.accept_minutes.is_not(None))
    )
    known = [int(number) for number in minutes if number is not None]
    return round(median(known)) if known else None


def score_sellers(since: datetime, until: datetime) -> list[SellerScore]:
    """Right first time per seller, of the deals decided in [since, until); by name."""
    sums = [func.sum(case((condition, 1), else_=0)) for condition in _OUTCOMES.values()]
    statement = select(Deal.owner, *sums).where(Deal.decided_at >= since, Deal.decided_at < until)
    rows = session().execute(statement.group_by(Deal.owner).order_by(Deal.owner))
    return [SellerScore(owner, int(first), int(repaired), int(returned)) for owner, first, repaired, returned in rows]


def filter_decided(since: datetime, until: datetime, outcome: Outcome, owner: str | None = None) -> Select[Deal]:
    """The deals behind one number of `score_sellers`; of every seller when none is given."""
    statement = select(Deal).where(Deal.decided_at >= since, Deal.decided_at < until)
    if outcome is not Outcome.DECIDED:
        statement = statement.where(_OUTCOMES[outcome])
    return statement if owner is None else statement.where(Deal.owner == owner)


def next_position(items: Sequence[HandoffItem]) -> int:
    return max((item.position for item in items), default=0) + 1
