"""Sends a whole run, one customer a unit of work: a crash half way is cured by sending again."""

from datetime import date, datetime
from functools import partial

from app.db.unit_of_work import in_unit_of_work
from app.followup import queries, services
from app.followup.rules import Plan, PlannedNotice


def send_run(on: date, *, actor: str, now: datetime) -> tuple[Plan, list[PlannedNotice]]:
    """Sends the follow-up of a date; returns what was planned and what really went out this time."""
    plan = queries.preview(on)
    sent: list[PlannedNotice] = []
    for customer_id in dict.fromkeys(notice.debtor.customer_id for notice in plan.notices):
        sent += in_unit_of_work(partial(_send, customer_id, on, actor, now))
    in_unit_of_work(lambda: services.close_run(on, actor=actor, now=now))
    return plan, sent


def _send(customer_id: int, on: date, actor: str, now: datetime) -> list[PlannedNotice]:
    return services.send_notice(customer_id, on, actor=actor, now=now)
