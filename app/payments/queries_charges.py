"""Reads what the bank took, who bears it, and which of it no invoice asks for yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice, InvoiceState
from app.invoices.queries import list_credited
from app.kernel.errors import NotFound
from app.payments.models_charges import ChargeInvoice
from app.payments.models_settling import BankCharge
from app.payments.queries_settling import list_charges_of
from app.payments.rules_charges import ChargeState, derive_invoiced


class ChargeUnknown(NotFound):
    """There is no such bank charge."""


@dataclass(frozen=True, slots=True)
class Billed:
    """What became of a charge, and the invoice that asks for it."""

    state: ChargeState
    invoice_id: int | None = None
    number: str | None = None
    gross: int = 0  # of the invoice; minor units
    currency: str = ""

    @property
    def name(self) -> str:
        return self.number or f"Draft {self.invoice_id}"


def get_charge(charge_id: int) -> BankCharge:
    charge = session().get(BankCharge, charge_id)
    if charge is None:
        raise ChargeUnknown
    return charge


def select_charges(*, only_to_invoice: bool = False) -> Select[BankCharge]:
    chosen = select(BankCharge)
    return chosen.where(is_to_invoice()) if only_to_invoice else chosen


def is_to_invoice() -> ColumnElement[bool]:
    """Charges a customer is to bear that stand and that no invoice asks for."""
    undone = aliased(BankCharge)
    is_undone = exists().where(undone.payment_id == BankCharge.payment_id, undone.amount < 0)
    is_billed = exists().where(ChargeInvoice.charge_id == BankCharge.id)
    return and_(BankCharge.is_passed_on, ~is_undone, ~is_billed)


def count_to_invoice() -> int:
    return int(session().scalar(select(func.count()).select_from(BankCharge).where(is_to_invoice())) or 0)


def find_charge_invoice(charge_id: int) -> ChargeInvoice | None:
    return session().get(ChargeInvoice, charge_id)


def states_of(charges: Iterable[BankCharge]) -> dict[int, Billed]:
    """Charge id -> what became of it."""
    rows = list(charges)
    undone = _list_undone(rows)
    billed = _read_invoices(rows, undone)
    return {one.id: billed.get(one.id) or Billed(_unbilled(one, one.payment_id in undone)) for one in rows}


def _unbilled(charge: BankCharge, is_undone: bool) -> ChargeState:
    if charge.amount > 0 and is_undone:
        return ChargeState.TAKEN_BACK
    return ChargeState.TO_INVOICE if charge.is_passed_on else ChargeState.OURS


def find_to_credit(payment_id: int) -> Billed | None:
    """The invoice that still asks for the charge of a payment that stands after all."""
    states = states_of(list_charges_of(payment_id)).values()
    return next((one for one in states if one.state is ChargeState.TO_CREDIT), None)


def _read_invoices(charges: Iterable[BankCharge], undone: Collection[int]) -> dict[int, Billed]:
    payments = {one.id: one.payment_id for one in charges}
    found: dict[int, Billed] = {}
    for chunk in in_chunks(payments):
        chosen = select(ChargeInvoice.charge_id, Invoice).join(Invoice, Invoice.id == ChargeInvoice.invoice_id)
        rows = session().execute(chosen.where(ChargeInvoice.charge_id.in_(chunk))).all()
        credited = list_credited([invoice.id for charge_id, invoice in rows if payments[charge_id] in undone])
        for charge_id, invoice in rows:
            said = derive_invoiced(
                is_issued=invoice.state is InvoiceState.ISSUED, is_undone=payments[charge_id] in undone,
                is_credited=invoice.id in credited,
            )  # fmt: skip
            found[charge_id] = Billed(said, invoice.id, invoice.number, invoice.gross_total, invoice.currency)
    return found


def _list_undone(charges: Iterable[BankCharge]) -> set[int]:
    """The payments whose charge was taken back."""
    found: set[int] = set()
    for chunk in in_chunks({one.payment_id for one in charges if one.payment_id is not None}):
        chosen = select(BankCharge.payment_id).where(BankCharge.payment_id.in_(chunk), BankCharge.amount < 0)
        found |= {payment_id for payment_id in session().scalars(chosen) if payment_id is not None}
    return found
