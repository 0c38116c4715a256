"""The tour: a file of closed deals goes through the whole job in a scratch database."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from app.cli.common import DATE, json_option, note, now_option, say_json


@click.command()
@click.argument("deals", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--bank", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A bank file with what they paid."
)
@click.option("--on", type=DATE, help="The day of reminders and of the report.", show_default="today")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="Folder for papers, mails and database.")
@now_option
@json_option
def tour(
    deals: Path, bank: Path | None, on: date | None, into: Path | None, now: datetime, as_json: bool
) -> None:  # fmt: skip
    """Walk a file of closed deals from hand-off to money in, reminders and the daily report."""
    from app.tour import walk

    folder = into or Path(tempfile.mkdtemp(prefix="tillpaid-tour-"))
    answer = walk(deals, on=on or now.date(), into=folder, now=now, say=note, bank_file=bank)
    if as_json:
        say_json(answer)
    else:
        _tell(answer, folder)


def _tell(answer: dict[str, Any], folder: Path) -> None:
    for invoice in answer["invoices"]:
        click.echo(f"{invoice['number']}  {invoice['currency']} {invoice['gross']:>14}  {invoice['customer']}")
    for rejected in answer["deals"]["rejected"]:
        click.echo(f"row {rejected['line']} {rejected['deal_id']}: {'; '.join(rejected['reasons'])}")
    for refused in answer["not_billed"]:
        click.echo(f"{refused['order']} was not invoiced: {refused['reason']}")
    verdict = "the books are clean" if answer["verify"]["ok"] else "the books are NOT clean: run tillpaid verify"
    click.echo(f"{answer['verify']['checked']} invariants checked: {verdict}")
    click.echo(f"Papers, mails and the database are in {folder}")


COMMANDS = {"tour": tour}
