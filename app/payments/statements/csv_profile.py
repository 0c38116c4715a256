"""Knows how a bank writes its CSV files: a profile says what each column means, and nothing is guessed from a row."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise
from typing import ParamSpec, TypeVar

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
from app.payments.statements.reading import (
    account_of,
    cut_lines,
    day_of,
    decode,
    minor_of,
    require_room,
    split_lines,
    tidy,
)

_TIME = r"[0-9]{1,2}(?::[0-9]{2}){1,2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
# How a date may be written, as people say it: the places of year, month and day
DATE_FORMATS: Mapping[str, re.Pattern[str]] = {
    shown: re.compile(pattern)
    for shown, pattern in (
        ("YYYY-MM-DD", rf"(?P<y>[0-9]{{4}})-(?P<m>[0-9]{{1,2}})-(?P<d>[0-9]{{1,2}})(?:[T ]{_TIME})?"),
        ("YYYY/MM/DD", r"(?P<y>[0-9]{4})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})"),
        ("YYYYMMDD", r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
        ("DD.MM.YYYY", r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{4})"),
        ("DD.MM.YY", r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{2})"),
        ("DD/MM/YYYY", r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})"),
        ("MM/DD/YYYY", r"(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})/(?P<y>[0-9]{4})"),
        ("DD-MM-YYYY", r"(?P<d>[0-9]{1,2})-(?P<m>[0-9]{1,2})-(?P<y>[0-9]{4})"),
    )
}
P = ParamSpec("P")
T = TypeVar("T")

MOST_FAULTS = 20  # that are named at once

DECIMAL_MARKS = (",", ".")
DELIMITERS = (";", ",", "\t", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvProfile:
    """One bank's CSV. Columns are named as in the header; empty is none. Rows above the header are skipped.

    The account, and its currency, come from columns or are the same for the whole file. `header` is the key of the
    header it is for; without one it fits every header that has its columns.
    """

    name: str
    booked_on: str
    date_format: str
    decimal_mark: str
    delimiter: str = ";"
    encoding: str = ""
    skip_rows: int = 0
    value_on: str = ""
    amount: str = ""
    debit: str = ""
    credit: str = ""
    currency: str = ""
    account: str = ""
    party_name: str = ""
    party_account: str = ""
    remittance: str = ""
    reference: str = ""
    balance: str = ""
    own_account: str = ""
    own_currency: str = ""
    header: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the file must have."""
        named = (
            self.booked_on, self.value_on, self.amount, self.debit, self.credit, self.currency, self.account,
            self.party_name, self.party_account, self.remittance, self.reference, self.balance,
        )  # fmt: skip
        return tuple(filter(None, named))


@dataclass(frozen=True, slots=True)
class Table:
    """The header and the rows below it, each with its line in the file."""

    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as we read it: whose it is, what was booked, and what stood in the account then."""

    account: str
    entry: Entry
    balance: int | None


def read_csv(content: bytes, profile: CsvProfile) -> BankFile:
    """Raises Unreadable for the first rows it cannot read, with `others` after the first one."""
    rows: dict[tuple[str, str], list[Row]] = {}
    faults: list[Unreadable] = []
    for line, cells in (table := open_table(content, profile)).rows:
        try:
            row = read_row(line, cells, table, profile)
        except Unreadable as fault:
            faults.append(fault)
            if len(faults) == MOST_FAULTS:
                break
            continue
        rows.setdefault((row.account, row.entry.currency), []).append(row)
    if faults:
        raise Unreadable(reason=str(faults[0]), line=faults[0].details["line"], others=faults[1:])
    statements = (_statement(account, currency, found) for (account, currency), found in rows.items())
    return BankFile(format=Format.CSV, statements=tuple(statements))


def open_table(content: bytes, profile: CsvProfile, *, is_whole: bool = True) -> Table:
    """The table where the profile says it is, with all of its columns. Raises Unreadable."""
    _require_sound(profile)
    table = read_table(
        content, encoding=profile.encoding, delimiter=profile.delimiter, skip_rows=profile.skip_rows, is_whole=is_whole
    )
    missing = [column for column in profile.columns if column not in table.header]
    if missing:
        reason = f"The profile {profile.name} needs a column “{missing[0]}”."
        raise Unreadable(reason=reason, line=profile.skip_rows + 1)
    return table


def list_rows(table: Table, profile: CsvProfile) -> Iterator[Row]:
    """The rows as the profile reads them. Raises Unreadable at the first it cannot."""
    for line, cells in table.rows:
        yield read_row(line, cells, table, profile)


def read_row(line: int, cells: list[str], table: Table, profile: CsvProfile) -> Row:
    """Raises Unreadable."""
    return _row(line, dict(zip(table.header, cells, strict=False)).get, profile)


def header_key(titles: Sequence[str]) -> str:
    """What tells one header from another: its titles in their order."""
    return hashlib.sha256("\x1f".join(title.strip() for title in titles).encode()).hexdigest()[:32]


def matches(content: bytes, profile: CsvProfile) -> bool:
    """Whether the file has the profile's header, or every column of it, where its header should stand."""
    try:
        table = read_table(
            cut_lines(content),
            encoding=profile.encoding,
            delimiter=profile.delimiter,
            skip_rows=profile.skip_rows,
            is_whole=False,
        )
    except Unreadable:
        return False
    if profile.header:
        return header_key(table.header) == profile.header
    return set(profile.columns) <= set(table.header)


def read_table(
    content: bytes, *, delimiter: str, encoding: str = "", skip_rows: int = 0, is_whole: bool = True
) -> Table:
    """The rows as they stand; empty ones are skipped. A file that is not whole may end inside quotation marks."""
    lines = split_lines(decode(content, encoding))
    found = list(_rows(lines[skip_rows:], delimiter, skip_rows, strict=is_whole))
    if not found:
        raise Unreadable(reason="The file has no header.", line=skip_rows + 1)
    header = tuple(cell.strip() for cell in found[0][1])
    return Table(header, found[1:])


def _rows(lines: Sequence[str], delimiter: str, skipped: int, *, strict: bool) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=strict)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if strict:
                    require_room(reader.line_num, begins + skipped)
                yield begins + skipped, cells
            begins = reader.line_num + 1
    except csv.Error:
        raise Unreadable(reason="The row is broken: its quotation marks do not match.", line=begins + skipped) from None


def _row(line: int, cell: Callable[[str, str], str], profile: CsvProfile) -> Row:
    currency = cell(profile.currency, "").strip().upper() or profile.own_currency
    if not currency:
        raise Unreadable(reason="The row has no currency, and the profile names none.", line=line)
    _in(profile.currency, minor_of, Decimal(0), currency, line)
    amount = _amount(line, cell, currency, profile)
    value = cell(profile.value_on, "").strip()
    text = tidy(cell(profile.remittance, ""))
    entry = Entry(
        line=line,
        booked_on=_in(profile.booked_on, read_day, cell(profile.booked_on, ""), profile.date_format, line),
        value_on=_in(profile.value_on, read_day, value, profile.date_format, line) if value else None,
        amount=amount,
        currency=currency,
        details=(
            Detail(
                amount=amount,
                remittance=text,
                party_name=tidy(cell(profile.party_name, ""))[:200],
                party_account=account_of(cell(profile.party_account, ""))[:50],
            ),
        ),
        bank_reference=account_of(cell(profile.reference, "")),
        text=text,
    )
    written = cell(profile.balance, "").strip()
    balance = _in(profile.balance, read_number, written, profile.decimal_mark, currency, line) if written else None
    return Row(account_of(cell(profile.account, "")) or profile.own_account, entry, balance)


def _amount(line: int, cell: Callable[[str, str], str], currency: str, profile: CsvProfile) -> int:
    """The amount with its sign, or what stands in the column of credits less what stands in that of debits."""
    if profile.amount:
        return _in(profile.amount, read_number, cell(profile.amount, ""), profile.decimal_mark, currency, line)
    written = [(column, cell(column, "").strip()) for column in (profile.credit, profile.debit)]
    if not any(text for _, text in written):
        raise Unreadable(reason="The row has no amount.", line=line)
    credit, debit = (_in(column, read_number, text or "0", profile.decimal_mark, currency, line)
                     for column, text in written)  # fmt: skip
    return credit - abs(debit)


def _in(column: str, read: Callable[P, T], *args: P.args, **facts: P.kwargs) -> T:
    """A refusal names the column it is about."""
    try:
        return read(*args, **facts)
    except Unreadable as refusal:
        if not column:
            raise
        raise Unreadable(reason=f"Column “{column}”: {refusal}", line=refusal.details["line"]) from None


def read_number(text: str, decimal_mark: str, currency: str, line: int) -> int:
    """Minor units; thousands may be set apart by the other mark, a space or an apostrophe, in groups of three.

    What stands in brackets is below 0.
    """
    written = re.sub(r"^\(([0-9][^()]*)\)$", r"-\1", re.sub(r"[\s’']", "'", text.strip()).replace("−", "-"))
    other = "." if decimal_mark == "," else ","
    pattern = rf"([+-]?)([0-9]+|[0-9]{{1,3}}(?:[{other}'][0-9]{{3}})+)(?:[{decimal_mark}]([0-9]*))?(-?)"
    found = re.fullmatch(pattern, written) if len(written) <= 40 else None
    if not found or (found[1] and found[4]):
        raise Unreadable(reason=f"“{tidy(text)[:40]}” is not an amount.", line=line)
    whole = re.sub("[^0-9]", "", found[2])
    sign = "-" if "-" in (found[1], found[4]) else ""
    return minor_of(Decimal(f"{sign}{whole}.{found[3] or 0}"), currency, line)


def read_day(text: str, date_format: str, line: int) -> date:
    found = DATE_FORMATS[date_format].fullmatch(text.strip())
    if not found:
        raise Unreadable(reason=f"“{tidy(text)[:40]}” is not a date as {date_format}.", line=line)
    year = int(found["y"])
    return day_of(year + 2000 * (year < 100), int(found["m"]), int(found["d"]), line, shown=text)


def _statement(account: str, currency: str, rows: list[Row]) -> Statement:
    oldest_first = _order(rows)
    first, last = oldest_first[0], oldest_first[-1]
    has_balances = first.balance is not None and last.balance is not None
    opening = (first.balance or 0) - first.entry.amount
    return Statement(
        line=rows[0].entry.line,
        account=account,
        currency=currency,
        opening=Balance(opening, currency, None) if has_balances else None,
        closing=Balance(last.balance or 0, currency, last.entry.booked_on) if has_balances else None,
        entries=tuple(row.entry for row in rows),
        fault=_find_break(oldest_first),
    )


def _find_break(rows: list[Row]) -> Fault | None:
    """The first row whose balance does not follow from those before: faults within can cancel out at the end."""
    if any(row.balance is None for row in rows) or _chains(rows) or _chains_by_day(rows):
        return None
    later = next(
        later for earlier, later in pairwise(rows) if later.balance != (earlier.balance or 0) + later.entry.amount
    )
    return Fault("The balance of this row does not follow from the one before and its amount.", later.entry.line)


def _chains_by_day(rows: list[Row]) -> bool:
    """Whether each row has the balance at the end of its day."""
    at = _before(rows[0])
    for _day, group in groupby(rows, key=lambda row: row.entry.booked_on):
        of_day = list(group)
        at += sum(row.entry.amount for row in of_day)
        if any(row.balance != at for row in of_day):
            return False
    return True


def _order(rows: list[Row]) -> list[Row]:
    """As balances in a column follow each other: downwards, upwards, or as they can where rows were moved about."""
    for ordered in (rows, rows[::-1]):
        if _chains(ordered):
            return ordered
    if any(row.balance is None for row in rows) or (opening := _find_opening(rows)) is None:
        return rows
    leaving: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: one.entry.booked_on, reverse=True):
        leaving[_before(row)].append(row)
    path: list[Row] = []
    way: list[Row] = []
    while len(path) < len(rows):  # each row once, as an Eulerian path goes from balance to balance
        at = (way[-1].balance or 0) if way else opening
        if leaving[at]:
            way.append(leaving[at].pop())
        elif way:
            path.append(way.pop())
        else:
            return rows
    path.reverse()
    return path if _chains(path) else rows


def _find_opening(rows: list[Row]) -> int | None:
    """The balance that more rows begin with than end with; where money came and went alike, that of the first day."""
    first_day = min(row.entry.booked_on for row in rows)
    for some in (rows, [row for row in rows if row.entry.booked_on == first_day]):
        surplus = Counter(map(_before, some))
        surplus.subtract(row.balance or 0 for row in some)
        if starts := [balance for balance, count in surplus.items() if count > 0]:
            return starts[0] if len(starts) == 1 else None
    return None


def _before(row: Row) -> int:
    return (row.balance or 0) - row.entry.amount


def _chains(rows: list[Row]) -> bool:
    return all(
        later.balance is not None
        and earlier.balance is not None
        and later.balance == earlier.balance + later.entry.amount
        for earlier, later in pairwise(rows)
    )


def _require_sound(profile: CsvProfile) -> None:
    if profile.date_format not in DATE_FORMATS or profile.decimal_mark not in DECIMAL_MARKS:
        raise Unreadable(reason=f"The profile {profile.name} does not say how dates and decimals are written.", line=0)
    if profile.delimiter not in DELIMITERS or not (profile.amount or profile.debit or profile.credit):
        raise Unreadable(reason=f"The profile {profile.name} does not say where amounts stand.", line=0)
