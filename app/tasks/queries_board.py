"""Reads the board: tasks by where they stand, the ones due first on top, and of what is done only this week's."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Select, not_, or_, select

from app.db.base import session
from app.orders.models import Order
from app.tasks.models import Task
from app.tasks.queries_work import Show, Wanted, order_work, select_work
from app.tasks.rules_scope import Scope
from app.web.listing import Count, count_up_to

MOST_CARDS = 25


class Column(enum.StrEnum):
    """Where a task stands on the board, from left to right."""

    TO_DO = "to_do"
    CUSTOMER = "customer"
    OTHERS = "others"
    DONE = "done"


SHOWN: Mapping[Column, Show] = {
    Column.TO_DO: Show.OPEN,
    Column.CUSTOMER: Show.OPEN,
    Column.OTHERS: Show.BLOCKED,
    Column.DONE: Show.DONE,
}


@dataclass(frozen=True)
class Pile:
    """The first tasks of a column, and how many it has."""

    column: Column
    tasks: list[Task]
    count: Count


def list_piles(
    scope: Scope, wanted: Wanted, *, only: Show | None = None, today: date, week_began: datetime
) -> list[Pile]:
    """The columns, also the empty ones, in two statements each; all of them, or only where such tasks stand."""
    columns = [column for column in Column if only in {None, SHOWN[column]}]
    return [_pile(column, wanted, select_column(column, scope, wanted, today, week_began)) for column in columns]


def select_column(column: Column, scope: Scope, wanted: Wanted, today: date, week_began: datetime) -> Select[Task]:
    """The wanted tasks that stand in this column; `week_began` is when this week began."""
    show = SHOWN[column]
    statement = select_work(scope, replace(wanted, show=show), today).where(Task.state == show.value)
    if show is Show.OPEN:
        is_held = Task.order_id.in_(select(Order.id).where(Order.held_at.is_not(None)))
        waits = or_(Task.is_paused, is_held)
        return statement.where(waits if column is Column.CUSTOMER else not_(waits))
    return statement.where(Task.done_at >= week_began) if column is Column.DONE else statement


def _pile(column: Column, wanted: Wanted, statement: Select[Task]) -> Pile:
    first, last = order_work(replace(wanted, show=SHOWN[column]))
    order = (Task.done_at.desc(), Task.id.desc()) if column is Column.DONE else (first[0].asc(), last[0].asc())
    return Pile(column, list(session().scalars(statement.order_by(*order).limit(MOST_CARDS))), count_up_to(statement))
