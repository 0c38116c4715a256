"""Knows since when money of a payment lies with us unapplied."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.ledger.rules import Change, running_balances


def lies_since(changes: Iterable[Change]) -> date | None:
    """The first day of the stretch, lasting until now, on which something of it was left; None if nothing is.

    Money that was placed in full and freed again lies there since it was freed.
    """
    since = None
    for day, left in running_balances(changes):
        since = (since or day) if left > 0 else None
    return since
