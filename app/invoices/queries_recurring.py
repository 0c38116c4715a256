"""Finds recurring plans, their periods, and what each period comes to."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.customers.models import Customer
from app.db.base import session
from app.invoices.models import Invoice
from app.invoices.models_recurring import PlanState, RecurringPeriod, RecurringPlan
from app.invoices.rules_recurring import Period, Rhythm, list_periods, periods, price_in
from app.kernel.errors import NotFound, RuleError
from app.orders.rules import line_net

SHOWN_AHEAD = 12


class PlanUnknown(NotFound):
    """There is no such recurring plan."""


class PeriodUnknown(NotFound):
    """There is no such period: its plan was changed. Look at the list again."""


class PlanBills(RuleError):
    """The recurring plan {title} was made from this order. Draft it on its own page, if the plan does not bill it."""


class PricedLine(Protocol):
    @property
    def quantity(self) -> Decimal: ...
    @property
    def unit_price(self) -> Decimal: ...
    @property
    def discount_percent(self) -> Decimal: ...


class PeriodState(enum.StrEnum):
    DUE = "due"
    BILLED = "billed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class PeriodRow:
    """A period as pages show it; `net` in minor units, without tax."""

    period: Period
    net: int
    state: PeriodState | None = None  # None: to come
    id: int | None = None
    invoice: Invoice | None = None
    reason: str = ""


def get_plan(plan_id: int) -> RecurringPlan:
    found = session().get(RecurringPlan, plan_id)
    if found is None:
        raise PlanUnknown
    return found


def get_period(period_id: int) -> RecurringPeriod:
    found = session().get(RecurringPeriod, period_id)
    if found is None:
        raise PeriodUnknown
    return found


def find_invoice_of(period_id: int) -> Invoice | None:
    """The one document of a period."""
    return session().scalars(select(Invoice).where(Invoice.recurring_period_id == period_id)).one_or_none()


def find_plan_of(period_id: int | None) -> RecurringPlan | None:
    return get_period(period_id).plan if period_id else None


def list_active(*, locked: bool = False) -> list[RecurringPlan]:
    chosen = select(RecurringPlan).where(RecurringPlan.state == PlanState.ACTIVE).order_by(RecurringPlan.id)
    return list(session().scalars(chosen.with_for_update() if locked else chosen))


def last_number(plan_id: int) -> int:
    """The number of the last period that was proposed."""
    newest = select(func.max(RecurringPeriod.number)).where(RecurringPeriod.plan_id == plan_id)
    return session().scalar(newest) or 0


def last_decided(plan_id: int) -> RecurringPeriod | None:
    """The last period that is billed or skipped."""
    billed = select(Invoice.recurring_period_id).where(Invoice.recurring_period_id.is_not(None))
    chosen = select(RecurringPeriod).where(
        RecurringPeriod.plan_id == plan_id,
        or_(RecurringPeriod.skipped_at.is_not(None), RecurringPeriod.id.in_(billed)),
    )
    return session().scalars(chosen.order_by(RecurringPeriod.number.desc()).limit(1)).first()


def select_plans(state: PlanState | None = None) -> Select[Any]:
    """The rows of the list of plans."""
    columns: list[Any] = [
        RecurringPlan.id, RecurringPlan.title, RecurringPlan.state, RecurringPlan.every, RecurringPlan.unit,
        RecurringPlan.starts_on, RecurringPlan.ends_on, RecurringPlan.most_periods, Customer.name.label("customer"),
    ]  # fmt: skip
    statement = select(*columns).join(Customer, Customer.id == RecurringPlan.customer_id)
    return statement.where(RecurringPlan.state == state) if state is not None else statement


def select_due() -> Select[Any]:
    """The periods that wait to be billed, with their plans."""
    billed = select(Invoice.id).where(Invoice.recurring_period_id == RecurringPeriod.id).exists()
    columns: list[Any] = [RecurringPeriod.bill_on, RecurringPeriod.id]
    return (
        select(*columns)
        .join(RecurringPlan, RecurringPlan.id == RecurringPeriod.plan_id)
        .where(RecurringPeriod.skipped_at.is_(None), ~billed, RecurringPlan.state == PlanState.ACTIVE)
    )


def read_due(period_ids: Sequence[int]) -> list[RecurringPeriod]:
    """These periods with plans and lines, in the order given: three reads for a page of any length."""
    chosen = (
        select(RecurringPeriod)
        .where(RecurringPeriod.id.in_(period_ids))
        .options(joinedload(RecurringPeriod.plan).options(selectinload(RecurringPlan.lines)))
    )
    found = {period.id: period for period in session().scalars(chosen)}
    return [found[one] for one in period_ids if one in found]


def customers_of(customer_ids: Sequence[int]) -> dict[int, Customer]:
    chosen = select(Customer).where(Customer.id.in_(customer_ids))
    return {customer.id: customer for customer in session().scalars(chosen)}


def list_of_customer(customer_id: int) -> list[RecurringPlan]:
    chosen = select(RecurringPlan).where(RecurringPlan.customer_id == customer_id)
    return list(session().scalars(chosen.order_by(RecurringPlan.id)))


def plans_of_orders(order_ids: Sequence[int]) -> dict[int, list[RecurringPlan]]:
    """Order -> the plans made from it that have not ended: what they bill is not billed of the order as well."""
    chosen = select(RecurringPlan).where(RecurringPlan.order_id.in_(order_ids), RecurringPlan.state != PlanState.ENDED)
    found: dict[int, list[RecurringPlan]] = {}
    for plan in session().scalars(chosen.order_by(RecurringPlan.id)):
        found.setdefault(plan.order_id or 0, []).append(plan)
    return found


def require_no_plan(order_ids: Sequence[int]) -> None:
    """Of many orders at once none is billed that a plan may bill. Raises PlanBills."""
    for plans in plans_of_orders(order_ids).values():
        raise PlanBills(title=plans[0].title)


def list_rows(plan: RecurringPlan) -> list[PeriodRow]:
    """What became of its periods, newest first."""
    chosen = (
        select(RecurringPeriod, Invoice)
        .outerjoin(Invoice, Invoice.recurring_period_id == RecurringPeriod.id)
        .where(RecurringPeriod.plan_id == plan.id)
        .order_by(RecurringPeriod.number.desc())
        .limit(60)
    )
    return [_row(plan, period, invoice) for period, invoice in session().execute(chosen)]


def preview(
    rhythm: Rhythm, lines: Sequence[PricedLine], currency: str, *, after: int = 0, most: int = SHOWN_AHEAD
) -> list[PeriodRow]:
    """The next periods with what they come to; nothing is stored."""
    shown = islice(list_periods(rhythm, after=after), most)
    return [PeriodRow(one, net_of(lines, rhythm, one, currency)) for one in shown]


def count_due_at_once(rhythm: Rhythm, until: date, plan_id: int | None) -> int:
    """How many periods saving a plan puts into the list: all up to that day that are not billed or skipped."""
    decided = last_decided(plan_id) if plan_id is not None else None
    return len(periods(rhythm, until, after=decided.number if decided else 0))


def list_due_ids() -> list[int]:
    """Of all periods that wait, the oldest first."""
    return [row[1] for row in session().execute(select_due().order_by(RecurringPeriod.bill_on, RecurringPeriod.id))]


def net_of(lines: Sequence[PricedLine], rhythm: Rhythm, period: Period, currency: str) -> int:
    """What a period comes to without tax, in minor units: as its invoice computes it, line by line."""
    return sum(
        line_net(line.quantity, price_in(line.unit_price, rhythm, period, currency), line.discount_percent, currency)
        for line in lines
    )


def period_of_row(row: RecurringPeriod) -> Period:
    return Period(row.number, row.starts_on, row.ends_on, row.bill_on)


def net_of_due(row: RecurringPeriod) -> int:
    plan = row.plan
    return net_of(plan.lines, plan.rhythm, period_of_row(row), plan.currency)


def count_due(on: date) -> int:
    """How many periods wait whose day has come."""
    waiting = select_due().where(RecurringPeriod.bill_on <= on).limit(1_000).subquery()
    return session().scalar(select(func.count()).select_from(waiting)) or 0


def _row(plan: RecurringPlan, row: RecurringPeriod, invoice: Invoice | None) -> PeriodRow:
    period = period_of_row(row)
    if invoice is not None:
        return PeriodRow(period, invoice.net_total, PeriodState.BILLED, row.id, invoice)
    state = PeriodState.SKIPPED if row.skipped_at is not None else PeriodState.DUE
    net = net_of(plan.lines, plan.rhythm, period, plan.currency)
    return PeriodRow(period, net, state, row.id, reason=row.skip_reason)
