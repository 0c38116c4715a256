"""Makes and changes recurring plans; what was proposed and not billed yet follows a change."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select

from app.audit.services import record
from app.company.queries import get_company
from app.customers.services import lock_customer
from app.db.base import session
from app.invoices import queries_recurring as queries
from app.invoices.models import Invoice
from app.invoices.models_recurring import PlanState, RecurringLine, RecurringPeriod, RecurringPlan
from app.invoices.rules_issue import LONGEST_DESCRIPTION, LONGEST_TEXT
from app.invoices.rules_recurring import Rhythm, Unit, check_rhythm
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.money import is_currency
from app.kernel.payment_terms import accept_terms
from app.kernel.texts import clean_block, clean_line

MOST_LINES = 100
MOST_LEAD = 366
MOST_OF_IT = 1_000_000_000
PRICED = ("every", "unit", "starts_on", "is_in_advance", "currency", "index_percent")


class NoLines(BadInput):
    """A plan needs a line. Write what the customer gets in each period."""


class TooManyLines(BadInput):
    """A plan has {most} lines at the most."""


class QuantityNeeded(BadInput):
    """Write a quantity above 0, up to {most}."""


class PriceNeeded(BadInput):
    """Write a price from 0 to {most}."""


class DiscountWrong(BadInput):
    """Write a discount from 0 to 100 percent."""


class CurrencyUnknown(BadInput):
    """Choose a currency of the list."""


class LeadWrong(BadInput):
    """Write a number of days from 0 to {most}."""


class PlanChanged(Conflict):
    """Somebody else changed this plan in the meantime. Compare both and save again."""


class PlanBegun(RuleError):
    """A period is billed or skipped, so interval, first day, currency and index stay. End this plan, make another."""


class PlanEndsBefore(BadInput):
    """Period {number} lasts until {last} and is billed or skipped already. The plan cannot end before."""


class PlanIsEnded(RuleError):
    """This plan has ended. Make another one."""


class PlanNotPaused(RuleError):
    """This plan is not paused."""


@dataclass(frozen=True, kw_only=True)
class PlanLine:
    """What the customer gets in each period; the price is that of the first year."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    taxes: list[dict[str, Any]]
    tax_code: str | None = None
    unit: str = ""
    discount_percent: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class PlanData:
    """What a person says about a plan."""

    customer_id: int
    title: str
    currency: str
    lines: tuple[PlanLine, ...]
    every: int = 1
    unit: Unit = Unit.MONTH
    starts_on: date
    ends_on: date | None = None
    most_periods: int | None = None
    is_in_advance: bool = True
    index_percent: Decimal = Decimal(0)
    lead_days: int = 14
    payment_terms: str = ""
    po_number: str = ""
    order_id: int | None = None

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(
            every=self.every, unit=self.unit, starts_on=self.starts_on, ends_on=self.ends_on, most=self.most_periods,
            is_in_advance=self.is_in_advance, index_percent=self.index_percent,
        )  # fmt: skip


def make_plan(data: PlanData, *, actor: str, now: datetime) -> RecurringPlan:
    """A plan that is active at once. Raises BadInput naming the field."""
    customer = lock_customer(data.customer_id)
    plan = RecurringPlan(
        customer_id=customer.id, order_id=data.order_id, state=PlanState.ACTIVE, created_at=now, created_by=actor
    )
    _write(plan, data, customer.payment_terms)
    session().add(plan)
    session().flush()
    note("planned", plan, actor=actor, now=now)
    return plan


def change_plan(plan_id: int, data: PlanData, *, version: int, actor: str, now: datetime) -> RecurringPlan:
    """Changes a plan. Once a period is billed or skipped, the rhythm stays; lines, terms and the end may change.

    Raises PlanChanged, PlanIsEnded, PlanBegun, PlanEndsBefore, BadInput.
    """
    plan = _lock(plan_id)
    if plan.version != version:
        raise PlanChanged
    if plan.state is PlanState.ENDED:
        raise PlanIsEnded
    decided = queries.last_decided(plan.id)
    if decided is not None:
        _require_same_rhythm(plan, data, decided)
    _write(plan, data, plan.payment_terms)
    plan.version += 1
    _withdraw_open(plan)
    note("plan_changed", plan, actor=actor, now=now)
    return plan


def pause_plan(plan_id: int, reason: str, *, actor: str, now: datetime) -> None:
    """Nothing is proposed until it goes on. What is proposed already is taken back."""
    _turn(plan_id, PlanState.PAUSED, "plan_paused", reason, actor=actor, now=now)


def end_plan(plan_id: int, reason: str, *, actor: str, now: datetime) -> None:
    """Nothing is proposed any more. What is proposed already is taken back."""
    _turn(plan_id, PlanState.ENDED, "plan_ended", reason, actor=actor, now=now)


def resume_plan(plan_id: int, *, actor: str, now: datetime) -> None:
    """It goes on: periods that became due meanwhile are proposed, each to be billed or skipped."""
    plan = _lock(plan_id)
    if plan.state is not PlanState.PAUSED:
        raise PlanNotPaused
    plan.state, plan.state_reason = PlanState.ACTIVE, ""
    plan.version += 1
    note("plan_resumed", plan, actor=actor, now=now)


def note(what: str, plan: RecurringPlan, *, actor: str, now: datetime, **detail: Any) -> None:
    """One audit entry about the plan, on the timelines of its customer and order."""
    record(
        f"recurring.{what}", actor=actor, now=now, object_kind="recurring_plan", object_id=plan.id,
        order_id=plan.order_id, customer_id=plan.customer_id, title=plan.title, **detail,
    )  # fmt: skip


def _lock(plan_id: int) -> RecurringPlan:
    """The plan, held until the transaction ends; customer before plan, as everywhere."""
    lock_customer(queries.get_plan(plan_id).customer_id)
    return session().get_one(RecurringPlan, plan_id, with_for_update=True, populate_existing=True)


def _turn(plan_id: int, state: PlanState, what: str, reason: str, *, actor: str, now: datetime) -> None:
    plan = _lock(plan_id)
    if plan.state is PlanState.ENDED:
        raise PlanIsEnded
    plan.state, plan.state_reason = state, clean_line(reason, "reason", required=True)
    plan.version += 1
    _withdraw_open(plan)
    note(what, plan, actor=actor, now=now, reason=plan.state_reason)


def _withdraw_open(plan: RecurringPlan) -> None:
    """Forgets what was proposed and not decided: it is proposed anew as the plan says then."""
    billed = select(Invoice.recurring_period_id).where(Invoice.recurring_period_id.is_not(None))
    session().flush()
    session().execute(
        delete(RecurringPeriod).where(
            RecurringPeriod.plan_id == plan.id, RecurringPeriod.skipped_at.is_(None), RecurringPeriod.id.not_in(billed)
        )
    )


def _require_same_rhythm(plan: RecurringPlan, data: PlanData, decided: RecurringPeriod) -> None:
    if data.customer_id != plan.customer_id or any(getattr(plan, name) != getattr(data, name) for name in PRICED):
        raise PlanBegun
    ends_before = data.ends_on is not None and data.ends_on < decided.ends_on
    if ends_before or (data.most_periods or decided.number) < decided.number:
        field = "ends_on" if ends_before else "most_periods"
        raise PlanEndsBefore(field=field, number=decided.number, last=decided.ends_on)


def _write(plan: RecurringPlan, data: PlanData, usual_terms: str) -> None:
    check_rhythm(data.rhythm)
    if not 0 <= data.lead_days <= MOST_LEAD:
        raise LeadWrong(field="lead_days", most=MOST_LEAD)
    if not is_currency(data.currency):
        raise CurrencyUnknown(field="currency")
    terms = data.payment_terms or usual_terms or get_company().payment_terms
    accept_terms(terms, "payment_terms")
    plan.title = clean_line(data.title, "title", most=LONGEST_TEXT, required=True)
    plan.customer_id, plan.currency = data.customer_id, data.currency
    plan.payment_terms = clean_line(terms, "payment_terms", required=True)
    plan.po_number = clean_line(data.po_number, "po_number")
    for name in ("every", "unit", "starts_on", "ends_on", "most_periods", "is_in_advance", "index_percent"):
        setattr(plan, name, getattr(data, name))
    plan.lead_days = data.lead_days
    lines = _lines(data.lines)
    if plan.lines:
        plan.lines = []
        session().flush()  # the positions are free before they are taken again
    plan.lines = lines


def check_lines(said: tuple[PlanLine, ...]) -> None:
    """Raises BadInput for what saving would refuse of the lines."""
    _lines(said)


def _lines(said: tuple[PlanLine, ...]) -> list[RecurringLine]:
    if not said:
        raise NoLines(field="lines")
    if len(said) > MOST_LINES:
        raise TooManyLines(field="lines", most=MOST_LINES)
    return [_line(place, line) for place, line in enumerate(said)]


def _line(place: int, said: PlanLine) -> RecurringLine:
    at = f"lines[{place}]"
    if not 0 < said.quantity <= MOST_OF_IT:
        raise QuantityNeeded(field=f"{at}.quantity", most=f"{MOST_OF_IT:,}")
    if not 0 <= said.unit_price <= MOST_OF_IT:
        raise PriceNeeded(field=f"{at}.unit_price", most=f"{MOST_OF_IT:,}")
    if not 0 <= said.discount_percent <= 100:
        raise DiscountWrong(field=f"{at}.discount_percent")
    return RecurringLine(
        position=place + 1,
        description=clean_block(said.description, f"{at}.description", most=LONGEST_DESCRIPTION, required=True),
        quantity=said.quantity,
        unit=clean_line(said.unit, f"{at}.unit"),
        unit_price=said.unit_price,
        discount_percent=said.discount_percent,
        taxes=said.taxes,
        tax_code=said.tax_code,
    )
