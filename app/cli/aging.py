"""``tillpaid aging``: who owed what at a date, as it was known at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from app.cli.common import DATE, INSTANT, app_context, json_option, now_option, say_json

if TYPE_CHECKING:
    from app.payments.aging import AgingTable

HEADS = ("not due", "1-30", "31-60", "61-90", "91-120", "over 120", "total", "unapplied", "receivable")


@click.command()
@click.option("--as-of", type=DATE, required=True, help="The end of this day.")
@click.option("--known-at", type=INSTANT, help="Only what was recorded by then.", show_default="now")
@click.option(
    "--by", type=click.Choice(["invoice", "customer"]), default="invoice", show_default=True, help="One row for each."
)
@json_option
@now_option
@click.pass_context
def aging(ctx: click.Context, as_of: date, known_at: datetime | None, by: str, as_json: bool, now: datetime) -> None:
    """Show receivables at a date, by age. Due today is not due."""
    from app.ledger.queries import last_instant
    from app.payments import aging as reading

    is_said = ctx.get_parameter_source("now") is ParameterSource.COMMANDLINE
    with app_context():
        # Unless a person names an instant, nothing recorded is hidden, even if this clock is behind another one
        known_at = known_at or (now if is_said else max(now, last_instant() or now))
        read = reading.read_aging_of_customers if by == "customer" else reading.read_aging
        table = read(as_of, known_at)
    if as_json:
        say_json(reading.as_json(table, by_customer=by == "customer"))
    else:
        _say(table, by_customer=by == "customer")


def _say(table: AgingTable, *, by_customer: bool) -> None:
    from app.kernel.money import format_decimal
    from app.payments.aging import amounts_of

    click.echo(f"Receivables as of {table.as_of}, known at {table.known_at}")
    totals = [(currency, *amounts_of(aging, currency).values()) for currency, aging in table.totals.items()]
    _say_table(("", *HEADS), totals, words=1)
    if by_customer:
        rows = [
            (row.customer, row.currency, *amounts_of(row.aging, row.currency).values()) for row in table.customer_rows
        ]
        _say_table(("customer", "", *HEADS), rows, words=2)
    else:
        open_rows = [
            (
                row.customer, row.invoice, f"{row.instalment}", f"{row.due_on}", row.currency, f"{row.days_past_due}",
                format_decimal(row.open, row.currency),
            )
            for row in table.open_rows
        ]  # fmt: skip
        _say_table(("customer", "invoice", "part", "due", "", "days", "open"), open_rows, words=5)


def _say_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, words: int) -> None:
    """Words to the left, numbers to the right."""
    if not rows:
        return
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    click.echo("")
    for row in (heads, *rows):
        cells = [
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


COMMANDS = {"aging": aging}
