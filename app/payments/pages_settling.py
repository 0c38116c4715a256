"""Reads what the pages of settlements show: what left a payment, and instalments it came short on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.invoices.queries import document_name
from app.kernel.money import write_money
from app.kernel.quantities import canonical
from app.ledger import queries as ledger
from app.payments import queries, queries_settling
from app.payments.models import Payment
from app.payments.models_settling import BankCharge, Deduction, Refund
from app.payments.queries_charges import Billed, states_of
from app.payments.queries_settling import Transfer
from app.payments.rules_charges import is_told
from app.payments.rules_settling import CODE_LABELS, DeductionCode, Policy


@dataclass(frozen=True, slots=True)
class Short:
    """An instalment this payment did not settle in full; `open` in minor units, of which so much waits to be let go."""

    invoice_id: int
    number: str
    instalment: int
    open: int
    waiting: int

    @property
    def rest(self) -> int:
        """What can be let go still."""
        return max(0, self.open - self.waiting)

    @property
    def key(self) -> str:
        return f"{self.invoice_id}-{self.instalment}"

    @property
    def name(self) -> str:
        return f"{self.number} / {self.instalment}" if self.instalment > 1 else self.number


@dataclass(frozen=True, slots=True)
class Settled:
    """What happened to a payment beside being placed."""

    refunds: list[Refund]
    transfers: list[Transfer]
    deductions: list[Deduction]
    charges: list[BankCharge]
    billed: dict[int, Billed]
    short: list[Short]
    numbers: dict[int, str]
    labels: Mapping[DeductionCode, str] = field(default_factory=lambda: CODE_LABELS)

    @property
    def count(self) -> int:
        return len(self.refunds) + len(self.transfers) + len(self.deductions) + len(self.charges)


def read_settled(payment: Payment) -> Settled:
    deductions = queries_settling.list_deductions_of(payment.id)
    charges = queries_settling.list_charges_of(payment.id)
    billed = states_of(charges)
    states = [billed[one.id].state for one in charges if one.amount > 0]
    return Settled(
        refunds=queries_settling.list_refunds_of(payment.id),
        transfers=queries_settling.list_transfers(queries.list_outflows(payment.id)),
        deductions=deductions,
        charges=[one for one in charges if is_told(one.amount, states)],
        billed=billed,
        short=[one for one in list_short(payment.id) if one.rest],
        numbers=queries.numbers_of(row.invoice_id for row in deductions),
    )


def list_short(payment_id: int) -> list[Short]:
    """The instalments the payment stands on that are still open, in order."""
    keys = dict.fromkeys((row.invoice_id, row.instalment) for row in queries.list_live_allocations(payment_id))
    ids = {invoice_id for invoice_id, _ in keys}
    numbers, waiting = queries.numbers_of(ids), queries_settling.list_waiting(ids)
    found = []
    for key in keys:
        invoice_id, instalment = key
        if (still := ledger.open_amount(document_name(invoice_id), instalment)) > 0:
            found.append(Short(invoice_id, numbers[invoice_id], instalment, still, waiting.get(key, 0)))
    return found


def say_policy(policy: Policy) -> str:
    """Whether a rest goes at once or waits for a second person."""
    if not policy.amount:
        return (
            "A rest that is let go waits for a second person. "
            "Nothing goes at once until an amount is set under Settings, Company."
        )
    codes = " or ".join(CODE_LABELS[code].lower() for code in CODE_LABELS if code in policy.codes)
    most = write_money(policy.amount, policy.currency)
    return (
        f"Up to {most} of an invoice in all and {canonical(policy.percent)} % of the instalment goes at once "
        f"as {codes}; anything else waits for a second person."
    )
