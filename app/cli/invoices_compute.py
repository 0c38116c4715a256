"""``tillpaid invoices compute``: the pure arithmetic of invoices, from a file or stdin."""

from __future__ import annotations

from typing import Any

import click

from app.cli.common import json_option
from app.cli.exact_json import say_answer
from app.invoices.rules import compute_json


@click.command("compute")
@click.argument("file", type=click.File("rb"))
@json_option
@click.pass_context
def compute_command(ctx: click.Context, file: Any, as_json: bool) -> None:
    """Compute the document in FILE (- is stdin), or each document of a list.

    The answer is always one JSON document. A refused document is answered with its error and the field that is wrong;
    when it is the only one, the exit code is 1. The format is described in docs/compute.md.
    """
    say_answer(ctx, file.read(), compute_json)


COMMANDS = {"invoices compute": compute_command}
