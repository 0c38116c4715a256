"""Knows what the rows of a table prove: which columns hold days, amounts, currencies or IBANs, and how written."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, permutations

from app.kernel.money import is_currency
from app.payments.statements.csv_profile import DATE_FORMATS, CsvProfile, Table, read_day
from app.payments.statements.model import Unreadable
from app.payments.statements.reading import account_of, is_iban

_DIGITS = r"(?:[0-9]+|[0-9]{1,3}(?:[.,'’\s][0-9]{3})+)(?:[.,][0-9]*)?"
_NUMBER = re.compile(rf"[+−-]?{_DIGITS}[−-]?|\({_DIGITS}\)")
_MARKED = re.compile(r"[0-9][.,][0-9]")


class Kind(enum.Enum):
    DAY = "day"
    AMOUNT = "amount"
    NUMBER = "number"  # may be an amount, or anything that is counted
    CURRENCY = "currency"
    IBAN = "iban"
    TEXT = "text"


# What a column must hold to mean this; whatever is not named may hold anything
_WANTED: Mapping[str, tuple[Kind, ...]] = {
    "booked_on": (Kind.DAY,),
    "value_on": (Kind.DAY,),
    "amount": (Kind.AMOUNT, Kind.NUMBER),
    "debit": (Kind.AMOUNT, Kind.NUMBER),
    "credit": (Kind.AMOUNT, Kind.NUMBER),
    "balance": (Kind.AMOUNT, Kind.NUMBER),
    "currency": (Kind.CURRENCY,),
    "party_name": (Kind.TEXT, Kind.CURRENCY),
    "party_account": (Kind.IBAN, Kind.TEXT, Kind.NUMBER),
    "account": (Kind.IBAN, Kind.TEXT, Kind.NUMBER),
}
_OTHERS = ("remittance", "reference")


def complete(profile: CsvProfile, table: Table) -> CsvProfile:
    """With all that the rows prove, and without columns that they contradict."""
    cells = _cells_by_title(table)
    kinds = {title: kind_of(texts) for title, texts in cells.items()}
    said = {meaning: getattr(profile, meaning) for meaning in (*_WANTED, *_OTHERS)}
    said = {meaning: title for meaning, title in said.items() if title and _fits(meaning, kinds.get(title))}
    said |= _find_by_kind(said, cells, kinds)
    days = [text for meaning in ("booked_on", "value_on") for text in cells.get(said.get(meaning, ""), ())]
    amounts = [text for one in ("amount", "debit", "credit", "balance") for text in cells.get(said.get(one, ""), ())]
    blank = dict.fromkeys((*_WANTED, *_OTHERS), "")
    return replace(
        profile,
        date_format=profile.date_format or find_date_format(days or _pool(Kind.DAY, cells, kinds)),
        decimal_mark=profile.decimal_mark or find_decimal_mark(amounts or _pool(Kind.AMOUNT, cells, kinds)),
        **(blank | said),
    )


def kind_of(cells: Sequence[str]) -> Kind:
    """What all of these hold."""
    if any(all(_is_day(text, name) for text in cells) for name in DATE_FORMATS):
        return Kind.DAY
    if all(_NUMBER.fullmatch(text) for text in cells):
        return Kind.AMOUNT if any(map(_MARKED.search, cells)) else Kind.NUMBER
    if all(is_currency(text.upper()) for text in cells):
        return Kind.CURRENCY
    return Kind.IBAN if all(is_iban(account_of(text).upper()) for text in cells) else Kind.TEXT


def find_date_format(dates: Sequence[str]) -> str:
    """The only format most dates are written in; of several, the only one in which every day exists.

    A date that is not written like most is refused with its row when it is read.
    """
    counts = {name: sum(map(bool, map(form.fullmatch, dates))) for name, form in DATE_FORMATS.items()}
    most = max(counts.values())
    written = [name for name, count in counts.items() if count == most and 0 < len(dates) <= 2 * count]
    exist = [name for name in written if len(written) == 1 or all(_is_day(text, name) for text in dates)]
    return exist[0] if len(exist) == 1 else ""


def find_decimal_mark(amounts: Sequence[str]) -> str:
    """The mark that can only stand before decimals; empty where nothing proves it, or the amounts disagree."""
    marks = {mark for text in amounts for mark in (_mark_of(text),) if mark}
    return marks.pop() if len(marks) == 1 else ""


def _mark_of(text: str) -> str:
    """The last of two different marks, the other one of a mark that comes twice, or one not before three digits."""
    marks = re.findall("[.,]", text)
    if len(set(marks)) == 2:
        return str(marks[-1])
    if len(marks) > 1:
        return "." if marks[0] == "," else ","
    found = re.search(r"([0-9]*)([.,])([0-9]+)\W*$", text)
    if not found:
        return ""
    whole, mark, part = found.groups()
    return str(mark) if len(part) != 3 or len(whole) > 3 or whole in ("", "0") else ""


def _is_day(text: str, date_format: str) -> bool:
    try:
        read_day(text, date_format, 0)
    except Unreadable:
        return False
    return True


def _cells_by_title(table: Table) -> dict[str, list[str]]:
    """What stands below each title that only one column has."""
    found: dict[str, list[str]] = {}
    for place, title in enumerate(table.header):
        if title and table.header.count(title) == 1:
            texts = (cells[place].strip() for _line, cells in table.rows if place < len(cells))
            found[title] = [text for text in texts if text]
    return {title: texts for title, texts in found.items() if texts}


def _fits(meaning: str, kind: Kind | None) -> bool:
    """An empty column contradicts nothing."""
    return kind is None or meaning not in _WANTED or kind in _WANTED[meaning]


def _pool(kind: Kind, cells: Mapping[str, Sequence[str]], kinds: Mapping[str, Kind]) -> list[str]:
    return [text for title, texts in cells.items() if kinds[title] is kind for text in texts]


def _find_by_kind(
    said: Mapping[str, str], cells: Mapping[str, Sequence[str]], kinds: Mapping[str, Kind]
) -> dict[str, str]:
    """What the only free column of a kind means; of IBANs, only those that change are not ours."""
    free = {kind: [title for title in cells if kinds[title] is kind and title not in said.values()] for kind in Kind}
    others = [title for title in free[Kind.IBAN] if len(set(cells[title])) > 1]
    only = {
        "booked_on": free[Kind.DAY], "currency": free[Kind.CURRENCY], "party_account": others,
        "remittance": free[Kind.TEXT],
    }  # fmt: skip
    found = {meaning: titles[0] for meaning, titles in only.items() if meaning not in said and len(titles) == 1}
    if said.keys() & {"amount", "debit", "credit"}:
        return found
    amounts = free[Kind.AMOUNT]
    if len(amounts) == 1:
        return found | {"amount": amounts[0]}
    mark = find_decimal_mark(_pool(Kind.AMOUNT, cells, kinds))
    pairs = permutations(amounts, 2) if mark else ()
    chained = [{"amount": one, "balance": other} for one, other in pairs if _chains(cells[one], cells[other], mark)]
    return found | chained[0] if len(chained) == 1 else found


def _chains(amounts: Sequence[str], balances: Sequence[str], mark: str) -> bool:
    """Whether each balance is the one before it and its amount, from above or from below."""
    if len(amounts) != len(balances) or len(amounts) == 1:
        return False
    rows = [(_decimal(one, mark), _decimal(other, mark)) for one, other in zip(amounts, balances, strict=True)]
    return any(
        all(after == before + amount for (_, before), (amount, after) in pairwise(ordered))
        for ordered in (rows, rows[::-1])
    )


def _decimal(text: str, mark: str) -> Decimal:
    whole, _, part = text.partition(mark)
    sign = "-" if re.search("[−(-]", text) else ""
    return Decimal(f"{sign}{re.sub('[^0-9]', '', whole) or 0}.{re.sub('[^0-9]', '', part) or 0}")
