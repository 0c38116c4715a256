"""The worker on the command line."""

from __future__ import annotations

from datetime import datetime

import click

from app.cli.common import app_context, json_option, note, now_option, say_json
from app.kernel.texts import counted


@click.command()
@click.option("--once", is_flag=True, help="Do what is due and end.")
@now_option
@json_option
def worker(once: bool, now: datetime, as_json: bool) -> None:
    """Run due jobs, render documents, deliver mails: until told to stop, or --once."""
    from app import worker as work

    with app_context() as app:
        if not once:
            work.run_forever(app)
            return
        done = work.run_once(app, now)
    if as_json:
        say_json(done.as_json())
    elif done.quarantined:
        note("This is a restored copy: no mail leaves and no job runs until `tillpaid quarantine confirm`.")
    else:
        mails = done.mails
        note(
            f"{counted(done.slots_done, 'job')} run, {done.slots_failed} failed; "
            f"{counted(done.rendered, 'document')} rendered, {done.not_rendered} failed; "
            f"{counted(mails.accepted, 'mail')} accepted, {mails.rejected} rejected, "
            f"{mails.deferred} put off, {mails.uncertain} uncertain"
        )


COMMANDS = {"worker": worker}
