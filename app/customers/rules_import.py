"""Knows customers in a CSV file: which columns there are, and which rows cannot be customers, with line and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.customers.rules import CustomerData
from app.kernel.countries import parse_country
from app.kernel.errors import BadInput
from app.kernel.money import minor_digits, to_minor
from app.kernel.quantities import parse_decimal
from app.kernel.tables import column_key, read_table

TEXTS = (
    "name", "country", "vat_id", "tax_number", "street", "street2", "postal_code", "city", "region", "billing_email",
    "phone", "currency", "language", "payment_terms", "buyer_reference", "notes",
)  # fmt: skip
OTHER_NAMES = {"email": "billing_email", "e_mail": "billing_email", "zip": "postal_code", "id": "customer_id"}
COLUMNS = frozenset({*TEXTS, "credit_limit", "customer_id"})
REQUIRED = ("name", "country")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    line: int
    data: CustomerData


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be a customer; `name` is what it says as far as it can be read."""

    line: int
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ParsedCustomers:
    rows: list[CustomerRow]
    problems: list[RowProblem]
    encoding: str
    unknown_columns: tuple[str, ...]


def parse_customers(
    content: bytes, *, encoding: str | None = None, source: str = "file", company_currency: str = "EUR"
) -> ParsedCustomers:
    """The rows of a CSV file. A formula stays the text it is. Raises BadInput for no table at all."""
    table = read_table(content, encoding=encoding)
    keys = [OTHER_NAMES.get(key, key) for key in map(column_key, table.header)]
    unknown = tuple(name for name, key in zip(table.header, keys, strict=True) if key not in COLUMNS and name)
    if missing := [name for name in REQUIRED if name not in keys]:
        reason = f"The columns {', '.join(missing)} must stand in the first line."
        return ParsedCustomers([], [RowProblem(1, "", (reason,))], table.encoding, unknown)
    rows: list[CustomerRow] = []
    problems = [RowProblem(line, "", (reason,)) for line, reason in table.faults]
    seen: dict[str, int] = {}
    for row in table.rows:
        cells = dict(zip(keys, row.cells, strict=True))
        built = _build(row.line, cells, seen, source, company_currency)
        if isinstance(built, RowProblem):
            problems.append(built)
        else:
            rows.append(built)
    return ParsedCustomers(rows, sorted(problems, key=lambda problem: problem.line), table.encoding, unknown)


def _build(
    line: int, cells: Mapping[str, str], seen: dict[str, int], source: str, company_currency: str
) -> CustomerRow | RowProblem:
    name, external_id = cells["name"], cells.get("customer_id", "")
    if external_id and (first := seen.setdefault(external_id, line)) != line:
        return RowProblem(line, name, (f"customer_id {external_id} stands in line {first} already.",))
    texts = {key: cells[key] for key in TEXTS if cells.get(key)}
    reasons: list[str] = []
    currency = (texts.get("currency") or company_currency).upper()
    limit = _limit(cells.get("credit_limit", ""), currency, reasons)
    try:
        parse_country(cells.get("country", ""))
    except BadInput as refusal:
        reasons.append(f"country: {refusal}")
    if not name:
        reasons.append("name is missing.")
    if reasons:
        return RowProblem(line, name[:80], tuple(reasons))
    identity: dict[str, Any] = {"source": source, "external_id": external_id} if external_id else {}
    return CustomerRow(line, CustomerData(credit_limit=limit, **identity, **_language(texts)))


def _language(texts: dict[str, str]) -> dict[str, Any]:
    return {**texts, "language": texts["language"].lower()} if "language" in texts else texts


def _limit(text: str, currency: str, reasons: list[str]) -> int | None:
    if not text:
        return None
    try:
        minor_digits(currency)
        return to_minor(parse_decimal(text), currency)
    except BadInput as refusal:
        reasons.append(f"credit_limit: {refusal}")
        return None
