"""``tillpaid rates import``: a file of the European Central Bank, all of it or nothing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from app.cli.common import DATE, app_context, json_option, note, now_option, say_json

ACTOR = "system:cli"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", type=DATE, help="The oldest day to take; a year ago unless given.")
@json_option
@now_option
def import_rates(file: Path, since: date | None, as_json: bool, now: datetime) -> None:
    """Import reference rates of the ECB from eurofxref-daily.xml, eurofxref.csv, eurofxref-hist.csv or a ZIP.

    One bad row stops the whole import. Rates that are known already stay as they are.
    """
    from app.company import services_rates
    from app.company.queries import business_today
    from app.company.rules_rates_file import LARGEST, FileTooLarge, read_rates
    from app.db.unit_of_work import in_unit_of_work

    if file.stat().st_size > LARGEST:
        raise FileTooLarge(field="file")
    with app_context():
        parsed = read_rates(file.read_bytes())
        oldest = since or business_today(now) - timedelta(days=366)
        result = in_unit_of_work(lambda: services_rates.import_rates(parsed, since=oldest, actor=ACTOR, now=now))
    if as_json:
        say_json({**asdict(result), "unknown_currencies": parsed.unknown})
    else:
        click.echo(f"Imported: {result.added}. Known already: {result.known}. Before {oldest}: {result.older}.")
    if result.different:
        note(f"Left as they are although the file says otherwise: {result.different}.")


COMMANDS = {"rates import": import_rates}
