"""Raises the next number of a series; what is skipped is noted, so that it is no gap."""

from datetime import date, datetime

from app.audit.services import record
from app.company.models import NumberSeries
from app.company.models_numbering import ReservedNumbers
from app.company.services import SeriesUnknown
from app.db.base import session
from app.db.sequences import draw_numbers
from app.kernel.errors import BadInput
from app.kernel.numbering import period_of
from app.kernel.texts import clean_line

HIGHEST_START = 999_999_999


class NumberNotRaised(BadInput):
    """The next number is {next}; it can be raised, never lowered. Write a number above {next}."""


class NumberTooHigh(BadInput):
    """Write a number up to {most}."""


def raise_next_number(code: str, number: int, reason: str, *, on: date, actor: str, now: datetime) -> ReservedNumbers:
    """The next document of the period of `on` gets this number; those before it are reserved, with the reason.

    Raises SeriesUnknown, NumberNotRaised, NumberTooHigh, BadInput for a missing reason.
    """
    series = session().get(NumberSeries, code)
    if series is None:
        raise SeriesUnknown(code=code)
    reason = clean_line(reason, "reason", required=True)
    if number > HIGHEST_START:
        raise NumberTooHigh(field="number", most=HIGHEST_START)
    period = period_of(on, yearly=series.yearly)
    # From here on whoever draws a number of this series waits: nothing is issued between reading and raising
    last = draw_numbers(code, period, count=0)
    if number <= last + 1:
        raise NumberNotRaised(field="number", next=last + 1)
    draw_numbers(code, period, count=number - 1 - last)
    reserved = ReservedNumbers(
        series=code, period=period, first=last + 1, last=number - 1, reason=reason, reserved_by=actor, reserved_at=now
    )
    session().add(reserved)
    session().flush()
    record(
        "numbering.reserved", actor=actor, now=now, object_kind="company", object_id=1,
        series=code, period=period, first=reserved.first, last=reserved.last, reason=reason,
    )  # fmt: skip
    return reserved
