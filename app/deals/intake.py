"""Takes in a file of deals: read, checked, then registered all or none, with one row of result for each deal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.company.identifiers import check_email, check_vat_id
from app.deals.rules import Checks, ParsedFile, parse_deals
from app.deals.services import register_deal
from app.kernel.errors import BadInput


@dataclass(frozen=True)
class ImportRow:
    """What became, or would become, of a deal; a rejected row is named by its own line."""

    line: int
    deal_id: str
    status: str  # created, unchanged, changed, rejected
    reasons: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"line": self.line, "deal_id": self.deal_id, "status": self.status, "reasons": list(self.reasons)}


def read_deals(content: bytes, filename: str = "", *, encoding: str | None = None) -> ParsedFile:
    """The deals of a file with VAT ids and addresses checked. Raises BadInput for a file that cannot be read at all."""
    checks = Checks(vat_id=lru_cache(maxsize=10_000)(check_vat_id), email=lru_cache(maxsize=10_000)(check_email))
    return parse_deals(content, filename, encoding=encoding, checks=checks)


def default_source(parsed: ParsedFile) -> str:
    """Where deals come from when nobody says: the system whose export it is, else "file"."""
    return "file" if parsed.kind == "tillpaid" else parsed.kind


def register_file(parsed: ParsedFile, *, source: str, actor: str, now: datetime) -> list[ImportRow]:
    """Registers every good deal in the caller's unit of work; who opened it decides whether it is kept."""
    rows = [ImportRow(problem.line, problem.deal_id, "rejected", problem.reasons) for problem in parsed.problems]
    for deal in parsed.deals:
        try:
            done = register_deal(deal, source=source, actor=actor, now=now)
        except BadInput as refusal:
            rows.append(ImportRow(deal.line, deal.external_id, "rejected", (str(refusal),)))
        else:
            rows.append(ImportRow(deal.line, deal.external_id, done.status, done.reasons))
    return sorted(rows, key=lambda row: row.line)


def count_rows(rows: Iterable[ImportRow]) -> dict[str, int]:
    counted = {"created": 0, "unchanged": 0, "changed": 0, "rejected": 0}
    for row in rows:
        counted[row.status] += 1
    return counted
