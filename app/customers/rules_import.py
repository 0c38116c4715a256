"""Knows customers in a CSV file: which columns there are, and which rows cannot be customers, with line and reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.customers.rules import CustomerData
from app.kernel.countries import parse_country
from app.kernel.errors import BadInput
from app.kernel.money import is_currency, to_minor
from app.kernel.quantities import parse_decimal
from app.kernel.tables import column_key, is_formula, read_table

TEXTS = (
    "name", "country", "vat_id", "tax_number", "street", "street2", "postal_code", "city", "region", "billing_email",
    "phone", "currency", "language", "payment_terms", "buyer_reference", "notes",
)  # fmt: skip
OTHER_NAMES = {"email": "billing_email", "e_mail": "billing_email", "zip": "postal_code", "id": "customer_id"}
COLUMNS = frozenset({*TEXTS, "credit_limit", "customer_id"})
REQUIRED = ("name", "country")
ANY_COUNTRY = "DE"  # stands in for one that cannot be read, while the rest of its row is checked


@dataclass(frozen=True, slots=True)
class CustomerRow:
    line: int
    data: CustomerData


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be a customer; `name` is what it says as far as it can be read, `rest` what is not refused."""

    line: int
    name: str
    reasons: tuple[str, ...]
    rest: CustomerData | None = None


@dataclass(frozen=True)
class ParsedCustomers:
    rows: list[CustomerRow]
    problems: list[RowProblem]
    encoding: str
    unknown_columns: tuple[str, ...]


def parse_customers(
    content: bytes, *, encoding: str | None = None, source: str = "file", company_currency: str = "EUR"
) -> ParsedCustomers:
    """The rows of a CSV file. What a spreadsheet would calculate is refused. Raises BadInput for no table at all."""
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
    currency = _currency_of(cells, company_currency)
    refused = dict(_refusals(cells, seen, line, currency))
    texts = {key: cells[key] for key in TEXTS if cells.get(key) and key not in refused}
    if refused:
        reasons = tuple(f"{name}{reason}" for name, reason in refused.items())
        return RowProblem(line, cells["name"][:80], reasons, _rest(texts, refused))
    external_id = cells.get("customer_id", "")
    identity: dict[str, Any] = {"source": source, "external_id": external_id} if external_id else {}
    limit = _limit(cells.get("credit_limit", ""), currency)
    return CustomerRow(line, CustomerData(credit_limit=limit, **identity, **_language(texts)))


def _currency_of(cells: Mapping[str, str], company_currency: str) -> str:
    """That of the row's amounts; where it is none, the currency is refused and the amount read in the company's."""
    code = (cells.get("currency") or company_currency).upper()
    return code if is_currency(code) else company_currency


def _refusals(cells: Mapping[str, str], seen: dict[str, int], line: int, currency: str) -> Iterator[tuple[str, str]]:
    """Columns that cannot be, each with its reason, as far as no register is needed."""
    external_id = cells.get("customer_id", "")
    if external_id and (first := seen.setdefault(external_id, line)) != line:
        yield "customer_id", f" {external_id} stands in line {first} already."
    if not cells["name"]:
        yield "name", " is missing."
    readers: dict[str, Callable[[str], object]] = {
        "country": parse_country,
        "credit_limit": lambda text: _limit(text, currency),
    }
    for name, text in cells.items():
        if name in COLUMNS and is_formula(text):
            yield name, f" contains a formula ({text[:30]!r}). Write plain text or a plain number."
        elif name in readers:
            try:
                readers[name](text)
            except BadInput as refusal:
                yield name, f": {refusal}"


def _rest(texts: dict[str, str], refused: Mapping[str, str]) -> CustomerData:
    """The row without what is refused, so that the rest of it can be checked too."""
    rest = {"name": "-", "country": ANY_COUNTRY, **_language(texts)}
    if "country" in refused:
        rest["vat_id"] = ""
    return CustomerData(**rest)


def _language(texts: dict[str, str]) -> dict[str, Any]:
    return {**texts, "language": texts["language"].lower()} if "language" in texts else texts


def _limit(text: str, currency: str) -> int | None:
    if not text:
        return None
    return to_minor(parse_decimal(text), currency)
