"""Walks a file of closed deals through the whole job in a scratch database, and leaves its papers for people to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import func, select

from app import create_app, worker
from app.auth.rules import Role
from app.auth.services import add_user
from app.company.services import CompanyData, set_up_company
from app.customers.models import Customer
from app.db.base import db, session
from app.db.unit_of_work import in_unit_of_work
from app.db.upgrade import upgrade
from app.deals import intake
from app.deals import services as deals
from app.deals.rules import ParsedDeal
from app.deals.services_handoff import answer_gate
from app.documents.queries import find_document, read_content
from app.followup.batch import send_run
from app.invoices import services as invoices
from app.invoices.models import Invoice, InvoiceState
from app.kernel.errors import RuleError, TillpaidError
from app.kernel.money import format_decimal
from app.kernel.texts import counted
from app.orders.models import Order
from app.outbox.models import Message
from app.outbox.queries import read_letter
from app.outbox.rules import MessageState
from app.outbox.rules_mail import file_name
from app.payments import bank_files
from app.payments.models import Payment
from app.payments.queries_bank import list_our_accounts
from app.payments.rules_bank import BOOKED_AHEAD, find_ours
from app.payments.services_accounts import add_account
from app.payments.statements.model import BankFile
from app.reports import services as reports
from app.tasks import services as tasks
from app.tasks.models import Task, TaskState
from app.verify import verify
from config import Settings

ACTOR = "system:tour"
DATABASE = "tour.sqlite3"
NOON = time(12, tzinfo=UTC)
T = TypeVar("T")

COMPANY = CompanyData(
    name="Tour Trading GmbH",
    street="Speicherstraße 12",
    postal_code="20457",
    city="Hamburg",
    country="DE",
    vat_id="DE136695976",
    email="accounts@tour.example.com",
    bank_name="Musterbank",
    iban="DE89370400440532013000",
    bic="COBADEFFXXX",
    foreign_rates="optional",  # a file of deals brings none
)


class TourFolderInUse(RuleError):
    """{folder} holds the database of an earlier tour. Name an empty folder with --into."""


@dataclass
class Steps:
    """What happened so far; `say` tells the person who waits."""

    say: Callable[[str], None]
    rejected: list[dict[str, Any]] = field(default_factory=list)
    not_billed: list[dict[str, str]] = field(default_factory=list)
    created: int = 0
    tasks_done: int = 0
    payments: int = 0
    notices: int = 0


def walk(
    deals_file: Path, *, on: date, into: Path, now: datetime, say: Callable[[str], None], bank_file: Path | None = None
) -> dict[str, Any]:
    """The whole job on this file; paths in the answer are relative to `into`. BadInput: unreadable file."""
    into.mkdir(parents=True, exist_ok=True)
    if (into / DATABASE).exists():
        raise TourFolderInUse(folder=str(into))
    with scratch_app(into) as app:
        steps = Steps(say)
        _set_up(on)
        _take_in(deals_file, steps)
        _fulfil(steps)
        _bill(steps)
        if bank_file is not None:
            _take_bank(bank_file, on, steps)
        _remind(on, steps)
        _report(on, now, steps)
        _send(app, now, steps)
        return _answer(into, steps, now)


@contextmanager
def scratch_app(into: Path) -> Iterator[Flask]:
    """An application on a new database in this folder, whose mail stays in the local mailbox."""
    settings = Settings.model_validate(
        {
            "tillpaid_env": "development",
            "TILLPAID_INSTANCE_DIR": into,
            "database_url": f"sqlite:///{(into / DATABASE).resolve()}",
            "smtp_url": "",
        }
    )
    app = create_app(settings)
    with app.app_context():
        upgrade(db.engine)
        yield app
        session().close()
        db.engine.dispose()


def _set_up(on: date) -> None:
    """The company, and a manager who reads the report."""
    at = _noon(on)

    def work() -> None:
        set_up_company(COMPANY, actor=ACTOR, now=at)
        add_user("admin@tour.example.com", Role.ADMIN, name="Tour Administrator", actor=ACTOR, now=at)
        manager, _password = add_user(
            "manager@tour.example.com", Role.MANAGER, name="Tour Manager", actor=ACTOR, now=at
        )
        session().flush()
        reports.subscribe(manager.id, since=on, actor=ACTOR, now=at)

    in_unit_of_work(work)


def _take_in(deals_file: Path, steps: Steps) -> None:
    parsed = intake.read_deals(deals_file.read_bytes(), deals_file.name)
    steps.rejected = [
        {"line": problem.line, "deal_id": problem.deal_id, "reasons": list(problem.reasons)}
        for problem in parsed.problems
    ]
    for deal in sorted(parsed.deals, key=lambda deal: (deal.closed_on, deal.line)):
        at = _noon(deal.closed_on)
        try:
            in_unit_of_work(lambda: _take_in_one(deal, at))  # noqa: B023 - called at once
        except TillpaidError as refusal:
            steps.rejected.append({"line": deal.line, "deal_id": deal.external_id, "reasons": [str(refusal)]})
        else:
            steps.created += 1
    steps.say(f"{counted(steps.created, 'deal')} taken in and accepted, {len(steps.rejected)} rejected")


def _take_in_one(deal: ParsedDeal, at: datetime) -> None:
    registration = deals.register_deal(deal, source="tour", actor=ACTOR, now=at)
    answer_gate(registration.deal.id, actor=ACTOR, now=at)


def _fulfil(steps: Steps) -> None:
    """Finishes every task of every order, in the order the playbook frees them, on the day the deal closed."""
    for order_id, ordered_on in _rows(select(Order.id, Order.ordered_on).order_by(Order.ordered_on, Order.id)):
        while open_tasks := _rows(select(Task.id).where(Task.order_id == order_id, Task.state == TaskState.OPEN)):
            for (task_id,) in open_tasks:
                in_unit_of_work(lambda: tasks.finish_task(task_id, actor=ACTOR, now=_noon(ordered_on)))  # noqa: B023
                steps.tasks_done += 1
    steps.say(f"{counted(steps.tasks_done, 'task')} done")


def _bill(steps: Steps) -> None:
    """One invoice per order, issued on the day its deal closed."""
    orders = _rows(select(Order.id, Order.number, Order.ordered_on).order_by(Order.ordered_on, Order.id))
    for order_id, number, closed_on in orders:
        try:
            in_unit_of_work(lambda: _bill_one(order_id, closed_on))  # noqa: B023 - called at once
        except TillpaidError as refusal:
            steps.not_billed.append({"order": number, "reason": str(refusal)})
    steps.say(f"{counted(len(orders) - len(steps.not_billed), 'invoice')} issued, {len(steps.not_billed)} refused")


def _bill_one(order_id: int, closed_on: date) -> None:
    at = _noon(closed_on)
    draft = invoices.draft_invoice(order_id, actor=ACTOR, now=at)
    session().flush()
    invoices.issue_invoice(draft.id, issued_on=closed_on, actor=ACTOR, now=at)


def _take_bank(bank_file: Path, on: date, steps: Steps) -> None:
    """What the bank says came in; in a tour every account it names is ours."""
    name, content, at = bank_file.name, bank_file.read_bytes(), _noon(on)
    said = bank_files.read(name, content).said
    accounts = {(one.account, one.currency) for one in said.statements} if isinstance(said, BankFile) else set()
    for account, currency in sorted(accounts):
        if find_ours(account, list_our_accounts()) is None:
            in_unit_of_work(lambda: add_account(account, "Bank", currency, actor=ACTOR, now=at))  # noqa: B023
    [verdict] = bank_files.import_files([(name, content)], actor=ACTOR, now=at, today=date.max - BOOKED_AHEAD)
    steps.payments = len(_rows(select(Payment.id).where(Payment.source == "bank")))
    for problem in verdict.problems:
        steps.say(f"{name}, line {problem.line}: {problem.reason}" if problem.line else f"{name}: {problem.reason}")
    steps.say(f"{name} {verdict.status}: {counted(steps.payments, 'payment')} placed")


def _remind(on: date, steps: Steps) -> None:
    _plan, sent = send_run(on, actor=ACTOR, now=_noon(on))
    steps.notices = len(sent)
    steps.say(f"{counted(steps.notices, 'reminder')} due on {on}")


def _report(on: date, now: datetime, steps: Steps) -> None:
    in_unit_of_work(lambda: reports.send_report(on, actor=ACTOR, now=max(now, _noon(on))))
    steps.say(f"daily report of {on} written")


def _send(app: Flask, now: datetime, steps: Steps) -> None:
    """Renders what was asked for and hands every message to the local mailbox."""
    last = session().scalar(select(func.max(Message.queued_at))) or now
    session().rollback()
    worker.render_and_deliver(app, now=max(now, last))
    steps.say("papers rendered, mails delivered")


def _answer(into: Path, steps: Steps, now: datetime) -> dict[str, Any]:
    result = verify(now)
    messages = list(session().scalars(select(Message).order_by(Message.id)))
    return {
        "deals": {"created": steps.created, "rejected": steps.rejected},
        "orders": len(_rows(select(Order.id))),
        "tasks_done": steps.tasks_done,
        "invoices": [_invoice(into, invoice, customer) for invoice, customer in _issued()],
        "not_billed": steps.not_billed,
        "mails": [{"to": one.recipient, "subject": one.subject, "eml": _eml(into, one)} for one in messages],
        "payments": steps.payments,
        "notices": steps.notices,
        "mis": {"eml": next((_eml(into, one) for one in messages if one.kind == "mis"), None)},
        "verify": {"ok": result.is_ok, "checked": len(result.verdicts)},
    }


def _issued() -> list[Any]:
    return _rows(
        select(Invoice, Customer)
        .join(Customer, Customer.id == Invoice.customer_id)
        .where(Invoice.state == InvoiceState.ISSUED)
        .order_by(Invoice.issued_on, Invoice.id)
    )


def _invoice(into: Path, invoice: Invoice, customer: Customer) -> dict[str, Any]:
    def text(minor: int) -> str:
        return format_decimal(minor, invoice.currency)

    return {
        "number": invoice.number,
        "customer": customer.name,
        "currency": invoice.currency,
        "net": text(invoice.net_total),
        "tax": text(invoice.tax_total),
        "gross": text(invoice.gross_total),
        "due_on": invoice.due_on,
        "pdf": _write_paper(into, invoice),
    }


def _write_paper(into: Path, invoice: Invoice) -> str | None:
    document = find_document("invoice", invoice.id, "pdf")
    if document is None:
        return None
    path = into / "pdf" / f"{invoice.number}.pdf"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(read_content(document))
    return str(path.relative_to(into))


def _eml(into: Path, message: Message) -> str | None:
    """Where the local mailbox keeps this mail; None while it has not left."""
    if message.state is not MessageState.ACCEPTED:
        return None
    path = into / "mail" / file_name(read_letter(message))
    return str(path.relative_to(into))


def _rows(statement: Any) -> list[Any]:
    """The rows, read and let go, so that no reader stays open while a unit of work commits."""
    return list(session().execute(statement))


def _noon(day: date) -> datetime:
    return datetime.combine(day, NOON)
