"""What a person may say about chasing a customer."""

from datetime import date

from app.kernel.errors import BadInput

LONGEST_REASON = 300


class ReasonMissing(BadInput):
    """Say why this customer is not to be reminded."""


class DayMissing(BadInput):
    """Say until which day this customer is not to be reminded."""


class DayPassed(BadInput):
    """Choose a day from today on; reminders stop up to and including it."""


def check_hold(until: date | None, reason: str, today: date) -> tuple[date | None, str]:
    """The day and the reason in their stored spelling; neither of them lets reminders go again."""
    said = " ".join(reason.split())[:LONGEST_REASON]
    if until is None and said:
        raise DayMissing(field="until")
    if until is None:
        return None, ""
    if until < today:
        raise DayPassed(field="until")
    if not said:
        raise ReasonMissing(field="reason")
    return until, said
