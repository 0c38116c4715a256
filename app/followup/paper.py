"""Knows how a reminder reads on paper: every text of the letter, from its frozen content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from string import Template
from typing import Any

from app.followup.rules_letter import claim_of, join_numbers, list_numbers, pay_by
from app.followup.texts import Texts, say_day, texts_for
from app.invoices.paper import Letterhead, Pair, bank_pairs, letterhead_of
from app.invoices.paper_writer import Writer, say
from app.kernel.languages import locale_at


@dataclass(frozen=True)
class PaperRow:
    """One overdue instalment; `carried` is the sum so far, for where a page ends after it."""

    number: str
    part: str  # which instalment of the invoice, where it has several
    issued: str
    due: str
    age: str
    amount: str
    settled: str
    open: str
    carried: str


@dataclass(frozen=True)
class PaperSection:
    """What is overdue in one currency."""

    currency: str
    rows: tuple[PaperRow, ...]
    total: str


@dataclass(frozen=True)
class LetterPaper:
    """Everything the letter prints, in the order it stands on the page."""

    texts: Texts
    head: Letterhead
    title: str
    facts: tuple[Pair, ...]
    greeting: str
    opening: str
    sections: tuple[PaperSection, ...]
    closing: str
    bank: tuple[Pair, ...]


def lay_out(content: Mapping[str, Any]) -> LetterPaper:
    """The paper of a letter. Pure: the same content gives the same text."""
    seller, buyer, claim = content["seller"], content["buyer"], claim_of(content)
    language, texts = texts_for(content["language"])
    writer, tone = Writer(language, claim["currency"], seller["country"]), texts.tone(content["level"])
    filled = _places(content, texts)
    return LetterPaper(
        texts=texts,
        head=letterhead_of(content, writer),
        title=tone.title,
        facts=(
            Pair(writer.texts.issued_on, writer.day(content["on"])),
            Pair(writer.texts.customer_number, buyer["number"]),
        ),
        greeting=Template(texts.greeting).substitute(filled),
        opening=Template(tone.opening).substitute(filled),
        sections=tuple(_section(section, texts, content) for section in content["sections"]),
        closing=Template(tone.closing).substitute(filled),
        bank=tuple(bank_pairs({**claim, "number": join_numbers(list_numbers(content))}, writer)),
    )


def _places(content: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    locale, on = locale_at(texts.locale, content["seller"]["country"]), date.fromisoformat(content["on"])
    return {
        "company": content["seller"]["name"],
        "name": content["buyer"]["name"],
        "day": say_day(on, locale),
        "until": say_day(pay_by(on), locale),
    }


def _section(section: Mapping[str, Any], texts: Texts, content: Mapping[str, Any]) -> PaperSection:
    writer = Writer(content["language"], section["currency"], content["seller"]["country"])
    carried = accumulate(Decimal(item["open"]) for item in section["items"])
    rows = tuple(
        PaperRow(
            number=item["number"],
            part=_part(item, writer),
            due=writer.day(item["due_on"]),
            age=texts.age_of(item["days"]),
            issued=writer.day(item["issued_on"]) if item.get("issued_on") else "",  # letters of before did not say
            amount=writer.amount(item["amount"]) if "amount" in item else "",
            settled=writer.amount(item["settled"]) if "settled" in item else "",
            open=writer.amount(item["open"]),
            carried=writer.money(f"{so_far:f}"),
        )
        for item, so_far in zip(section["items"], carried, strict=True)
    )
    return PaperSection(section["currency"], rows, writer.money(section["total"]))


def _part(item: Mapping[str, Any], writer: Writer) -> str:
    """``Instalment 1 of 2``; letters of before did not say."""
    if not (part := item.get("part")):
        return ""
    return say(writer.texts.instalment, position=f"{part['position']} {writer.texts.of} {part['of']}")
