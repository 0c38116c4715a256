"""Reads what the bank took, who bears it, and which of it no invoice asks for yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice, InvoiceState
from app.kernel.errors import NotFound
from app.payments.models_charges import ChargeInvoice
from app.payments.models_settling import BankCharge
from app.payments.rules_charges import ChargeState


class ChargeUnknown(NotFound):
    """There is no such bank charge."""


@dataclass(frozen=True, slots=True)
class Billed:
    """What became of a charge, and the invoice that asks for it."""

    state: ChargeState
    invoice_id: int | None = None
    number: str | None = None

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
    billed, undone = _read_invoices(rows), _list_undone(rows)
    return {one.id: billed.get(one.id) or Billed(_unbilled(one, one.payment_id in undone)) for one in rows}


def _unbilled(charge: BankCharge, is_undone: bool) -> ChargeState:
    if charge.amount > 0 and is_undone:
        return ChargeState.TAKEN_BACK
    return ChargeState.TO_INVOICE if charge.is_passed_on else ChargeState.OURS


def _read_invoices(charges: Iterable[BankCharge]) -> dict[int, Billed]:
    found: dict[int, Billed] = {}
    for chunk in in_chunks(one.id for one in charges):
        chosen = select(ChargeInvoice.charge_id, Invoice.id, Invoice.number, Invoice.state)
        rows = session().execute(
            chosen.join(Invoice, Invoice.id == ChargeInvoice.invoice_id).where(ChargeInvoice.charge_id.in_(chunk))
        )
        for charge_id, invoice_id, number, state in rows:
            said = ChargeState.INVOICED if state is InvoiceState.ISSUED else ChargeState.DRAFTED
            found[charge_id] = Billed(said, invoice_id, number)
    return found


def _list_undone(charges: Iterable[BankCharge]) -> set[int]:
    """The payments whose charge was taken back."""
    found: set[int] = set()
    for chunk in in_chunks({one.payment_id for one in charges if one.payment_id is not None}):
        chosen = select(BankCharge.payment_id).where(BankCharge.payment_id.in_(chunk), BankCharge.amount < 0)
        found |= {payment_id for payment_id in session().scalars(chosen) if payment_id is not None}
    return found
