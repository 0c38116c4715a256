"""Payment reminders on the command line: what is due, what would go, what goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import DATE, app_context, ask_about_day_to_come, json_option, now_option, say_json
from app.kernel.money import format_decimal
from app.kernel.texts import counted

if TYPE_CHECKING:
    from app.followup.rules import Held, Plan, PlannedNotice

ACTOR = "system:followup"


def notice_json(on: date, notice: PlannedNotice) -> dict[str, Any]:
    """A notice as the public surface spells it; fees and interest come with their own rules and are 0 until then."""
    from app.followup.services import notice_key

    return {
        "customer": notice.debtor.name,
        "level": notice.level,
        "invoices": list(dict.fromkeys(listed.item.number for listed in notice.items)),
        "amount": format_decimal(notice.amount, notice.currency),
        "currency": notice.currency,
        "fees": format_decimal(0, notice.currency),
        "interest": format_decimal(0, notice.currency),
        "to": notice.debtor.email,
        "key": notice_key(on, notice.debtor.customer_id, notice.level),
    }


def held_json(held: Held, names: dict[int, str]) -> dict[str, Any]:
    return {
        "customer": names[held.item.customer_id],
        "invoice": held.item.number,
        "rule": held.rule,
        "reason": held.reason,
        "until": held.until,
    }


def plan_json(plan: Plan, notices: Sequence[PlannedNotice]) -> dict[str, Any]:
    """The answer of all three commands."""
    from app.followup.queries import list_debtors

    names = {
        customer_id: debtor.name
        for customer_id, debtor in list_debtors((held.item.customer_id for held in plan.held), plan.on).items()
    }
    return {
        "on": plan.on,
        "notices": [notice_json(plan.on, notice) for notice in notices],
        "held": [held_json(held, names) for held in plan.held],
    }


def _say(plan: Plan, notices: Sequence[PlannedNotice], as_json: bool, verb: str) -> None:
    answer = plan_json(plan, notices)
    if as_json:
        say_json(answer)
        return
    for notice in answer["notices"]:
        numbers = ", ".join(notice["invoices"])
        click.echo(
            f"level {notice['level']}  {notice['currency']} {notice['amount']:>14}  {notice['customer']}: {numbers}"
        )
    for held in answer["held"]:
        click.echo(f"held     {held['invoice']}  {held['customer']}: {held['reason']}")
    notices_said, held_said = counted(len(answer["notices"]), "notice"), counted(len(answer["held"]), "invoice")
    click.echo(f"{notices_said} {verb}, {held_said} held back")


_on_option = click.option("--on", type=DATE, required=True, help="The business date.")


@click.command()
@_on_option
@now_option
@json_option
def propose(on: date, now: datetime, as_json: bool) -> None:
    """Open the run of a date and show what it would send; nothing leaves."""
    from app.db.unit_of_work import in_unit_of_work
    from app.followup import queries, services

    with app_context():
        in_unit_of_work(lambda: services.propose_run(on, actor=ACTOR, now=now))
        plan = queries.preview(on)
        _say(plan, plan.notices, as_json, "proposed")


@click.command()
@_on_option
@now_option
@json_option
def preview(on: date, now: datetime, as_json: bool) -> None:
    """Show exactly what `send` would send on a date; changes nothing."""
    from app.followup import queries

    with app_context():
        plan = queries.preview(on)
        _say(plan, plan.notices, as_json, "would go")


@click.command()
@_on_option
@now_option
@json_option
def send(on: date, now: datetime, as_json: bool) -> None:
    """Send the reminders of a date, once per level however often this runs. A date to come is asked about first."""
    from app.followup.batch import send_run

    with app_context():
        ask_about_day_to_come(on, now, "these reminders would leave today")
        plan, sent = send_run(on, actor=ACTOR, now=now)
        _say(plan, sent, as_json, "sent")


COMMANDS = {"followup propose": propose, "followup preview": preview, "followup send": send}
