"""Names what left payments, and what arrived of it, by the numbers that tell two of them apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import and_, func, select

from app.db.base import session
from app.db.statements import in_chunks
from app.kernel.money import Money
from app.payments.models import Payment
from app.payments.models_settling import PaymentOutflow, Refund
from app.payments.rules_refunds_back import name_refund
from app.payments.rules_settling import OutflowKind


def name_outflows(names: Collection[str]) -> dict[str, str]:
    """The ledger's names of refunds and transfers ("outflow:3", "payment:7") -> what to call them.

    A transfer has the number of the payment it left and of the one it arrived as, on both accounts; a refund that of
    its payment and the reference the bank passes on.
    """
    left = {int(name.rpartition(":")[2]): name for name in names if name.startswith("outflow:")}
    came = {name: int(name.rpartition(":")[2]) for name in names if name.startswith("payment")}
    return _name_left(left) | _name_arrived(came)


def say_moved(payment_ids: Collection[int]) -> dict[int, str]:
    """Of those payments money of which was refunded or transferred, and did not come back: how much."""
    total = func.sum(PaymentOutflow.amount)
    columns = select(Payment.id, Payment.number, Payment.currency, PaymentOutflow.kind, total.label("amount"))
    chosen = columns.join(PaymentOutflow, PaymentOutflow.payment_id == Payment.id)
    grouped = chosen.group_by(Payment.id, Payment.number, Payment.currency, PaymentOutflow.kind).having(total > 0)
    found: dict[int, str] = {}
    for chunk in in_chunks(sorted(payment_ids)):
        for row in session().execute(grouped.where(Payment.id.in_(chunk)).order_by(PaymentOutflow.kind.desc())):
            moved = "transferred" if row.kind is OutflowKind.TRANSFER else "refunded"
            found[row.id] = f"{Money(int(row.amount), row.currency)} of {row.number} was {moved}"
    return found


def _name_left(wanted: Mapping[int, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in in_chunks(wanted):
        columns = select(PaymentOutflow.id, PaymentOutflow.undoes, Payment.number)
        rows = session().execute(
            columns.join(Payment, Payment.id == PaymentOutflow.payment_id).where(PaymentOutflow.id.in_(chunk))
        ).all()  # fmt: skip
        roots = {row.id: row.undoes or row.id for row in rows}
        arrived = _read_arrived(roots.values())
        found |= {wanted[row.id]: f"{row.number} / {arrived.get(roots[row.id], '–')}" for row in rows}
    return found


def _read_arrived(outflow_ids: Collection[int]) -> dict[int, str]:
    """Outflow -> the number of the payment it arrived as, or the reference of its refund."""
    names = {f"outflow:{one}": one for one in outflow_ids}
    moved = select(Payment.external_id, Payment.number).where(
        Payment.source == "transfer", Payment.external_id.in_(names)
    )
    found = {names[name]: number for name, number in session().execute(moved) if name}
    sent = select(Refund.outflow_id, Refund.id).where(Refund.outflow_id.in_(set(outflow_ids)))
    # one that did not come back after all left twice: the first time is known by what is the same
    same = and_(Refund.payment_id == PaymentOutflow.payment_id, Refund.amount == PaymentOutflow.amount)
    before = select(PaymentOutflow.id, Refund.id).join(Refund, and_(same, Refund.reason == PaymentOutflow.reason))
    before = before.where(PaymentOutflow.id.in_(set(outflow_ids)), PaymentOutflow.kind == OutflowKind.REFUND)
    found |= {outflow_id: name_refund(refund_id) for outflow_id, refund_id in session().execute(before)}
    return found | {
        outflow_id: name_refund(refund_id) for outflow_id, refund_id in session().execute(sent) if outflow_id
    }


def _name_arrived(wanted: Mapping[str, int]) -> dict[str, str]:
    """Of those payments among these that arrived by transfer."""
    called: dict[int, str] = {}
    for chunk in in_chunks(wanted.values()):
        chosen = select(Payment.id, Payment.external_id, Payment.number)
        rows = session().execute(chosen.where(Payment.id.in_(chunk), Payment.source == "transfer")).all()
        origins = {int((row.external_id or "0").rpartition(":")[2]): row for row in rows}
        left = select(PaymentOutflow.id, Payment.number).join(Payment, Payment.id == PaymentOutflow.payment_id)
        for outflow_id, number in session().execute(left.where(PaymentOutflow.id.in_(origins))):
            called[origins[outflow_id].id] = f"{number} / {origins[outflow_id].number}"
    return {name: called[payment_id] for name, payment_id in wanted.items() if payment_id in called}
