"""Every job that runs by itself: when it is due, how far back a missed run is made up for, and what it calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.company.models import Company
from app.company.queries import find_company
from app.db import slots
from app.db.base import session
from app.db.rules_slots import Daily, Hourly, Monthly, QuarterHourly, Schedule
from app.kernel.clock import zone_named

Outcome = dict[str, Any]
NOON = time(12)
MOST_LINES = 100  # of the bank that one run looks at
# What is true when all is quiet; while workers catch up it is not yet, and the health page watches it at every look
MOVING = frozenset({"I28", "I31"})


@dataclass(frozen=True)
class Job:
    """A job. `run` gets the slot's local date, now, and what `prepare` found; it writes in the slot's unit of work.

    `prepare` is for what takes long and only reads: it runs before, without a transaction of its own. `when` is the
    schedule, asked anew at each planning because people can change it.
    """

    name: str
    title: str
    when: Callable[[Company], Schedule]
    look_back: timedelta
    run: Callable[[date, datetime, Any], Outcome]
    prepare: Callable[[date, datetime], Any] = lambda _on, _now: None


# --- what the jobs do -----------------------------------------------------------------------------------------------


def report_date(local_date: date, at: str) -> date:
    """The business date a report is of: sent before noon, of the day before, which is over; else of its own day."""
    return local_date if time.fromisoformat(at) >= NOON else local_date - timedelta(days=1)


def _send_report(local_date: date, now: datetime, _found: Any) -> Outcome:
    from app.reports import services

    on = report_date(local_date, _company().mis_at)
    sending = services.send_report(on, actor="system:mis", now=now)
    return {"on": on.isoformat(), "messages": len(sending.messages)}


def _propose_notices(local_date: date, now: datetime, _found: Any) -> Outcome:
    from app.followup import services

    run = services.propose_run(local_date, actor="system:followup", now=now)
    return {"run": run.id}


def _seal_trail(_local_date: date, now: datetime, _found: Any) -> Outcome:
    from app.audit import services

    return {"sealed": services.seal_entries(now)}


def _take_snapshot(local_date: date, now: datetime, _found: Any) -> Outcome:
    from app.ledger import services

    return {"snapshots": services.ensure_snapshots(local_date.replace(day=1) - timedelta(days=1), now)}


def _propose_periods(local_date: date, now: datetime, _found: Any) -> Outcome:
    from app.invoices import services

    return {"proposed": services.propose_periods(local_date, now=now)}


def _forget_sign_ins(_local_date: date, now: datetime, _found: Any) -> Outcome:
    from app.auth import services_sessions as auth

    return {"attempts": auth.forget_old_attempts(now), "sessions": auth.forget_old_sessions(now)}


def _match_lines(_local_date: date, now: datetime, _found: Any) -> Outcome:
    """What an import or a refusal left, and what has waited for a day: an invoice issued since may explain it."""
    from app.payments.queries_matched import list_waiting
    from app.payments.services_certain import allocate_certain
    from app.payments.services_proposing import propose_lines
    from app.payments.services_refunds_paid import settle_refunds

    waiting = list_waiting(now, MOST_LINES)
    refunds = settle_refunds(waiting, now=now)
    proposed = propose_lines(waiting, now=now)
    placed, refused = allocate_certain(waiting, now=now)
    propose_lines(refused, now=now)
    return {"proposed": proposed, "placed": placed, "refunds": refunds}


def _list_shifted(_local_date: date, now: datetime) -> list[int]:
    from app.tasks.queries_sla import list_shifted

    return list_shifted(now)


def _set_clocks(_local_date: date, now: datetime, found: Any) -> Outcome:
    from app.tasks.services_escalation import set_clocks_again

    return {"orders": set_clocks_again(found, now=now)}


def _escalate(_local_date: date, now: datetime, _found: Any) -> Outcome:
    from app.tasks.services_escalation import climb

    return {"steps": climb(now=now)}


def _check_books(_local_date: date, now: datetime) -> Outcome:
    """Every invariant, on a copy where a reader would make writers wait."""
    from app.verify.aside import verify_aside

    result = verify_aside(now)
    resting = [verdict.invariant for verdict in result.broken if verdict.invariant.code not in MOVING]
    broken = [f"{invariant.code}: {invariant.sentence}" for invariant in resting]
    return {"checked": len(result.verdicts), "broken": broken} | ({"alert": " ".join(broken)} if broken else {})


def _keep_check(_local_date: date, _now: datetime, found: Any) -> Outcome:
    return dict(found)


def _company() -> Company:
    company = find_company()
    assert company is not None  # noqa: S101 - no company, no planned slot
    return company


# --- the table ------------------------------------------------------------------------------------------------------


def _daily(read: Callable[[Company], str]) -> Callable[[Company], Schedule]:
    return lambda company: Daily(time.fromisoformat(read(company)))


def _always(schedule: Schedule) -> Callable[[Company], Schedule]:
    return lambda _company: schedule


JOBS: tuple[Job, ...] = (
    Job("mis.daily", "Daily report", _daily(lambda company: company.mis_at), timedelta(days=7), _send_report),
    Job(
        "followup.propose", "Propose reminders", _daily(lambda company: company.followup_at), timedelta(hours=20),
        _propose_notices,
    ),
    Job("audit.seal", "Seal the audit trail", _always(Hourly(17)), timedelta(hours=2), _seal_trail),
    Job(
        "tasks.clocks", "Set the clocks of tasks", _always(Hourly(8)), timedelta(hours=2), _set_clocks,
        prepare=_list_shifted,
    ),
    Job("tasks.escalate", "Escalate late tasks", _always(QuarterHourly(10)), timedelta(hours=1), _escalate),
    Job("payments.match", "Match lines of the bank", _always(QuarterHourly(5)), timedelta(hours=1), _match_lines),
    Job("ledger.snapshot", "Month snapshot", _always(Monthly(1, time(0, 30))), timedelta(days=40), _take_snapshot),
    Job(
        "invoices.recurring", "Propose recurring invoices", _always(Daily(time(4, 10))), timedelta(days=7),
        _propose_periods,
    ),
    Job("auth.forget", "Forget old sign-ins", _always(Hourly(43)), timedelta(hours=2), _forget_sign_ins),
    Job(
        "selfcheck.verify", "Self-check of the books", _always(Daily(time(3, 40))), timedelta(hours=30), _keep_check,
        prepare=_check_books,
    ),
)  # fmt: skip


def find_job(name: str, jobs: Iterable[Job] = JOBS) -> Job | None:
    return next((job for job in jobs if job.name == name), None)


# --- planning -------------------------------------------------------------------------------------------------------


def plan(now: datetime, jobs: Iterable[Job] = JOBS) -> int:
    """Writes down every run that is due and the next of each job. Returns how many are new.

    Nothing is due before the company was set up.
    """
    company = find_company()
    if company is None:
        return 0
    add = partial(slots.plan_slots, zone=company_zone(company), since=_since(now), now=now)
    return sum(add(job.name, job.when(company), look_back=job.look_back) for job in jobs)


def skip_missed(now: datetime, jobs: Iterable[Job] = JOBS) -> int:
    """Lets every run up to now be, such as those of the year a demo company has lived through already."""
    company = find_company()
    if company is None:
        return 0
    skip = partial(slots.skip_slots, zone=company_zone(company), now=now)
    return sum(skip(job.name, job.when(company), look_back=job.look_back) for job in jobs)


def company_zone(company: Company) -> ZoneInfo:
    return zone_named(company.time_zone)


def _since(now: datetime) -> datetime:
    """When the company was set up."""
    entries = select(func.min(AuditEntry.at)).where(AuditEntry.action == "company.set_up")
    return session().scalar(entries) or now
