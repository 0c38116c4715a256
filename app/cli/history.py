"""``tillpaid history import``: customers, invoices and payments of an earlier system, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import app_context, json_option, now_option, say_json

if TYPE_CHECKING:
    from app.payments.history import HistoryImport

ACTOR = "system:history"


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--strict", is_flag=True, help="Refuse doubtful dates too: due before issued, or still to come.")
@json_option
@now_option
@click.pass_context
def import_history(
    ctx: click.Context, files: Sequence[Path], dry_run: bool, strict: bool, as_json: bool, now: datetime
) -> None:
    """Import customers.csv, invoices.csv and payments.csv of an earlier system; any of them, under any name.

    \b
    customers  customer_id,name,country,currency,email,terms_days
    invoices   number,customer_id,issued_on,due_on,currency,gross
    payments   payment_id,customer_id,received_on,currency,amount,invoice,allocated

    Payments have one row per allocation; without an invoice the money stays unapplied. Invoices keep their numbers.
    One bad row, or a file that cannot be opened, stops the whole import, and each is named with its reason. Rows with
    doubtful dates are shown and taken, unless --strict. The same files again change nothing.
    """
    from app.db.unit_of_work import in_unit_of_work
    from app.payments.history import import_history as bring_in

    contents, unread = _read(files)
    with app_context():
        done = in_unit_of_work(
            lambda: bring_in(contents, unread=unread, dry_run=dry_run, is_strict=strict, actor=ACTOR, now=now)
        )
    if as_json:
        say_json(_answer(done))
    else:
        _say(done, dry_run=dry_run)
    if not done.plan.is_possible:
        ctx.exit(1)


def _read(files: Sequence[Path]) -> tuple[list[tuple[str, bytes]], list[tuple[str, str]]]:
    """Name and content of each file, and name and reason of those that cannot be opened."""
    contents, unread = [], []
    for file in files:
        try:
            contents.append((file.name, file.read_bytes()))
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            unread.append((file.name, f"The file cannot be opened: {reason}."))
    return contents, unread


def _answer(done: HistoryImport) -> dict[str, Any]:
    """Counts by kind, and the rows people should look at: rejected, doubtful, changed, recognised."""
    plan = done.plan
    return {
        "imported": done.is_imported,
        **{kind: {status.value: number for status, number in counts.items()} for kind, counts in _counts(done)},
        "rejected": sum(verdict.status.value == "rejected" for verdict in plan.verdicts),
        "rows": [
            {
                "file": verdict.file,
                "line": verdict.line or None,
                "id": verdict.id,
                "status": verdict.status.value,
                "reasons": list(verdict.reasons),
            }
            for verdict in plan.verdicts
        ],
    }


def _counts(done: HistoryImport) -> list[tuple[str, dict[Any, int]]]:
    from app.payments.history_plan import Status

    kept = (Status.CREATED, Status.UNCHANGED, Status.CHANGED, Status.RECOGNISED)
    return [(kind, {status: counts[status] for status in kept}) for kind, counts in done.plan.counts.items()]


def _say(done: HistoryImport, *, dry_run: bool) -> None:
    for verdict in done.plan.verdicts:
        where = f"{verdict.file} line {verdict.line}" if verdict.line else verdict.file
        click.echo(f"{where}  {verdict.id or '-'}  {verdict.status.value}: {' '.join(verdict.reasons)}")
    for kind, counts in _counts(done):
        if said := ", ".join(f"{number} {status.value}" for status, number in counts.items() if number):
            click.echo(f"{kind}: {said}" if done.is_imported else f"{kind} would be: {said}")
    if not done.plan.is_possible:
        click.echo("Nothing was imported. Correct the rejected rows and import again.")
    elif dry_run:
        click.echo("Nothing was imported: this was a dry run.")
    if done.plan.is_possible and any(verdict.status.value == "doubtful" for verdict in done.plan.verdicts):
        click.echo("Doubtful rows are taken as they are. With --strict they are refused.")


COMMANDS = {"history import": import_history}
