"""``tillpaid deals import``: a file of closed deals, all of it or nothing, each row with its result."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import app_context, json_option, note, now_option, say_json

if TYPE_CHECKING:
    from app.deals.intake import ImportRow
    from app.deals.rules import ParsedFile

ACTOR = "system:cli"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", help="Where deals come from; source and id name a deal. [default: file, or the CRM]")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--keep-good", is_flag=True, help="Import the good rows although others are rejected.")
@click.option("--encoding", help="The file's encoding, such as windows-1250, where it is neither Unicode nor Western.")
@json_option
@now_option
@click.pass_context
def import_deals(
    ctx: click.Context, file: Path, source: str | None, dry_run: bool, keep_good: bool, encoding: str | None,
    as_json: bool, now: datetime,
) -> None:  # fmt: skip
    """Import closed deals from CSV or JSON, or from an export of HubSpot, Salesforce, Pipedrive or Zoho.

    One rejected row stops the whole import unless --keep-good is given; then nothing is changed, and each row says
    what it would have become. Exit 1 when a row was rejected.
    """
    from app.deals.intake import default_source, import_file, read_deals

    with app_context():
        parsed = read_deals(file.read_bytes(), file.name, encoding=encoding)
        done = import_file(
            parsed, source=source or default_source(parsed), dry_run=dry_run, keep_good=keep_good, actor=ACTOR, now=now
        )
    if as_json:
        say_json(_answer(parsed, done.rows, done.is_imported, done.source))
    else:
        _say(done.rows, done.is_imported, parsed.row_word)
    _remarks(parsed)
    if any(row.status == "rejected" for row in done.rows):
        ctx.exit(1)


def _answer(parsed: ParsedFile, rows: list[ImportRow], is_imported: bool, source: str) -> dict[str, Any]:
    from app.deals.intake import count_rows

    return {
        "rows": [row.as_dict() for row in rows],
        "imported": is_imported,
        "source": source,
        "counts": count_rows(rows),
        "format": parsed.kind,
        "encoding": parsed.encoding,
        "unknown_columns": list(parsed.unknown_columns),
    }


def _say(rows: list[ImportRow], is_imported: bool, row_word: str) -> None:
    from app.deals.intake import count_rows

    for row in rows:
        if row.status in {"rejected", "changed"}:
            click.echo(f"{row_word} {row.line}  {row.deal_id or '-'}  {row.status}: {' '.join(row.reasons)}")
    counts = ", ".join(f"{number} {status}" for status, number in count_rows(rows).items())
    click.echo(f"{counts}." if is_imported else f"Nothing was imported. It would be: {counts}.")


def _remarks(parsed: ParsedFile) -> None:
    if parsed.unknown_columns:
        note(f"Columns left out: {', '.join(parsed.unknown_columns)}")
    if parsed.encoding == "windows-1252":
        note("Read as Windows-1252. If names look wrong, give --encoding, such as windows-1250.")


COMMANDS = {"deals import": import_deals}
