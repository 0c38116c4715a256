"""Knows BAI2, the cash reports of American and Canadian banks: records, continuations, control totals, type codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from app.payments.statements.model import Balance, BankFile, Detail, Entry, Format, Statement, Unreadable
from app.payments.statements.reading import (
    account_of,
    decode,
    minor_of,
    read_minor,
    read_short_day,
    require_room,
    split_lines,
    tidy,
)

_OPENING, _CLOSING = "010", "015"
_KEYS = re.compile(r"([A-Z]{4}): ?(.*)")  # lines such as `EREF: 4711` that some banks write into the text
_USUAL_CURRENCY = "USD"
T = TypeVar("T")


@dataclass(slots=True)
class _Record:
    """One record with its continuations: fields until the text, and the lines of the text as they are."""

    line: int
    code: str
    text: str
    lines: int = 1
    is_ended: bool = False  # by a slash


@dataclass(slots=True)
class _Account:
    record: _Record
    number: str
    currency: str
    on: date
    total: int = 0  # what its control record must say
    count: int = 0
    opening: Balance | None = None
    closing: Balance | None = None
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class _Level:
    """What the control record of a group, or of the file, must say."""

    total: int = 0
    members: int = 0
    records: int = 1
    first: int = 0  # its first statement


@dataclass(slots=True)
class _Bai2:
    statements: list[Statement] = field(default_factory=list)
    file: _Level | None = None
    group: _Level | None = None
    account: _Account | None = None
    on: date | None = None
    currency: str = _USUAL_CURRENCY
    counted: int = 0
    has_ends: bool = False  # whether its records end with a slash, as they should
    is_complete: bool = False

    def read(self, record: _Record) -> None:
        steps = {
            "01": self.open_file, "02": self.open_group, "03": self.open_account, "16": self.book,
            "49": self.close_account, "98": self.close_group, "99": self.close_file,
        }  # fmt: skip
        step = steps.get(record.code)
        if step is None:
            raise Unreadable(reason=f"“{tidy(record.code)[:10]}” is no record of BAI2.", line=record.line)
        step(record)

    def open_file(self, record: _Record) -> None:
        _require_none(self.file or self.is_complete or None, record)
        self.file, self.has_ends = _Level(records=record.lines), record.is_ended

    def open_group(self, record: _Record) -> None:
        _opened(self.file, record)
        _require_none(self.group, record)
        self.count(record)
        fields = _split(record)
        self.on = read_short_day(_at(fields, 4), record.line)
        self.currency = _at(fields, 6) or _USUAL_CURRENCY
        self.group = _Level(records=record.lines, first=len(self.statements))

    def open_account(self, record: _Record) -> None:
        _opened(self.group, record)
        _require_none(self.account, record)
        on, fields = _opened(self.on, record), _split(record)
        currency = _at(fields, 2) or self.currency
        minor_of(Decimal(0), currency, record.line)
        account = _Account(record, account_of(_at(fields, 1)), currency, on, count=record.lines)
        for code, amount in _summaries(fields[3:], record.line):
            account.total += amount
            if code == _OPENING:
                account.opening = Balance(amount, currency, None)
            elif code == _CLOSING:
                account.closing = Balance(amount, currency, on)
        self.account = account

    def book(self, record: _Record) -> None:
        account = _opened(self.account, record)
        self.count(record)
        entry = _entry(record, account)
        account.entries.append(entry)
        account.total += abs(entry.amount)
        account.count += record.lines

    def close_account(self, record: _Record) -> None:
        account, group = _opened(self.account, record), _opened(self.group, record)
        total, count = _controls(_split(record), (1, 2), record.line)
        agrees = (total, count) == (account.total, account.count + record.lines)
        group.total += total
        group.members += 1
        group.records += account.count + record.lines
        self.statements.append(_statement(account, agrees=agrees))
        self.account = None

    def close_group(self, record: _Record) -> None:
        group, file = _opened(self.group, record), _opened(self.file, record)
        _require_none(self.account, record)
        group.records += record.lines
        total, members, count = _controls(_split(record), (1, 2, 3), record.line)
        if (total, members, count) != (group.total, group.members, group.records):
            self.doubt(group.first)
        file.total += total
        file.members += 1
        file.records += group.records
        self.group = None

    def close_file(self, record: _Record) -> None:
        file = _opened(self.file, record)
        _require_none(self.group, record)
        said = _controls(_split(record), (1, 2, 3), record.line)
        if said != (file.total, file.members, file.records + record.lines):
            if self.has_ends and not record.is_ended:
                raise Unreadable(reason="The last record (99) is cut short.", line=record.line)
            self.doubt(0)
        self.file, self.is_complete = None, True

    def count(self, record: _Record) -> None:
        """Groups are counted with the entries, as each costs as much."""
        self.counted += 1
        require_room(self.counted, record.line)

    def doubt(self, first: int) -> None:
        """A total over several accounts does not hold: none of them can be trusted."""
        self.statements[first:] = [replace(each, controls_agree=False) for each in self.statements[first:]]


def read_bai2(content: bytes) -> BankFile:
    """Raises Unreadable. Control totals that do not hold are told by each statement concerned."""
    reader, last = _Bai2(), None
    records = _records(split_lines(decode(content)))
    for record in records:
        try:
            reader.read(record)
        except Unreadable:
            is_whole = record.code == "99" and record.is_ended
            if is_whole or last is None or next(records, None) is not None:
                raise
            raise _cut_off(last) from None
        last = record
    if not reader.is_complete and last is not None:
        raise _cut_off(last)
    return BankFile(format=Format.BAI2, statements=tuple(reader.statements))


def _cut_off(last: _Record) -> Unreadable:
    """Of a file that ends, perhaps within a record, after this one."""
    reason = f"The file is cut off after this record {last.code}: its last record (99) is missing or damaged."
    return Unreadable(reason=reason, line=last.line)


def _records(lines: list[str]) -> Iterator[_Record]:
    current: _Record | None = None
    pieces: list[str] = []
    for number, line in enumerate(lines, 1):
        code, _, rest = line.rstrip().partition(",")
        if not code.strip():
            continue
        if code == "88" and current:
            pieces.append(rest)
            current.lines += 1
            continue
        if current:
            yield _close(current, pieces)
        current, pieces = _Record(number, code.strip(), ""), [rest]
    if current:
        yield _close(current, pieces)


def _close(record: _Record, pieces: list[str]) -> _Record:
    record.text, record.is_ended = _join(pieces), pieces[-1].endswith("/")
    return record


def _join(pieces: list[str]) -> str:
    """A slash ends the fields of a line; without one the text goes on in the next."""
    return "".join(f"{piece[:-1]}," if piece.endswith("/") else f"{piece}\n" for piece in pieces)[:-1]


def _split(record: _Record) -> list[str]:
    """The fields, beginning with the record's code so that they count as the standard counts them."""
    return [record.code, *(each.strip() for each in record.text.split(","))]


def _at(fields: list[str], place: int) -> str:
    return fields[place] if place < len(fields) else ""


def _summaries(fields: list[str], line: int) -> Iterator[tuple[str, int]]:
    """Type code, amount, count and funds type, again and again; an amount left out is nothing."""
    place = 0
    while place < len(fields):
        code, amount = fields[place], _at(fields, place + 1)
        place += 4 + _width_of_funds(fields, place + 3, line)
        if code and amount:
            yield code, read_minor(amount, line)


def _width_of_funds(fields: list[str], place: int, line: int) -> int:
    """How many fields follow a funds type: three amounts (S), day and time (V), or as many pairs as are said (D)."""
    kind = _at(fields, place)
    if kind == "S":
        for share in filter(None, fields[place + 1 : place + 4]):
            read_minor(share, line)
    if kind == "D":
        pairs = _at(fields, place + 1)
        if not re.fullmatch("[0-9]{1,3}", pairs):
            raise Unreadable(reason="A distribution of funds (D) does not say how many days follow.", line=line)
        return 1 + 2 * int(pairs)
    return {"S": 3, "V": 2}.get(kind, 0)


def _entry(record: _Record, account: _Account) -> Entry:
    fields = record.text.split(",")
    code, written, kind = (_at(fields, place).strip() for place in range(3))
    amount = _sign(code, record.line) * read_minor(written, record.line) if written else 0
    after = 3 + _width_of_funds([each.strip() for each in fields[:50]], 2, record.line)
    value = _at(fields, 3).strip()
    lines = ",".join(fields[after + 2 :]).split("\n")
    return Entry(
        line=record.line,
        booked_on=account.on,
        value_on=read_short_day(value, record.line) if kind == "V" and value else None,
        amount=amount,
        currency=account.currency,
        details=(_detail(amount, lines, account_of(_at(fields, after + 1))),),
        bank_reference=account_of(_at(fields, after)),
        code=code,
        text=tidy(lines[0]),
    )


def _detail(amount: int, lines: list[str], reference: str) -> Detail:
    found = [_KEYS.fullmatch(line.strip()) for line in lines]
    values = {each[1]: tidy(each[2]) for each in reversed(found) if each}
    prose = " ".join(line for line, key in zip(lines, found, strict=True) if not key)
    payer, account = ("DBNM", "DACT") if amount > 0 else ("CRNM", "CACT")
    return Detail(
        amount=amount,
        remittance=values.get("REMI") or tidy(prose),
        end_to_end_id=(values.get("EREF") or reference)[:100],
        party_name=values.get(payer, "")[:200],
        party_account=account_of(values.get(account))[:50],
    )


def _sign(code: str, line: int) -> int:
    """100 to 399 and 920 to 959 came in, 400 to 699 and 960 to 999 went out; loans and notes are no money of ours."""
    number = int(code) if re.fullmatch("[0-9]{1,3}", code) else 0
    if 100 <= number <= 399 or 920 <= number <= 959:
        return 1
    if 400 <= number <= 699 or 960 <= number <= 999:
        return -1
    if 890 <= number <= 899:
        return 0
    raise Unreadable(reason=f"Type code “{tidy(code)[:10]}” is neither a credit nor a debit.", line=line)


def _controls(fields: list[str], places: tuple[int, ...], line: int) -> tuple[int, ...]:
    return tuple(read_minor(_at(fields, place), line) for place in places)


def _statement(account: _Account, *, agrees: bool) -> Statement:
    return Statement(
        line=account.record.line,
        account=account.number,
        currency=account.currency,
        opening=account.opening,
        closing=account.closing,
        entries=tuple(account.entries),
        controls_agree=agrees,
    )


def _opened(level: T | None, record: _Record) -> T:
    """What this record belongs into."""
    if level is None:
        raise Unreadable(reason=f"A record {record.code} does not belong here.", line=record.line)
    return level


def _require_none(level: object, record: _Record) -> None:
    """What must be closed before this record."""
    if level is not None:
        raise Unreadable(reason=f"A record {record.code} stands inside what is not closed yet.", line=record.line)
