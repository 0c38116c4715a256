"""Knows OFX: the tags of a download, whether they are closed (2.x, XML) or left open (1.x, SGML)."""

from __future__ import annotations

import html
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.payments.statements.model import Balance, BankFile, Detail, Entry, Format, Statement, Unreadable
from app.payments.statements.reading import (
    LONGEST_TEXT,
    account_of,
    day_of,
    decode,
    minor_of,
    read_amount,
    require_lines,
    require_room,
    tidy,
)

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9.:_]{0,63})(?:\s[^<>]{0,500})?>|<!\[CDATA\[|<!DOCTYPE|<!ENTITY|\n")
_STATEMENTS = ("STMTRS", "CCSTMTRS")
# The only tags that hold other tags we read; every other tag holds a text, closed or not
_HOLDERS = frozenset(
    (*_STATEMENTS, "STMTTRN", "LEDGERBAL", "AVAILBAL", "BANKACCTFROM", "CCACCTFROM", "BANKACCTTO", "CCACCTTO", "PAYEE",
     "BANKTRANLIST", "BALLIST", "OFX", "INVSTMTRS", "ORIGCURRENCY", "CURRENCY")
)  # fmt: skip
_DEEPEST = 64
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}(?:[0-9]{2}(?:\.[0-9]{1,6})?)?)?(?: ?\[[^\]]{0,20}\])?")


@dataclass(slots=True)
class _Holder:
    """A tag that holds others: the first text of each, and the holders inside."""

    name: str
    line: int
    texts: dict[str, tuple[str, int]] = field(default_factory=dict)
    holders: list[_Holder] = field(default_factory=list)

    def text(self, *names: str) -> str:
        return next((self.texts[name][0] for name in names if name in self.texts and self.texts[name][0]), "")

    def line_of(self, name: str) -> int:
        return self.texts[name][1] if name in self.texts else self.line

    def first(self, *names: str) -> _Holder | None:
        return next((each for each in self.holders if each.name in names), None)


@dataclass(frozen=True, slots=True)
class _Tag:
    """An opening tag with the text behind it, or a closing one."""

    name: str
    line: int
    text: str = ""
    closes: bool = False


def read_ofx(content: bytes) -> BankFile:
    """Raises Unreadable."""
    text = decode(content, _encoding(content))
    root = _build(_tags(text))
    statements = tuple(_statement(each) for each in _walk(root) if each.name in _STATEMENTS)
    if not statements:
        raise Unreadable(reason="The OFX file holds no statement of an account.", line=1)
    return BankFile(format=Format.OFX, statements=statements)


def _encoding(content: bytes) -> str:
    """As the header says it; most files that say nothing, or ASCII, are read by their bytes."""
    head = content[:2000]
    found = re.search(rb"CHARSET:\s*(1252|ISO-8859-1)\s", head) or re.search(rb"encoding=[\"'](iso-8859-1)[\"']", head)
    if not found or re.search(rb"ENCODING:\s*(UTF-8|UNICODE)", head):
        return ""
    return "cp1252" if found[1] == b"1252" and _is_cp1252(content) else "latin-1"


def _is_cp1252(content: bytes) -> bool:
    return not re.search(rb"[\x81\x8d\x8f\x90\x9d]", content)


def _tags(text: str) -> Iterator[_Tag]:
    """Every tag with the text up to the next one; a section of CDATA is taken as it stands."""
    line, place = 1, 0
    pending: tuple[str, int] | None = None
    pieces: list[str] = []
    seen = 0
    while (found := _TAG.search(text, place)) is not None:
        seen += 1
        require_lines(seen // 2)  # a tag and the end of its line
        pieces.append(text[place : found.start()])
        place = found.end()
        if found[0] == "\n":
            line += 1
            pieces.append("\n")
        elif found[0] == "<![CDATA[":
            end = text.find("]]>", place)
            if end < 0:
                raise Unreadable(reason="A section of CDATA does not end.", line=line)
            pieces.append(html.escape(text[place:end], quote=False))
            line += text.count("\n", place, end)
            place = end + 3
        elif found[2] is None:
            raise Unreadable(reason="The file declares a DTD, which no bank's file needs.", line=line)
        else:
            if pending:
                yield _Tag(pending[0], pending[1], _clean(pieces))
            pieces = []
            pending = None if found[1] else (found[2].upper(), line)
            if found[1]:
                yield _Tag(found[2].upper(), line, closes=True)
    if pending:
        yield _Tag(pending[0], pending[1], _clean(pieces))


def _clean(pieces: list[str]) -> str:
    return tidy(html.unescape("".join(pieces)[: 4 * LONGEST_TEXT]))


def _build(tags: Iterator[_Tag]) -> _Holder:
    """The holders inside each other. Whoever opens must close, or the file ends too early."""
    stack = [_Holder("", 1)]
    count, last = 0, 1
    for tag in tags:
        last = tag.line
        if tag.name not in _HOLDERS or (tag.text and not tag.closes):
            if not tag.closes:
                stack[-1].texts.setdefault(tag.name, (tag.text, tag.line))
        elif tag.closes:
            _close(tag, stack)
        else:
            count += tag.name in ("STMTTRN", *_STATEMENTS)
            require_room(count, tag.line)
            _open(tag, stack)
    if len(stack) > 1:
        raise Unreadable(reason=f"The file ends before its {stack[-1].name} is closed.", line=last)
    return stack[0]


def _open(tag: _Tag, stack: list[_Holder]) -> None:
    names = [each.name for each in stack]
    if len(stack) >= _DEEPEST or tag.name in names:
        raise Unreadable(reason=f"{tag.name} begins inside another that is not closed.", line=tag.line)
    holder = _Holder(tag.name, tag.line)
    stack[-1].holders.append(holder)
    stack.append(holder)


def _close(tag: _Tag, stack: list[_Holder]) -> None:
    if stack[-1].name != tag.name:
        raise Unreadable(reason=f"{tag.name} is closed where it is not open.", line=tag.line)
    stack.pop()


def _walk(holder: _Holder) -> Iterator[_Holder]:
    for each in holder.holders:
        yield each
        yield from _walk(each)


def _statement(holder: _Holder) -> Statement:
    currency = holder.text("CURDEF").upper()
    if not currency:
        raise Unreadable(reason="The statement has no currency (CURDEF).", line=holder.line)
    minor_of(Decimal(0), currency, holder.line_of("CURDEF"))
    account = holder.first("BANKACCTFROM", "CCACCTFROM")
    period = holder.first("BANKTRANLIST") or _Holder("", holder.line)
    closing = _closing(holder, currency)
    last_day = _day(period, "DTEND") or (closing.on if closing else None)
    bookings = [each for each in _walk(period) if each.name == "STMTTRN"]
    return Statement(
        line=holder.line,
        account=account_of(account.text("ACCTID")) if account else "",
        currency=currency,
        closing=closing,
        entries=tuple(_entry(each, currency, last_day) for each in bookings),
    )


def _closing(holder: _Holder, currency: str) -> Balance | None:
    """Some banks leave the balance empty: then there is none."""
    ledger = holder.first("LEDGERBAL")
    if ledger is None or not ledger.text("BALAMT"):
        return None
    amount = _amount(ledger, "BALAMT", currency)
    return Balance(amount=amount, currency=currency, on=_day(ledger, "DTASOF"))


def _entry(holder: _Holder, currency: str, last_day: date | None) -> Entry:
    """An entry without a day, as some banks write them, was booked by the last day of its statement.

    One with 30 February is shown at the end of February, and cannot be booked.
    """
    booked_on, fault = _posted_on(holder)
    booked_on = booked_on or last_day
    if booked_on is None:
        raise Unreadable(reason="An entry has no date (DTPOSTED).", line=holder.line)
    amount = _amount(holder, "TRNAMT", currency)
    payee, to = holder.first("PAYEE"), holder.first("BANKACCTTO", "CCACCTTO")
    name = holder.text("NAME", "PAYEE") or (payee.text("NAME") if payee else "")
    memo = holder.text("MEMO")
    return Entry(
        line=holder.line,
        booked_on=booked_on,
        value_on=_day(holder, "DTAVAIL"),
        amount=amount,
        currency=currency,
        details=(
            Detail(
                amount=amount,
                remittance=memo or name,
                end_to_end_id=holder.text("REFNUM")[:100],
                party_name=name[:200],
                party_account=account_of(to.text("ACCTID"))[:50] if to else "",
            ),
        ),
        bank_reference=account_of(holder.text("FITID")),
        code=holder.text("TRNTYPE")[:35],
        text=memo,
        fault=fault,
    )


def _amount(holder: _Holder, name: str, currency: str) -> int:
    """A point or a comma stands before the decimals; both together, and the last one does."""
    written = re.sub(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))", "", holder.text(name).strip())
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){1,5}\.[0-9]{1,4}", written):
        written = written.replace(",", "")
    elif re.fullmatch(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){1,5},[0-9]{1,4}", written):
        written = written.replace(".", "")
    return read_amount(re.sub(r"^([+-]?)(?=[.,])", r"\g<1>0", written), currency, holder.line_of(name))


def _posted_on(holder: _Holder) -> tuple[date | None, str]:
    """The day to show, and why nobody can book on it."""
    year, month, day, text = _find_day(holder, "DTPOSTED") or (0, 0, 0, "")
    if month == 2 and monthrange(year, 2)[1] < day < 32:
        return date(year, 2, monthrange(year, 2)[1]), f"“{tidy(text)[:40]}” is not a day of the calendar."
    return _day(holder, "DTPOSTED"), ""


def _day(holder: _Holder, name: str) -> date | None:
    found = _find_day(holder, name)
    return day_of(*found[:3], holder.line_of(name), shown=found[3]) if found else None


def _find_day(holder: _Holder, name: str) -> tuple[int, int, int, str] | None:
    written = holder.text(name)
    if not written:
        return None
    found, line = _DAY.fullmatch(written), holder.line_of(name)
    if not found:
        raise Unreadable(reason=f"“{tidy(written)[:40]}” is not a date such as 20261120.", line=line)
    year, month, day = map(int, found.groups())
    return year, month, day, written
