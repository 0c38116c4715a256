"""Reads what the payments' pages show: a list to filter, who paid, shares a person typed."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import date

from werkzeug.datastructures import MultiDict

from app.customers.models import Customer
from app.customers.queries import find_by_number, search_customers
from app.kernel.errors import BadInput
from app.kernel.money import Money, minor_digits, to_minor
from app.payments import queries
from app.payments.models import Payment
from app.payments.queries import PaymentState
from app.payments.rules import NotPositive, OpenInstalment, Share, propose_oldest
from app.web.arguments import date_argument
from app.web.typed_numbers import TwoReadings, parse_decimal

DAYS = {"since": "From", "until": "To"}


class View(enum.StrEnum):
    ALL = "all"
    LEFT = "left"
    REVERSED = "reversed"

    @property
    def states(self) -> tuple[PaymentState, ...]:
        """The states of the payments it shows; none means all."""
        return {
            View.ALL: (),
            View.LEFT: (PaymentState.UNAPPLIED, PaymentState.PARTLY_APPLIED),
            View.REVERSED: (PaymentState.REVERSED,),
        }[self]


class CustomerNotFound(BadInput):
    """No customer has this number or name. Write the number, such as C-00012."""


class SeveralCustomers(BadInput):
    """Several customers fit: {names}. Write the number of the right one."""


class ShareUnreadable(BadInput):
    """{text} is no amount of {currency}. Write it like 1250.00."""


class ShareTooLarge(BadInput):
    """Of {number} only {open} is open."""


def read_days(args: MultiDict[str, str]) -> tuple[dict[str, date | None], dict[str, str]]:
    """The days of a filter, and what is wrong with those nobody can read, each called as on the page."""
    days: dict[str, date | None] = {}
    refused = {}
    for name in DAYS:
        try:
            days[name] = date_argument(args, name)
        except BadInput as refusal:
            days[name], refused[name] = None, say_day(refusal)
    return days, refused


def say_day(refusal: BadInput) -> str:
    """The refusal with the field called as on the page."""
    name = refusal.field or ""
    return str(refusal).replace(f"{name} must", f"{DAYS.get(name, name)} must", 1)


def find_payer(text: str) -> Customer:
    """The customer with this number, or the only one whose name fits. Raises CustomerNotFound, SeveralCustomers."""
    if customer := find_by_number(text.strip().upper()):
        return customer
    found = search_customers(text, limit=6)
    exact = [customer for customer in found if customer.name.casefold() == text.strip().casefold()]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0]
    if not found:
        raise CustomerNotFound(field="customer")
    names = ", ".join(f"{customer.name} ({customer.number})" for customer in found[:5])
    raise SeveralCustomers(field="customer", names=names)


def propose(payment: Payment, left: int) -> tuple[list[OpenInstalment], dict[tuple[int, int], int]]:
    """The customer's open instalments in the payment's currency, and where what is left would go."""
    instalments = queries.list_open_instalments(payment.customer_id, payment.currency)
    return instalments, {
        (share.invoice_id, share.instalment): share.amount for share in propose_oldest(left, instalments)
    }


def read_shares(form: Mapping[str, str], instalments: Sequence[OpenInstalment], currency: str) -> list[Share]:
    """What was typed beside each instalment; empty or 0 is nothing.

    Raises ShareUnreadable, ShareTooLarge, NotPositive naming the field.
    """
    shares = []
    for one in instalments:
        name = f"share-{one.invoice_id}-{one.instalment}"
        if (text := form.get(name, "").strip()) and (amount := _read(text, currency, name)):
            if amount > one.open:
                raise ShareTooLarge(field=name, number=one.number, open=Money(one.open, currency))
            shares.append(Share(one.invoice_id, one.instalment, amount))
    return shares


def _read(text: str, currency: str, field: str) -> int:
    try:
        amount = to_minor(parse_decimal(text, minor_digits(currency)), currency)
    except TwoReadings as readings:
        raise BadInput(str(readings), field=field) from None
    except (BadInput, ValueError):
        raise ShareUnreadable(field=field, text=text[:40], currency=currency) from None
    if amount < 0:
        raise NotPositive(field=field)
    return amount
