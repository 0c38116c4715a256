"""Knows how the ledger's entries are booked in a general ledger: vouchers whose debits and credits are equal.

An entry stands on receivables (of a document) or on unapplied cash with its own sign: more owed is a debit. What it
is booked against follows from its kind: revenue and tax of the document, the bank, a discount, a write-off account.
Settlement and application stand against each other. A reversal is booked like what it takes back, with the other sign.
What the history import brought, another ledger booked: it stands against opening items.

In another currency a settlement is booked at the rate of its document, which clears receivables; what the money was
worth at its own rate instead is an exchange difference against unapplied cash, which clears that.
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
from app.payments.rules_worth import Worth, share

RECEIVABLE, UNAPPLIED, BANK = ("receivable", ""), ("unapplied", ""), ("bank", "")
OPENING, PREPAID, DISCOUNT = ("opening", ""), ("prepaid", ""), ("discount", "")
UNEXPLAINED = ("unexplained", "")  # never exported
HISTORY = "history"  # the cause of what an earlier system booked already
GAIN, LOSS = ("exchange", "gain"), ("exchange", "loss")
OWN = (RECEIVABLE, UNAPPLIED)
PLACING = frozenset({"settlement", "application"})
TO_BANK = frozenset({"receipt", "refund"})
DISCOUNTS = frozenset({"discount", "discount_late"})

Key = tuple[str, str]


class AccountsMissing(BadInput):
    """Nothing was written: name the accounts for {names} under Journal, Accounts first."""


class Unexplained(BadInput):
    """Nothing was written: revenue and tax of {numbers} do not come to what is owed. Check the books under Health."""


class Tax(NamedTuple):
    """One row of a document's tax breakdown and the net that stands with it, in minor units; `key` as ``S 19``."""

    key: str
    net: int
    tax: int


class Sale(NamedTuple):
    """What a document sold, how much less than that its amount due is, and what was credited from which position."""

    taxes: Sequence[Tax]
    prepaid: int = 0
    credited: Sequence[tuple[int, Sequence[Tax]]] = ()

    def list_left(self, position: int) -> list[Tax]:
        """What is left by tax before an entry; all of it where nothing is."""
        sums: dict[str, tuple[int, int]] = {}
        gone = [tax._replace(net=-tax.net, tax=-tax.tax) for at, rows in self.credited if at < position for tax in rows]
        for key, net, tax in (*self.taxes, *gone):
            before = sums.get(key, (0, 0))
            sums[key] = before[0] + net, before[1] + tax
        left = [Tax(key, *sum_) for key, sum_ in sums.items() if sum(sum_) > 0]
        return left if gone and left else list(self.taxes)


NOTHING = Sale(())


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
    first: int  # the position at which it was booked first: its own, or that of what it takes back
    cause: str  # of a write-off: "discount", a reason code; of a receipt: HISTORY or the bank account; or nothing
    worth: Worth | None = None  # in another currency than the company's, where there is a rate


@dataclass(frozen=True, slots=True)
class Booking:
    """One side of a voucher: debit > 0, credit < 0, in minor units of the voucher's currency.

    `worth` is the same in the company's currency, where that is another one and the rate is known.
    """

    key: Key
    amount: int
    worth: int | None = None


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
    """One amount from a credited account to a debited one, and what it is worth in the company's currency."""

    debit: Key
    credit: Key
    amount: int
    worth: int | None = None


def group_entries(entries: Iterable[Posted]) -> list[list[Posted]]:
    """What one cause did on one day in one currency, in the order of positions."""
    groups: dict[tuple[str, date, str], list[Posted]] = {}
    for entry in entries:
        groups.setdefault((entry.reason, entry.on, entry.currency), []).append(entry)
    return list(groups.values())


def realise(entries: Sequence[Posted]) -> tuple[list[Posted], int]:
    """The entries of one voucher with what is placed worth the same on both sides, and the exchange difference.

    The document's rate counts, or the only one known: then no difference is guessed.
    """
    sides = {entry.kind: entry.worth for entry in entries if entry.kind in PLACING}
    settled, applied = sides.get("settlement"), sides.get("application")
    placed = settled or (applied and Worth(-applied.amount, applied.rate))
    if placed is None:
        return list(entries), 0
    against = Worth(-placed.amount, placed.rate)
    leveled = {"settlement": placed, "application": against}
    difference = applied.amount + settled.amount if settled and applied else 0
    return [entry._replace(worth=leveled.get(entry.kind, entry.worth)) for entry in entries], difference


def book(entries: Sequence[Posted], sales: Mapping[str, Sale]) -> tuple[Booking, ...]:
    """The bookings of one voucher. `sales` are those of the documents its entries are of or caused by."""
    bookings: dict[Key, Booking] = {}
    own = [Booking(RECEIVABLE if one.document else UNAPPLIED, one.amount, _amount(one.worth)) for one in entries]
    for one in (*own, *_against(entries, sales)):
        before = bookings.get(one.key, Booking(one.key, 0, 0))
        bookings[one.key] = Booking(one.key, before.amount + one.amount, _add(before.worth, one.worth))
    return tuple(one for one in bookings.values() if one.amount)


def _amount(worth: Worth | None) -> int | None:
    return worth.amount if worth else None


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _against(entries: Sequence[Posted], sales: Mapping[str, Sale]) -> Iterable[Booking]:
    groups: dict[tuple[str, str, str], list[Posted]] = {}
    for entry in entries:
        if entry.kind not in PLACING:
            document = entry.reason if entry.reason in sales else entry.document or ""
            groups.setdefault((entry.kind, entry.cause, document), []).append(entry)
    for (_kind, _cause, document), group in groups.items():
        if amount := sum(entry.amount for entry in group):
            yield from _value(group, list(_name_against(group[0], -amount, sales.get(document, NOTHING))))


def _name_against(entry: Posted, amount: int, sale: Sale) -> Iterable[tuple[Key, int]]:
    kind, cause = entry.kind, entry.cause
    if kind in {"instalment", "credit"}:
        yield from _revenue(amount, sale)
    elif kind in TO_BANK:
        yield OPENING if cause == HISTORY else (BANK[0], cause), amount
    elif cause in DISCOUNTS:
        yield from _discount(amount, sale.list_left(entry.first))
    else:
        yield (kind, cause), amount


def _value(group: Sequence[Posted], named: Sequence[tuple[Key, int]]) -> Iterable[Booking]:
    """What the entries are worth, on the accounts against them: taxes exactly, the largest other one takes the rest."""
    worths = [entry.worth for entry in group if entry.worth]
    if len(worths) < len(group):
        return [Booking(key, amount) for key, amount in named]
    rest = max(range(len(named)), key=lambda at: (named[at][0][0] != "tax", abs(named[at][1])))
    total = -sum(worth.amount for worth in worths)
    shares = share(total, [amount for _, amount in named], worths[0].rate, rest=rest)
    return [Booking(key, amount, part) for (key, amount), part in zip(named, shares, strict=True)]


def _revenue(amount: int, sale: Sale) -> Iterable[tuple[Key, int]]:
    """Credits of an invoice, debits of a credit note. What its net and taxes do not explain is said, never hidden."""
    if not sale.taxes:
        yield OPENING, amount
        return
    due = sum(tax.net + tax.tax for tax in sale.taxes) - sale.prepaid
    sign = 1 if (amount > 0) == (due > 0) else -1
    for tax in sale.taxes:
        yield ("revenue", tax.key), sign * tax.net
        yield ("tax", tax.key), sign * tax.tax
    yield PREPAID, -sign * sale.prepaid
    yield UNEXPLAINED, amount - sign * due


def _discount(amount: int, taxes: Sequence[Tax]) -> Iterable[tuple[Key, int]]:
    """A discount lowers the tax as well: shared by what each rate comes to with tax."""
    weights = [max(tax.net + tax.tax, 0) for tax in taxes]
    if not sum(weights):
        yield DISCOUNT, amount
        return
    for tax, part in zip(taxes, apportion(amount, weights), strict=True):
        corrected = round_half_away(Fraction(part * tax.tax, tax.net + tax.tax)) if part else 0
        yield DISCOUNT, part - corrected
        yield ("tax", tax.key), corrected


def book_exchange(difference: int) -> tuple[Booking, ...]:
    """A realised exchange difference in the company's currency; a gain (> 0) is a credit."""
    return (Booking(UNAPPLIED, difference), Booking(GAIN if difference > 0 else LOSS, -difference))


def pair(bookings: Sequence[Booking]) -> list[Pair]:
    """The same amounts as pairs of accounts, which is how some programs want them.

    Whichever side is used up gives what is left of its worth; receivables and unapplied cash before what is against.
    """
    owed = [one for one in bookings if one.amount > 0]
    given = [Booking(one.key, -one.amount, _add(0, one.worth and -one.worth)) for one in bookings if one.amount < 0]
    pairs = []
    while owed and given:
        debit, credit = owed.pop(0), given.pop(0)
        amount = min(debit.amount, credit.amount)
        used = [one for one in (debit, credit) if one.amount == amount]
        worth = max(used, key=lambda one: one.key in OWN).worth
        pairs.append(Pair(debit.key, credit.key, amount, worth))
        for side, one in ((owed, debit), (given, credit)):
            if one.amount > amount:
                side.insert(0, Booking(one.key, one.amount - amount, _add(one.worth, worth and -worth)))
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


def require_explained(vouchers: Iterable[Voucher]) -> None:
    """Raises Unexplained naming every document that does not add up."""
    wrong = [one.number for one in vouchers if any(booking.key == UNEXPLAINED for booking in one.bookings)]
    if wrong:
        raise Unexplained(numbers=", ".join(wrong))


VOUCHERS = {
    "application": "settlement", "write_off": "write-off", "discount": "early discount",
    "discount_late": "late discount",
}  # fmt: skip
NAMES = {
    "receivable": "receivables", "unapplied": "unapplied cash", "bank": "bank", "opening": "opening items",
    "prepaid": "prepaid amounts", "discount": "early discount", "revenue": "revenue", "tax": "tax",
    "exchange": "exchange", "write_off": "write-offs", "unexplained": "unexplained difference",
}  # fmt: skip


def name_key(key: Key) -> str:
    """What people call it: ``revenue S 19``, ``write-offs: bank fee``."""
    kind, reason = NAMES.get(key[0], key[0].replace("_", " ")), key[1]
    if key[0] == "write_off" and reason:
        return f"{kind}: {reason.replace('_', ' ')}"
    return f"{kind} {reason}".strip()


def name_voucher(entries: Sequence[Posted]) -> str:
    """What it is about: placing money, or taking that back, rather than the discount that goes with it."""
    first = next((one for one in entries if one.kind != "write_off"), entries[0])
    what = VOUCHERS.get(first.cause) or VOUCHERS.get(first.kind, first.kind)
    return f"{what.capitalize()}{' taken back' if first.first < first.position else ''}"


def sum_sides(vouchers: Iterable[Voucher]) -> dict[str, tuple[int, int]]:
    """Currency -> debits, credits."""
    found: dict[str, tuple[int, int]] = {}
    for voucher in vouchers:
        owed, given = found.get(voucher.currency, (0, 0))
        owed += sum(one.amount for one in voucher.bookings if one.amount > 0)
        given -= sum(one.amount for one in voucher.bookings if one.amount < 0)
        found[voucher.currency] = owed, given
    return dict(sorted(found.items()))
