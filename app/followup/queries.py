"""Reads what is overdue, how far each instalment was reminded, and what a date's follow-up would be."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import func, select

from app.customers.models import Customer
from app.db.base import session
from app.db.statements import in_chunks
from app.followup.models import DunningProcedure, DunningRun, Notice, NoticeItem
from app.followup.rules import Debtor, Level, OverdueItem, Plan, Procedure, plan
from app.followup.rules_worklist import NextAction, WorkRow, list_actions
from app.invoices.models import Invoice
from app.kernel.errors import RuleError
from app.ledger import queries as ledger

DOCUMENT_PREFIX = "invoice:"


class NoProcedure(RuleError):
    """There is no dunning procedure yet. Set up the company first."""


def get_procedure() -> Procedure:
    """The one dunning procedure of this version."""
    stored = session().scalars(select(DunningProcedure).order_by(DunningProcedure.id)).first()
    if stored is None:
        raise NoProcedure
    levels = tuple(Level(level.level, level.name, level.days_past_due) for level in stored.levels)
    return Procedure(levels, stored.days_between)


def find_run(on: date) -> DunningRun | None:
    return session().scalars(select(DunningRun).where(DunningRun.on == on)).one_or_none()


def list_runs(limit: int = 30) -> Sequence[DunningRun]:
    return session().scalars(select(DunningRun).order_by(DunningRun.on.desc()).limit(limit)).all()


def list_notices(run_id: int) -> Sequence[Notice]:
    return session().scalars(select(Notice).where(Notice.run_id == run_id).order_by(Notice.id)).all()


def list_overdue(on: date, customer_id: int | None = None) -> list[OverdueItem]:
    """Every instalment past due on this date, as known now, with the last level it was reminded at."""
    open_items = [
        item
        for item in ledger.list_open_items(on, customer_id=customer_id)
        if item.open > 0 and item.due_on < on and item.document.startswith(DOCUMENT_PREFIX)
    ]
    invoice_ids = sorted({_invoice_id(item.document) for item in open_items})
    numbers = _numbers(invoice_ids)
    steps = _last_steps(invoice_ids)
    return [
        OverdueItem(
            customer_id=item.customer_id,
            invoice_id=invoice_id,
            number=numbers[invoice_id],
            instalment=item.instalment,
            due_on=item.due_on,
            currency=item.currency,
            open=item.open,
            days_past_due=(on - item.due_on).days,
            last_level=step[0],
            last_notice_on=step[1],
        )
        for item in open_items
        for invoice_id in [_invoice_id(item.document)]
        for step in [steps.get((invoice_id, item.instalment), (0, None))]
    ]


def list_debtors(customer_ids: Iterable[int], on: date) -> dict[int, Debtor]:
    """What the rules need to know of these customers."""
    ids = sorted(set(customer_ids))
    cash = ledger.on_account(on, customer_id=ids[0] if len(ids) == 1 else None)
    by_customer: dict[int, dict[str, int]] = {}
    for (customer_id, currency), minor in cash.items():
        by_customer.setdefault(customer_id, {})[currency] = max(-minor, 0)  # the ledger owes with a minus
    customers = (
        customer
        for chunk in in_chunks(ids)
        for customer in session().scalars(select(Customer).where(Customer.id.in_(chunk)))
    )
    return {customer.id: _debtor(customer, by_customer.get(customer.id, {})) for customer in customers}


def preview(on: date, customer_id: int | None = None) -> Plan:
    """What `send` on this date would do if nothing happens in between; for one customer or for all."""
    items = list_overdue(on, customer_id)
    return plan(on, items, list_debtors((item.customer_id for item in items), on), get_procedure())


def customers_due(on: date) -> list[int]:
    """The customers who would get a mail on this date."""
    return list(dict.fromkeys(notice.debtor.customer_id for notice in preview(on).notices))


def _debtor(customer: Customer, unapplied: dict[str, int]) -> Debtor:
    return Debtor(
        customer_id=customer.id,
        name=customer.name,
        email=customer.billing_email,
        phone=customer.phone,
        language=customer.language,
        no_chase_until=date.fromisoformat(customer.no_chase_until) if customer.no_chase_until else None,
        no_chase_reason=customer.no_chase_reason,
        unapplied=unapplied,
    )


def _invoice_id(document: str) -> int:
    return int(document.removeprefix(DOCUMENT_PREFIX))


def _numbers(invoice_ids: Sequence[int]) -> dict[int, str]:
    return {
        row.id: row.number
        for chunk in in_chunks(invoice_ids)
        for row in session().execute(select(Invoice.id, Invoice.number).where(Invoice.id.in_(chunk)))
    }


def _last_steps(invoice_ids: Sequence[int]) -> dict[tuple[int, int], tuple[int, date]]:
    """(invoice, instalment) -> the highest level taken and the day of the last notice that took a step."""
    return {
        (row.invoice_id, row.instalment): (row.level, row.on)
        for chunk in in_chunks(invoice_ids)
        for row in session().execute(
            select(
                NoticeItem.invoice_id,
                NoticeItem.instalment,
                func.max(NoticeItem.step).label("level"),
                func.max(DunningRun.on).label("on"),
            )
            .join(Notice, Notice.id == NoticeItem.notice_id)
            .join(DunningRun, DunningRun.id == Notice.run_id)
            .where(NoticeItem.invoice_id.in_(chunk), NoticeItem.step.is_not(None))
            .group_by(NoticeItem.invoice_id, NoticeItem.instalment)
        )
    }


def list_work(on: date, found: Plan | None = None) -> list[WorkRow]:
    """Every overdue instalment with its next action, oldest first."""
    items = list_overdue(on)
    debtors = list_debtors((item.customer_id for item in items), on)
    procedure = get_procedure()
    actions = list_actions(items, found or plan(on, items, debtors, procedure), procedure)
    rows = [_work_row(item, debtors[item.customer_id], actions[item.invoice_id, item.instalment]) for item in items]
    return sorted(rows, key=lambda row: (-row.item.days_past_due, row.item.number, row.item.instalment))


def _work_row(item: OverdueItem, debtor: Debtor, action: NextAction) -> WorkRow:
    return WorkRow(item, debtor.name, action, debtor.phone)


def customers_to_call(on: date) -> set[int]:
    """Customers who let the final reminder pass; read in full only once such a reminder has gone."""
    final = get_procedure().levels[-1].level
    if session().scalar(select(NoticeItem.id).where(NoticeItem.step >= final).limit(1)) is None:
        return set()
    return {row.item.customer_id for row in list_work(on) if row.action.view == "call"}
