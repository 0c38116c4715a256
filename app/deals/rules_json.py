"""Knows deals in JSON: a list of deals, each with its lines; numbers stay exact. A deal's `line` is its place in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from app.deals.rules import (
    HEAD_FIELDS,
    LINE_FIELDS,
    Checks,
    DealsFileRefused,
    ParsedDeal,
    ParsedFile,
    Problem,
)
from app.deals.rules_csv import LONGEST_ID
from app.deals.rules_fields import RawDeal, RawLine, build_deal
from app.deals.rules_numbers import NumberStyle
from app.kernel.tables import is_formula, read_text

MOST_DEALS = 100_000
_SPACE = re.compile(r"[\s,]*")


def is_json(content: bytes, filename: str) -> bool:
    """By the first character that is not space, in any Unicode encoding; by the name for an empty file."""
    first = content[:400].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    return first in (b"[", b"{") or (not first and filename.lower().endswith(".json"))


def parse(content: bytes, *, encoding: str | None, checks: Checks) -> ParsedFile:
    """Raises DealsFileRefused when it is not a list of deals."""
    text, used = read_text(content, encoding=encoding)
    deals: list[ParsedDeal] = []
    problems: list[Problem] = []
    unknown: dict[str, None] = {}
    seen: dict[str, int] = {}
    for place, found in _elements(text):
        built = _read(place, found, seen, unknown, checks)
        if isinstance(built, ParsedDeal):
            deals.append(built)
        else:
            problems.extend(built)
    if not deals and not problems:
        raise DealsFileRefused(reason="The file has no deals.")
    return ParsedFile(deals, problems, "tillpaid", used, tuple(unknown), row_word="deal")


def _read(
    line: int, found: Any, seen: dict[str, int], unknown: dict[str, None], checks: Checks
) -> ParsedDeal | list[Problem]:
    if not isinstance(found, dict):
        return [Problem(line, "", ("A deal is an object with its columns as names.",))]
    said = found.get("deal_id")
    external_id = str(said).strip() if isinstance(said, str | int) and not isinstance(said, bool) else ""
    if reason := _against(external_id, found, seen):
        return [Problem(line, external_id[:LONGEST_ID], (reason,))]
    seen[external_id] = line
    unknown.update((str(name)[:60], None) for name in found if name not in {*HEAD_FIELDS, "deal_id", "lines"})
    raw = RawDeal(line, external_id, found, [])
    for i, cells in enumerate(found["lines"]):
        if isinstance(cells, dict):
            unknown.update((f"lines.{str(name)[:60]}", None) for name in cells if name not in LINE_FIELDS)
            raw.lines.append(RawLine(line, cells))
        else:
            raw.against[line].append(f"lines[{i}] is not an object.")
    return build_deal(raw, NumberStyle(), checks)


def _against(external_id: str, found: dict[str, Any], seen: dict[str, int]) -> str:
    if not external_id:
        return "deal_id is missing."
    if len(external_id) > LONGEST_ID or not external_id.isprintable() or is_formula(external_id):
        return f"deal_id is longer than {LONGEST_ID} characters or no plain text."
    if external_id in seen:
        return f"deal_id stands twice: the first is deal {seen[external_id]} of the list."
    if not isinstance(found.get("lines"), list):
        return "lines is missing: a deal has a list of lines."
    return ""


def _elements(text: str) -> Iterator[tuple[int, Any]]:
    """Each deal with its place in the list, from 1."""
    decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
    start = _opening(text, decoder)
    position = _skip(text, start)
    for place in range(1, MOST_DEALS + 2):
        if position >= len(text):
            raise DealsFileRefused(reason="The file ends in the middle: the list of deals is not closed.")
        if text[position] == "]":
            return
        found, position = _decode(decoder, text, position, place)
        yield place, found
        position = _skip(text, position)
    raise DealsFileRefused(reason=f"The file has more than {MOST_DEALS} deals. Split it.")


def _opening(text: str, decoder: json.JSONDecoder) -> int:
    """Where the list begins: the file is a list, or an object with the list under "deals"."""
    start = _skip(text, 0)
    if text[start : start + 1] == "[":
        return start + 1
    named = re.compile(r'\{\s*"deals"\s*:\s*\[').match(text, start)
    if named is None:
        raise DealsFileRefused(reason='The file must be a list of deals: [{"deal_id": ..., "lines": [...]}, ...].')
    return named.end()


def _decode(decoder: json.JSONDecoder, text: str, position: int, place: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise DealsFileRefused(
            reason=f"The file is no valid JSON: see line {error.lineno}, {error.msg.lower()}."
        ) from None
    except (ValueError, RecursionError):
        raise DealsFileRefused(reason=f"Deal {place} of the list has a value that cannot be read.") from None


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")
