"""Knows whether a way is certain, and what keeps it waiting for a person: the first doubt, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from app.payments.rules_book import Book, Habit
from app.payments.rules_evidence import Evidence
from app.payments.rules_proposals import Fit
from app.payments.rules_remittance import Reading
from app.payments.rules_ways import Way

TIE = 15  # so close in points, two ways that fit are a tie
LEARNED = 2  # so many decisions make a habit
LIKE_AMOUNT = 100  # amounts that differ by less than a hundredth are alike
Weighed = tuple[int, list[str], Way]


def find_doubt(way: Way, points: int, others: Sequence[Weighed], evidence: Evidence, book: Book) -> str:
    """Why the best way waits; nothing where independent evidence says so and nothing else fits as well."""
    return (
        ("the RF reference does not add up" if evidence.mentions.broken else "")
        or _doubt_shared(way, evidence)
        or _doubt_fit(way)
        or evidence.contradiction(way.customer_id)
        or _doubt_named(way, evidence)
        or _doubt_others(points, others)
        or (_doubt_habit(way, evidence, book) if way.reading is None else _doubt_reading(way, evidence, book))
    )


def _doubt_shared(way: Way, evidence: Evidence) -> str:
    """What is too much for one customer is exactly what the text names of another: one payment for both."""
    found = [item for reading, items in evidence.named.values() if reading > Reading.BARE for item in items]
    named = [item for item in found if item.currency == evidence.line.currency]
    others = ", ".join(dict.fromkeys(item.number for item in named if item.customer_id != way.customer_id))
    if not others or way.fit is not Fit.OVER or sum(item.open for item in named) != evidence.line.amount:
        return ""
    return f"{others} of another customer makes up the amount: accept, then transfer the rest"


def _doubt_fit(way: Way) -> str:
    if way.fit.is_exact:
        return ""
    if not way.shares:
        return "it would go on account"
    return "other sums may come to it too" if way.fit is Fit.SUM else "the amount is not exact"


def _doubt_named(way: Way, evidence: Evidence) -> str:
    """Whether the text names something that this way says nothing about."""
    placed = {share.invoice_id for share in way.shares}
    for number, (reading, items) in evidence.named.items():
        if reading > Reading.BARE and not placed & {item.invoice_id for item in items}:
            return f"{number} is named too"
    settled = next(iter(evidence.settled), "")
    return f"{settled} is named, which is settled" if settled else ""


def _doubt_others(points: int, others: Sequence[Weighed]) -> str:
    rivals = [way for score, _, way in others if way.fit.is_exact and score > points - TIE]
    return "another open item fits as well" if rivals else ""


def _doubt_reading(way: Way, evidence: Evidence, book: Book) -> str:
    """A number that is not whole needs the payer, and an amount of its own."""
    reading, best = way.reading or Reading.BARE, way.best_reading or Reading.BARE
    if reading >= Reading.RESPACED:
        return ""
    if len(way.shares) > 1 and best >= Reading.RESPACED:
        # "17, 18" behind a whole number, and their sum to the cent
        return "" if way.fit is Fit.ALL else "not every number is whole"
    is_payer = way.customer_id in evidence.accounts or (reading > Reading.BARE and evidence.is_payer(way.customer_id))
    if not is_payer:
        return "the number is not whole and the payer not known"
    return _doubt_like_amount(way, evidence, book)


def _doubt_habit(way: Way, evidence: Evidence, book: Book) -> str:
    """Without a number: the customer's own account, an amount only one item has, and it has always paid like that."""
    account = evidence.accounts.get(way.customer_id)
    if unknown := [number for number, reading in evidence.mentions.numbers.items() if reading > Reading.BARE]:
        # nothing of that number is open or settled; one that was pieced together is not said to be named
        whole = [number for number in unknown if evidence.mentions.numbers[number] >= Reading.RESPACED]
        return f"{whole[0]} is named, which is no invoice of ours" if whole else "no number is named"
    if way.by_order and account is None:
        return "only the order is named"
    if account is None:
        return "no number is named"
    if len(evidence.accounts) > 1:
        return "several customers use this account"
    if account.confirmed < LEARNED or account.denied:
        return "no number is named, and the account is new"
    if way.fit is not Fit.EXACT or len(way.shares) != 1:
        return "no number is named"
    if book.habit(way.customer_id, Habit.AMOUNT) < LEARNED:
        return "no number is named, and this customer rarely pays so"
    return _doubt_like_amount(way, evidence, book)


def _doubt_like_amount(way: Way, evidence: Evidence, book: Book) -> str:
    """Whether the customer has another open item of about this amount."""
    amount, placed = evidence.line.amount, {(share.invoice_id, share.instalment) for share in way.shares}
    items = book.open_of(way.customer_id, evidence.line.currency)
    is_like = any(abs(item.open - amount) * LIKE_AMOUNT < amount for item in items if item.key not in placed)
    return "another open item has about this amount" if is_like else ""
