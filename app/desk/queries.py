"""Reads what needs somebody now, across all wings; every count is bounded, so that the page stays fast."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from app.auth.models import User
from app.auth.rules import Permission, Role, may
from app.company.queries import is_quarantined
from app.customers.models import Customer
from app.customers.queries import filter_customers
from app.db.base import session
from app.db.slots import Slot, SlotState
from app.deals.models import Deal, DealState
from app.documents.models import DocumentRequest, RequestState
from app.followup import queries as followup
from app.followup.models import RunState
from app.invoices.models import Invoice, InvoiceState
from app.invoices.queries_waiting import select_to_invoice
from app.kernel.texts import counted
from app.ledger import queries as ledger
from app.orders.models import Order, OrderState
from app.orders.models_care import CareReminder
from app.orders.models_holds import OrderHold
from app.orders.queries import View, filter_view
from app.orders.queries_care import select_open
from app.orders.queries_exceptions import select_exceptions
from app.orders.queries_holds import filter_due_reviews
from app.orders.queries_talk import select_unread
from app.orders.rules_exceptions import ExceptionState
from app.outbox.models import Message
from app.outbox.queries_list import needs_decision
from app.outbox.rules import MessageState
from app.payments.models import Payment
from app.payments.models_bank import LineState, StatementLine
from app.payments.queries_charges import count_to_invoice
from app.tasks.models import Task
from app.tasks.models_escalation import TaskEscalation
from app.tasks.queries_escalation import name_leads, select_unanswered
from app.tasks.queries_scope import build_scope
from app.tasks.queries_work import Due, Tab, Wanted, select_work
from app.web.filters import money, request_now

MOST_COUNTED = 1000
MOST_HITS = 6


@dataclass(frozen=True)
class Need:
    """One thing that waits for a person: how many, what, where to go, and why it matters."""

    count: int
    label: str
    url: str
    more: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Hit:
    """Something the palette found."""

    label: str
    url: str
    kind: str


def list_needs(user: User, today: date) -> list[Need]:
    """What needs this person now, most urgent first; only what the role may do and only what is there."""
    needs = [
        need
        for permission, read in READERS
        if may(user.role, permission) and (need := read(user, today)) is not None and need.count
    ]
    return sorted(needs, key=lambda need: {"bad": 0, "warn": 1}.get(need.tone, 2))


def _count(statement: Select[Any]) -> int:
    """How many, counted no further than MOST_COUNTED."""
    return session().scalar(select(func.count()).select_from(statement.limit(MOST_COUNTED).subquery())) or 0


def _my_tasks(user: User, today: date) -> Need:
    scope = build_scope(user, today)
    due, late = (select_work(scope, Wanted(tab=Tab.MINE, due=when), today) for when in (Due.NOW, Due.OVERDUE))
    overdue = _count(late.with_only_columns(Task.id))
    more = f"{overdue} of them overdue" if overdue else "due today"
    count = _count(due.with_only_columns(Task.id))
    return Need(count, "Tasks due", "/tasks?view=mine&due=now", more, "bad" if overdue else "warn")


def _at_risk(user: User, today: date) -> Need:
    scope = build_scope(user, today)
    risky = select_work(scope, Wanted(tab=Tab.RISK, now=request_now()), today)
    count = _count(risky.with_only_columns(Task.id))
    return Need(count, "Tasks at risk", "/tasks?view=risk", "likely to be late if nobody acts", "warn")


def _unanswered(user: User, today: date) -> Need | None:
    """For managers and whoever leads a department, also by standing in."""
    scope = build_scope(user, today)
    people = {person for person, _department in scope.people}
    if user.role not in {Role.MANAGER, Role.ADMIN} and people.isdisjoint(name_leads().values()):
        return None
    count = _count(select_unanswered(scope).with_only_columns(TaskEscalation.id))
    url = "/tasks/escalations?show=unanswered"
    return Need(count, "Escalations without an answer", url, "say that you see to it, or finish it", "bad")


def _waiting_deals(_user: User, today: date) -> Need:
    waiting = select(Deal.id).where(Deal.state == DealState.WAITING)
    oldest = session().scalar(select(func.min(Deal.closed_on)).where(Deal.state == DealState.WAITING))
    more = f"the oldest closed {counted((today - oldest).days, 'day')} ago" if oldest else ""
    return Need(_count(waiting), "Deals to accept or return", "/deals", more, "warn")


def _late_orders(_user: User, today: date) -> Need:
    late = select(Order.id).where(Order.state == OrderState.IN_PROGRESS, Order.due_on < today)
    return Need(_count(late), "Orders past their day", "/orders?view=late", "the promised day is over", "bad")


def _care(_user: User, today: date) -> Need:
    due = select_open(today).with_only_columns(CareReminder.id)
    return Need(_count(due), "Customers to look after", "/orders/care", "ask, renew, or offer the next order")


def _holds(_user: User, today: date) -> Need:
    due = filter_due_reviews(today).with_only_columns(OrderHold.id)
    return Need(
        _count(due), "Holds to look at", "/orders?view=on_hold", "their day has come: release, or set another", "warn"
    )


def _amendments(_user: User, today: date) -> Need:
    waiting = filter_view(View.TO_APPROVE, today).with_only_columns(Order.id)
    return Need(_count(waiting), "Amendments to approve", "/orders?view=to_approve", "they count only then", "warn")


def _exceptions(_user: User, today: date) -> Need:
    open_ones = _count(select_exceptions(today, state=ExceptionState.OPEN))
    return Need(open_ones, "Exceptions on orders", "/exceptions", "each keeps an order from going on", "warn")


def _mentions(user: User, _today: date) -> Need:
    return Need(_count(select_unread(user.id)), "Mentions of you", "/orders/mentions", "somebody waits for your answer")


def _charges(_user: User, _today: date) -> Need:
    more = "customers bear them, and no invoice says so"
    return Need(count_to_invoice(), "Bank fees to invoice", "/payments/charges?to_invoice=1", more)


def _not_invoiced(_user: User, _today: date) -> Need:
    fulfilled = select_to_invoice().with_only_columns(Order.currency, Order.net_total).limit(MOST_COUNTED).subquery()
    rows = session().execute(
        select(fulfilled.c.currency, func.count(), func.sum(fulfilled.c.net_total)).group_by(fulfilled.c.currency)
    )
    worth = {currency: (count, int(total)) for currency, count, total in rows}
    count = sum(found for found, _ in worth.values())
    amounts = " + ".join(money(total, currency) for currency, (_, total) in sorted(worth.items()))
    at_least = "at least " if count == MOST_COUNTED else ""
    more = f"{at_least}{amounts} before tax, not asked for yet"
    return Need(count, "Fulfilled, not invoiced", "/invoices/to-invoice", more, "warn")


def _drafts(_user: User, _today: date) -> Need:
    drafts = select(Invoice.id).where(Invoice.state == InvoiceState.DRAFT)
    return Need(_count(drafts), "Invoice drafts to issue", "/invoices?state=draft")


def _reminders(_user: User, today: date) -> Need:
    run = followup.find_run(today)
    if run is not None and run.state is RunState.SENT:
        return Need(0, "", "")
    waiting = len(followup.customers_due(today))
    return Need(waiting, "Customers to remind today", "/overdue/notices", "look them over, then send", "warn")


def _calls(_user: User, today: date) -> Need:
    waiting = len(followup.customers_to_call(today))
    return Need(waiting, "Customers to call", "/overdue?view=call", "the final reminder has gone", "warn")


def _unapplied(_user: User, today: date) -> Need:
    with_money = [key for key, amount in ledger.on_account(today).items() if amount < 0]
    return Need(
        len(with_money), "Customers with unapplied cash", "/payments/unapplied", "allocate it before chasing", "warn"
    )


def _lines_to_place(_user: User, _today: date) -> Need:
    waiting = select(StatementLine.id).where(StatementLine.state == LineState.OPEN)
    return Need(
        _count(waiting), "Lines of the bank to place", "/payments/cash?days=open", "who paid is not chased then", "warn"
    )


def _uncertain(_user: User, _today: date) -> Need:
    doubtful = select(Message.id).where(Message.state == MessageState.UNCERTAIN)
    return Need(
        _count(doubtful),
        "Mails nobody can be sure of",
        "/outbox?state=uncertain",
        "you decide: arrived, or send again",
        "bad",
    )


def _rejected(_user: User, _today: date) -> Need:
    refused = select(Message.id).where(Message.state == MessageState.REJECTED, needs_decision())
    return Need(
        _count(refused), "Mails refused by a server", "/outbox?state=decide", "mend the address, then resend", "bad"
    )


def _quarantine(_user: User, _today: date) -> Need:
    return Need(
        int(is_quarantined()), "Restored copy to confirm", "/health", "no mail leaves and no job runs until then", "bad"
    )


def _failed_jobs(_user: User, _today: date) -> Need:
    failed = select(Slot.job).where(Slot.state == SlotState.FAILED)
    stuck = select(DocumentRequest.id).where(DocumentRequest.state == RequestState.FAILED)
    return Need(
        _count(failed) + _count(stuck), "Jobs or documents that failed", "/health", "the reason stands there", "bad"
    )


Reader = Callable[[User, date], Need | None]

READERS: tuple[tuple[Permission, Reader], ...] = (
    (Permission.HEALTH_VIEW, _quarantine),
    (Permission.TASKS_WORK, _my_tasks),
    (Permission.TASKS_WORK, _at_risk),
    (Permission.TASKS_WORK, _unanswered),
    (Permission.DEALS_DECIDE, _waiting_deals),
    (Permission.ORDERS_EDIT, _late_orders),
    (Permission.ORDERS_HOLD, _holds),
    (Permission.ORDERS_APPROVE, _amendments),
    (Permission.ORDERS_EDIT, _care),
    (Permission.ORDERS_EDIT, _exceptions),
    (Permission.ORDERS_VIEW, _mentions),
    (Permission.INVOICES_ISSUE, _not_invoiced),
    (Permission.INVOICES_ISSUE, _drafts),
    (Permission.FOLLOWUP_SEND, _reminders),
    (Permission.FOLLOWUP_SEND, _calls),
    (Permission.PAYMENTS_RECORD, _lines_to_place),
    (Permission.PAYMENTS_RECORD, _unapplied),
    (Permission.PAYMENTS_RECORD, _charges),
    (Permission.OUTBOX_DECIDE, _uncertain),
    (Permission.OUTBOX_DECIDE, _rejected),
    (Permission.HEALTH_VIEW, _failed_jobs),
)


def find_hits(text: str, role: str) -> list[Hit]:
    """Documents whose number begins with the text, and customers by name; only what the role may see."""
    if len(text) < 2:
        return []
    start = _like(text)
    searches: tuple[tuple[Permission, str, str, Any], ...] = (
        (
            Permission.INVOICES_VIEW,
            "Invoice",
            "/invoices/{}",
            select(Invoice.id, Invoice.number).where(Invoice.number.ilike(start, escape="\\")).order_by(Invoice.number),
        ),
        (
            Permission.ORDERS_VIEW,
            "Order",
            "/orders/{}",
            select(Order.id, Order.number).where(Order.number.ilike(start, escape="\\")).order_by(Order.number),
        ),
        (
            Permission.DEALS_VIEW,
            "Deal",
            "/deals/{}",
            select(Deal.id, Deal.external_id)
            .where(Deal.external_id.ilike(start, escape="\\"))
            .order_by(Deal.external_id),
        ),
        (
            Permission.PAYMENTS_VIEW,
            "Payment",
            "/payments/{}",
            select(Payment.id, Payment.number).where(Payment.number.ilike(start, escape="\\")).order_by(Payment.number),
        ),
        (
            Permission.CUSTOMERS_VIEW,
            "Customer",
            "/customers/{}",
            filter_customers(query=text).with_only_columns(Customer.id, Customer.name).order_by(Customer.name),
        ),
    )
    return [
        Hit(row[1], address.format(row[0]), kind)
        for permission, kind, address, statement in searches
        if may(role, permission)
        for row in session().execute(statement.limit(MOST_HITS))
    ]


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"
