"""Knows what to do next about each overdue instalment, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from app.followup.rules import Held, OverdueItem, Plan, Procedure
from app.kernel.texts import counted, short_day


@dataclass(frozen=True)
class NextAction:
    """One thing to do, its reason, and the view of the worklist it belongs to."""

    text: str
    reason: str
    view: str  # due, held, later, call


@dataclass(frozen=True)
class WorkRow:
    item: OverdueItem
    customer: str
    action: NextAction
    phone: str = ""

    @property
    def dialled(self) -> str:
        """The phone number as a telephone takes it; "" where it is none."""
        digits = "".join(mark for mark in self.phone.replace("(0)", "") if mark.isdigit())
        return f"{'+' if self.phone.lstrip().startswith('+') else ''}{digits}" if digits else ""


def list_actions(items: Iterable[OverdueItem], plan: Plan, procedure: Procedure) -> dict[tuple[int, int], NextAction]:
    """(invoice, instalment) -> the next action on the plan's date."""
    steps = {
        (listed.item.invoice_id, listed.item.instalment): listed.step
        for notice in plan.notices
        for listed in notice.items
        if listed.step
    }
    held = {(hold.item.invoice_id, hold.item.instalment): hold for hold in plan.held}
    return {
        key: _decide(item, steps.get(key), held.get(key), procedure)
        for item in items
        for key in [(item.invoice_id, item.instalment)]
    }


def _decide(item: OverdueItem, step: int | None, hold: Held | None, procedure: Procedure) -> NextAction:
    if step:
        return NextAction(f"Send reminder {step}", f"{counted(item.days_past_due, 'day')} past due", "due")
    if hold:
        until = f", until {short_day(hold.until)}" if hold.until else ""
        return NextAction("Held back", f"{hold.reason}{until}", "held")
    following = procedure.next_level(item.last_level)
    if following is None:
        return NextAction("Call", "the final reminder has gone", "call")
    earliest = item.due_on + timedelta(days=following.days_past_due)
    if item.last_notice_on:
        earliest = max(earliest, item.last_notice_on + timedelta(days=procedure.days_between))
    return NextAction(f"Reminder {following.level} on {short_day(earliest)}", "not old enough yet", "later")
