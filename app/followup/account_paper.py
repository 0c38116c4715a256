"""Knows how a statement of account reads on paper: every text of it, from its frozen content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from string import Template
from typing import Any

from app.followup.rules_account import LineKind
from app.followup.texts import texts_for
from app.followup.texts_account import AccountTexts, account_texts_for
from app.invoices.paper import Letterhead, Pair, letterhead_of
from app.invoices.paper_writer import Writer
from app.ledger.rules import NOT_DUE

BUCKET_WORDS = {"over_120": "> 120"}


@dataclass(frozen=True)
class PaperLine:
    """One movement; `carried` is the balance after it with its currency, for where a page ends."""

    day: str
    details: str
    amount: str
    balance: str
    carried: str


@dataclass(frozen=True)
class PaperItem:
    number: str
    due: str
    days: str
    open: str
    carried: str


@dataclass(frozen=True)
class PaperAccount:
    currency: str
    opening: str
    lines: tuple[PaperLine, ...]
    closing: str
    items: tuple[PaperItem, ...]
    sums: tuple[Pair, ...]
    aging_title: str
    aging: tuple[Pair, ...]


@dataclass(frozen=True)
class AccountPaper:
    """Everything the statement prints, in the order it stands on the page."""

    texts: AccountTexts
    head: Letterhead
    title: str
    facts: tuple[Pair, ...]
    invoice: str
    due: str
    open_at: str
    accounts: tuple[PaperAccount, ...]


def lay_out(content: Mapping[str, Any]) -> AccountPaper:
    """The paper of a statement. Pure: the same content gives the same text."""
    seller, buyer, language = content["seller"], content["buyer"], content["language"]
    words, texts = texts_for(language)[1], account_texts_for(language)
    writer = Writer(language, "EUR", seller["country"])
    since, until = writer.day(content["since"]), writer.day(content["until"])
    return AccountPaper(
        texts=texts,
        head=letterhead_of(content, writer),
        title=texts.title,
        facts=(
            Pair(texts.span, f"{since} – {until}"),
            Pair(writer.texts.customer_number, buyer["number"]),
        ),
        invoice=words.invoice,
        due=words.due,
        open_at=Template(texts.open_at).substitute(day=until),
        accounts=tuple(_account(account, content, texts) for account in content["accounts"]),
    )


def say_line(line: Mapping[str, Any], texts: AccountTexts) -> str:
    """What happened, with its numbers and what a payer wrote: ``Credit note CN-7 (INV-3)``."""
    kind = texts.kinds[LineKind(line["kind"])]
    what = " ".join(part for part in (kind, line["number"]) if part)
    if line["is_reversal"]:
        what = Template(texts.taken_back).substitute(what=what)
    said = f"{what} ({line['concerns']})" if line["concerns"] else what
    return f"{said} – {line['remittance']}" if line.get("remittance") else said


def say_item(item: Mapping[str, Any]) -> str:
    """The invoice, and which of its instalments where it has several: ``INV-3 / 2``."""
    return f"{item['number']} / {item['instalment']}" if item.get("is_part") else str(item["number"])


def list_sums(account: Mapping[str, Any], texts: AccountTexts) -> list[tuple[str, Decimal]]:
    """From what is open, less what is not allocated, to the closing balance."""
    unapplied, closing = Decimal(account["unapplied"]), Decimal(account["closing"])
    rows = [(texts.open_total, closing + unapplied)]
    return [*rows, (texts.unapplied, -unapplied), (texts.closing, closing)] if unapplied else rows


def say_bucket(name: str, texts: AccountTexts) -> str:
    return texts.not_due if name == NOT_DUE else BUCKET_WORDS.get(name, name.replace("-", "–"))


def _account(account: Mapping[str, Any], content: Mapping[str, Any], texts: AccountTexts) -> PaperAccount:
    writer = Writer(content["language"], account["currency"], content["seller"]["country"])
    return PaperAccount(
        currency=account["currency"],
        opening=writer.amount(account["opening"]),
        lines=tuple(_lines(account, writer, texts)),
        closing=writer.money(account["closing"]),
        items=tuple(_items(account, writer)),
        sums=tuple(Pair(label, writer.money(f"{amount:f}")) for label, amount in list_sums(account, texts)),
        aging_title=Template(texts.by_age).substitute(currency=account["currency"]),
        aging=tuple(
            Pair(say_bucket(name, texts), writer.amount(amount)) for name, amount in account["aging"].items()
        ) if account["items"] else (),
    )  # fmt: skip


def _lines(account: Mapping[str, Any], writer: Writer, texts: AccountTexts) -> Iterable[PaperLine]:
    for line in account["lines"]:
        yield PaperLine(
            writer.day(line["on"]), say_line(line, texts), writer.amount(line["amount"]),
            writer.amount(line["balance"]), writer.money(line["balance"]),
        )  # fmt: skip


def _items(account: Mapping[str, Any], writer: Writer) -> Iterable[PaperItem]:
    sums = accumulate(Decimal(item["open"]) for item in account["items"])
    for item, so_far in zip(account["items"], sums, strict=True):
        yield PaperItem(
            say_item(item), writer.day(item["due_on"]), str(max(item["days"], 0) or "–"), writer.amount(item["open"]),
            writer.money(f"{so_far:f}"),
        )  # fmt: skip
