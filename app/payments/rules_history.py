"""Knows the files of an earlier system: customers, invoices and payments, recognised by their first line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import TypeVar

from app.kernel.countries import parse_country
from app.kernel.errors import BadInput
from app.kernel.money import format_decimal, is_currency, to_minor
from app.kernel.tables import Row, Table, column_key, is_formula, read_table
from app.kernel.texts import clean_line

T = TypeVar("T")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer_id", "name", "country", "currency", "email", "terms_days"),
    "invoices": ("number", "customer_id", "issued_on", "due_on", "currency", "gross"),
    "payments": ("payment_id", "customer_id", "received_on", "currency", "amount", "invoice", "allocated"),
}
OPTIONAL = {"email", "terms_days"}
MOST_ROWS = 2_000_000
MOST_BYTES = 300 * 1024 * 1024
LONGEST_ID = 100
LONGEST_TERMS = 3650
CREDIT_NOTES = " Leave out invoices over nothing and credit notes, and import what those leave open."
SOURCE = "history"  # of documents and payments brought along
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    file: str
    line: int
    customer_id: str
    name: str
    country: str
    currency: str
    email: str
    terms_days: int | None

    @property
    def id(self) -> str:
        return self.customer_id

    @property
    def payment_terms(self) -> str:
        return "" if self.terms_days is None else f"{self.terms_days} days"


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """`gross` in minor units."""

    file: str
    line: int
    number: str
    customer_id: str
    issued_on: date
    due_on: date
    currency: str
    gross: int

    @property
    def id(self) -> str:
        return self.number


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """`amount` in minor units."""

    line: int
    invoice: str
    amount: int


@dataclass(slots=True)
class PaymentRow:
    """A payment with its allocations, collected from all its rows; minor units."""

    file: str
    line: int
    payment_id: str
    customer_id: str
    received_on: date
    currency: str
    amount: int
    allocations: list[AllocationRow] = field(default_factory=list)
    unapplied: int = 0  # said to be unapplied, in rows without an invoice

    @property
    def id(self) -> str:
        return self.payment_id

    @property
    def facts(self) -> tuple[str, date, str, int]:
        return self.customer_id, self.received_on, self.currency, self.amount


HistoryRow = CustomerRow | InvoiceRow | PaymentRow


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be imported, and what else of it could be read; `invoices` are those it names."""

    file: str
    line: int
    id: str
    reasons: tuple[str, ...]
    kind: str = ""
    row: HistoryRow | None = None
    invoices: tuple[str, ...] = ()


@dataclass
class ParsedHistory:
    """What the files say; rows with problems are left out of the lists. `kinds` are those of the files read."""

    customers: dict[str, CustomerRow] = field(default_factory=dict)
    invoices: dict[str, InvoiceRow] = field(default_factory=dict)
    payments: dict[str, PaymentRow] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


def parse_history(files: Sequence[tuple[str, bytes]]) -> ParsedHistory:
    """Reads (name, content) of any of the three files. Never raises for what stands in them: see `problems`."""
    parsed = ParsedHistory()
    for name, content in files:
        try:
            table = read_table(content, most_bytes=MOST_BYTES, most_rows=MOST_ROWS)
            kind = recognise(table.header)
        except BadInput as refusal:
            parsed.problems.append(Problem(name, 1, "", (str(refusal),)))
            continue
        parsed.kinds.add(kind)
        parsed.problems += [Problem(name, line, "", (reason,), kind) for line, reason in table.faults]
        _READERS[kind](name, table, parsed)
    _check_sums(parsed)
    parsed.problems.sort(key=lambda problem: (problem.file, problem.line))
    return parsed


class HeaderUnknown(BadInput):
    """The first line names no file of an earlier system. It needs the columns {columns}."""


class ColumnsMissing(BadInput):
    """The columns of {kind} lack {missing}."""


def recognise(header: Sequence[str]) -> str:
    """customers, invoices or payments, whatever the file is called. Raises HeaderUnknown, ColumnsMissing."""
    keys = {column_key(name) for name in header}
    marks = {"payments": "payment_id", "invoices": "number", "customers": "name"}
    for kind, mark in marks.items():
        if mark in keys and "customer_id" in keys:
            missing = [name for name in COLUMNS[kind] if name not in keys and name not in OPTIONAL]
            if missing:
                raise ColumnsMissing(kind=kind, missing=", ".join(missing))
            return kind
    raise HeaderUnknown(columns=" or ".join(",".join(names) for names in COLUMNS.values()))


class _Cells:
    """The cells of one row by column; reading notes why a cell cannot be used, and goes on."""

    def __init__(self, row: Row, keys: Sequence[str]) -> None:
        self.cells = dict(zip(keys, row.cells, strict=True))
        self.reasons: list[str] = []

    def read(self, name: str, parse: Callable[[str], T], default: T, *, required: bool = True) -> T:
        cell = self.cells.get(name, "")
        if not cell:
            if required:
                self.reasons.append(f"{name} is missing.")
            return default
        if is_formula(cell):
            self.reasons.append(f"{name} contains a formula ({cell[:30]!r}).")
            return default
        try:
            return parse(cell)
        except BadInput as refusal:
            self.reasons.append(f"{name}: {refusal}")
            return default

    def read_amount(self, name: str, currency: str, *, required: bool = True, advice: str = "") -> int:
        """An amount above 0. Without a currency its decimals are not counted: that the currency is wrong is said."""
        parse = partial(parse_amount, currency=currency) if currency else _sign
        amount = self.read(name, parse, None, required=required)
        if amount is not None and amount <= 0:
            self.reasons.append(f"{name} must be above 0.{advice}")
        return amount or 0


def _read_customers(file: str, table: Table, parsed: ParsedHistory) -> None:
    for line, cells in _each(table):
        row = CustomerRow(
            file,
            line,
            cells.read("customer_id", _id, ""),
            cells.read("name", lambda cell: clean_line(cell, "name"), ""),
            cells.read("country", parse_country, ""),
            cells.read("currency", _currency, ""),
            cells.read("email", lambda cell: clean_line(cell, "email"), "", required=False),
            cells.read("terms_days", _terms, None, required=False),
        )
        _keep(row, "customers", parsed.customers, cells, parsed)


def _read_invoices(file: str, table: Table, parsed: ParsedHistory) -> None:
    for line, cells in _each(table):
        currency = cells.read("currency", _currency, "")
        row = InvoiceRow(
            file,
            line,
            cells.read("number", _id, ""),
            cells.read("customer_id", _id, ""),
            cells.read("issued_on", _date, date.min),
            cells.read("due_on", _date, date.min),
            currency,
            cells.read_amount("gross", currency, advice=CREDIT_NOTES),
        )
        _keep(row, "invoices", parsed.invoices, cells, parsed)


Kept = TypeVar("Kept", CustomerRow, InvoiceRow)


def _keep(row: Kept, kind: str, kept: dict[str, Kept], cells: _Cells, parsed: ParsedHistory) -> None:
    first = kept.get(row.id)
    if first is not None and not cells.reasons and not _says_the_same(first, row):
        cells.reasons.append(f"{row.id} stands in line {first.line} of {first.file} already, with other facts.")
    if cells.reasons:
        parsed.problems.append(Problem(row.file, row.line, row.id, tuple(cells.reasons), kind, row))
    elif first is None:
        kept[row.id] = row


def _says_the_same(one: Kept, other: Kept) -> bool:
    skipped = {"file", "line"}
    return all(getattr(one, name) == getattr(other, name) for name in one.__slots__ if name not in skipped)


def _read_payments(file: str, table: Table, parsed: ParsedHistory) -> None:
    for line, cells in _each(table):
        currency = cells.read("currency", _currency, "")
        said = PaymentRow(
            file,
            line,
            cells.read("payment_id", _id, ""),
            cells.read("customer_id", _id, ""),
            cells.read("received_on", _date, date.min),
            currency,
            cells.read_amount("amount", currency),
        )
        invoice = cells.read("invoice", _id, "", required=False)
        allocated = cells.read_amount("allocated", currency, required=bool(invoice))
        _collect(said, invoice, allocated, cells, parsed)


def _collect(said: PaymentRow, invoice: str, allocated: int, cells: _Cells, parsed: ParsedHistory) -> None:
    first = parsed.payments.get(said.id)
    if first is not None and not cells.reasons and first.facts != said.facts:
        cells.reasons.append(
            f"payment {said.id} has another customer, day, currency or amount in line {first.line} of {first.file}."
        )
    if cells.reasons:
        named = (invoice,) if invoice else ()
        parsed.problems.append(Problem(said.file, said.line, said.id, tuple(cells.reasons), "payments", said, named))
        return
    payment = parsed.payments.setdefault(said.id, said)
    if invoice:
        payment.allocations.append(AllocationRow(said.line, invoice, allocated))
    else:
        payment.unapplied += allocated


def _check_sums(parsed: ParsedHistory) -> None:
    """What is allocated of a payment, and said to be unapplied, is no more than the payment."""
    for payment in list(parsed.payments.values()):
        placed = sum(row.amount for row in payment.allocations) + payment.unapplied
        if placed > payment.amount:
            amounts = [format_decimal(amount, payment.currency) for amount in (placed, payment.amount)]
            line = payment.allocations[-1].line if payment.allocations else payment.line
            reason = f"{amounts[0]} of payment {payment.id} is allocated, but only {amounts[1]} came in."
            named = tuple(row.invoice for row in payment.allocations)
            parsed.problems.append(Problem(payment.file, line, payment.id, (reason,), "payments", payment, named))
            del parsed.payments[payment.id]


def _each(table: Table) -> list[tuple[int, _Cells]]:
    keys = [column_key(name) for name in table.header]
    return [(row.line, _Cells(row, keys)) for row in table.rows]


_READERS: Mapping[str, Callable[[str, Table, ParsedHistory], None]] = {
    "customers": _read_customers,
    "invoices": _read_invoices,
    "payments": _read_payments,
}


def parse_amount(cell: str, currency: str) -> int:
    """A decimal string in major units, with no more decimals than the currency has, as minor units."""
    _sign(cell)
    return to_minor(Decimal(cell), currency)


def _sign(cell: str) -> int:
    """Whether it is an amount at all, and above 0, below or neither."""
    if not _AMOUNT.fullmatch(cell):
        raise BadInput(f"{cell[:40]!r} is not an amount. Write it like 1234.50.")
    return int(Decimal(cell).compare(0))


@lru_cache(maxsize=50_000)
def _id(cell: str) -> str:
    return clean_line(cell, "id", most=LONGEST_ID)


@lru_cache(maxsize=20_000)
def _date(cell: str) -> date:
    if _ISO.fullmatch(cell):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            pass
    raise BadInput(f"{cell[:40]!r} is not a date. Write it like 2026-11-22.")


def _currency(cell: str) -> str:
    if not is_currency(cell.upper()):
        raise BadInput(f"{cell[:20]!r} is not a currency of ISO 4217. Write its three letters, like EUR.")
    return cell.upper()


def _terms(cell: str) -> int | None:
    if not (cell.isascii() and cell.isdigit()) or len(cell) > 4 or int(cell) > LONGEST_TERMS:
        raise BadInput(f"{cell[:20]!r} is not a number of days from 0 to {LONGEST_TERMS}.")
    return int(cell)
