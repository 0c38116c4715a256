"""Knows which open items a payment is for: every way that has reasons, with a score, and whether one is certain.

Evidence of three kinds is added up: what the text names, how well the amount fits, and who paid. Certain is only what
two kinds say independently while nothing contradicts, and no other way fits as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.payments.rules import Share
from app.payments.rules_book import Book, Habit, MatchLine, OpenItem
from app.payments.rules_evidence import Evidence, gather
from app.payments.rules_proposals import Deduction, Fit, Policy, Proposal
from app.payments.rules_remittance import Reading
from app.payments.rules_sums import find_subsets, place_oldest, price_of, settle_named, share_of

MOST_PROPOSALS = 6
TIE = 15  # so close in points, two ways that fit are a tie
LEARNED = 2  # so many decisions make a habit
LIKE_AMOUNT = 100  # amounts that differ by less than a hundredth are alike


@dataclass(frozen=True, slots=True)
class Way:
    """One fit, before it is weighed."""

    customer_id: int
    shares: tuple[Share, ...]
    fit: Fit
    reading: Reading | None = None  # the weakest of the numbers that name it
    best_reading: Reading | None = None
    by_order: bool = False
    deduction: Deduction | None = None
    rank: int = 0  # among several that fit alike: the oldest first


READINGS = {
    Reading.REFERENCE: ("structured reference", 60),
    Reading.EXACT: ("number in remittance", 55),
    Reading.RESPACED: ("number in remittance, written otherwise", 50),
    Reading.SHORT: ("number in remittance, shortened", 42),
    Reading.REPAIRED: ("number in remittance, with misread letters", 38),
    Reading.BARE: ("counter of the number in remittance", 25),
}


def propose_incoming(line: MatchLine, book: Book, policy: Policy) -> list[Proposal]:
    """The ways to place money that came in, best first."""
    evidence = gather(line, book)
    weighed = sorted(
        ((*_weigh(way, evidence), way) for way in _ways(evidence, book, policy)),
        key=lambda one: (-one[0], one[2].rank, len(one[2].shares)),
    )
    kept: dict[tuple[int, tuple[Share, ...]], tuple[int, list[str], Way]] = {}
    for one in weighed:
        kept.setdefault((one[2].customer_id, tuple(sorted(one[2].shares))), one)
    best = list(kept.values())[:MOST_PROPOSALS]
    return [
        Proposal(
            score=max(1, min(100, points)), reasons=tuple(reasons), customer_id=way.customer_id, shares=way.shares,
            deduction=way.deduction, is_certain=place == 0 and _is_certain(way, points, best[1:], evidence, book),
        )
        for place, (points, reasons, way) in enumerate(best)
        if points > 0
    ]  # fmt: skip


# --- the ways -------------------------------------------------------------------------------------------------------


def _ways(evidence: Evidence, book: Book, policy: Policy) -> Iterator[Way]:
    named = list(_named_ways(evidence, policy))
    yield from named
    if any(_is_sure(way, evidence) for way in named):
        return  # nothing without a number comes near it
    unnamed = [
        way
        for customer_id in evidence.customers
        for way in _unnamed_ways(customer_id, book.open_of(customer_id, evidence.line.currency), evidence, policy)
    ]
    yield from unnamed
    yield from (Way(one, (), Fit.PAID) for one in dict.fromkeys(evidence.settled.values()))
    if not named and not unnamed:
        same = book.by_amount(evidence.line.amount, evidence.line.currency)
        yield from (Way(item.customer_id, (share_of(item),), Fit.EXACT) for item in same if len(same) == 1)


def _is_sure(way: Way, evidence: Evidence) -> bool:
    is_whole = way.reading is not None and way.reading >= Reading.RESPACED
    return is_whole and way.fit.is_exact and not evidence.is_contradicted(way.customer_id)


def _named_ways(evidence: Evidence, policy: Policy) -> Iterator[Way]:
    """Everything named of a customer at once, then each document by itself, then those that add up."""
    groups: dict[int, list[tuple[Reading, Sequence[OpenItem]]]] = {}
    for reading, items in evidence.named.values():
        ours = [item for item in items if item.currency == evidence.line.currency]
        if ours:
            groups.setdefault(ours[0].customer_id, []).append((reading, ours))
    for found in groups.values():
        everything = [item for _, items in found for item in items]
        readings = [reading for reading, _ in found]
        for way in _fit(everything, evidence, policy, Fit.ALL if len(found) > 1 else Fit.EXACT):
            yield _read(way, readings)
        if len(found) > 1:
            for reading, items in found:
                yield from (_read(way, [reading]) for way in _fit(items, evidence, policy, Fit.EXACT))
            for items in find_subsets(everything, evidence.line.amount):
                way = Way(items[0].customer_id, tuple(map(share_of, items)), Fit.SUM)
                yield _read(way, readings)


def _read(way: Way, readings: Sequence[Reading]) -> Way:
    return Way(way.customer_id, way.shares, way.fit, min(readings), max(readings), deduction=way.deduction)


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
    elif amount > whole:
        yield Way(customer_id, tuple(map(share_of, items)), Fit.OVER)
    else:
        yield Way(customer_id, place_oldest(items, amount), Fit.PART)


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


def _unnamed_ways(customer_id: int, items: Sequence[OpenItem], evidence: Evidence, policy: Policy) -> Iterator[Way]:
    """What the amount may be for when only the payer or its order is known."""
    amount, on = evidence.line.amount, evidence.line.booked_on
    ordered = [item for item in evidence.ordered if item in items]
    if ordered:
        for way in _fit(ordered, evidence, policy, Fit.EXACT):
            yield Way(way.customer_id, way.shares, way.fit, by_order=True, deduction=way.deduction)
    for rank, item in enumerate(item for item in items if item.open == amount):
        yield Way(customer_id, (share_of(item),), Fit.EXACT, rank=rank)
    for rank, item in enumerate(item for item in items if price_of(item, on) == amount):
        yield Way(customer_id, (share_of(item, amount),), Fit.DISCOUNT, rank=rank)
    for several in find_subsets(items, amount):
        fit = Fit.ALL if len(several) == len(items) else Fit.SUM
        yield Way(customer_id, tuple(map(share_of, several)), fit)
    less = (_less([item], amount, policy) for item in items)
    yield from list(filter(None, less))[:2]
    if items:
        yield Way(customer_id, place_oldest(items, amount), Fit.PART)


# --- weighing -------------------------------------------------------------------------------------------------------


def _weigh(way: Way, evidence: Evidence) -> tuple[int, list[str]]:
    words, named, unnamed = way.fit.value
    points, reasons = 0, []
    if way.reading is not None:
        found, points = READINGS[way.reading]
        reasons.append(found)
    elif way.by_order:
        points = 30
        reasons.append("order in remittance")
    payer, who = evidence.weigh_payer(way.customer_id)
    points += (named if way.reading is not None or way.by_order else unnamed) + payer - min(way.rank, 5)
    return points, [*reasons, words, *who]


def _is_certain(
    way: Way, points: int, others: Sequence[tuple[int, list[str], Way]], evidence: Evidence, book: Book
) -> bool:
    """Whether independent evidence says so, nothing contradicts, and nothing else fits as well."""
    if not way.fit.is_exact or evidence.is_contradicted(way.customer_id) or _leaves_named(way, evidence):
        return False
    if any(other.fit.is_exact and score > points - TIE for score, _, other in others):
        return False
    if way.reading is None:
        return _is_habit(way, evidence, book)
    if way.reading >= Reading.RESPACED:
        return True
    if len(way.shares) > 1 and way.best_reading is not None and way.best_reading >= Reading.RESPACED:
        return way.fit is Fit.ALL  # "17, 18" behind a whole number, and their sum to the cent
    is_payer = way.customer_id in evidence.accounts or (
        way.reading > Reading.BARE and evidence.is_payer(way.customer_id)
    )
    return is_payer and not _has_like_amount(way, evidence, book)


def _leaves_named(way: Way, evidence: Evidence) -> bool:
    """Whether the text names something that this way says nothing about."""
    placed = {share.invoice_id for share in way.shares}
    for reading, items in evidence.named.values():
        if reading > Reading.BARE and not placed & {item.invoice_id for item in items}:
            return True
    return bool(evidence.settled)


def _is_habit(way: Way, evidence: Evidence, book: Book) -> bool:
    """The customer's own account, an amount only one of its items has, and it has always paid like that."""
    account = evidence.accounts.get(way.customer_id)
    if account is None or len(evidence.accounts) > 1 or account.confirmed < LEARNED or account.denied:
        return False
    if way.fit is not Fit.EXACT or len(way.shares) != 1 or _names_a_number(evidence.mentions.numbers.values()):
        return False
    return book.habit(way.customer_id, Habit.AMOUNT) >= LEARNED and not _has_like_amount(way, evidence, book)


def _names_a_number(readings: Iterable[Reading]) -> bool:
    return any(reading > Reading.BARE for reading in readings)


def _has_like_amount(way: Way, evidence: Evidence, book: Book) -> bool:
    """Whether the customer has another open item of about this amount."""
    amount, placed = evidence.line.amount, {(share.invoice_id, share.instalment) for share in way.shares}
    items = book.open_of(way.customer_id, evidence.line.currency)
    return any(abs(item.open - amount) * LIKE_AMOUNT < amount for item in items if item.key not in placed)
