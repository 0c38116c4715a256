"""Knows MT940: the fields of a SWIFT statement, in the dialects of Dutch, German, Polish and Swiss banks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.payments.statements.model import (
    Balance,
    BankFile,
    Detail,
    Entry,
    Fault,
    Format,
    Statement,
    Unreadable,
)
from app.payments.statements.mt940_text import read_information
from app.payments.statements.reading import (
    account_of,
    day_of,
    decode,
    find_missing,
    read_amount,
    read_short_day,
    read_value_day,
    require_room,
    short_year,
    split_lines,
    tidy,
)

_TAG = re.compile(r":([0-9]{2,3}[A-Z]?|NS):")
_END = re.compile(r"-(?:\}.*|XXX|\x03)?\s*")
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9.,]+)\s*")
# day, day of booking, mark, third letter of the currency, amount, type, the rest
_ENTRY = re.compile(
    r"([0-9]{6})([0-9]{4})?(R[CD]|E?[CD])([A-Z])?(?=[0-9])(.*?)(?:(S[0-9]{3}|[NF][A-Z0-9]{3})(?![.,])(.*))?"
)
CUT_OFF = "With this entry the statement ends without a closing balance (:62F:): the file is cut off. Fetch it again."
NEAR = timedelta(days=31)  # of the days of a statement's balances, what it booked
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1, "EC": 1, "ED": -1}


@dataclass(slots=True)
class _Field:
    tag: str
    line: int
    lines: list[str]


@dataclass(slots=True)
class _Message:
    """One statement as its fields arrive."""

    line: int
    account: str = ""
    reference: str = ""
    number: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    bookings: list[tuple[_Field, list[str]]] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """Empty where no balance names it: then nobody can book the statement, and cents are assumed to show it."""
        known = self.opening or self.closing
        return known.currency if known else ""


def read_mt940(content: bytes) -> BankFile:
    """Raises Unreadable."""
    messages: list[_Message] = []
    previous, count = "", 0
    for each in _fields(split_lines(decode(content))):
        if not messages or _begins(each, messages[-1]):
            messages.append(_Message(each.line))
        if each.tag == "61":
            count += 1
            require_room(count, each.line)
        _put(each, messages[-1], previous)
        previous = each.tag
    messages = [each for each in messages if each.account or each.opening or each.bookings]
    if not messages:
        raise Unreadable(reason="The file holds no statement: no account (:25:) and no entry (:61:).", line=1)
    return BankFile(format=Format.MT940, statements=tuple(map(_statement, messages)))


def _fields(lines: list[str]) -> Iterator[_Field]:
    """What stands before the first field of a message, and after its end, belongs to the envelope."""
    current: _Field | None = None
    for number, line in enumerate(lines, 1):
        tag = _TAG.match(line)
        if tag or _END.fullmatch(line):
            if current:
                yield current
            current = _Field(tag[1], number, [line[tag.end() :]]) if tag else None
        elif current:
            current.lines.append(line)
    if current:
        yield current


def _begins(each: _Field, message: _Message) -> bool:
    """A statement begins with its reference, or where one has none, with an account or balance it has already."""
    if each.tag == "20":
        return bool(message.reference or message.account)
    return (each.tag == "25" and bool(message.account)) or (each.tag in ("60F", "60M") and message.opening is not None)


def _put(each: _Field, message: _Message, previous: str) -> None:
    text = "".join(each.lines)
    if each.tag == "20":
        message.reference = tidy(text) or "-"
    elif each.tag == "25":
        message.account = account_of(text)
    elif each.tag in ("28", "28C"):
        message.number = tidy(text)
    elif each.tag in ("60F", "60M"):
        message.opening = _balance(each)
    elif each.tag in ("62F", "62M"):
        message.closing = _balance(each)
    elif each.tag == "61":
        message.bookings.append((each, []))
    elif each.tag == "86" and previous in ("61", "86") and message.bookings:
        message.bookings[-1][1].extend(each.lines)


def _statement(message: _Message) -> Statement:
    entries = tuple(_entry(each, text, message) for each, text in message.bookings)
    return Statement(
        line=message.line,
        account=message.account,
        currency=message.currency,
        reference=(message.number or message.reference)[:100],
        opening=message.opening,
        closing=message.closing,
        entries=entries,
        fault=_fault(message, entries),
    )


def _fault(message: _Message, entries: tuple[Entry, ...]) -> Fault | None:
    """The last entry of a statement that is cut off may be cut off itself, so none of it may be booked."""
    booked = [entry for entry in entries if not entry.is_pending]
    if booked and message.opening and not message.closing:
        return Fault(CUT_OFF, booked[-1].line)
    return find_missing((":60F:", message.opening), (":62F:", message.closing), message.line)


def _balance(each: _Field) -> Balance:
    found = _BALANCE.fullmatch(each.lines[0])
    if not found:
        shown = tidy(each.lines[0])[:40]
        raise Unreadable(reason=f"“{shown}” is no balance such as C261120EUR100,00.", line=each.line)
    sign, day, currency, amount = found.groups()
    minor = _SIGNS[sign] * read_amount(amount, currency, each.line)
    return Balance(amount=minor, currency=currency, on=read_short_day(day, each.line))


def _entry(each: _Field, text: list[str], message: _Message) -> Entry:
    found = _ENTRY.fullmatch(each.lines[0].rstrip())
    if not found:
        shown = tidy(each.lines[0])[:40]
        raise Unreadable(reason=f"“{shown}” is no booking such as 2611201120C100,00NTRF.", line=each.line)
    day, entry_day, mark, _funds, written, kind, rest = found.groups()
    value_on, remark = read_value_day(day, each.line) if entry_day else (read_short_day(day, each.line), "")
    amount = _SIGNS[mark] * read_amount(written, message.currency, each.line)
    reference, _, bank_reference = (rest or "").partition("//")
    known = read_information(text, reference=reference, supplement="".join(each.lines[1:]), came_in=amount > 0)
    return Entry(
        line=each.line,
        booked_on=_booked(day, entry_day, message, each.line) if entry_day else read_short_day(day, each.line),
        value_on=value_on,
        amount=amount,
        currency=message.currency,
        details=(Detail(amount=amount, **known.as_detail()),),
        bank_reference=account_of(bank_reference),
        code="+".join(filter(None, (kind or "", known.code))),
        text=known.text,
        is_reversal=mark in ("RC", "RD"),
        is_pending=mark in ("EC", "ED"),
        remark=remark,
    )


def _booked(value_day: str, entry_day: str, message: _Message, line: int) -> date:
    """The day of booking has no year: it is the one of the statement's balances, or else next to the value date."""
    year, valued, month = short_year(value_day), int(value_day[2:4]), int(entry_day[:2])
    days = [one.on for one in (message.opening, message.closing) if one and one.on]
    years = {year - 1, year, year + 1, *(one.year + by for one in days for by in (-1, 0, 1))}
    by_value = sorted(years, key=lambda each: (abs((each - year) * 12 + month - valued), abs(each - year), each))
    for each in by_value:
        with suppress(ValueError):
            found = date(each, month, int(entry_day[2:]))
            if days and min(days) - NEAR <= found <= max(days) + NEAR:
                return found
    return day_of(by_value[0], month, int(entry_day[2:]), line, shown=entry_day)
