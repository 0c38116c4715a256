"""Changes how numbers are written, so that no number can ever appear twice."""

from datetime import datetime

from sqlalchemy import select

from app.audit.services import record
from app.company.models import NumberSeries
from app.company.rules import NumbersCouldRepeat, may_follow, require_distinct
from app.company.services import SeriesUnknown
from app.db.base import session
from app.db.sequences import Counter
from app.kernel.numbering import check_pattern


def change_pattern(code: str, pattern: str, *, actor: str, now: datetime) -> NumberSeries:
    """Writes the numbers to come by another pattern. Raises BadPattern, NumbersCouldRepeat.

    Whether a series starts again each year cannot be changed: its counter would meet numbers that exist.
    """
    used = _lock_counters(code)
    series = session().get(NumberSeries, code, with_for_update=True, populate_existing=True)
    if series is None:
        raise SeriesUnknown(code=code)
    pattern = check_pattern(pattern.strip(), yearly=series.yearly)
    if pattern == series.pattern:
        return series
    require_distinct(pattern, _patterns_of_others(code))
    former = [*series.former_patterns, series.pattern] if used else series.former_patterns
    for earlier in former:
        if not may_follow(pattern, earlier):
            raise NumbersCouldRepeat(field="pattern", pattern=pattern, other=earlier)
    record(
        "numbering.changed", actor=actor, now=now, object_kind="company", object_id=1,
        series=code, before=series.pattern, after=pattern,
    )  # fmt: skip
    series.pattern, series.former_patterns = pattern, former
    return series


def _lock_counters(code: str) -> bool:
    """Waits for whoever draws a number of this series now; says whether any was drawn."""
    rows = session().scalars(select(Counter).where(Counter.series == code).with_for_update())
    return any(counter.last for counter in rows)


def _patterns_of_others(code: str) -> list[str]:
    others = session().scalars(select(NumberSeries).where(NumberSeries.code != code))
    return [pattern for other in others for pattern in [other.pattern, *other.former_patterns]]
