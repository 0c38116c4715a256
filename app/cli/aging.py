"""``tillpaid aging``: who owed what at a date, as it was known at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from app.cli.common import DATE, INSTANT, app_context, json_option, now_option, say_json

if TYPE_CHECKING:
    from app.payments.aging import AgingTable
    from app.payments.aging_by import Choice, OwnerRow

HEADS = ("not due", "1-30", "31-60", "61-90", "91-120", "over 120", "total", "unapplied", "receivable")


WAYS = ("invoice", "instalment", "customer", "owner", "currency")


@click.command()
@click.option("--as-of", type=DATE, required=True, help="The end of this day.")
@click.option("--known-at", type=INSTANT, help="Only what was recorded by then; not after now.", show_default="now")
@click.option(
    "--by", type=click.Choice(WAYS), default="invoice", show_default=True,
    help="One row for each; invoices have one for each instalment.",
)  # fmt: skip
@click.option("--customer", help="Only this customer, by number.")
@click.option("--owner", help='Only the customers this person looks after, by e-mail; "nobody" for the others.')
@click.option("--currency", help="Only this currency.")
@json_option
@now_option
@click.pass_context
def aging(
    ctx: click.Context, as_of: date, known_at: datetime | None, by: str, customer: str | None, owner: str | None,
    currency: str | None, as_json: bool, now: datetime,
) -> None:  # fmt: skip
    """Show receivables at a date, by age. Due today is not due."""
    from app.payments.aging_by import list_by_owner, read_chosen

    is_said = known_at or ctx.get_parameter_source("now") is ParameterSource.COMMANDLINE
    known_at = known_at or now
    with app_context():
        _require_past(known_at, now)
        choice = _choose(customer, owner, currency)
        # Unless a person names an instant, nothing recorded is hidden, even if this clock is behind another one
        read = read_chosen(as_of, known_at if is_said else None, choice, with_items=by in {"invoice", "instalment"})
        table = replace(read, known_at=known_at)
        owners = list_by_owner(table) if by == "owner" else []
    if as_json:
        say_json(_answer(table, by, owners))
    else:
        _say(table, by, owners)


def _require_past(known_at: datetime, now: datetime) -> None:
    """A table that says it is known at an instant to come would say something else once that has come."""
    from app.ledger.queries import knows_until

    if known_at > knows_until(now):
        raise click.BadParameter(
            f"{known_at.isoformat()} is still to come, so nothing is known at it. Take an instant up to now.",
            param_hint="'--known-at'",
        )


def _choose(customer: str | None, owner: str | None, currency: str | None) -> Choice:
    """Raises what says that there is no such customer, person or currency."""
    from app.auth.queries import get_user_by_email
    from app.customers.queries import CustomerUnknown, find_by_number
    from app.kernel.money import minor_digits
    from app.payments.aging_by import NOBODY, Choice

    code = currency.upper() if currency else None
    if code:
        minor_digits(code)
    found = find_by_number(customer) if customer else None
    if customer and found is None:
        raise CustomerUnknown
    person = None if owner is None else NOBODY if owner == "nobody" else get_user_by_email(owner).id
    return Choice(found.id if found else None, person, code)


def _answer(table: AgingTable, by: str, owners: Sequence[OwnerRow]) -> dict[str, Any]:
    from app.payments.aging import as_json
    from app.payments.aging_by import list_currency_json, owner_json

    answer = as_json(table, by_customer=by == "customer")
    if by == "owner":
        answer["rows"] = [owner_json(row) for row in owners]
    elif by == "currency":
        answer["rows"] = list_currency_json(table.totals)
    return answer


def _say(table: AgingTable, by: str, owners: Sequence[OwnerRow]) -> None:
    from app.kernel.money import format_decimal
    from app.payments.aging import amounts_of

    click.echo(f"Receivables as of {table.as_of}, known at {table.known_at}")
    totals = [(currency, *amounts_of(aging, currency).values()) for currency, aging in table.totals.items()]
    _say_table(("", *HEADS), totals, words=1)
    named = [(row.customer, row.currency, row.aging) for row in table.customer_rows] if by == "customer" else []
    named += [(row.owner or "nobody", row.currency, row.aging) for row in owners]
    rows = [(name, code, *amounts_of(aging, code).values()) for name, code, aging in named]
    _say_table((by, "", *HEADS), rows, words=2)
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
