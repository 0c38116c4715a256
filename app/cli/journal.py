"""``tillpaid journal export``: writes the journal of some days, or of what is new, for the general ledger."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from app.cli.common import DATE, app_context, now_option

ACTOR = "system:cli"


@click.command()
@click.option("--since", type=DATE, help="The first day; without days, everything since the last such export.")
@click.option("--until", type=DATE, help="The last day.")
@click.option("--layout", type=click.Choice(["plain", "extf"]), default="plain", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@now_option
def export(since: date | None, until: date | None, layout: str, output: Path, now: datetime) -> None:
    """Write and keep a journal for the general ledger; debits equal credits."""
    if (since is None) != (until is None):
        raise click.UsageError("Give both --since and --until, or neither.")
    with app_context():
        from app.db.unit_of_work import unit_of_work
        from app.payments import queries_journal as queries
        from app.payments.services_journal import store_export

        chosen = queries.range_of_days(since, until) if since and until else queries.range_since_last()
        prepared = queries.prepare(chosen, layout, now=now)
        with unit_of_work():
            made = store_export(prepared, actor=ACTOR, now=now)
            said = f"{made.entries} entries, {made.vouchers} vouchers, {made.totals}, sha256 {made.sha256}"
    output.write_bytes(prepared.content)
    click.echo(said)


COMMANDS = {"journal export": export}
