"""Takes in rows that somebody typed or pasted: completed with what is known, looked at, then saved once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.deals import intake
from app.deals.queries_quick import find_parties
from app.deals.rules import Checks, ParsedDeal, ParsedFile, Problem
from app.deals.rules_csv import build_deals
from app.deals.rules_fields import RawLine
from app.deals.rules_quick import (
    MOST_IN_GRID,
    MOST_ROWS,
    PASTED,
    Pasted,
    TooMuchPasted,
    complete_rows,
    fits_grid,
    keep_lines,
    label_reason,
    place_reason,
    read_paste,
)

SOURCE = "form"
WAITS_FOR_OTHERS = "It belongs to a deal with another row that is wrong."
_ENTRY = re.compile(r"F-\d{5,12}")


@dataclass(frozen=True)
class Entry:
    """Everything that was entered: the typed rows are numbered first, then the lines of the box."""

    rows: list[RawLine]
    parsed: ParsedFile
    pasted: Pasted
    offset: int  # the last row of the grid that says something; line 1 of the box comes after it


@dataclass(frozen=True)
class EntryRow:
    """A row as it is shown after the check: what was understood, or what to correct."""

    line: int
    cells: Mapping[str, Any]
    deal_id: str
    deal: ParsedDeal | None
    reasons: tuple[str, ...]


def is_entry(text: str) -> bool:
    """Whether it is the id of an entry, which makes saving it twice harmless."""
    return _ENTRY.fullmatch(text) is not None


def read_entry(
    typed: Sequence[Mapping[str, str]], text: str, *, said_for_all: Mapping[str, str], currency: str, entry: str,
    checks: Checks,
) -> Entry:  # fmt: skip
    """Reads the grid and the box by the rules of a file. Raises TooMuchPasted, HeaderWrong."""
    pasted = read_paste(text)
    offset = max((place for place, cells in enumerate(typed, start=1) if any(cells.values())), default=0)
    rows = [RawLine(place, cells) for place, cells in enumerate(typed, start=1) if any(cells.values())]
    rows += [RawLine(offset + row.line, row.cells) for row in pasted.rows]
    if len(rows) > MOST_ROWS:
        raise TooMuchPasted
    parties = find_parties(row.cells.get("customer", "") for row in rows)
    completed = complete_rows(rows, parties, said_for_all=said_for_all, currency=currency, entry=entry)
    deals, problems = build_deals(completed, "\t", PASTED, checks, is_typed=True)
    faults = [Problem(offset + line, "", (reason,)) for line, reason in pasted.faults]
    return Entry(completed, ParsedFile(deals, [*faults, *problems]), pasted, offset)


def save_entry(read: Entry, *, dry_run: bool, keep_good: bool, actor: str, now: datetime) -> intake.Import:
    """All deals or none, unless `keep_good`; in a dry run only what would become of them."""
    return intake.import_file(read.parsed, source=SOURCE, dry_run=dry_run, keep_good=keep_good, actor=actor, now=now)


def list_rows(read: Entry, done: intake.Import) -> list[EntryRow]:
    """Each row with what is wrong in it; one that only waits for another row of its deal says so."""
    against = {problem.line: problem.reasons for problem in read.parsed.problems}
    against |= {row.line: row.reasons for row in done.rows if row.status in {"rejected", "changed"}}
    good = {deal.external_id: deal for deal in read.parsed.deals if deal.line not in against}
    cells = {row.line: row.cells for row in read.rows}
    listed = []
    for line in sorted({*cells, *against}):
        deal_id = str(cells.get(line, {}).get("deal_id", ""))
        reasons = tuple(label_reason(reason) for reason in against.get(line, ()))
        if not reasons and deal_id not in good:
            reasons = (WAITS_FOR_OTHERS,)
        listed.append(EntryRow(line, cells.get(line, {}), deal_id, good.get(deal_id), reasons))
    return listed


@dataclass(frozen=True)
class Left:
    """What stays on the page: rows in the grid, lines in the box, and what to correct at a path like `rows[0].item`."""

    grid: list[Mapping[str, str]]
    text: str
    errors: list[tuple[str, str]]
    moved: frozenset[int]  # lines of the box that are rows of the grid now


def sort_out(
    read: Entry, rows: Sequence[EntryRow], typed: Sequence[Mapping[str, str]], text: str, *, only_wrong: bool
) -> Left:
    """Wrong rows of the box become rows of the grid, as far as it has their fields; whole deals go together."""
    reasons = {row.line: row.reasons for row in rows if row.reasons}
    grid = {place: cells for place, cells in enumerate(typed, start=1) if any(cells.values())}
    if only_wrong:
        grid = {place: cells for place, cells in grid.items() if place in reasons}
    fitting = {
        read.offset + row.line: row.cells
        for row in read.pasted.rows
        if read.offset + row.line in reasons and fits_grid(row.cells)
    }
    moved = dict(list(fitting.items())[: MOST_IN_GRID - len(grid)])
    grid |= moved
    errors = [
        (f"rows[{place}].{name}", said)
        for place, line in enumerate(grid)
        for name, said in map(place_reason, reasons.get(line, ()))
        if said != WAITS_FOR_OTHERS
    ]
    if moved or only_wrong:
        lines = [row.line for row in read.pasted.rows] + [line for line, _reason in read.pasted.faults]
        stay = [line for line in lines if read.offset + line not in moved]
        text = keep_lines(text, read.pasted, [line for line in stay if not only_wrong or read.offset + line in reasons])
    return Left(list(grid.values()), text, errors, frozenset(moved))
