"""The schema on the command line: made where there is none, upgraded where it is old."""

from __future__ import annotations

from datetime import datetime

import click

from app.cli.common import app_context, json_option, now_option, say_json


@click.command()
@now_option
@json_option
def init(now: datetime, as_json: bool) -> None:
    """Create or upgrade the schema. A database with data is copied to instance/backups before it is upgraded."""
    from app.backup.upgrading import upgrade_with_copy

    with app_context() as app:
        done = upgrade_with_copy(app.extensions["tillpaid_settings"].instance_dir, now=now)
    if as_json:
        say_json({"changed": done.changed, "revision": done.revision, "backup": done.kept and str(done.kept)})
        return
    if done.kept:
        click.echo(f"Copied before the upgrade: {done.kept}")
    if done.changed:
        click.echo("The database has the schema of this version now.")


COMMANDS = {"init": init}
