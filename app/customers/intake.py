"""Takes in a file of customers: all rows or none, each row with its result."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from app.company.queries import get_company
from app.customers import queries
from app.customers.models import Customer
from app.customers.rules import CustomerData
from app.customers.rules_import import TEXTS, ParsedCustomers, RowProblem, parse_customers
from app.customers.services import checked, create_customer, data_of
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.money import format_decimal, to_decimal
from app.kernel.texts import identity_key, label_of


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
    results = [_reject(problem) for problem in parsed.problems]
    for row in parsed.rows:
        try:
            status, reasons = _take_in(row.data, actor=actor, now=now)
        except BadInput as refusal:
            status, reasons = "rejected", _refusals(row.data) or (_named(refusal),)
        results.append(CustomerResult(row.line, row.data.name, status, reasons))
    return sorted(results, key=lambda result: result.line)


def _reject(problem: RowProblem) -> CustomerResult:
    more = _refusals(problem.rest) if problem.rest else ()
    return CustomerResult(problem.line, problem.name, "rejected", (*problem.reasons, *more))


def _refusals(data: CustomerData) -> tuple[str, ...]:
    """Every column that is refused, not just the first: what is refused is left out, and the rest is read again."""
    reasons: list[str] = []
    while (refusal := _refusal(data)) is not None:
        reasons.append(_named(refusal))
        name = refusal.field or ""
        if name not in _LEFT_OUT or getattr(data, name) == _LEFT_OUT[name]:
            break
        data = replace(data, **{name: _LEFT_OUT[name]})
    return tuple(reasons)


def _refusal(data: CustomerData) -> BadInput | None:
    try:
        checked(data)
    except BadInput as refusal:
        return refusal
    return None


def _named(refusal: BadInput) -> str:
    return f"{refusal.field}: {refusal}" if refusal.field else str(refusal)


# what stands for a column that is refused
_LEFT_OUT: dict[str, Any] = {**dict.fromkeys(TEXTS, ""), "name": "-", "language": "en", "credit_limit": None}


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
    differences = _differences(known, data, spelt)
    return ("changed", differences) if differences else ("unchanged", ())


def _find(data: CustomerData) -> Customer | None:
    by_id = queries.find_by_external_id(data.source, data.external_id) if data.source and data.external_id else None
    by_vat_id = by_id or queries.find_by_vat_id(data.vat_id)
    return by_vat_id or queries.find_same_name(identity_key(data.name), data.country, data.vat_id)


def _differences(known: Customer, data: CustomerData, spelt: CustomerData) -> tuple[str, ...]:
    stored, said = asdict(data_of(known)), asdict(spelt)
    differences = [
        f"{label_of(name)} is {stored[name] or 'empty'}, the file says {value}"
        for name, value in said.items()
        if name in TEXTS
        and name not in {"language", "currency"}
        and value not in (None, "", ())
        and stored[name] != value
    ]
    return (*differences, *_limit_difference(known, data, spelt))


def _limit_difference(known: Customer, data: CustomerData, spelt: CustomerData) -> Iterator[str]:
    """An amount without a currency is read in the customer's own."""
    if spelt.credit_limit is None:
        return
    said = (to_decimal(spelt.credit_limit, spelt.currency), spelt.currency if data.currency else known.currency)
    stored = known.credit_limit
    if stored is None or (to_decimal(stored, known.currency), known.currency) != said:
        before = "empty" if stored is None else f"{format_decimal(stored, known.currency)} {known.currency}"
        yield f"{label_of('credit_limit')} is {before}, the file says {said[0]:f} {said[1]}"
