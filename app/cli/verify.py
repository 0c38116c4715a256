"""The self-check on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from app.cli.common import app_context, json_option, now_option, say_json


def verification_json(now: datetime) -> dict[str, Any]:
    """What was checked and what is broken; `checked` counts invariants, in `counts` the rows one looked at."""
    from app.verify.aside import verify_aside

    result = verify_aside(now)
    return {
        "ok": result.is_ok,
        "checked": len(result.verdicts),
        "counts": [
            {"invariant": verdict.invariant.code, "sentence": verdict.invariant.sentence, "checked": verdict.looked_at}
            for verdict in result.verdicts
            if verdict.looked_at is not None
        ],
        "broken": [
            {
                "invariant": verdict.invariant.code,
                "sentence": verdict.invariant.sentence,
                "findings": [
                    {
                        "invariant": found.code or verdict.invariant.code,
                        "what": found.what,
                        "detail": found.detail,
                    }
                    for found in verdict.findings
                ],
            }
            for verdict in result.broken
        ],
    }


@click.command()
@now_option
@json_option
def verify(now: datetime, as_json: bool) -> None:
    """Check every invariant of the books; exit 1 if one is broken. Changes nothing."""
    with app_context():
        answer = verification_json(now)
    if as_json:
        say_json(answer)
    else:
        for broken in answer["broken"]:
            click.echo(f"{broken['invariant']} broken: {broken['sentence']}")
            for found in broken["findings"]:
                click.echo(f"    {found['invariant']} {found['what']}: {found['detail']}")
        for looked in answer["counts"]:
            click.echo(f"{looked['invariant']} on {looked['checked']} rows: {looked['sentence']}")
        click.echo(f"{answer['checked']} invariants checked, {len(answer['broken'])} broken")
    if not answer["ok"]:
        raise SystemExit(1)


COMMANDS = {"verify": verify}
