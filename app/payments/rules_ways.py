"""Knows every way in which a payment may fit what is open: what it names first, then what else its payer owes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.kernel.money import write_money
from app.payments.rules import Share
from app.payments.rules_book import Book, OpenItem
from app.payments.rules_evidence import Evidence
from app.payments.rules_proposals import Deduction, Fit, Policy
from app.payments.rules_remittance import Reading
from app.payments.rules_sums import find_subsets, place_oldest, price_of, settle_named, share_of


@dataclass(frozen=True, slots=True)
class Way:
    """One fit, before it is weighed. `words` say more exactly than the fit does what it comes to."""

    customer_id: int
    shares: tuple[Share, ...]
    fit: Fit
    reading: Reading | None = None  # the weakest of the numbers that name it
    best_reading: Reading | None = None
    by_order: bool = False
    deduction: Deduction | None = None
    rank: int = 0  # among several that fit alike: the oldest first
    words: tuple[str, ...] = ()


def list_ways(evidence: Evidence, book: Book, policy: Policy) -> Iterator[Way]:
    """Nothing is let go of a customer whose money on account covers it: that is placed on the rest."""
    for way in _list_ways(evidence, book, policy):
        short, currency = way.deduction, evidence.line.currency
        if short is not None and short.amount <= book.on_account(way.customer_id, currency):
            said = f"{write_money(short.amount, currency)} is missing, and money on account covers it"
            yield replace(way, fit=Fit.COVERED, deduction=None, words=(said,))
        else:
            yield way


def _list_ways(evidence: Evidence, book: Book, policy: Policy) -> Iterator[Way]:
    named = list(_named_ways(evidence, book, policy))
    yield from named
    if any(_is_sure(way, evidence) for way in named):
        return  # nothing without a number comes near it
    elsewhere = list(_elsewhere_ways(evidence))
    yield from elsewhere
    unnamed = [
        way
        for customer_id in evidence.customers
        for way in _unnamed_ways(customer_id, book.open_of(customer_id, evidence.line.currency), evidence, policy)
    ]
    yield from unnamed
    yield from (Way(one, (), Fit.PAID) for one in dict.fromkeys(evidence.settled.values()))
    if not named and not unnamed and not elsewhere:
        same = book.by_amount(evidence.line.amount, evidence.line.currency)
        yield from (Way(item.customer_id, (share_of(item),), Fit.EXACT) for item in same if len(same) == 1)


def _is_sure(way: Way, evidence: Evidence) -> bool:
    is_whole = way.reading is not None and way.reading >= Reading.RESPACED
    return is_whole and way.fit.is_exact and not evidence.contradiction(way.customer_id)


# --- with a number --------------------------------------------------------------------------------------------------


def _named_ways(evidence: Evidence, book: Book, policy: Policy) -> Iterator[Way]:
    """Everything named of a customer at once, also with what is not, then each by itself, then those that add up."""
    for found in _by_customer(evidence).values():
        everything = sorted((item for _, items in found for item in items), key=_oldest)
        readings = [reading for reading, _ in found]
        for way in _fit(everything, evidence, policy, Fit.ALL if len(found) > 1 else Fit.EXACT):
            yield _read(_say_part(way, everything, evidence) if len(found) > 1 else way, readings)
        for way in _beside(everything, evidence, book):
            yield _read(way, readings)
        if len(found) > 1:
            for reading, items in found:
                for way in _fit(items, evidence, policy, Fit.EXACT):
                    if way.fit is not Fit.OVER or not _names_others(found, items):
                        yield _read(way, [reading])
            for several in find_subsets(everything, evidence.line.amount):
                yield _read(Way(several[0].customer_id, tuple(map(share_of, several)), Fit.SUM), readings)


def _beside(named: Sequence[OpenItem], evidence: Evidence, book: Book) -> Iterator[Way]:
    """What comes beyond all that is named is exactly what else the customer owes."""
    customer_id, rest = named[0].customer_id, evidence.line.amount - sum(item.open for item in named)
    if rest <= 0:
        return
    others = [item for item in book.open_of(customer_id, evidence.line.currency) if item not in named]
    for several in [(item,) for item in others if item.open == rest] or find_subsets(others, rest):
        said = f"exact amount with {', '.join(dict.fromkeys(item.number for item in several))}, not named"
        yield Way(customer_id, tuple(map(share_of, [*named, *several])), Fit.SUM, words=(said,))


def _by_customer(evidence: Evidence) -> dict[int, list[tuple[Reading, Sequence[OpenItem]]]]:
    groups: dict[int, list[tuple[Reading, Sequence[OpenItem]]]] = {}
    for reading, items in evidence.named.values():
        ours = [item for item in items if item.currency == evidence.line.currency]
        if ours:
            groups.setdefault(ours[0].customer_id, []).append((reading, ours))
    return groups


def _oldest(item: OpenItem) -> tuple[object, ...]:
    return item.due_on, item.issued_on, item.key


def _names_others(found: Iterable[tuple[Reading, Sequence[OpenItem]]], items: Sequence[OpenItem]) -> bool:
    """Whether more is named beside these, and not by a mere slip of the pen: then it is not too much money."""
    return any(reading > Reading.REPAIRED and other is not items for reading, other in found)


def _read(way: Way, readings: Sequence[Reading]) -> Way:
    weakest, best = min(readings), max(readings)
    # "17, 18" behind a whole number are named as surely as it is
    is_one_list = way.fit is Fit.SHARED and weakest >= Reading.SHORT
    return replace(way, reading=best if is_one_list else weakest, best_reading=best)


def _say_part(way: Way, everything: Sequence[OpenItem], evidence: Evidence) -> Way:
    """Of several that are named, the oldest are paid: how much less came than they come to, and where that stays."""
    if way.fit is not Fit.PART:
        return way
    currency, invoices = evidence.line.currency, len({item.invoice_id for item in everything})
    missing = sum(item.open for item in everything) - evidence.line.amount
    placed = {(share.invoice_id, share.instalment): share.amount for share in way.shares}
    rest = [(item.number, item.open - placed[item.key]) for item in everything if item.key in placed]
    stays = [f"{write_money(amount, currency)} of {number} stays open" for number, amount in rest if amount]
    less = f"names {invoices} invoices, pays {write_money(missing, currency)} less than they come to"
    return replace(way, fit=Fit.SHARED, words=(less, *stays))


def _fit(items: Sequence[OpenItem], evidence: Evidence, policy: Policy, exact: Fit) -> Iterator[Way]:
    """How the amount fits these items taken together."""
    amount, on = evidence.line.amount, evidence.line.booked_on
    customer_id, whole = items[0].customer_id, sum(item.open for item in items)
    if shares := settle_named(items, amount, on):
        yield Way(customer_id, shares, exact if amount == whole else Fit.DISCOUNT)
        return
    if len(items) > 1 and (single := next((item for item in items if item.open == amount), None)):
        yield Way(
            customer_id, (share_of(single),), Fit.INSTALMENT if len({i.invoice_id for i in items}) == 1 else Fit.SUM
        )
        return
    if deducted := _less(items, amount, policy):
        yield deducted
    else:
        yield _rest(items, evidence)


def _rest(items: Sequence[OpenItem], evidence: Evidence) -> Way:
    """The oldest are paid, and it says how much is missing for all of them; more than they come to goes on account."""
    amount, whole = evidence.line.amount, sum(item.open for item in items)
    rest = write_money(abs(whole - amount), evidence.line.currency)
    fit, follows = (Fit.OVER, "goes on account") if amount > whole else (Fit.PART, "is missing")
    said = f"{fit.value[0]}: {rest} {follows}"
    return Way(items[0].customer_id, place_oldest(items, amount), fit, words=(said,))


def _less(items: Sequence[OpenItem], amount: int, policy: Policy) -> Way | None:
    """The items less a discount that is too late, or less what a bank usually keeps back."""
    missing = sum(item.open for item in items) - amount
    late = [item for item in items if item.payable is not None and item.open - item.payable == missing]
    is_late = bool(late) and missing > 0
    if not is_late and not 0 < missing <= policy.usual_fee:
        return None
    short = late[0] if is_late else max(items, key=lambda item: item.open)
    if short.open <= missing:
        return None
    shares = tuple(share_of(item, item.open - missing if item is short else None) for item in items)
    reason = "discount_late" if is_late else "bank_fee"
    deduction = Deduction(short.invoice_id, short.instalment, missing, reason)
    return Way(short.customer_id, shares, Fit.LATE if is_late else Fit.FEE, deduction=deduction)


def _elsewhere_ways(evidence: Evidence) -> Iterator[Way]:
    """What is named is owed in another currency: whose money it is, on account."""
    said: dict[int, list[str]] = {}
    for _, items in evidence.named.values():
        for item in items:
            if item.currency != evidence.line.currency:
                said.setdefault(item.customer_id, []).append(f"{item.number} is in {item.currency}")
    for customer_id, words in said.items():
        yield Way(customer_id, (), Fit.ELSEWHERE, words=tuple(dict.fromkeys(words)))


# --- without a number -----------------------------------------------------------------------------------------------


def _unnamed_ways(customer_id: int, items: Sequence[OpenItem], evidence: Evidence, policy: Policy) -> Iterator[Way]:
    """What the amount may be for when only the payer or its order is known."""
    amount, on = evidence.line.amount, evidence.line.booked_on
    ordered = [item for item in evidence.ordered if item in items]
    if ordered:
        for way in _fit(ordered, evidence, policy, Fit.EXACT):
            yield replace(way, by_order=True)
    for rank, item in enumerate(item for item in items if item.open == amount):
        yield Way(customer_id, (share_of(item),), Fit.EXACT, rank=rank)
    for rank, item in enumerate(item for item in items if price_of(item, on) == amount):
        yield Way(customer_id, (share_of(item, amount),), Fit.DISCOUNT, rank=rank)
    for several in find_subsets(items, amount):
        is_all = len(several) == len(items)
        fit, words = (Fit.ALL, ("exact amount of all that is open",)) if is_all else (Fit.SUM, ())
        yield Way(customer_id, tuple(map(share_of, several)), fit, words=words)
    less = (_less([item], amount, policy) for item in items)
    yield from list(filter(None, less))[:2]
    if items:
        yield _rest(items, evidence)
    elif evidence.is_payer(customer_id) and customer_id not in evidence.settled.values():
        yield Way(customer_id, (), Fit.NOTHING)
