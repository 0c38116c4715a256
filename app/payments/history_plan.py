"""Decides what becomes of each row of an earlier system's files, before anything is written."""

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy import select

from app.company.identifiers import check_email
from app.customers.models import Customer
from app.customers.services_history import list_known, list_namesakes
from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.kernel.errors import BadInput
from app.payments.rules_history import (
    COLUMNS,
    SOURCE,
    AllocationRow,
    CustomerRow,
    HistoryRow,
    InvoiceRow,
    ParsedHistory,
    PaymentRow,
)
from app.payments.rules_history_doubts import closed_reasons, doubts_of

NUMBER = "H-{}"

T = TypeVar("T")


class Status(enum.StrEnum):
    """What becomes of a row. Changed rows are reported and not applied; recognised customers are ours already.

    Doubtful rows are taken as they are, and shown.
    """

    CREATED = "created"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    RECOGNISED = "recognised"
    DOUBTFUL = "doubtful"
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
class Placed:
    """An allocation with the day it counts from."""

    row: AllocationRow
    effective_on: date


@dataclass
class Plan:
    """What to write, and what to say. `is_strict` refuses doubtful rows; the books are closed up to `closed`."""

    today: date
    is_strict: bool = False
    closed: date | None = None
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

    def say(self, kind: str, row: HistoryRow, status: Status, *reasons: str, line: int = 0) -> None:
        self.count(kind, status)
        self.verdicts.append(Verdict(kind, row.file, line or row.line, row.id, status, reasons))

    def refusals(self, row: HistoryRow) -> list[str]:
        """Why the row's dates cannot be taken; doubts only where they are reasons to refuse it."""
        doubts = doubts_of(row, self.today) if self.is_strict else ()
        return [*closed_reasons(row, self.closed), *doubts]

    def create(self, kind: str, row: HistoryRow) -> None:
        """Counts a row that is new, and shows what is doubtful about it."""
        self.count(kind, Status.CREATED)
        if doubts := doubts_of(row, self.today):
            self.verdicts.append(Verdict(kind, row.file, row.line, row.id, Status.DOUBTFUL, doubts))


@dataclass(frozen=True, slots=True)
class Faulty:
    """Rows and files that could not be read, as far as we know what they hold."""

    rows: frozenset[tuple[str, str]]  # kind and id, "" for an id that is not known either
    kinds: frozenset[str]  # whose whole file may be among those that could not be read

    def explains(self, kind: str, missing: str) -> bool:
        """Whether what is missing stands in such a row: then saying so once is enough."""
        return kind in self.kinds or (kind, missing) in self.rows

    def reasons(self, kind: str, missing: str, said: str) -> list[str]:
        """Why something missing is a fault, if it is not explained."""
        if self.explains(kind, missing):
            return []
        return [f"{said} Perhaps it stands in a row that could not be read." if (kind, "") in self.rows else said]


def find_faulty(parsed: ParsedHistory) -> Faulty:
    rows = frozenset((problem.kind, problem.id) for problem in parsed.problems)
    is_file_lost = any(not problem.kind for problem in parsed.problems)
    return Faulty(rows, frozenset(set(COLUMNS) - parsed.kinds if is_file_lost else ()))


def plan_parties_and_invoices(parsed: ParsedHistory, plan: Plan, faulty: Faulty) -> None:
    """Compares customers and invoices with what is there. Reads only."""
    plan.counts = {kind: Counter() for kind in COLUMNS}
    _plan_customers(parsed, plan)
    _plan_invoices(parsed, plan, faulty)


# --- customers ------------------------------------------------------------------------------------------------------


def _plan_customers(parsed: ParsedHistory, plan: Plan) -> None:
    rows = parsed.customers
    named = {row.customer_id for group in (parsed.invoices, parsed.payments) for row in group.values()}
    named |= {problem.row.customer_id for problem in parsed.problems if problem.row}
    known = list_known([*rows, *named])
    namesakes = list_namesakes([(row.name, row.country) for row in rows.values() if row.customer_id not in known])
    plan.customer_ids |= {external_id: customer.id for external_id, customer in known.items()}
    for external_id, row in rows.items():
        if reasons := check_row(row):
            plan.say("customers", row, Status.REJECTED, *reasons)
        elif external_id in known:
            _compare_customer(row, known[external_id], plan)
        elif twin := namesakes.pop((row.name, row.country), None):
            plan.customer_ids[external_id] = plan.adopted[external_id] = twin.id
            plan.say("customers", row, Status.RECOGNISED, f"This is {twin.number}, {twin.name}, which is here already.")
        else:
            plan.customers.append(row)
            plan.count("customers", Status.CREATED)


def check_row(row: CustomerRow) -> list[str]:
    """What is wrong with a customer's row besides its spelling."""
    try:
        check_email(row.email, "email")
    except BadInput as refusal:
        return [f"email: {refusal}"]
    return []


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


def _plan_invoices(parsed: ParsedHistory, plan: Plan, faulty: Faulty) -> None:
    rows = parsed.invoices
    known = known_invoices(rows)
    for number, row in rows.items():
        reasons = check_customer(row, parsed, plan, faulty)
        if number in known and not reasons:
            _compare_invoice(row, known[number], plan)
        elif reasons := reasons + plan.refusals(row):
            plan.say("invoices", row, Status.REJECTED, *reasons)
        else:
            plan.create("invoices", row)
        if number not in known:
            plan.invoices.append(row)


def check_customer(row: InvoiceRow | PaymentRow, parsed: ParsedHistory, plan: Plan, faulty: Faulty) -> list[str]:
    """Whose it is has to be known: of the files, or from before."""
    if not row.customer_id or row.customer_id in plan.customer_ids or row.customer_id in parsed.customers:
        return []
    return faulty.reasons("customers", row.customer_id, f"There is no customer {row.customer_id}.")


def known_invoices(numbers: Iterable[str]) -> dict[str, Invoice]:
    found: dict[str, Invoice] = {}
    for chunk in in_chunks(numbers):
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
