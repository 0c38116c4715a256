"""``tillpaid customers import``: a file of customers, all of it or nothing, each row with its result."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from app.cli.common import app_context, json_option, note, now_option, say_json

ACTOR = "system:cli"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="file", show_default=True, help="The system that the customer_id column is of.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--encoding", help="The file's encoding, such as windows-1250, where it is neither Unicode nor Western.")
@json_option
@now_option
@click.pass_context
def import_customers(
    ctx: click.Context, file: Path, source: str, dry_run: bool, encoding: str | None, as_json: bool, now: datetime
) -> None:
    """Import customers from CSV: name and country are needed, everything else is optional.

    One rejected row stops the whole import. A customer that is known already is reported, never changed.
    """
    from app.customers.intake import has_rejected, import_file, read_customers

    with app_context():
        parsed = read_customers(file.read_bytes(), encoding=encoding, source=source)
        results, is_imported = import_file(parsed, dry_run=dry_run, actor=ACTOR, now=now)
    if as_json:
        say_json({"rows": [result.as_dict() for result in results], "imported": is_imported})
    else:
        for result in results:
            click.echo(
                f"line {result.line}  {result.name or '-'}  {result.status}  {' '.join(result.reasons)}".rstrip()
            )
        click.echo("Imported." if is_imported else "Nothing was imported.")
    if parsed.unknown_columns:
        note(f"Columns left out: {', '.join(parsed.unknown_columns)}")
    if has_rejected(results):
        ctx.exit(1)


COMMANDS = {"customers import": import_customers}
