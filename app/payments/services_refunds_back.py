"""Takes lines of the bank for refunds of ours that came back, and keeps a return from counting twice."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import Any

from app.kernel.errors import RuleError
from app.payments.models_bank import StatementEntry, StatementLine
from app.payments.models_settling import Refund
from app.payments.queries_refunds_back import find_refunds_back, list_back_lines
from app.payments.rules_refunds_back import Fit, name_refund
from app.payments.services_refunds import record_return


class NotThisRefund(RuleError):
    """This line is not {refund}, or that came back with another line. Look at the line again."""


class IsRefundBack(RuleError):
    """This is the money of {refund}, which came back. Accept the line as that; as a payment it would count twice."""


class MayBeRefundBack(RuleError):
    """{refund} may have come back with this line. Accept it as that, or place it by hand and say that it is other
    money."""


class LineWaits(RuleError):
    """A line of the bank of {on} may be this money. Accept it at the cash desk as {refund} that came back, or place it
    as what it is."""


class LineIsPayment(RuleError):
    """This money came back with a line of {on}, which was recorded as {number}. Undo that line at the cash desk, then
    accept it as {refund} that came back."""


class MayBePayment(RuleError):
    """Money of {on} that may be this refund was recorded as {number}. If it is, undo its line at the cash desk and
    accept it as {refund} that came back; else say below that it is other money."""


LINES_ASK = (LineWaits, LineIsPayment, MayBePayment)


def require_other_money(line: StatementLine, entry: StatementEntry, in_spite_of: Container[str]) -> None:
    """Of a held line that is to be a payment. Raises IsRefundBack, MayBeRefundBack."""
    for found in find_refunds_back(line, entry):
        refund = name_refund(found.refund.refund_id)
        if found.fit is Fit.PROVEN:
            raise IsRefundBack(refund=refund)
        if found.fit is not Fit.POSSIBLE and refund not in in_spite_of:
            raise MayBeRefundBack(refund=refund)


def take_for_refund(line: StatementLine, entry: StatementEntry, refund_id: int, *, actor: str, now: datetime) -> Refund:
    """Of a held line: the refund is on account again from its day, unless a person marked it before.

    Raises NotThisRefund.
    """
    if refund_id not in {one.refund.refund_id for one in find_refunds_back(line, entry)}:
        raise NotThisRefund(refund=name_refund(refund_id))
    reason = line.return_reason or line.remittance[:150] or "Sent back by the bank"
    return record_return(
        refund_id, reason=reason, by=line.id, on=entry.booked_on, actor=actor, now=now
    )  # fmt: skip


def return_refund(
    refund_id: int, *, reason: str, in_spite_of: Container[str] = (), actor: str, now: datetime
) -> Refund:
    """A person says that the bank refused it or sent it back, and no line does: the money is on account again.

    `in_spite_of`: the payments that are other money. Raises RefundUnknown, DecidedAlready, TextMissing, LineWaits,
    LineIsPayment, MayBePayment.
    """
    refund = record_return(refund_id, reason=reason, actor=actor, now=now)
    for one in list_back_lines(refund):
        facts: dict[str, Any] = {"on": one.booked_on, "refund": name_refund(refund_id), "number": one.number}
        if not one.number:
            raise LineWaits(**facts)
        if one.is_proven:
            raise LineIsPayment(**facts)
        if one.number not in in_spite_of:
            raise MayBePayment(**facts)
    return refund
