"""Changes how numbers are written, so that no number can ever appear twice."""

from datetime import date, datetime

from sqlalchemy import select

from app.audit.services import record
from app.company.models import NumberSeries
from app.company.queries_numbering import next_sequences
from app.company.rules import NumbersCouldRepeat, may_follow, require_distinct
from app.company.services import SeriesUnknown
from app.db.base import session
from app.db.sequences import Counter
from app.kernel.numbering import check_pattern, write_number

SHOWN_AHEAD = 3


def change_pattern(code: str, pattern: str, *, actor: str, now: datetime) -> NumberSeries:
    """Writes the numbers to come by another pattern. Raises BadPattern, SeriesCouldShare, NumbersCouldRepeat.

    Whether a series starts again each year cannot be changed: its counter would meet numbers that exist.
    """
    counters = _lock_counters(code)
    series = session().get(NumberSeries, code, with_for_update=True, populate_existing=True)
    if series is None:
        raise SeriesUnknown(code=code)
    former = _former(series, counters)
    pattern = _checked(pattern, series, former)
    if pattern == series.pattern:
        return series
    record(
        "numbering.changed", actor=actor, now=now, object_kind="company", object_id=1,
        series=code, before=series.pattern, after=pattern,
    )  # fmt: skip
    series.pattern, series.former_patterns = pattern, former
    return series


def preview_pattern(code: str, pattern: str, *, on: date) -> list[str]:
    """The next numbers as this pattern would write them. Changes nothing; raises what `change_pattern` raises."""
    series = session().get(NumberSeries, code)
    if series is None:
        raise SeriesUnknown(code=code)
    counters = list(session().scalars(select(Counter).where(Counter.series == code)))
    pattern = _checked(pattern, series, _former(series, counters))
    first = next_sequences(on)[code]
    return [write_number(pattern, number, on) for number in range(first, first + SHOWN_AHEAD)]


def _checked(pattern: str, series: NumberSeries, former: list[str]) -> str:
    """In its stored spelling; the one there is stays good, however it came about."""
    if pattern.strip() == series.pattern:
        return series.pattern
    pattern = check_pattern(pattern.strip(), yearly=series.yearly)
    require_distinct(pattern, _patterns_of_others(series.code))
    for earlier in former:
        if not may_follow(pattern, earlier):
            raise NumbersCouldRepeat(field="pattern", pattern=pattern, other=earlier)
    return pattern


def _former(series: NumberSeries, counters: list[Counter]) -> list[str]:
    """The patterns that wrote numbers, the present one among them once it did."""
    used = any(counter.last for counter in counters)
    return [*series.former_patterns, series.pattern] if used else series.former_patterns


def _lock_counters(code: str) -> list[Counter]:
    """Waits for whoever draws a number of this series now."""
    return list(session().scalars(select(Counter).where(Counter.series == code).with_for_update()))


def _patterns_of_others(code: str) -> list[tuple[str, str]]:
    others = session().scalars(select(NumberSeries).where(NumberSeries.code != code))
    return [(other.code, pattern) for other in others for pattern in [other.pattern, *other.former_patterns]]
