"""The daily report on the command line."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import DATE, app_context, ask_about_day_to_come, json_option, note, now_option, say_json

if TYPE_CHECKING:
    from app.reports.services import Sending

ACTOR = "system:mis"

_on_option = click.option("--on", type=DATE, required=True, help="The business date.")


def report_json(on: date, now: datetime) -> dict[str, Any]:
    """The stored report of a date with what changed since; where none is stored, how it would read now."""
    from app.reports import queries

    report = queries.find_report(on)
    if report is None:
        figures = queries.compute_figures(on, now)
        return {**figures, "as_of": now, "snapshot": queries.fingerprint(figures), "stored": False, "changed_since": []}
    return {
        **report.figures,
        "as_of": report.as_of,
        "snapshot": report.sha256,
        "stored": True,
        "changed_since": queries.changed_since(report, now),
    }


@click.command()
@_on_option
@now_option
@json_option
def show(on: date, now: datetime, as_json: bool) -> None:
    """Show the report of a date: as stored, or as it would read now. Changes nothing."""
    from app.reports.rules_view import build_view

    with app_context() as app:
        answer = report_json(on, now)
        if as_json:
            say_json(answer)
            return
        view = build_view(answer, None, app.extensions["tillpaid_settings"].public_base_url)
        click.echo(view.subject)
        for table in (*view.work, *view.tables):
            click.echo(f"\n{table.title}")
            for row in table.rows:
                click.echo("  " + "  ".join(f"{cell.label} {cell.value}" for cell in row))


@click.command()
@_on_option
@now_option
@json_option
def send(on: date, now: datetime, as_json: bool) -> None:
    """Store the report of a date and queue it for everyone who subscribed, once per person."""
    from app.db.unit_of_work import in_unit_of_work
    from app.reports import services
    from app.reports.rules_view import tell_sending

    with app_context():
        ask_about_day_to_come(on, now, "its report would be stored as it reads now")
        everybody, queued = in_unit_of_work(lambda: _recipients(services.send_report(on, actor=ACTOR, now=now)))
        if as_json:
            known = [one for one in everybody if one not in queued]
            say_json({**report_json(on, now), "sent_to": everybody, "queued_now": queued, "queued_before": known})
        else:
            note(tell_sending(len(queued), len(everybody) - len(queued))[0])
            for recipient in queued:
                note(f"  {recipient}")


def _recipients(sending: Sending) -> tuple[list[str], list[str]]:
    """The addresses of all subscribers, and those whose mail was queued just now."""
    return [message.recipient for message in sending.messages], [message.recipient for message in sending.queued]


COMMANDS = {"mis show": show, "mis send": send}
