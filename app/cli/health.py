"""How the machine room is, on the command line; the health page shows the same."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import app_context, json_option, now_option, say_json

if TYPE_CHECKING:
    from app.desk.queries_health import Health, JobHealth


def health_json(health: Health) -> dict[str, Any]:
    """`ok` is false when somebody has to do something; `problems` says what."""
    return {
        "ok": health.is_ok,
        "problems": health.problems,
        "workers": [
            {"owner": one.owner, "started": one.started_at, "seen": one.beat_at, "alive": one.is_alive}
            for one in health.workers
        ],
        "jobs": [_job_json(job) for job in health.jobs],
        "outbox": health.messages,
        "documents": health.documents,
        "quarantined": health.quarantined_at is not None,
        "database": {
            "engine": health.database.engine, "version": health.database.version, "bytes": health.database.bytes,
        },
        "seal": health.seal and {"id": health.seal.id, "digest": health.seal.digest, "at": health.seal.sealed_at},
        "revision": health.database.revision,
    }  # fmt: skip


def _job_json(job: JobHealth) -> dict[str, Any]:
    return {
        "job": job.name,
        "last": job.last.finished_at if job.last else None,
        "next": job.next.due_at if job.next else None,
        "state": job.state,
        "error": job.error,
        "outcome": job.last.outcome if job.last else None,
        "failed": [slot.local_time for slot in job.failed],
    }


@click.command()
@now_option
@json_option
def health(now: datetime, as_json: bool) -> None:
    """Show workers, jobs, mails and documents; exit 1 when somebody has to do something. Changes nothing."""
    from app.desk.queries_health import read_health
    from app.jobs import JOBS

    with app_context():
        found = read_health([(job.name, job.title) for job in JOBS], now)
        answer = health_json(found)
    if as_json:
        say_json(answer)
    else:
        _print(answer)
    if not answer["ok"]:
        raise SystemExit(1)


def _print(answer: dict[str, Any]) -> None:
    for sentence in answer["problems"] or ["All is well."]:
        click.echo(sentence)
    for job in answer["jobs"]:
        click.echo(f"  {job['job']:<18} {job['state']:<8} last {_moment(job['last'])}  next {_moment(job['next'])}")
    for name in ("outbox", "documents"):
        counts = ", ".join(f"{count} {state}" for state, count in sorted(answer[name].items()))
        click.echo(f"  {name:<18} {counts or 'empty'}")


def _moment(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "never"


COMMANDS = {"health": health}
