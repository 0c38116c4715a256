"""Reads the very rows a figure of the daily report counts or adds up, so that every number can be opened."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select

from app.audit.models import AuditEntry
from app.customers.models import Customer
from app.db.base import session
from app.db.statements import in_chunks
from app.deals.models import Deal
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.kernel.errors import NotFound
from app.ledger import queries as ledger
from app.ledger.rules import BUCKETS, NOT_DUE, bucket, days_past_due
from app.orders.models import Order
from app.outbox.models import Message
from app.payments.models import Payment, PaymentReversal
from app.payments.rules_settling import PaymentKind
from app.reports import queries_work as work
from app.reports.queries_work import Day
from app.tasks.models import Task


class FigureUnknown(NotFound):
    """The report has no figure named {figure}."""


@dataclass(frozen=True)
class FigureRow:
    """One row behind a figure; `amount` in minor units where the figure is money."""

    kind: str
    id: int
    name: str
    text: str
    on: date | None = None
    amount: int | None = None
    currency: str = ""


def list_figure_rows(figure: str, on: date, known_at: datetime) -> list[FigureRow]:
    """The rows of a figure by its path, such as `deals.received` or `money.EUR.aging.31-60`. Raises FigureUnknown."""
    parts = figure.split(".")
    if parts[0] == "money" and len(parts) in (3, 4):
        return _money_rows(figure, parts[1], ".".join(parts[2:]), on, known_at)
    if parts[0] == "activity" and len(parts) in (3, 4) and (user_id := _id(parts[1])):
        return _activity_rows(figure, user_id, parts[2:], work.day_of(on, known_at))
    reader = WORK_READERS.get(figure)
    if reader is None:
        raise FigureUnknown(figure=figure)
    return reader(work.day_of(on, known_at))


def _deals(chosen: Callable[[Day], Select[int]]) -> Callable[[Day], list[FigureRow]]:
    return lambda day: _deal_rows(Deal.id.in_(chosen(day)))


def _deal_rows(condition: ColumnElement[bool]) -> list[FigureRow]:
    rows = session().execute(
        select(Deal, Customer.name).join(Customer, Customer.id == Deal.customer_id).where(condition).order_by(Deal.id)
    )
    return [
        FigureRow("deals", deal.id, deal.external_id, name, deal.closed_on, deal.net_total, deal.currency)
        for deal, name in rows
    ]


def _decided_deals(action: str) -> Callable[[Day], list[FigureRow]]:
    """Deals with this decision on the day; a deal returned twice stands here twice, as it counts twice."""

    def read(day: Day) -> list[FigureRow]:
        decided = (
            session()
            .scalars(
                select(AuditEntry.object_id)
                .where(AuditEntry.action == action, AuditEntry.at >= day.start, AuditEntry.at < day.end)
                .order_by(AuditEntry.id)
            )
            .all()
        )
        known = {row.id: row for row in _deal_rows(Deal.id.in_(decided))}
        return [known[deal_id] for deal_id in decided]

    return read


def _orders(condition: Callable[[Day], ColumnElement[bool]]) -> Callable[[Day], list[FigureRow]]:
    def read(day: Day) -> list[FigureRow]:
        rows = session().execute(
            select(Order, Customer.name)
            .join(Customer, Customer.id == Order.customer_id)
            .where(condition(day))
            .order_by(Order.id)
        )
        return [
            FigureRow("orders", order.id, order.number, name, order.due_on, order.net_total, order.currency)
            for order, name in rows
        ]

    return read


def _tasks(condition: Callable[[Day], ColumnElement[bool]]) -> Callable[[Day], list[FigureRow]]:
    def read(day: Day) -> list[FigureRow]:
        rows = session().execute(
            select(Task, Order.number).join(Order, Order.id == Task.order_id).where(condition(day)).order_by(Task.id)
        )
        return [FigureRow("orders", task.order_id, task.title, number, task.due_on) for task, number in rows]

    return read


def _told_customers(day: Day) -> list[FigureRow]:
    rows = session().execute(
        select(Customer.id, Customer.number, Customer.name)
        .where(Customer.id.in_(work.told_customers(day)))
        .order_by(Customer.id)
    )
    return [FigureRow("customers", row.id, row.number, row.name, day.on) for row in rows]


def _nothing(_day: Day) -> list[FigureRow]:
    return []


WORK_READERS: dict[str, Callable[[Day], list[FigureRow]]] = {
    "deals.received": _deals(work.received_deals),
    "deals.accepted": _decided_deals("deal.accepted"),
    "deals.returned": _decided_deals("deal.returned"),
    "deals.waiting": _deals(work.waiting_deals),
    "orders.booked": _orders(lambda day: (Order.opened_at >= day.start) & (Order.opened_at < day.end)),
    "orders.completed": _orders(work.completed_orders),
    "orders.cancelled": _orders(work.cancelled_orders),
    "orders.backlog": _orders(lambda day: Order.id.in_(work.backlog(day))),
    "orders.on_hold": _orders(work.held_orders),
    "orders.late": _orders(lambda day: Order.id.in_(work.backlog(day)) & (Order.due_on < day.on)),
    "tasks.opened": _tasks(lambda day: (Task.opened_at >= day.start) & (Task.opened_at < day.end)),
    "tasks.done": _tasks(lambda day: (Task.done_at >= day.start) & (Task.done_at < day.end)),
    "tasks.open": _tasks(lambda day: Task.id.in_(work.open_tasks(day))),
    "tasks.overdue": _tasks(lambda day: Task.id.in_(work.open_tasks(day)) & (Task.due_on < day.on)),
    "followup.notices": _told_customers,
    "followup.promises_due": _nothing,
    "followup.promises_broken": _nothing,
    "followup.disputed": _nothing,
}


def _activity_rows(figure: str, user_id: int, name: Sequence[str], day: Day) -> list[FigureRow]:
    """What one person did on the day; a task done twice stands here twice, as it counts twice."""
    match name:
        case ["orders_touched"]:
            return _orders(lambda day: Order.id.in_(work.orders_touched(day, user_id)))(day)
        case ["tasks_done"]:
            done = session().scalars(work.objects_of(day, user_id, "task.done")).all()
            rows = session().execute(
                select(Task, Order.number).join(Order, Order.id == Task.order_id).where(Task.id.in_(done))
            )
            known = {task.id: FigureRow("orders", task.order_id, task.title, no, task.due_on) for task, no in rows}
            return [known[task_id] for task_id in done]
        case ["mails"]:
            sent = work.objects_of(day, user_id, *work.MAIL_ACTIONS).order_by(None)
            mails = session().scalars(select(Message).where(Message.id.in_(sent)).order_by(Message.id))
            return [FigureRow("outbox", mail.id, mail.subject, mail.recipient, day.on) for mail in mails]
        case ["collected", currency]:
            return _recorded_payments(day, user_id, currency)
    raise FigureUnknown(figure=figure)


def _recorded_payments(day: Day, user_id: int, currency: str) -> list[FigureRow]:
    rows = session().execute(
        select(Payment, Customer.name)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(
            Payment.kind == PaymentKind.MONEY,
            Payment.recorded_by == f"{work.ACTOR_PREFIX}{user_id}",
            Payment.currency == currency,
            Payment.recorded_at >= day.start,
            Payment.recorded_at < day.end,
        )
        .order_by(Payment.id)
    )
    return [FigureRow("payments", p.id, p.number, name, p.received_on, p.amount, currency) for p, name in rows]


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


AGE_BUCKETS = {
    "past_due": BUCKETS[1:],
    "bpdso": (NOT_DUE,),
    **dict.fromkeys(("past_due_percent", "dso", "add", "cei", "aging.total"), BUCKETS),
    **{f"aging.{name}": (name,) for name in BUCKETS},
}


def _money_rows(figure: str, currency: str, name: str, on: date, known_at: datetime) -> list[FigureRow]:
    if name in AGE_BUCKETS:
        return _open_rows(currency, on, known_at, AGE_BUCKETS[name])
    block, _, customer = name.partition(".")
    if block == "past_due" and (customer_id := _id(customer)):
        return _open_rows(currency, on, known_at, AGE_BUCKETS[block], customer_id)
    month_start = on.replace(day=1)
    match name:
        case "invoiced_today" | "invoiced_mtd":
            return _invoice_rows(currency, on if name.endswith("today") else month_start, on, known_at)
        case "collected_today" | "collected_mtd":
            return _payment_rows(currency, on if name.endswith("today") else month_start, on, known_at)
        case "unapplied":
            return _unapplied_rows(currency, on, known_at)
        case "receivable":
            return [*_open_rows(currency, on, known_at, BUCKETS), *_unapplied_rows(currency, on, known_at, sign=-1)]
    raise FigureUnknown(figure=figure)


def _invoice_rows(currency: str, first: date, last: date, known_at: datetime) -> list[FigureRow]:
    rows = session().execute(
        select(Invoice.id, Invoice.number, Invoice.kind, Invoice.issued_on, Invoice.gross_total, Customer.name)
        .join(Customer, Customer.id == Invoice.customer_id)
        .where(
            Invoice.state == InvoiceState.ISSUED,
            Invoice.currency == currency,
            Invoice.issued_on.between(first, last),
            Invoice.issued_at <= known_at,
        )
        .order_by(Invoice.issued_on, Invoice.id)
    )
    return [
        FigureRow(
            "invoices",
            row.id,
            row.number,
            row.name,
            row.issued_on,
            -row.gross_total if row.kind == InvoiceKind.CREDIT_NOTE else row.gross_total,
            currency,
        )
        for row in rows
    ]


def _payment_rows(currency: str, first: date, last: date, known_at: datetime) -> list[FigureRow]:
    received = select(Payment, Customer.name).join(Customer, Customer.id == Payment.customer_id)
    received = received.where(Payment.kind == PaymentKind.MONEY)
    came = session().execute(
        received.where(
            Payment.currency == currency, Payment.received_on.between(first, last), Payment.recorded_at <= known_at
        ).order_by(Payment.received_on, Payment.id)
    )
    went = session().execute(
        received.join(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(
            Payment.currency == currency,
            PaymentReversal.reversed_on.between(first, last),
            PaymentReversal.recorded_at <= known_at,
        )
        .order_by(Payment.id)
    )
    return [
        *(FigureRow("payments", p.id, p.number, name, p.received_on, p.amount, currency) for p, name in came),
        *(FigureRow("payments", p.id, f"{p.number} reversed", name, None, -p.amount, currency) for p, name in went),
    ]


def _open_rows(
    currency: str, on: date, known_at: datetime, buckets: Sequence[str], customer_id: int | None = None
) -> list[FigureRow]:
    items = [
        item
        for item in ledger.list_open_items(on, known_at, customer_id=customer_id, currency=currency)
        if bucket(days_past_due(item.due_on, on)) in buckets
    ]
    names = _document_names(int(item.document.partition(":")[2]) for item in items)
    rows = [
        FigureRow("invoices", invoice_id, number, customer, item.due_on, item.open, currency)
        for item in items
        for invoice_id, number, customer in [names[int(item.document.partition(":")[2])]]
    ]
    return sorted(rows, key=lambda row: (row.on or on, row.name))


def _unapplied_rows(currency: str, on: date, known_at: datetime, sign: int = 1) -> list[FigureRow]:
    held = {
        customer_id: -amount
        for (customer_id, of_currency), amount in ledger.on_account(on, known_at).items()
        if of_currency == currency and amount
    }
    names = {
        row.id: row.name
        for chunk in in_chunks(sorted(held))
        for row in session().execute(select(Customer.id, Customer.name).where(Customer.id.in_(chunk)))
    }
    return [
        FigureRow("customers", customer_id, "On account", names[customer_id], None, sign * amount, currency)
        for customer_id, amount in sorted(held.items())
    ]


def _document_names(invoice_ids: Iterable[int]) -> dict[int, tuple[int, str, str]]:
    statement = select(Invoice.id, Invoice.number, Customer.name).join(Customer, Customer.id == Invoice.customer_id)
    return {
        row.id: (row.id, row.number, row.name)
        for chunk in in_chunks(sorted(set(invoice_ids)))
        for row in session().execute(statement.where(Invoice.id.in_(chunk)))
    }
