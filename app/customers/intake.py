"""Takes in a file of customers: all rows or none, each row with its result."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.company.queries import get_company
from app.customers import queries
from app.customers.models import Customer
from app.customers.rules import CustomerData
from app.customers.rules_import import ParsedCustomers, parse_customers
from app.customers.services import checked, create_customer, data_of
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.texts import identity_key


class NotKept(Exception):
    """Undoes what a look ahead has done."""


@dataclass(frozen=True)
class CustomerResult:
    """What became, or would become, of a row: created, unchanged, changed (reported, never applied) or rejected."""

    line: int
    name: str
    status: str
    reasons: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"line": self.line, "name": self.name, "status": self.status, "reasons": list(self.reasons)}


def read_customers(content: bytes, *, encoding: str | None = None, source: str = "file") -> ParsedCustomers:
    """The rows of a file; amounts without a currency are in the company's."""
    currency = get_company().currency
    return parse_customers(content, encoding=encoding, source=source, company_currency=currency)


def import_customers(parsed: ParsedCustomers, *, actor: str, now: datetime) -> list[CustomerResult]:
    """Creates every good row in the caller's unit of work; who opened it decides whether it is kept."""
    results = [CustomerResult(problem.line, problem.name, "rejected", problem.reasons) for problem in parsed.problems]
    for row in parsed.rows:
        try:
            status, reasons = _take_in(row.data, actor=actor, now=now)
        except BadInput as refusal:
            field = f"{refusal.field}: " if refusal.field else ""
            status, reasons = "rejected", (f"{field}{refusal}",)
        results.append(CustomerResult(row.line, row.data.name, status, reasons))
    return sorted(results, key=lambda result: result.line)


def import_file(
    parsed: ParsedCustomers, *, dry_run: bool = False, actor: str, now: datetime
) -> tuple[list[CustomerResult], bool]:
    """Creates the customers of a file in a unit of work of its own, all or none; says whether they were kept."""
    results: list[CustomerResult] = []
    try:
        with unit_of_work():
            results = import_customers(parsed, actor=actor, now=now)
            if dry_run or has_rejected(results):
                raise NotKept
    except NotKept:
        return results, False
    return results, True


def has_rejected(results: Iterable[CustomerResult]) -> bool:
    return any(result.status == "rejected" for result in results)


def _take_in(data: CustomerData, *, actor: str, now: datetime) -> tuple[str, tuple[str, ...]]:
    spelt = checked(data)
    known = _find(spelt)
    if known is None:
        create_customer(data, actor=actor, now=now)
        return "created", ()
    differences = _differences(known, spelt)
    return ("changed", differences) if differences else ("unchanged", ())


def _find(data: CustomerData) -> Customer | None:
    by_id = queries.find_by_external_id(data.source, data.external_id) if data.source and data.external_id else None
    by_vat_id = by_id or queries.find_by_vat_id(data.vat_id)
    return by_vat_id or queries.find_same_name(identity_key(data.name), data.country, data.vat_id)


def _differences(known: Customer, data: CustomerData) -> tuple[str, ...]:
    stored, said = asdict(data_of(known)), asdict(data)
    return tuple(
        f"{name} is {stored[name] or 'empty'}, the file says {value}"
        for name, value in said.items()
        if name not in {"source", "external_id", "is_active", "language", "currency"}
        and value not in (None, "", ())
        and stored[name] != value
    )
