"""Backups on the command line: make one, put one back, and say that a restored copy is the one that works."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from app.cli import Refused
from app.cli.common import app_context, json_option, note, now_option, say_json
from app.cli.verify import verification_json

ACTOR = "system:command-line"


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--portable", is_flag=True, help="One file that SQLite and PostgreSQL can both take back.")
@now_option
@json_option
def backup(path: Path, portable: bool, now: datetime, as_json: bool) -> None:
    """Copy everything into the new file PATH (or a new file in the folder PATH), while people go on working."""
    from app.backup import back_up
    from app.db.base import db

    with app_context():
        made = back_up(path, db.engine, portable=portable, now=now)
    if as_json:
        say_json({
            "path": str(made.path), "kind": made.kind, "bytes": made.bytes, "sha256": made.sha256,
            "revision": made.revision, "rows": dict(made.rows),
        })  # fmt: skip
    else:
        click.echo(f"{made.path} ({made.kind}, {made.bytes:,} bytes)")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in place of what is there, which is copied first.")
@click.option("--without-copy", is_flag=True, help="With --replace: do not copy what is there.")
@now_option
@json_option
def restore(path: Path, replace: bool, without_copy: bool, now: datetime, as_json: bool) -> None:
    """Put the backup PATH in place, check the books, and let nothing leave until `tillpaid quarantine confirm`."""
    from app.backup import restore as put_back
    from app.desk.queries_health import count_held_back

    with app_context() as app:
        instance = app.extensions["tillpaid_settings"].instance_dir
        restored = put_back(path, instance=instance, replace=replace, without_copy=without_copy, now=now)
        verification, held = verification_json(now), count_held_back()
    if as_json:
        say_json({
            "kind": restored.kind, "revision": restored.revision, "kept": restored.kept and str(restored.kept),
            "quarantined": True, "waiting": held, "verify": verification,
        })  # fmt: skip
    else:
        if restored.kept:
            click.echo(f"What was there before is kept in {restored.kept}")
        click.echo(f"{path} is restored. {len(verification['broken'])} of {verification['checked']} invariants broken")
        click.echo(
            f"No mail leaves ({held['messages']} wait) and no job runs until you say that this copy is the one that "
            "works: tillpaid quarantine confirm"
        )
    if not verification["ok"]:
        note("The books of this backup are not in order; `tillpaid verify` tells where.")
        raise SystemExit(1)


@click.command()
@now_option
@json_option
def confirm(now: datetime, as_json: bool) -> None:
    """Say that this restored copy is the one that works: its mails leave and its jobs run from now on."""
    from app.company.queries import is_quarantined
    from app.company.services import end_quarantine
    from app.db.unit_of_work import in_unit_of_work
    from app.desk.queries_health import count_held_back

    with app_context():
        if not is_quarantined():
            raise Refused("There is no quarantine to confirm: mail leaves and jobs run already.")
        held = count_held_back()
        in_unit_of_work(lambda: end_quarantine(actor=ACTOR, now=now))
    if as_json:
        say_json({"quarantined": False, "released": held})
    else:
        click.echo(f"Confirmed. {held['messages']} mails may leave, and missed reports are made up for.")


COMMANDS = {"backup": backup, "restore": restore, "quarantine confirm": confirm}
