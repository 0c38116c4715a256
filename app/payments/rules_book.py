"""Knows what matching asks about: a line of the bank, and a book that looks up who owes what."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from app.payments.rules_names import NameHit, NameIndex
from app.payments.rules_remittance import Series


class Opposite(NamedTuple):
    """A line of the same account and amount the other way: one of the two says that it takes the other back.

    `payment_id`: what stands for it already; else it is open.
    """

    line_id: int
    booked_on: date
    remittance: str
    reference: str
    end_to_end_id: str
    party_name: str
    party_account: str
    payment_id: int | None = None
    customer_id: int | None = None
    mandate_id: str = ""


class SentRefund(NamedTuple):
    """A refund of ours that may come back with a line; `is_marked`: a person said already that it did.

    `names`: of the payee and the customer; `kept`: what the line is smaller by, minor units.
    """

    refund_id: int
    customer_id: int
    iban: str
    is_marked: bool = False
    names: tuple[str, ...] = ()
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLine:
    """What one detail of a statement says; minor units, + came in, - went out."""

    amount: int
    currency: str
    booked_on: date
    remittance: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    party_name: str = ""
    party_account: str = ""
    return_reason: str = ""
    code: str = ""
    is_reversal: bool = False
    was_taken_back: bool = False  # a person said once that what stood for it was wrong
    opposites: tuple[Opposite, ...] = ()
    refunds: tuple[SentRefund, ...] = ()

    @property
    def is_return(self) -> bool:
        """Whether the bank says that the line takes another one back."""
        return self.is_reversal or bool(self.return_reason)


class OpenItem(NamedTuple):
    """One instalment that takes money; minor units. `payable` settles the whole invoice until `payable_until`."""

    invoice_id: int
    instalment: int
    number: str
    customer_id: int
    currency: str
    issued_on: date
    due_on: date
    open: int
    payable: int | None = None
    payable_until: date | None = None
    order_number: str = ""
    po_number: str = ""

    @property
    def key(self) -> tuple[int, int]:
        return self.invoice_id, self.instalment


class Habit(enum.StrEnum):
    """How a customer tells us what it pays."""

    NUMBER = "number"
    AMOUNT = "amount"  # no number, but exactly what one instalment asks for
    SUM = "sum"  # no number, several at once


class PayerAccount(NamedTuple):
    """What decisions taught about an account: whose money came from it, and how often that was said or denied."""

    account: str
    customer_id: int
    confirmed: int
    denied: int

    @property
    def is_trusted(self) -> bool:
        return self.confirmed > 2 * self.denied


class EarlierPayment(NamedTuple):
    """A payment that stands, for what comes back."""

    payment_id: int
    customer_id: int
    currency: str
    amount: int
    received_on: date
    remittance: str
    numbers: tuple[str, ...] = ()


class Book(Protocol):
    """The look-ups of matching; each costs by what it finds, not by how much there is."""

    @property
    def series(self) -> Series: ...
    def by_number(self, numbers: Iterable[str]) -> Mapping[str, Sequence[OpenItem]]: ...
    def settled(self, numbers: Iterable[str]) -> Mapping[str, int]: ...
    def by_order_or_po(self, numbers: Iterable[str]) -> Sequence[OpenItem]: ...
    def by_amount(self, amount: int, currency: str) -> Sequence[OpenItem]: ...
    def open_of(self, customer_id: int, currency: str) -> Sequence[OpenItem]: ...
    def customers_of_account(self, account: str) -> Sequence[PayerAccount]: ...
    def customers_by_name(self, name: str) -> Sequence[NameHit]: ...
    def customers_by_number(self, numbers: Iterable[str]) -> Sequence[int]: ...
    def on_account(self, customer_id: int, currency: str) -> int: ...
    def habit(self, customer_id: int, habit: Habit) -> int: ...
    def payments_of(self, customer_id: int) -> Sequence[EarlierPayment]: ...
    def payments_on(self, numbers: Iterable[str]) -> Sequence[EarlierPayment]: ...
    def moved(self, payment_id: int | None) -> str: ...


@dataclass(kw_only=True)
class OpenBook:
    """A book over facts that were read before, for some lines at once."""

    series: Series
    items: Iterable[OpenItem] = ()
    settled_numbers: Mapping[str, int] = field(default_factory=dict)  # number -> customer
    accounts: Iterable[PayerAccount] = ()
    names: NameIndex = field(default_factory=lambda: NameIndex(()))
    numbers: Mapping[str, int] = field(default_factory=dict)  # customer number -> customer
    money: Mapping[tuple[int, str], int] = field(default_factory=dict)  # (customer, currency) -> unapplied, minor units
    habits: Mapping[tuple[int, Habit], int] = field(default_factory=dict)
    payments: Iterable[EarlierPayment] = ()
    gone: Mapping[int, str] = field(default_factory=dict)  # payment -> what of it was refunded or transferred, in words
    known_amounts: Collection[tuple[int, str]] | None = None  # whoever owes one of these is in it; None: whatever

    def __post_init__(self) -> None:
        self._by_number: defaultdict[str, list[OpenItem]] = defaultdict(list)
        self._by_order: defaultdict[str, list[OpenItem]] = defaultdict(list)
        self._by_amount: defaultdict[tuple[int, str], list[OpenItem]] = defaultdict(list)
        self._by_customer: defaultdict[tuple[int, str], list[OpenItem]] = defaultdict(list)
        for item in sorted(self.items, key=lambda one: (one.due_on, one.issued_on, one.key)):
            self._by_number[item.number].append(item)
            self._by_amount[item.open, item.currency].append(item)
            self._by_customer[item.customer_id, item.currency].append(item)
            for name in {item.order_number, item.po_number} - {""}:
                self._by_order[name].append(item)
        self._accounts: defaultdict[str, list[PayerAccount]] = defaultdict(list)
        for account in self.accounts:
            self._accounts[account.account].append(account)
        self._payments: defaultdict[int, list[EarlierPayment]] = defaultdict(list)
        self._paid: defaultdict[str, list[EarlierPayment]] = defaultdict(list)
        for payment in self.payments:
            self._payments[payment.customer_id].append(payment)
            for number in payment.numbers:
                self._paid[number].append(payment)

    def by_number(self, numbers: Iterable[str]) -> Mapping[str, Sequence[OpenItem]]:
        return {number: self._by_number[number] for number in numbers if number in self._by_number}

    def settled(self, numbers: Iterable[str]) -> Mapping[str, int]:
        return {number: self.settled_numbers[number] for number in numbers if number in self.settled_numbers}

    def by_order_or_po(self, numbers: Iterable[str]) -> Sequence[OpenItem]:
        found = [item for number in numbers for item in self._by_order.get(number, ())]
        return list(dict.fromkeys(found))

    def by_amount(self, amount: int, currency: str) -> Sequence[OpenItem]:
        is_known = self.known_amounts is None or (amount, currency) in self.known_amounts
        return self._by_amount.get((amount, currency), []) if is_known else []

    def open_of(self, customer_id: int, currency: str) -> Sequence[OpenItem]:
        return self._by_customer.get((customer_id, currency), [])

    def customers_of_account(self, account: str) -> Sequence[PayerAccount]:
        return self._accounts.get(account, [])

    def customers_by_name(self, name: str) -> Sequence[NameHit]:
        return self.names.find(name) if name else []

    def customers_by_number(self, numbers: Iterable[str]) -> Sequence[int]:
        return [self.numbers[number] for number in numbers if number in self.numbers]

    def on_account(self, customer_id: int, currency: str) -> int:
        return self.money.get((customer_id, currency), 0)

    def habit(self, customer_id: int, habit: Habit) -> int:
        return self.habits.get((customer_id, habit), 0)

    def payments_of(self, customer_id: int) -> Sequence[EarlierPayment]:
        return self._payments.get(customer_id, [])

    def payments_on(self, numbers: Iterable[str]) -> Sequence[EarlierPayment]:
        return list(dict.fromkeys(payment for number in numbers for payment in self._paid.get(number, ())))

    def moved(self, payment_id: int | None) -> str:
        return self.gone.get(payment_id, "") if payment_id is not None else ""
