"""Records payments a person typed in, and asks before one that looks like another is recorded as well."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, datetime

from sqlalchemy import exists, select

from app.customers.services import lock_customer
from app.db.base import session
from app.kernel.errors import RuleError
from app.payments.models import Payment, PaymentReversal
from app.payments.rules_settling import PaymentKind
from app.payments.services import Wanted, record_payment


class RecordedAlready(RuleError):
    """{known} of the same customer, day and amount {is_there}. Look at it, and tick the box if this is another one."""

    def __init__(self, numbers: list[str]) -> None:
        super().__init__(known=" and ".join(numbers), is_there="exists" if len(numbers) == 1 else "exist")
        self.numbers = numbers


def record_typed(
    customer_id: int, amount: int, *, currency: str, received_on: date, remittance: str = "",
    allocations: Wanted = "oldest", in_spite_of: Container[str] = (), actor: str, now: datetime,
) -> Payment:  # fmt: skip
    """Records it unless one of the same facts stands already that is not among the numbers `in_spite_of`.

    Raises RecordedAlready and what `record_payment` raises.
    """
    lock_customer(customer_id)
    twins = _list_twins(customer_id, amount, currency, received_on)
    if any(number not in in_spite_of for number in twins):
        raise RecordedAlready(twins)
    return record_payment(
        customer_id, amount, currency=currency, received_on=received_on, remittance=remittance,
        allocations=allocations, actor=actor, now=now,
    )  # fmt: skip


def _list_twins(customer_id: int, amount: int, currency: str, received_on: date) -> list[str]:
    """Numbers of the customer's standing payments of this day and amount, whoever recorded them."""
    chosen = select(Payment.number).where(
        Payment.customer_id == customer_id, Payment.received_on == received_on, Payment.currency == currency,
        Payment.amount == amount, Payment.kind == PaymentKind.MONEY,
        ~exists().where(PaymentReversal.payment_id == Payment.id),
    )  # fmt: skip
    return list(session().scalars(chosen.order_by(Payment.id)))
