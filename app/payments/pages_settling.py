"""Reads what the pages of settlements show: what left a payment, and instalments it came short on."""

from __future__ import annotations

from dataclasses import dataclass

from app.invoices.queries import document_name
from app.ledger import queries as ledger
from app.payments import queries, queries_settling
from app.payments.models import Payment
from app.payments.models_settling import BankCharge, Deduction, Refund
from app.payments.queries_settling import Transfer


@dataclass(frozen=True, slots=True)
class Short:
    """An instalment this payment did not settle in full; `open` in minor units, less what waits to be let go."""

    invoice_id: int
    number: str
    instalment: int
    open: int

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
    short: list[Short]
    numbers: dict[int, str]

    @property
    def count(self) -> int:
        return len(self.refunds) + len(self.transfers) + len(self.deductions) + len(self.charges)


def read_settled(payment: Payment) -> Settled:
    deductions = queries_settling.list_deductions_of(payment.id)
    return Settled(
        refunds=queries_settling.list_refunds_of(payment.id),
        transfers=queries_settling.list_transfers(queries.list_outflows(payment.id)),
        deductions=deductions,
        charges=queries_settling.list_charges_of(payment.id),
        short=list_short(payment.id),
        numbers=queries.numbers_of(row.invoice_id for row in deductions),
    )


def list_short(payment_id: int) -> list[Short]:
    """The instalments the payment stands on that are still open, in order."""
    keys = dict.fromkeys((row.invoice_id, row.instalment) for row in queries.list_live_allocations(payment_id))
    numbers = queries.numbers_of(invoice_id for invoice_id, _ in keys)
    found = []
    for invoice_id, instalment in keys:
        waiting = queries_settling.waiting_on(invoice_id, instalment)
        rest = ledger.open_amount(document_name(invoice_id), instalment) - waiting
        if rest > 0:
            found.append(Short(invoice_id, numbers[invoice_id], instalment, rest))
    return found
