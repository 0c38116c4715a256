"""``tillpaid statements import``: files of the bank, each all of it or nothing, with what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import app_context, json_option, now_option, say_json

if TYPE_CHECKING:
    from app.payments.rules_bank import Problem
    from app.payments.services_bank import FileVerdict, StatementVerdict

ACTOR = "system:cli"


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check, whosever the account is, and change nothing.")
@json_option
@now_option
@click.pass_context
def import_statements(ctx: click.Context, files: tuple[Path, ...], dry_run: bool, as_json: bool, now: datetime) -> None:
    """Import bank files: camt.052, .053 and .054, MT940, OFX, BAI2, or CSV of a saved profile.

    Each file is imported as a whole or not at all, and the others go on. One that does not add up, or is of an
    account that is not ours, is quarantined: shown, never repaired. Exit 1 when a file was rejected, or is not there.
    """
    from app.payments.bank_files import tell_gaps

    with app_context():
        verdicts = [_take(file, now, dry_run) for file in files]
        if not dry_run:
            tell_gaps(verdicts)
        if as_json:
            say_json({"files": [answer(verdict) for verdict in verdicts]})
        else:
            _say(verdicts, dry_run)
    if any(verdict.status == "rejected" for verdict in verdicts):
        ctx.exit(1)


def _take(file: Path, now: datetime, dry_run: bool) -> FileVerdict:
    """One at a time, and of a file beyond the limit no more than tells that it is."""
    from app.payments.bank_files import import_files
    from app.payments.rules_bank import LARGEST_FILE, Problem
    from app.payments.services_bank import FileVerdict, clean_name

    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        problem = Problem(f"The file cannot be opened: {(error.strerror or 'unknown reason').lower()}.")
        return FileVerdict(clean_name(file.name), "rejected", problems=[problem])
    return import_files([(file.name, content)], actor=ACTOR, now=now, dry_run=dry_run)[0]


def answer(verdict: FileVerdict) -> dict[str, Any]:
    """A file as JSON."""
    from app.payments.queries_matched import matches_of

    matches = matches_of(verdict.file_id) if verdict.file_id else {}
    return {
        "file": verdict.name,
        "format": verdict.format,
        "status": verdict.status,
        "statements": [_statement(one) | {"matches": matches.get(one.statement_id, [])} for one in verdict.statements],
        "problems": [problem.as_json() for problem in verdict.problems],
    } | ({"gaps": verdict.gaps} if verdict.gaps else {})


def _statement(verdict: StatementVerdict) -> dict[str, Any]:
    from app.kernel.money import format_decimal

    said = verdict.statement

    def write(minor: int) -> str:
        return format_decimal(minor, said.currency)

    return {
        "account": verdict.account,
        "currency": said.currency,
        "opening": write(said.opening.amount) if said.opening else None,
        "closing": write(said.closing.amount) if said.closing else None,
        "entries": len(said.booked),
        "credits": write(said.credits),
        "debits": write(said.debits),
        "adds_up": said.adds_up,
        "new": verdict.new,
        "already_known": verdict.already_known,
    }


def _say(verdicts: Iterable[FileVerdict], dry_run: bool) -> None:
    for verdict in verdicts:
        new = sum(one.new for one in verdict.statements)
        entries = sum(len(one.statement.booked) for one in verdict.statements)
        status = "would be kept aside" if verdict.hindrances else verdict.status.replace("_", " ")
        click.echo(f"{verdict.name}  {status}  {entries} entries, {new} new")
        for problem in verdict.problems:
            click.echo(f"  {_place(problem)}{problem.reason}")
        for gap in verdict.gaps:
            click.echo(f"  {gap}")
        for problem in verdict.hindrances:
            click.echo(f"  the import would keep it aside: {_place(problem)}{problem.reason}")
    if dry_run:
        click.echo("Nothing was changed.")


def _place(problem: Problem) -> str:
    return problem.place.lower()


COMMANDS = {"statements import": import_statements}
