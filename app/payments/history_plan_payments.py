"""Decides what becomes of an earlier system's payments: which invoices they meet, and when each part counts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.invoices.queries import document_name
from app.kernel.money import format_decimal
from app.ledger import queries as ledger
from app.ledger.rules import Change, first_day_with_room, lowest_from
from app.payments.history_plan import (
    NUMBER,
    Faulty,
    Placed,
    Plan,
    Status,
    Verdict,
    check_customer,
    check_row,
    find_faulty,
    known_invoices,
    plan_parties_and_invoices,
)
from app.payments.models import Allocation, Payment
from app.payments.rules_history import SOURCE, AllocationRow, CustomerRow, ParsedHistory, PaymentRow, Problem


@dataclass(frozen=True, slots=True)
class KnownInvoice:
    """An invoice that payments may name: of the files, or registered before."""

    customer: str  # external id
    currency: str
    issued_on: date
    changes: list[Change]
    id: int | None = None


def plan_history(parsed: ParsedHistory, today: date, *, closed: date | None = None, is_strict: bool = False) -> Plan:
    """Compares the files with what is there. Reads only."""
    plan, faulty = Plan(today, is_strict, closed), find_faulty(parsed)
    plan_parties_and_invoices(parsed, plan, faulty)
    invoices = _invoices_to_meet(parsed, plan)
    _plan_payments(parsed, plan, faulty, invoices)
    for problem in parsed.problems:
        reasons = (*problem.reasons, *_further_reasons(problem, parsed, plan, faulty, invoices))
        plan.verdicts.append(Verdict("", problem.file, problem.line, problem.id, Status.REJECTED, reasons))
    plan.verdicts.sort(key=lambda verdict: (verdict.file, verdict.line))
    return plan


def _further_reasons(
    problem: Problem, parsed: ParsedHistory, plan: Plan, faulty: Faulty, invoices: Mapping[str, KnownInvoice]
) -> list[str]:
    """What else is wrong with a row that was not read in full, so that nothing is left for the next run to say."""
    row = problem.row
    if row is None:
        return []
    if isinstance(row, CustomerRow):
        return check_row(row)
    missing = [number for number in problem.invoices if number not in invoices]
    unknown = [reason for number in missing for reason in _unknown_invoice(number, faulty)]
    return check_customer(row, parsed, plan, faulty) + unknown + plan.refusals(row)


# --- payments -------------------------------------------------------------------------------------------------------


def _plan_payments(parsed: ParsedHistory, plan: Plan, faulty: Faulty, invoices: dict[str, KnownInvoice]) -> None:
    payments, allocations = _known_payments(parsed.payments)
    taken = _taken_numbers(row.payment_id for row in parsed.payments.values() if row.payment_id not in payments)
    for external_id, row in parsed.payments.items():
        reasons = check_customer(row, parsed, plan, faulty)
        known = payments.get(external_id)
        if known and not reasons:
            _compare_payment(row, known, allocations.get(known.id, Counter()), plan)
            continue
        if external_id in taken:
            reasons.append(f"Another payment has the number {NUMBER.format(external_id)} here.")
        _plan_payment(row, reasons + plan.refusals(row), invoices, plan, faulty)


def _known_payments(external_ids: Iterable[str]) -> tuple[dict[str, Payment], dict[int, Counter[tuple[str, int]]]]:
    """Payments by external id, and the (invoice number, amount) pairs ever allocated of each."""
    payments: dict[str, Payment] = {}
    for chunk in in_chunks(external_ids):
        chosen = select(Payment).where(Payment.source == SOURCE, Payment.external_id.in_(chunk))
        payments |= {str(payment.external_id): payment for payment in session().scalars(chosen)}
    allocated: dict[int, Counter[tuple[str, int]]] = {}
    for ids in in_chunks(payment.id for payment in payments.values()):
        pairs = select(Allocation.payment_id, Invoice.number, Allocation.amount).join(Invoice)
        rows = session().execute(pairs.where(Allocation.payment_id.in_(ids), Allocation.undoes.is_(None)))
        for payment_id, number, amount in rows:
            allocated.setdefault(payment_id, Counter())[str(number), amount] += 1
    return payments, allocated


def _taken_numbers(external_ids: Iterable[str]) -> set[str]:
    numbers = {NUMBER.format(external_id): external_id for external_id in external_ids}
    taken: set[str] = set()
    for chunk in in_chunks(numbers):
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
    named = {one.invoice for row in parsed.payments.values() for one in row.allocations}
    named |= {number for problem in parsed.problems for number in problem.invoices}
    registered = known_invoices(named - met.keys())
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


def _plan_payment(
    row: PaymentRow, reasons: list[str], invoices: dict[str, KnownInvoice], plan: Plan, faulty: Faulty
) -> None:
    placed: list[Placed] = []
    by_line = {row.line: reasons}
    for one in row.allocations:
        against = by_line.setdefault(one.line, [])
        invoice = invoices.get(one.invoice)
        if invoice is None:
            against += _unknown_invoice(one.invoice, faulty)
            continue
        against += (mismatches := _mismatches(row, one, invoice))
        counts_from = None if mismatches else _find_day(row, one, invoice)
        if counts_from:
            invoice.changes.append((counts_from, -one.amount))
            placed.append(Placed(one, counts_from))
        elif not mismatches:
            against.append(_too_little_open(row, one, invoice))
    for line, said in by_line.items():
        if said:
            plan.say("payments", row, Status.REJECTED, *said, line=line)
    if not any(by_line.values()):
        plan.payments.append((row, placed))
        plan.create("payments", row)


def _unknown_invoice(number: str, faulty: Faulty) -> list[str]:
    return faulty.reasons("invoices", number, f"There is no invoice {number} of the earlier system.")


def _mismatches(row: PaymentRow, one: AllocationRow, invoice: KnownInvoice) -> list[str]:
    reasons = []
    if invoice.customer != row.customer_id:
        reasons.append(f"Invoice {one.invoice} is of customer {invoice.customer}, the payment of {row.customer_id}.")
    if invoice.currency != row.currency:
        reasons.append(f"Invoice {one.invoice} is in {invoice.currency}, the payment in {row.currency}.")
    return reasons


def _find_day(row: PaymentRow, one: AllocationRow, invoice: KnownInvoice) -> date | None:
    """The day the allocation counts from, unless the invoice never has so much open."""
    since = max(row.received_on, invoice.issued_on)
    return first_day_with_room([invoice.changes], one.amount, not_before=since)


def _too_little_open(row: PaymentRow, one: AllocationRow, invoice: KnownInvoice) -> str:
    still_open = format_decimal(max(0, lowest_from(invoice.changes, date.max)), row.currency)
    return f"Invoice {one.invoice} has only {still_open} open, not {format_decimal(one.amount, row.currency)}."
