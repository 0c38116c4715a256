"""``tillpaid sla compute``: the pure arithmetic of working time, from a file or stdin."""

from __future__ import annotations

from typing import Any

import click

from app.cli.common import json_option
from app.cli.exact_json import say_answer
from app.tasks.rules_sla import compute_json


@click.command("compute")
@click.argument("file", type=click.File("rb"))
@json_option
@click.pass_context
def compute_command(ctx: click.Context, file: Any, as_json: bool) -> None:
    """Compute the clock in FILE (- is stdin), or each clock of a list.

    The answer is always one JSON document: when it is due, the working minutes used and left, and whether it is broken.
    A refused clock is answered with its error and the field that is wrong; when it is the only one, the exit code is 1.
    The format is described in docs/sla.md.
    """
    say_answer(ctx, file.read(), compute_json)


COMMANDS = {"sla compute": compute_command}
