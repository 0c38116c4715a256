"""Decides what becomes of each row of an earlier system's files, before anything is written."""

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TypeVar

from sqlalchemy import select

from app.company.identifiers import check_email
from app.customers.models import Customer
from app.customers.services_history import list_known, list_namesakes
from app.db.base import session
from app.invoices.models import Invoice
from app.invoices.queries import document_name
from app.kernel.errors import BadInput
from app.kernel.money import format_decimal
from app.ledger import queries as ledger
from app.ledger.rules import Change, first_day_with_room, lowest_from
from app.payments.models import Allocation, Payment
from app.payments.rules_history import (
    AllocationRow,
    CustomerRow,
    InvoiceRow,
    ParsedHistory,
    PaymentRow,
    Problem,
)

SOURCE = "history"
NUMBER = "H-{}"
MOST_NAMES = 900

T = TypeVar("T")


class Status(enum.StrEnum):
    """What becomes of a row. Changed rows are reported and not applied; recognised customers are ours already."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    RECOGNISED = "recognised"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row people should look at: everything that is neither plainly created nor unchanged."""

    kind: str
    file: str
    line: int
    id: str
    status: Status
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownInvoice:
    """An invoice that payments may name: of the files, or registered before."""

    customer: str  # external id
    currency: str
    issued_on: date
    changes: list[Change]
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An allocation with the day it counts from."""

    row: AllocationRow
    effective_on: date


@dataclass
class Plan:
    """What to write, and what to say."""

    customers: list[CustomerRow] = field(default_factory=list)
    customer_ids: dict[str, int] = field(default_factory=dict)  # external id -> ours, of those we have
    adopted: dict[str, int] = field(default_factory=dict)
    invoices: list[InvoiceRow] = field(default_factory=list)
    invoice_ids: dict[str, int] = field(default_factory=dict)  # number -> ours, of those we have
    payments: list[tuple[PaymentRow, list[Placed]]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    counts: dict[str, Counter[Status]] = field(default_factory=dict)

    @property
    def is_possible(self) -> bool:
        return not any(verdict.status is Status.REJECTED for verdict in self.verdicts)

    def count(self, kind: str, status: Status) -> None:
        self.counts.setdefault(kind, Counter())[status] += 1

    def say(self, kind: str, row: "Row", status: Status, *reasons: str, line: int = 0) -> None:
        self.count(kind, status)
        self.verdicts.append(Verdict(kind, row.file, line or row.line, row.id, status, reasons))


Row = CustomerRow | InvoiceRow | PaymentRow


@dataclass(frozen=True, slots=True)
class _Faulty:
    """The ids of rows that could not be read; "" for rows and files whose ids are not known either."""

    ids: frozenset[str]

    def explains(self, missing: str) -> bool:
        """Whether what is missing may stand in such a row: then saying so once is enough."""
        return missing in self.ids or "" in self.ids


def plan_history(parsed: ParsedHistory) -> Plan:
    """Compares the files with what is there. Reads only."""
    plan = Plan(counts={kind: Counter() for kind in ("customers", "invoices", "payments")})
    for problem in parsed.problems:
        plan.verdicts.append(_rejected(problem))
    faulty = _Faulty(frozenset(problem.id for problem in parsed.problems))
    _plan_customers(parsed, plan)
    _plan_invoices(parsed, plan, faulty)
    _plan_payments(parsed, plan, faulty)
    plan.verdicts.sort(key=lambda verdict: (verdict.file, verdict.line))
    return plan


def _rejected(problem: Problem) -> Verdict:
    return Verdict("", problem.file, problem.line, problem.id, Status.REJECTED, problem.reasons)


# --- customers ------------------------------------------------------------------------------------------------------


def _plan_customers(parsed: ParsedHistory, plan: Plan) -> None:
    rows = parsed.customers
    named = {row.customer_id for group in (parsed.invoices, parsed.payments) for row in group.values()}
    known = list_known([*rows, *named])
    namesakes = list_namesakes([(row.name, row.country) for row in rows.values() if row.customer_id not in known])
    plan.customer_ids |= {external_id: customer.id for external_id, customer in known.items()}
    for external_id, row in rows.items():
        if reason := _against_email(row):
            plan.say("customers", row, Status.REJECTED, reason)
        elif external_id in known:
            _compare_customer(row, known[external_id], plan)
        elif twin := namesakes.pop((row.name, row.country), None):
            plan.customer_ids[external_id] = plan.adopted[external_id] = twin.id
            plan.say("customers", row, Status.RECOGNISED, f"This is {twin.number}, {twin.name}, which is here already.")
        else:
            plan.customers.append(row)
            plan.count("customers", Status.CREATED)


def _against_email(row: CustomerRow) -> str:
    try:
        check_email(row.email, "email")
    except BadInput as refusal:
        return f"email: {refusal}"
    return ""


def _compare_customer(row: CustomerRow, customer: Customer, plan: Plan) -> None:
    pairs = {
        "name": (row.name, customer.name),
        "country": (row.country, customer.country),
        "currency": (row.currency, customer.currency),
        "email": (check_email(row.email, "email"), customer.billing_email),
        "terms_days": (row.payment_terms, customer.payment_terms),
    }
    differing = [
        f"{name}: here {ours!r}, in the file {said!r}." for name, (said, ours) in pairs.items() if said != ours
    ]
    if differing:
        plan.say("customers", row, Status.CHANGED, *differing)
    else:
        plan.count("customers", Status.UNCHANGED)


# --- invoices -------------------------------------------------------------------------------------------------------


def _plan_invoices(parsed: ParsedHistory, plan: Plan, faulty: _Faulty) -> None:
    rows = parsed.invoices
    known = _known_invoices(rows)
    for number, row in rows.items():
        if not _is_customer(row.customer_id, parsed, plan):
            if not faulty.explains(row.customer_id):
                plan.say("invoices", row, Status.REJECTED, f"There is no customer {row.customer_id}.")
        elif number in known:
            _compare_invoice(row, known[number], plan)
        else:
            plan.invoices.append(row)
            plan.count("invoices", Status.CREATED)


def _is_customer(external_id: str, parsed: ParsedHistory, plan: Plan) -> bool:
    return external_id in plan.customer_ids or external_id in parsed.customers


def _known_invoices(numbers: Iterable[str]) -> dict[str, Invoice]:
    found: dict[str, Invoice] = {}
    for chunk in _chunks(numbers):
        chosen = select(Invoice).where(Invoice.origin == SOURCE, Invoice.number.in_(chunk))
        found |= {str(invoice.number): invoice for invoice in session().scalars(chosen)}
    return found


def _compare_invoice(row: InvoiceRow, invoice: Invoice, plan: Plan) -> None:
    pairs = {
        "customer_id": (plan.customer_ids.get(row.customer_id), invoice.customer_id),
        "issued_on": (row.issued_on, invoice.issued_on),
        "due_on": (row.due_on, invoice.due_on),
        "currency": (row.currency, invoice.currency),
        "gross": (row.gross, invoice.gross_total),
    }
    if differing := [f"{name} is not as registered." for name, (said, ours) in pairs.items() if said != ours]:
        plan.say("invoices", row, Status.CHANGED, *differing)
    else:
        plan.count("invoices", Status.UNCHANGED)


# --- payments -------------------------------------------------------------------------------------------------------


def _plan_payments(parsed: ParsedHistory, plan: Plan, faulty: _Faulty) -> None:
    payments, allocations = _known_payments(parsed.payments)
    taken = _taken_numbers(row.payment_id for row in parsed.payments.values() if row.payment_id not in payments)
    invoices = _invoices_to_meet(parsed, plan)
    for external_id, row in parsed.payments.items():
        if not _is_customer(row.customer_id, parsed, plan):
            if not faulty.explains(row.customer_id):
                plan.say("payments", row, Status.REJECTED, f"There is no customer {row.customer_id}.")
        elif external_id in taken:
            reason = f"Another payment has the number {NUMBER.format(external_id)} here."
            plan.say("payments", row, Status.REJECTED, reason)
        elif known := payments.get(external_id):
            _compare_payment(row, known, allocations.get(known.id, Counter()), plan)
        else:
            _plan_payment(row, invoices, plan, faulty)


def _known_payments(external_ids: Iterable[str]) -> tuple[dict[str, Payment], dict[int, Counter[tuple[str, int]]]]:
    """Payments by external id, and the (invoice number, amount) pairs ever allocated of each."""
    payments: dict[str, Payment] = {}
    for chunk in _chunks(external_ids):
        chosen = select(Payment).where(Payment.source == SOURCE, Payment.external_id.in_(chunk))
        payments |= {str(payment.external_id): payment for payment in session().scalars(chosen)}
    allocated: dict[int, Counter[tuple[str, int]]] = {}
    for ids in _chunks(payment.id for payment in payments.values()):
        pairs = select(Allocation.payment_id, Invoice.number, Allocation.amount).join(Invoice)
        rows = session().execute(pairs.where(Allocation.payment_id.in_(ids), Allocation.undoes.is_(None)))
        for payment_id, number, amount in rows:
            allocated.setdefault(payment_id, Counter())[str(number), amount] += 1
    return payments, allocated


def _taken_numbers(external_ids: Iterable[str]) -> set[str]:
    numbers = {NUMBER.format(external_id): external_id for external_id in external_ids}
    taken: set[str] = set()
    for chunk in _chunks(numbers):
        taken |= {
            numbers[number] for number in session().scalars(select(Payment.number).where(Payment.number.in_(chunk)))
        }
    return taken


def _compare_payment(row: PaymentRow, payment: Payment, allocated: Counter[tuple[str, int]], plan: Plan) -> None:
    """What people placed here since is no difference: the file's allocations have to be among ours."""
    pairs = {
        "customer_id": (plan.customer_ids.get(row.customer_id), payment.customer_id),
        "received_on": (row.received_on, payment.received_on),
        "currency": (row.currency, payment.currency),
        "amount": (row.amount, payment.amount),
    }
    differing = [f"{name} is not as recorded." for name, (said, ours) in pairs.items() if said != ours]
    if Counter((one.invoice, one.amount) for one in row.allocations) - allocated:
        differing.append("It was allocated to other invoices or with other amounts.")
    if differing:
        plan.say("payments", row, Status.CHANGED, *differing)
    else:
        plan.count("payments", Status.UNCHANGED)


def _invoices_to_meet(parsed: ParsedHistory, plan: Plan) -> dict[str, KnownInvoice]:
    """Every invoice the payments name, with its open amount day by day."""
    met = {
        row.number: KnownInvoice(row.customer_id, row.currency, row.issued_on, [(row.issued_on, row.gross)])
        for row in plan.invoices
    }
    named = {one.invoice for row in parsed.payments.values() for one in row.allocations if one.invoice not in met}
    registered = _known_invoices(named)
    externals = {ours: external_id for external_id, ours in plan.customer_ids.items()}
    timelines = ledger.list_timelines(document_name(invoice.id) for invoice in registered.values())
    for number, invoice in registered.items():
        timeline = timelines.get((document_name(invoice.id), 1))
        changes = timeline.changes if timeline else []
        issued_on = invoice.issued_on or date.min
        external_id = externals.get(invoice.customer_id, "")
        met[number] = KnownInvoice(external_id, invoice.currency, issued_on, changes, invoice.id)
        plan.invoice_ids[number] = invoice.id
    return met


def _plan_payment(row: PaymentRow, invoices: dict[str, KnownInvoice], plan: Plan, faulty: _Faulty) -> None:
    placed: list[Placed] = []
    for one in row.allocations:
        if one.invoice not in invoices and faulty.explains(one.invoice):
            continue
        invoice = invoices.get(one.invoice)
        counts_from, reason = _find_day(row, one, invoice)
        if counts_from is None or invoice is None:
            plan.say("payments", row, Status.REJECTED, reason, line=one.line)
        else:
            invoice.changes.append((counts_from, -one.amount))
            placed.append(Placed(one, counts_from))
    if len(placed) == len(row.allocations):
        plan.payments.append((row, placed))
        plan.count("payments", Status.CREATED)


def _find_day(row: PaymentRow, one: AllocationRow, invoice: KnownInvoice | None) -> tuple[date | None, str]:
    """The day the allocation counts from, or why there is none."""
    if invoice is None:
        return None, f"There is no invoice {one.invoice} of the earlier system."
    if invoice.customer != row.customer_id:
        return None, f"Invoice {one.invoice} is of customer {invoice.customer}, the payment of {row.customer_id}."
    if invoice.currency != row.currency:
        return None, f"Invoice {one.invoice} is in {invoice.currency}, the payment in {row.currency}."
    since = max(row.received_on, invoice.issued_on)
    day = first_day_with_room([invoice.changes], one.amount, not_before=since)
    still_open = format_decimal(max(0, lowest_from(invoice.changes, date.max)), row.currency)
    said = format_decimal(one.amount, row.currency)
    return day, f"Invoice {one.invoice} has only {still_open} open, not {said}."


def _chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, MOST_NAMES)):
        yield chunk
