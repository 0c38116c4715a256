"""Reads what left payments or was let go: outflows, deductions and refunds, and which of them wait for somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.db.base import session
from app.db.statements import in_chunks
from app.kernel.errors import NotFound
from app.payments.models import Payment
from app.payments.models_settling import BankCharge, Deduction, PaymentOutflow, Refund, RefundFile
from app.payments.rules_settling import POLICY, DeductionCode, DeductionState, OutflowKind, RefundState


class OutflowUnknown(NotFound):
    """There is no such refund or transfer."""


class DeductionUnknown(NotFound):
    """There is no such deduction."""


class RefundUnknown(NotFound):
    """There is no such refund."""


class RefundFileUnknown(NotFound):
    """There is no such file of refunds."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that went from one payment to another; `undone` is the row that brought it back."""

    outflow: PaymentOutflow
    received: Payment
    undone: PaymentOutflow | None


def get_outflow(outflow_id: int) -> PaymentOutflow:
    outflow = session().get(PaymentOutflow, outflow_id)
    if outflow is None:
        raise OutflowUnknown
    return outflow


def get_transferred(outflow_id: int) -> Payment:
    """The payment that holds what this outflow took away."""
    chosen = select(Payment).where(Payment.source == "transfer", Payment.external_id == f"outflow:{outflow_id}")
    payment = session().scalars(chosen).first()
    if payment is None:
        raise OutflowUnknown
    return payment


def list_transfers(outflows: Iterable[PaymentOutflow]) -> list[Transfer]:
    """The transfers among the outflows of a payment, in order."""
    rows = list(outflows)
    undoing = {row.undoes: row for row in rows if row.undoes is not None}
    moved = [row for row in rows if row.kind is OutflowKind.TRANSFER and row.undoes is None]
    return [Transfer(row, get_transferred(row.id), undoing.get(row.id)) for row in moved]


def get_deduction(deduction_id: int, *, held: bool = False) -> Deduction:
    deduction = session().get(Deduction, deduction_id, with_for_update=held, populate_existing=held)
    if deduction is None:
        raise DeductionUnknown
    return deduction


def get_refund(refund_id: int, *, held: bool = False) -> Refund:
    refund = session().get(Refund, refund_id, with_for_update=held, populate_existing=held)
    if refund is None:
        raise RefundUnknown
    return refund


def get_refund_file(file_id: int) -> RefundFile:
    file = session().get(RefundFile, file_id)
    if file is None:
        raise RefundFileUnknown
    return file


def list_live_deductions(invoice_id: int) -> list[Deduction]:
    """What was let go of an invoice and still is, the newest first."""
    chosen = select(Deduction).where(Deduction.invoice_id == invoice_id, Deduction.state == DeductionState.APPROVED)
    return list(session().scalars(chosen.order_by(Deduction.id.desc())))


def list_waiting_deductions(invoice_id: int) -> list[Deduction]:
    """What waits to be let go of an invoice, the oldest first, held."""
    chosen = select(Deduction).where(Deduction.invoice_id == invoice_id, Deduction.state == DeductionState.PROPOSED)
    held = chosen.order_by(Deduction.id).with_for_update().execution_options(populate_existing=True)
    return list(session().scalars(held))


def waiting_on(invoice_id: int, instalment: int) -> int:
    """What of an instalment waits for approval to be let go; minor units."""
    return list_waiting([invoice_id]).get((invoice_id, instalment), 0)


def list_waiting(invoice_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """By invoice and instalment, what waits for approval to be let go; minor units."""
    return _sum_deductions(invoice_ids, Deduction.state == DeductionState.PROPOSED)


def list_gone(invoice_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """By invoice and instalment, what policy let go and still is, and what waits; minor units."""
    is_gone = and_(Deduction.state == DeductionState.APPROVED, Deduction.decided_by == POLICY)
    return _sum_deductions(invoice_ids, or_(is_gone, Deduction.state == DeductionState.PROPOSED))


def _sum_deductions(invoice_ids: Collection[int], among: ColumnElement[bool]) -> dict[tuple[int, int], int]:
    chosen = select(Deduction.invoice_id, Deduction.instalment, func.sum(Deduction.amount)).where(among)
    found: dict[tuple[int, int], int] = {}
    for chunk in in_chunks(invoice_ids):
        rows = chosen.where(Deduction.invoice_id.in_(chunk)).group_by(Deduction.invoice_id, Deduction.instalment)
        found |= {(row[0], row[1]): int(row[2]) for row in session().execute(rows)}
    return found


def waiting_of(payment_id: int) -> int:
    """What of a payment waits for approval to be refunded; minor units."""
    total = select(func.coalesce(func.sum(Refund.amount), 0)).where(
        Refund.payment_id == payment_id, Refund.state == RefundState.PROPOSED
    )
    return int(session().scalar(total) or 0)


def select_deductions(states: Collection[DeductionState] = ()) -> Select[Deduction]:
    chosen = select(Deduction)
    return chosen.where(Deduction.state.in_(states)) if states else chosen


def sum_disputed(customer_id: int) -> dict[str, int]:
    """Currency -> what the customer kept because of a dispute nobody has decided on yet; minor units."""
    chosen = select(Deduction.currency, func.sum(Deduction.amount)).where(
        Deduction.customer_id == customer_id,
        Deduction.state == DeductionState.PROPOSED,
        Deduction.code == DeductionCode.DISPUTE,
    )
    return {row[0]: int(row[1]) for row in session().execute(chosen.group_by(Deduction.currency))}


def select_refunds(states: Collection[RefundState] = ()) -> Select[Refund]:
    chosen = select(Refund)
    return chosen.where(Refund.state.in_(states)) if states else chosen


def list_deductions_of(payment_id: int) -> list[Deduction]:
    """Those a payment came short by, in order."""
    return list(session().scalars(select(Deduction).where(Deduction.payment_id == payment_id).order_by(Deduction.id)))


def read_codes(causes: Iterable[str]) -> dict[str, str]:
    """ "deduction:3" -> the reason code of that deduction."""
    names = {int(name.rpartition(":")[2]): name for name in causes if name.startswith("deduction:")}
    codes: dict[str, str] = {}
    for chunk in in_chunks(names):
        rows = session().execute(select(Deduction.id, Deduction.code).where(Deduction.id.in_(chunk)))
        codes |= {names[row.id]: row.code.value for row in rows}
    return codes


def list_refunds_of(payment_id: int) -> list[Refund]:
    return list(session().scalars(select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.id)))


def list_charges_of(payment_id: int) -> list[BankCharge]:
    return list(
        session().scalars(select(BankCharge).where(BankCharge.payment_id == payment_id).order_by(BankCharge.id))
    )


def name_payments(payment_ids: Iterable[int]) -> dict[int, str]:
    """Payment id -> number, for a page of rows."""
    rows = session().execute(select(Payment.id, Payment.number).where(Payment.id.in_(set(payment_ids))))
    return {row.id: row.number for row in rows}
