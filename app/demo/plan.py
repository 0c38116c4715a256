"""Knows what happens in the demo company's year: every deal with its fate, decided by the seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from app.deals.rules import ParsedDeal, ParsedLine
from app.demo.world import ARTICLES, BUYERS, PRICE_FACTOR, SELLERS, Article, Buyer
from app.kernel.countries import EU
from app.kernel.money import minor_digits

HOME = "DE"
HOME_RATE = Decimal(19)
YEAR = 365
STILL_WAITING_DAYS = 3  # deals of the last days wait at the gate
BUSY_DAYS = 28  # the weeks before today are the busiest: there the work in progress is
SHARE_BUSY = 0.3
ALWAYS_RUNNING, RUNS_ON_DAYS = 6, 8
WITH_A_DATE, DELIVERY_DAYS = 4, 21  # every fourth customer says when: three weeks after the deal
SHARE_RETURNED = 0.03
SHARE_CANCELLED = 0.03
SHARE_CREDITED = 0.03
SHARE_NEVER_PAID_BY_BAD_PAYERS = 0.8


@dataclass(frozen=True)
class Fate:
    """One deal and what becomes of it; days count from the day it closed."""

    deal: ParsedDeal
    buyer: Buyer
    accepted_after: int
    fulfilled_after: int
    billed_after: int
    is_returned: bool
    is_cancelled: bool
    is_credited: bool
    pays_late: int | None  # days after the due date; None: never
    paid_percent: int  # of the open amount


def plan_year(*, orders: int, seed: int, today: date) -> list[Fate]:
    """So many deals over the year up to today, oldest first; the same seed and day give the same year."""
    chance = random.Random(seed)
    days = sorted(_working_days(chance, orders, today))
    fates = [_invent(chance, number, day, today) for number, day in enumerate(days, start=1)]
    decided = [place for place, day in enumerate(days) if (today - day).days > STILL_WAITING_DAYS]
    for place in decided[-ALWAYS_RUNNING:]:
        fates[place] = _keep_running(fates[place], today)
    return fates


def _keep_running(fate: Fate, today: date) -> Fate:
    """Still in work today, however small the demo is."""
    takes = (today - fate.deal.closed_on).days + RUNS_ON_DAYS
    return replace(fate, fulfilled_after=takes, is_returned=False, is_cancelled=False)


def _working_days(chance: random.Random, count: int, today: date) -> Iterator[date]:
    for _ in range(count):
        days_ago = chance.randrange(BUSY_DAYS if chance.random() < SHARE_BUSY else YEAR + 1)
        day = today - timedelta(days=days_ago)
        while day.weekday() > 4:
            day -= timedelta(days=1)
        yield day


def _invent(chance: random.Random, number: int, closed_on: date, today: date) -> Fate:
    buyer = chance.choices(BUYERS, weights=[buyer.size for buyer in BUYERS])[0]
    is_recent = (today - closed_on).days <= STILL_WAITING_DAYS
    return Fate(
        deal=_deal(chance, number, closed_on, buyer),
        buyer=buyer,
        accepted_after=STILL_WAITING_DAYS + 1
        if is_recent and chance.random() < 0.6
        else chance.choice((0, 0, 1, 1, 2)),
        fulfilled_after=chance.randint(4, 16),
        billed_after=chance.choice((0, 0, 0, 1, 1, 3)),
        is_returned=chance.random() < SHARE_RETURNED,
        is_cancelled=chance.random() < SHARE_CANCELLED,
        is_credited=chance.random() < SHARE_CREDITED,
        pays_late=_pays_late(chance, buyer),
        paid_percent=chance.choices((100, 96, 110), weights=(92, 5, 3))[0],
    )


def _pays_late(chance: random.Random, buyer: Buyer) -> int | None:
    if buyer.late is None:
        return None if chance.random() < SHARE_NEVER_PAID_BY_BAD_PAYERS else chance.randint(60, 120)
    return round(chance.gauss(buyer.late, 4 + abs(buyer.late) / 4))


def _deal(chance: random.Random, number: int, closed_on: date, buyer: Buyer) -> ParsedDeal:
    articles = chance.sample(ARTICLES, k=chance.choices((1, 2, 3, 4, 6), weights=(4, 5, 4, 2, 1))[0])
    kinds = {article.deal_type for article in articles}
    wanted = closed_on + timedelta(days=DELIVERY_DAYS) if number % WITH_A_DATE == 0 else None
    return ParsedDeal(
        line=number,
        external_id=f"D-{10_000 + number}",
        closed_on=closed_on,
        owner=chance.choice(SELLERS),
        customer=buyer.name,
        vat_id=buyer.vat_id,
        country=buyer.country,
        street=buyer.street,
        postal_code=buyer.postal_code,
        city=buyer.city,
        billing_email=f"{buyer.mailbox}@{_domain(buyer)}",
        currency=buyer.currency,
        payment_terms=buyer.terms,
        po_number=f"PO-{chance.randint(20_000, 99_999)}" if chance.random() < 0.8 else "",
        deal_type=kinds.pop() if len(kinds) == 1 else "standard",
        lines=tuple(
            replace(_line(chance, position, article, buyer), requested_on=wanted)
            for position, article in enumerate(articles, start=1)
        ),
    )


def _line(chance: random.Random, position: int, article: Article, buyer: Buyer) -> ParsedLine:
    category, rate, reason = _tax(buyer, article)
    return ParsedLine(
        line=position,
        item=article.name,
        quantity=Decimal(chance.randint(1, article.most)),
        unit=article.unit,
        unit_price=_price(article, buyer.currency),
        discount_percent=Decimal(chance.choice((0, 0, 0, 0, 5, 10))),
        tax_rate=rate,
        tax_category=category,
        tax_reason=reason,
    )


def _tax(buyer: Buyer, article: Article) -> tuple[str, Decimal, str]:
    """EN 16931 category, rate and reason of what is sold from Germany: goods move, services are taxed where they go."""
    if buyer.country == HOME:
        return "S", HOME_RATE, ""
    if buyer.country in EU and buyer.vat_id and article.is_service:
        return "AE", Decimal(0), "Reverse charge"
    if buyer.country in EU:
        return ("K", Decimal(0), "Intra-community supply") if buyer.vat_id else ("S", HOME_RATE, "")
    return "G", Decimal(0), "Export outside the EU"


def _price(article: Article, currency: str) -> Decimal:
    exact = Decimal(article.price) * Decimal(PRICE_FACTOR[currency])
    return exact.quantize(Decimal(1).scaleb(-min(minor_digits(currency), 2)), ROUND_HALF_UP)


def _domain(buyer: Buyer) -> str:
    """`kestrel.example.com`; names without Latin letters get the country and a number of their own."""
    word = "".join(letter for letter in buyer.name.split()[0].lower() if letter.isascii() and letter.isalnum())
    return f"{word or f'{buyer.country.lower()}{BUYERS.index(buyer)}'}.example.com"
