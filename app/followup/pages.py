"""The blueprint of follow-up's pages, which views add routes to, and what they read from an address."""

from datetime import date

from flask import Blueprint

from app.kernel.errors import BadInput, NotFound
from app.web.fields import parse_date

blueprint = Blueprint("followup", __name__)


class NothingDue(NotFound):
    """This customer gets no reminder on that day. Look at the notices of the day again."""


def read_day(text: str) -> date:
    """The day an address names. Raises BadInput."""
    try:
        return parse_date(text)
    except ValueError:
        raise BadInput("Write the day like 2026-11-22.", field="on") from None
