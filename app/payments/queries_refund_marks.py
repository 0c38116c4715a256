"""Reads from which account a payment came, and what is to be looked at before a refund is approved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from app.company.identifiers import check_iban
from app.customers.queries import names_of
from app.db.base import session
from app.kernel.errors import BadInput
from app.kernel.money import write_money
from app.payments import queries
from app.payments.models import Payment
from app.payments.models_matching import LearnedAccount
from app.payments.models_settling import Refund
from app.payments.queries_cash import find_line_of
from app.payments.queries_settling import name_payments
from app.payments.rules_refund_marks import Payee, find_marks


class PayerAccount(NamedTuple):
    """Where money came from; `name` is empty where the bank gave none."""

    iban: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Looks:
    """What a second person is told of a refund; with a `stop` it cannot be approved."""

    marks: list[str] = field(default_factory=list)
    stop: str = ""


def find_payer_account(payment: Payment) -> PayerAccount | None:
    """The account of the bank's line, else the one this customer pays from most; only a right IBAN."""
    if (line := find_line_of(payment)) is not None and (iban := _as_iban(line.party_account)):
        return PayerAccount(iban, line.party_name)
    known = (
        select(LearnedAccount.account)
        .where(LearnedAccount.customer_id == payment.customer_id, LearnedAccount.confirmed > LearnedAccount.denied)
        .order_by(LearnedAccount.confirmed.desc(), LearnedAccount.last_used_on.desc(), LearnedAccount.id)
    )
    return next((PayerAccount(iban) for account in session().scalars(known) if (iban := _as_iban(account))), None)


def look_at(refunds: Sequence[Refund]) -> dict[int, Looks]:
    """Refund id -> what to tell of it, in a few statements for a page of them."""
    if not refunds:
        return {}
    ibans, customers = {one.iban for one in refunds}, {one.customer_id for one in refunds}
    bearers, payees = _list_bearers(ibans), _list_payees(ibans)
    names = names_of(sorted(customers | {one for found in bearers.values() for one in found}))
    left = queries.amounts_left([one.payment_id for one in refunds])
    numbers = name_payments(one.payment_id for one in refunds)
    found = {}
    for one in refunds:
        payee = Payee(
            one.beneficiary,
            names[one.customer_id],
            one.customer_id in bearers[one.iban],
            {names[other] for other in bearers[one.iban] if other != one.customer_id},
            {name for refund_id, name in payees[one.iban] if refund_id != one.id},
        )
        found[one.id] = Looks(find_marks(payee), _stop(one, left.get(one.payment_id), numbers[one.payment_id]))
    return found


def _stop(refund: Refund, left: int | None, number: str) -> str:
    """Why it cannot be approved any more."""
    if left is None:
        return f"{number} was reversed. Refuse this refund."
    if refund.amount > left:
        return f"Only {write_money(left, refund.currency)} of {number} are left. Refuse this refund, or free the money."
    return ""


def _as_iban(text: str) -> str:
    try:
        return check_iban(text)
    except BadInput:
        return ""


def _list_bearers(ibans: set[str]) -> defaultdict[str, set[int]]:
    """IBAN -> the customers it paid for."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    chosen = select(LearnedAccount.account, LearnedAccount.customer_id).where(
        LearnedAccount.account.in_(ibans), LearnedAccount.confirmed > LearnedAccount.denied
    )
    for account, customer_id in session().execute(chosen):
        found[account].add(customer_id)
    return found


def _list_payees(ibans: set[str]) -> defaultdict[str, list[tuple[int, str]]]:
    """IBAN -> every refund that was asked for to it, with whom it names."""
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for refund_id, iban, name in session().execute(
        select(Refund.id, Refund.iban, Refund.beneficiary).where(Refund.iban.in_(ibans))
    ):
        found[iban].append((refund_id, name))
    return found
