"""The demo company, on the command line."""

from __future__ import annotations

from datetime import datetime

import click

from app.cli.common import app_context, json_option, note, now_option, say_json


@click.command()
@click.option("--orders", type=click.IntRange(1, 20_000), default=180, show_default=True, help="Deals in the year.")
@click.option("--seed", type=int, default=2026, show_default=True, help="The same seed invents the same year.")
@click.option("--if-empty", is_flag=True, help="Do nothing, silently, when there is a company already.")
@now_option
@json_option
def demo(orders: int, seed: int, if_empty: bool, now: datetime, as_json: bool) -> None:
    """Load a believable company with a year of history, and print who may sign in."""
    from app.company.queries import find_company
    from app.demo.load import NotEmpty, load_demo

    with app_context() as app:
        if find_company() is not None:
            if if_empty:
                return
            raise NotEmpty
        sign_ins = load_demo(app, count=orders, seed=seed, now=now, say=note)
    if as_json:
        say_json([{"role": role, "email": email, "password": password} for role, email, password in sign_ins])
        return
    click.echo("Sign in as:")
    for role, email, password in sign_ins:
        click.echo(f"  {role:<8}  {email:<34}  {password}")


COMMANDS = {"demo": demo}
