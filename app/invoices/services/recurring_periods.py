"""Proposes the periods of recurring plans, and makes of each exactly one draft, or skips it with a reason."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from app.company.queries import business_today
from app.customers.models import Customer
from app.customers.services import lock_customer
from app.db.base import session
from app.invoices import queries_recurring as queries
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, Scope
from app.invoices.models_recurring import PlanState, RecurringPeriod, RecurringPlan
from app.invoices.rules_recurring import periods, price_in
from app.invoices.services.drafts import finish_draft
from app.invoices.services.rates_of_day import give_rates
from app.invoices.services.recurring_plans import note
from app.invoices.texts import written_language
from app.kernel.errors import Conflict, RuleError
from app.kernel.texts import clean_line


class PeriodBilled(Conflict):
    """{title}, period {number}, is billed already: {invoice}."""


class PeriodSkipped(Conflict):
    """{title}, period {number}, was skipped: {reason}"""


class PlanStandsStill(RuleError):
    """{title} is {state}. Nothing of it is billed."""


def propose_periods(today: date, *, now: datetime) -> int:
    """Writes down every period that is to be billed soon, as many days ahead as its plan says; once each."""
    return sum(_propose(plan, today, now) for plan in queries.list_active(locked=True))


def draft_period(period_id: int, *, actor: str, now: datetime) -> Invoice:
    """The draft of a period, at the prices of its year. Raises PeriodBilled, PeriodSkipped, PlanStandsStill."""
    period, plan, customer = _lock(period_id)
    if plan.state is not PlanState.ACTIVE:
        raise PlanStandsStill(title=plan.title, state=plan.state.value)
    _require_open(period, plan)
    invoice = _begin(plan, period, customer, actor=actor, now=now)
    invoice.lines = _lines(plan, period)
    give_rates(invoice, business_today(now))
    return finish_draft(
        invoice, None, actor=actor, now=now, plan=plan.title, period=f"{period.starts_on}/{period.ends_on}"
    )


def skip_period(period_id: int, reason: str, *, actor: str, now: datetime) -> None:
    """Nothing is asked for this period. Raises PeriodBilled, PeriodSkipped, TextMissing."""
    period, plan, _customer = _lock(period_id)
    _require_open(period, plan)
    period.skip_reason = clean_line(reason, "reason", required=True)
    period.skipped_at = now
    note("period_skipped", plan, actor=actor, now=now, number=period.number, reason=period.skip_reason)


def _propose(plan: RecurringPlan, today: date, now: datetime) -> int:
    until = today + timedelta(days=plan.lead_days)
    found = periods(plan.rhythm, until, after=queries.last_number(plan.id))
    session().add_all(
        RecurringPeriod(
            plan_id=plan.id, number=one.number, starts_on=one.first, ends_on=one.last, bill_on=one.bill_on,
            proposed_at=now,
        )
        for one in found
    )  # fmt: skip
    session().flush()
    return len(found)


def _lock(period_id: int) -> tuple[RecurringPeriod, RecurringPlan, Customer]:
    """Customer, then plan, then period, held until the transaction ends."""
    seen = queries.get_period(period_id)
    customer = lock_customer(seen.plan.customer_id)
    plan = session().get_one(RecurringPlan, seen.plan_id, with_for_update=True, populate_existing=True)
    period = session().get(RecurringPeriod, period_id, with_for_update=True, populate_existing=True)
    if period is None:  # withdrawn by a change of the plan
        raise queries.PeriodUnknown
    return period, plan, customer


def _require_open(period: RecurringPeriod, plan: RecurringPlan) -> None:
    if (invoice := queries.find_invoice_of(period.id)) is not None:
        raise PeriodBilled(title=plan.title, number=period.number, invoice=invoice.number or f"draft {invoice.id}")
    if period.skipped_at is not None:
        raise PeriodSkipped(title=plan.title, number=period.number, reason=period.skip_reason)


def _begin(plan: RecurringPlan, period: RecurringPeriod, customer: Customer, *, actor: str, now: datetime) -> Invoice:
    return Invoice(
        kind=InvoiceKind.INVOICE,
        scope=Scope.WHOLE,
        customer_id=customer.id,
        recurring_period_id=period.id,
        service_from=period.starts_on,
        service_until=period.ends_on,
        currency=plan.currency,
        language=written_language(customer.language),
        payment_terms=plan.payment_terms,
        po_number=plan.po_number,
        buyer_reference=customer.buyer_reference,
        tax_rounding="document",
        options={},
        created_at=now,
        created_by=actor,
    )


def _lines(plan: RecurringPlan, period: RecurringPeriod) -> list[InvoiceLine]:
    said = queries.period_of_row(period)
    return [
        InvoiceLine(
            position=line.position,
            description=line.description,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=price_in(line.unit_price, plan.rhythm, said, plan.currency),
            discount_percent=line.discount_percent or Decimal(0),
            taxes=line.taxes,
            tax_code=line.tax_code,
        )
        for line in plan.lines
    ]
