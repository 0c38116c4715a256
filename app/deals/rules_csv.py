"""Knows deals in CSV: one row per line item, rows with one deal id are one deal wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.deals.rules import HEAD_FIELDS, LINE_FIELDS, REQUIRED, Checks, ParsedDeal, ParsedFile, Problem
from app.deals.rules_fields import RawDeal, RawLine, build_deal, compare_heads
from app.deals.rules_numbers import find_style
from app.deals.rules_sources import OWN, STAGE, Source, map_columns, recognise
from app.kernel.tables import Row, column_key, is_formula, read_table

OURS = frozenset({"deal_id", *HEAD_FIELDS, *LINE_FIELDS})
NUMBERS = ("quantity", "unit_price", "discount_percent", "tax_rate")
LONGEST_ID = 100


def parse(content: bytes, *, encoding: str | None, checks: Checks) -> ParsedFile:
    """Raises BadInput when there is no table in it."""
    table = read_table(content, encoding=encoding)
    keys = [column_key(name) for name in table.header]
    source = recognise(keys)
    columns = map_columns(keys, source, OURS)
    unknown = tuple(name for name, column in zip(table.header, columns, strict=True) if column is None and name)
    missing = [name for name in REQUIRED if name not in columns and not (name == "tax_rate" and "tax_code" in columns)]
    if source is OWN and missing:
        return ParsedFile([], [_missing_columns(missing)], source.kind, table.encoding, unknown)
    rows = [_cells(row, columns, source) for row in table.rows]
    faults = [Problem(line, "", (reason,)) for line, reason in table.faults]
    deals, problems = build_deals(rows, table.separator, source, checks)
    return ParsedFile(deals, sorted(faults + problems, key=_by_line), source.kind, table.encoding, unknown)


def _missing_columns(missing: list[str]) -> Problem:
    plural = "columns" if len(missing) > 1 else "column"
    return Problem(1, "", (f"The {plural} {', '.join(missing)} must stand in the first line.",))


def _cells(row: Row, columns: list[str | None], source: Source) -> RawLine:
    cells = {column: cell for column, cell in zip(columns, row.cells, strict=True) if column is not None}
    for name, value in source.defaults.items():
        if not cells.get(name):
            cells[name] = value
    return RawLine(row.line, cells)


def build_deals(
    rows: list[RawLine], separator: str, source: Source, checks: Checks, *, is_typed: bool = False
) -> tuple[list[ParsedDeal], list[Problem]]:
    """The deals of rows whose cells are named, and why others are none; the separator tells how numbers are written."""
    style = find_style(separator, (str(row.cells.get(name, "")) for row in rows for name in NUMBERS))
    style = replace(style, is_typed=is_typed)
    groups, problems = _group(rows)
    deals: list[ParsedDeal] = []
    for external_id, members in groups.items():
        raw = _raw_deal(external_id, members, source)
        built = build_deal(raw, style, checks)
        if isinstance(built, ParsedDeal):
            deals.append(built)
        else:
            problems.extend(built)
    return deals, problems


def _group(rows: list[RawLine]) -> tuple[dict[str, list[RawLine]], list[Problem]]:
    groups: dict[str, list[RawLine]] = {}
    problems: list[Problem] = []
    for row in rows:
        external_id = str(row.cells.get("deal_id", ""))
        if reason := _against_id(external_id):
            problems.append(Problem(row.line, external_id[:LONGEST_ID], (reason,)))
        else:
            groups.setdefault(external_id, []).append(row)
    return groups, problems


def _against_id(external_id: str) -> str:
    if not external_id:
        return "deal_id is missing."
    if is_formula(external_id):
        return "deal_id contains a formula."
    if len(external_id) > LONGEST_ID or not external_id.isprintable():
        return f"deal_id is longer than {LONGEST_ID} characters or cannot be shown."
    return ""


def _raw_deal(external_id: str, members: list[RawLine], source: Source) -> RawDeal:
    first = members[0]
    raw = RawDeal(first.line, external_id, first.cells, members)
    for later in members[1:]:
        raw.against[later.line].extend(compare_heads(first, later))
    if source.won and (stage := _stage(first.cells)) and stage.casefold() not in source.won:
        raw.against[first.line].append(f"This deal is not won: {source.label} says {stage[:40]!r}.")
    return raw


def _stage(cells: Mapping[str, str]) -> str:
    return str(cells.get(STAGE, "")).strip()


def _by_line(problem: Problem) -> int:
    return problem.line
