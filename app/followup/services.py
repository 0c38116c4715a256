"""Proposes the follow-up of a date and hands each customer's one mail to the outbox, once per level."""

from datetime import date, datetime

from sqlalchemy import select

from app.audit.services import record
from app.customers.models import Customer
from app.customers.queries import CustomerUnknown
from app.db.base import session
from app.followup import mails, queries
from app.followup.models import DunningLevel, DunningProcedure, DunningRun, Notice, NoticeItem, RunState
from app.followup.rules import Plan, PlannedNotice
from app.followup.services_letters import keep_letter
from app.outbox import services as outbox

STANDARD_LEVELS = ((1, "Friendly reminder", 1), (2, "Second reminder", 14), (3, "Final reminder", 30))


def ensure_standard_procedure() -> DunningProcedure:
    """The procedure every new company starts with: three levels, a week between two notices."""
    current = session()
    procedure = current.scalars(select(DunningProcedure)).first()
    if procedure is None:
        procedure = DunningProcedure(
            name="Standard",
            levels=[DunningLevel(level=level, name=name, days_past_due=days) for level, name, days in STANDARD_LEVELS],
        )
        current.add(procedure)
        current.flush()
    return procedure


def propose_run(on: date, *, actor: str, now: datetime) -> DunningRun:
    """Opens the run of a date, so that a person sees it is waiting; calling again finds the same run."""
    run = queries.find_run(on)
    if run is None:
        run = DunningRun(on=on, proposed_at=now)
        session().add(run)
        session().flush()
        record("dunning_run.proposed", actor=actor, now=now, object_kind="dunning_run", object_id=run.id, on=str(on))
    return run


def send_notice(customer_id: int, on: date, *, actor: str, now: datetime) -> list[PlannedNotice]:
    """Writes down and enqueues what this customer is due on this date; nothing where nothing is due any more.

    Decided anew under the customer's lock, so that a payment recorded a moment ago counts and two people who send
    the same run send it once.
    """
    current = session()
    current.execute(select(Customer.id).where(Customer.id == customer_id).with_for_update()).one()
    plan = queries.preview(on, customer_id)
    if not plan.notices:
        return []
    run = propose_run(on, actor=actor, now=now)
    if _was_told(run.id, customer_id):
        return []
    notices = [_write_down(run, planned, now) for planned in plan.notices]
    current.flush()
    letter = keep_letter(run.id, plan.notices, on, now=now)
    message = outbox.enqueue(mails.build_notice(plan.notices, on, letter.id if letter else None), now=now)
    for notice in notices:
        notice.message_id = message.id
    _record_notice(plan, customer_id, message.id, actor, now)
    return list(plan.notices)


def close_run(on: date, *, actor: str, now: datetime) -> DunningRun:
    """Marks the run of a date as sent."""
    run = propose_run(on, actor=actor, now=now)
    if run.state is not RunState.SENT:
        run.state, run.sent_at, run.approved_by = RunState.SENT, now, actor
        record("dunning_run.sent", actor=actor, now=now, object_kind="dunning_run", object_id=run.id, on=str(on))
    return run


def hold_customer(customer_id: int, until: date | None, *, reason: str, actor: str, now: datetime) -> None:
    """Stops reminders to a customer up to and including a day, or lets them go again (None)."""
    customer = session().get(Customer, customer_id, with_for_update=True)
    if customer is None:
        raise CustomerUnknown
    customer.no_chase_until = until.isoformat() if until else None
    customer.no_chase_reason = reason if until else ""
    record(
        "customer.chase_held" if until else "customer.chase_released",
        actor=actor,
        now=now,
        object_kind="customer",
        object_id=customer_id,
        customer_id=customer_id,
        until=str(until or ""),
        reason=reason,
    )


def notice_key(on: date, customer_id: int, level: int) -> str:
    """What makes a customer's mail of a date and level unique, as people see it."""
    return f"dunning/{on.isoformat()}/customer-{customer_id}/level-{level}"


def _was_told(run_id: int, customer_id: int) -> bool:
    found = select(Notice.id).where(Notice.run_id == run_id, Notice.customer_id == customer_id).limit(1)
    return session().scalar(found) is not None


def _write_down(run: DunningRun, planned: PlannedNotice, now: datetime) -> Notice:
    notice = Notice(
        run_id=run.id,
        customer_id=planned.debtor.customer_id,
        currency=planned.currency,
        level=planned.level,
        amount=planned.amount,
        key=notice_key(run.on, planned.debtor.customer_id, planned.level),
        created_at=now,
        items=[
            NoticeItem(
                invoice_id=listed.item.invoice_id,
                instalment=listed.item.instalment,
                due_on=listed.item.due_on,
                open_amount=listed.item.open,
                days_past_due=listed.item.days_past_due,
                level=listed.level,
                step=listed.step,
            )
            for listed in planned.items
        ],
    )
    session().add(notice)
    return notice


def _record_notice(plan: Plan, customer_id: int, message_id: int, actor: str, now: datetime) -> None:
    """One audit entry per invoice, so that each invoice's timeline shows the reminder."""
    steps: dict[int, int] = {}
    for notice in plan.notices:
        for listed in notice.items:
            if listed.step:
                steps[listed.item.invoice_id] = max(listed.step, steps.get(listed.item.invoice_id, 0))
    for invoice_id, level in steps.items():
        record(
            "notice.sent",
            actor=actor,
            now=now,
            object_kind="message",
            object_id=message_id,
            customer_id=customer_id,
            invoice_id=invoice_id,
            level=level,
            on=str(plan.on),
        )
