"""Knows how the ledger's entries are booked in a general ledger: vouchers whose debits and credits are equal.

An entry stands on receivables (of a document) or on unapplied cash with its own sign: more owed is a debit. What it
is booked against follows from its kind: revenue and tax of the document, the bank, a discount, a write-off account.
Settlement and application stand against each other. A reversal is booked like what it takes back, with the other sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.kernel.errors import BadInput
from app.kernel.money import apportion, round_half_away

RECEIVABLE, UNAPPLIED, BANK = ("receivable", ""), ("unapplied", ""), ("bank", "")
OPENING, PREPAID, DISCOUNT = ("opening", ""), ("prepaid", ""), ("discount", "")
GAIN, LOSS = ("exchange", "gain"), ("exchange", "loss")
PLACING = frozenset({"settlement", "application"})
TO_BANK = frozenset({"receipt", "refund"})
DISCOUNTS = frozenset({"discount", "discount_late"})

Key = tuple[str, str]


class AccountsMissing(BadInput):
    """Nothing was written: name the accounts for {names} under Journal, Accounts first."""


class Tax(NamedTuple):
    """One row of a document's tax breakdown, in minor units; `key` such as ``S 19``."""

    key: str
    base: int
    tax: int


class Posted(NamedTuple):
    """A ledger entry as the journal wants it; a reversal has the kind of what it takes back."""

    position: int
    on: date
    kind: str
    customer: str
    currency: str
    document: str | None
    amount: int
    reason: str
    cause: str  # of a write-off: "discount", a reason code, or nothing


@dataclass(frozen=True, slots=True)
class Booking:
    """One side of a voucher: debit > 0, credit < 0, in minor units of the voucher's currency."""

    key: Key
    amount: int


@dataclass(frozen=True, slots=True)
class Voucher:
    """What one cause did on one day. Its bookings come to 0."""

    position: int
    on: date
    currency: str
    number: str
    text: str
    rate: Decimal | None
    bookings: tuple[Booking, ...]


class Pair(NamedTuple):
    """One amount from a credited account to a debited one."""

    debit: Key
    credit: Key
    amount: int


def group_entries(entries: Iterable[Posted]) -> list[list[Posted]]:
    """What one cause did on one day in one currency, in the order of positions."""
    groups: dict[tuple[str, date, str], list[Posted]] = {}
    for entry in entries:
        groups.setdefault((entry.reason, entry.on, entry.currency), []).append(entry)
    return list(groups.values())


def book(entries: Sequence[Posted], taxes: Mapping[str, Sequence[Tax]]) -> tuple[Booking, ...]:
    """The bookings of one voucher. `taxes` are those of the documents its entries are of or caused by."""
    sides: dict[Key, int] = {}
    for entry in entries:
        key = RECEIVABLE if entry.document else UNAPPLIED
        sides[key] = sides.get(key, 0) + entry.amount
    for key, amount in _against(entries, taxes):
        sides[key] = sides.get(key, 0) + amount
    return tuple(Booking(key, amount) for key, amount in sides.items() if amount)


def _against(entries: Sequence[Posted], taxes: Mapping[str, Sequence[Tax]]) -> Iterable[tuple[Key, int]]:
    sums: dict[tuple[str, str, str], int] = {}
    for entry in entries:
        if entry.kind not in PLACING:
            document = entry.reason if entry.reason in taxes else entry.document or ""
            key = (entry.kind, entry.cause, document)
            sums[key] = sums.get(key, 0) + entry.amount
    for (kind, cause, document), amount in sums.items():
        if not amount:
            continue
        if kind in {"instalment", "credit"}:
            yield from _revenue(-amount, taxes.get(document, ()))
        elif kind in TO_BANK:
            yield BANK, -amount
        elif cause in DISCOUNTS:
            yield from _discount(-amount, taxes.get(document, ()))
        else:
            yield (kind, cause), -amount


def _revenue(amount: int, taxes: Sequence[Tax]) -> Iterable[tuple[Key, int]]:
    """Credits of an invoice (`amount` < 0), debits of a credit note; what the breakdown does not explain is prepaid."""
    if not taxes:
        yield OPENING, amount
        return
    sign = 1 if amount > 0 else -1
    for tax in taxes:
        yield ("revenue", tax.key), sign * tax.base
        yield ("tax", tax.key), sign * tax.tax
    yield PREPAID, amount - sign * sum(tax.base + tax.tax for tax in taxes)


def _discount(amount: int, taxes: Sequence[Tax]) -> Iterable[tuple[Key, int]]:
    """A discount lowers the tax as well: shared by what each rate comes to with tax."""
    weights = [max(tax.base + tax.tax, 0) for tax in taxes]
    if not sum(weights):
        yield DISCOUNT, amount
        return
    for tax, share in zip(taxes, apportion(amount, weights), strict=True):
        corrected = round_half_away(Fraction(share * tax.tax, tax.base + tax.tax)) if share else 0
        yield DISCOUNT, share - corrected
        yield ("tax", tax.key), corrected


def book_exchange(difference: int) -> tuple[Booking, ...]:
    """A realised exchange difference in the company's currency; a gain (> 0) is a credit."""
    return (Booking(RECEIVABLE, difference), Booking(GAIN if difference > 0 else LOSS, -difference))


def pair(bookings: Sequence[Booking]) -> list[Pair]:
    """The same amounts as pairs of accounts, which is how some programs want them."""
    owed = [one for one in bookings if one.amount > 0]
    given = [one for one in bookings if one.amount < 0]
    pairs, debit_left, credit_left = [], 0, 0
    while (owed or debit_left) and (given or credit_left):
        if not debit_left:
            debit = owed.pop(0)
            debit_left = debit.amount
        if not credit_left:
            credit = given.pop(0)
            credit_left = -credit.amount
        amount = min(debit_left, credit_left)
        pairs.append(Pair(debit.key, credit.key, amount))
        debit_left, credit_left = debit_left - amount, credit_left - amount
    return pairs


def find_account(key: Key, accounts: Mapping[Key, str]) -> str:
    """The account of a kind and reason, that of the kind alone where the reason has none; empty if there is none."""
    return accounts.get(key) or accounts.get((key[0], ""), "")


def require_accounts(vouchers: Iterable[Voucher], accounts: Mapping[Key, str]) -> None:
    """Raises AccountsMissing naming every account that is missing."""
    wanted = {booking.key for voucher in vouchers for booking in voucher.bookings}
    missing = sorted(name_key(key) for key in wanted if not find_account(key, accounts))
    if missing:
        raise AccountsMissing(names=", ".join(missing))


NAMES = {
    "receivable": "receivables", "unapplied": "unapplied cash", "bank": "bank", "opening": "opening items",
    "prepaid": "prepaid amounts", "discount": "early discount", "revenue": "revenue", "tax": "tax",
    "exchange": "exchange", "write_off": "write-offs",
}  # fmt: skip


def name_key(key: Key) -> str:
    """What people call it: ``revenue S 19``, ``write-offs bank_fee``."""
    return " ".join(part for part in (NAMES.get(key[0], key[0].replace("_", " ")), key[1]) if part)


def sum_sides(vouchers: Iterable[Voucher]) -> dict[str, tuple[int, int]]:
    """Currency -> debits, credits."""
    found: dict[str, tuple[int, int]] = {}
    for voucher in vouchers:
        owed, given = found.get(voucher.currency, (0, 0))
        owed += sum(one.amount for one in voucher.bookings if one.amount > 0)
        given -= sum(one.amount for one in voucher.bookings if one.amount < 0)
        found[voucher.currency] = owed, given
    return dict(sorted(found.items()))
