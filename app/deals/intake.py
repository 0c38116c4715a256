"""Takes in a file of deals: read, checked, then registered all or none, with one row of result for each deal."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.company.identifiers import check_email, read_vat_id
from app.company.queries import find_company
from app.company.queries_taxes import read_tax_code
from app.db.unit_of_work import unit_of_work
from app.deals.rules import Checks, ParsedDeal, ParsedFile, parse_deals
from app.deals.rules_csv import LONGEST_ID
from app.deals.services import register_deals
from app.kernel.errors import BadInput
from app.kernel.texts import clean_line


class NotKept(Exception):
    """Undoes what a look ahead has done."""


@dataclass(frozen=True)
class ImportRow:
    """What became, or would become, of a deal; a rejected row is named by its own line."""

    line: int
    deal_id: str
    status: str  # created, unchanged, changed, rejected
    reasons: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"line": self.line, "deal_id": self.deal_id, "status": self.status, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class Import:
    """The result of a file; unless `is_imported`, the rows say what would have become of them."""

    rows: list[ImportRow]
    is_imported: bool
    source: str


def read_deals(content: bytes, filename: str = "", *, encoding: str | None = None) -> ParsedFile:
    """The deals of a file with addresses checked. Raises BadInput for a file that cannot be read at all.

    A VAT id whose check digits fail is no reason to lose a deal: the gate shows it, and it never reaches the customer.
    """
    checks = Checks(
        vat_id=lru_cache(maxsize=10_000)(read_vat_id),
        email=lru_cache(maxsize=10_000)(check_email),
        tax_code=lru_cache(maxsize=1_000)(read_tax_code),
    )
    return parse_deals(content, filename, encoding=encoding, checks=checks)


def check_external_id(text: str) -> str:
    """A typed deal id as it is kept; "" when none was typed."""
    return clean_line(text, "deal_id", label="Deal id", most=LONGEST_ID)


def with_external_id(parsed: ParsedDeal, external_id: str) -> ParsedDeal:
    """The same deal under the id it gets."""
    return replace(parsed, external_id=external_id)


def default_source(parsed: ParsedFile) -> str:
    """Where deals come from when nobody says: the system whose export it is, else "file"."""
    return "file" if parsed.kind == "tillpaid" else parsed.kind


def import_file(
    parsed: ParsedFile, *, source: str, dry_run: bool = False, keep_good: bool = False, actor: str, now: datetime
) -> Import:
    """Registers a file in a unit of work of its own: all rows or none, unless `keep_good`; none in a dry run."""
    if find_company() is None and (dry_run or (parsed.problems and not keep_good)):
        # Nothing could be registered yet, but what is wrong with the file can be said
        return Import(_foretell(parsed), False, source)
    rows: list[ImportRow] = []
    try:
        with unit_of_work():
            rows = register_file(parsed, source=source, actor=actor, now=now)
            if dry_run or (not keep_good and any(row.status == "rejected" for row in rows)):
                raise NotKept
    except NotKept:
        return Import(rows, False, source)
    return Import(rows, True, source)


def _foretell(parsed: ParsedFile) -> list[ImportRow]:
    rows = [ImportRow(problem.line, problem.deal_id, "rejected", problem.reasons) for problem in parsed.problems]
    rows += [ImportRow(deal.line, deal.external_id, "created") for deal in parsed.deals]
    return sorted(rows, key=lambda row: row.line)


def register_file(parsed: ParsedFile, *, source: str, actor: str, now: datetime) -> list[ImportRow]:
    """Registers every good deal in the caller's unit of work; who opened it decides whether it is kept."""
    rows = [ImportRow(problem.line, problem.deal_id, "rejected", problem.reasons) for problem in parsed.problems]
    for deal, done in zip(parsed.deals, register_deals(parsed.deals, source=source, actor=actor, now=now), strict=True):
        if isinstance(done, BadInput):
            rows.append(ImportRow(deal.line, deal.external_id, "rejected", (_named(done),)))
        else:
            rows.append(ImportRow(deal.line, deal.external_id, done.status, done.reasons))
    return sorted(rows, key=lambda row: row.line)


def _named(refusal: BadInput) -> str:
    return f"{refusal.field}: {refusal}" if refusal.field else str(refusal)


def count_rows(rows: Iterable[ImportRow]) -> dict[str, int]:
    counted = {"created": 0, "unchanged": 0, "changed": 0, "rejected": 0}
    for row in rows:
        counted[row.status] += 1
    return counted
