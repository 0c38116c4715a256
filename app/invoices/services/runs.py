"""Leads runs over many drafts: started, stopped, resumed, and each draft from its claim to its number or the reason."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, literal, select, update

from app.audit.services import record
from app.db.base import session
from app.invoices.models import InvoiceKind
from app.invoices.models_runs import InvoiceRun, RunDraft
from app.invoices.queries_runs import Choice, RunUnknown, select_choice, select_still_refused
from app.invoices.rules_runs import LEASE, LONGEST_REASON, MOST_ATTEMPTS, DraftState, RunState
from app.invoices.services.issue import issue_invoice, require_issue_date
from app.kernel.errors import RuleError


class NothingToIssue(RuleError):
    """No draft waits to be issued. Make drafts first, or choose others."""


class RunEnded(RuleError):
    """This run is finished."""


class DraftLost(RuleError):
    """Another worker has taken over this draft."""


@dataclass(frozen=True, slots=True)
class ClaimedDraft:
    """A draft this worker may issue now; `attempt` is its fence."""

    id: int
    run_id: int
    invoice_id: int
    issued_on: date
    attempt: int


def start_run(choice: Choice, issued_on: date, *, actor: str, now: datetime, send: bool = True) -> InvoiceRun:
    """A run over the chosen drafts, which the workers begin with at once.

    Raises NothingToIssue, PeriodClosed, OlderThanLast: what would refuse every draft refuses the run.
    """
    require_issue_date(InvoiceKind.INVOICE, issued_on)
    run = InvoiceRun(
        issued_on=issued_on, send=send, state=RunState.RUNNING, created_at=now, created_by=actor, resumed_at=now
    )
    session().add(run)
    session().flush()
    chosen = select_choice(choice).order_by(None).subquery()
    waiting = literal(DraftState.WAITING, RunDraft.state.type)
    rows = select(literal(run.id), chosen.c.id, waiting).order_by(chosen.c.id)
    session().execute(insert(RunDraft).from_select(["run_id", "invoice_id", "state"], rows))
    if _count(run.id) == 0:
        raise NothingToIssue
    _note("started", run, actor=actor, now=now, drafts=_count(run.id), issued_on=issued_on.isoformat())
    return run


def stop_run(run_id: int, *, actor: str, now: datetime) -> InvoiceRun:
    """Lets no further draft begin; what is being issued at this moment ends. Raises RunEnded."""
    run = _lock_run(run_id)
    if run.state is RunState.FINISHED:
        raise RunEnded
    if run.state is RunState.RUNNING:
        run.state = RunState.STOPPED
        _note("stopped", run, actor=actor, now=now)
    return run


def resume_run(run_id: int, *, actor: str, now: datetime, again: bool = False) -> InvoiceRun:
    """Goes on with what waits; with `again` drafts still refused are retried. Raises RunEnded when nothing is left."""
    run = _lock_run(run_id)
    if again:
        refused = update(RunDraft).where(RunDraft.id.in_(select_still_refused(run_id)))
        session().execute(refused.values(state=DraftState.WAITING, reason="", ended_at=None))
    if not _count(run_id, DraftState.WAITING, DraftState.CLAIMED):
        raise RunEnded
    if run.state is not RunState.RUNNING:
        run.state, run.resumed_at, run.ended_at = RunState.RUNNING, now, None
        _note("resumed", run, actor=actor, now=now)
    return run


def claim_drafts(run_id: int, *, limit: int, now: datetime) -> list[ClaimedDraft]:
    """Takes the next drafts of a run; those of workers that went silent first. None when the run does not run."""
    run = session().get(InvoiceRun, run_id, populate_existing=True)
    if run is None or run.state is not RunState.RUNNING:
        return []
    _free_silent(run_id, now)
    chosen = select(RunDraft).where(RunDraft.run_id == run_id, RunDraft.state == DraftState.WAITING)
    drafts = session().scalars(chosen.order_by(RunDraft.id).limit(limit).with_for_update(skip_locked=True)).all()
    for draft in drafts:
        draft.state, draft.lease_until = DraftState.CLAIMED, now + LEASE
        draft.attempts += 1
    return [ClaimedDraft(one.id, run_id, one.invoice_id, run.issued_on, one.attempts) for one in drafts]


def issue_claimed(claim: ClaimedDraft, *, now: datetime, checked: str | None) -> bool:
    """Issues a draft of a run, its number and the note of it in one transaction; False when the run was stopped.

    Raises DraftLost when another worker has it, and whatever `issue_invoice` raises.
    """
    draft = _lock_claimed(claim)
    run = session().get(InvoiceRun, claim.run_id, populate_existing=True)
    assert run is not None  # noqa: S101 - the draft refers to it
    if run.state is not RunState.RUNNING:
        _give_back(draft)
        return False
    issue_invoice(claim.invoice_id, run.issued_on, actor=run.created_by, now=now, send=run.send, checked=checked)
    draft.state, draft.lease_until, draft.ended_at = DraftState.ISSUED, None, now
    return True


def refuse_claimed(claim: ClaimedDraft, state: DraftState, reason: str, *, now: datetime) -> None:
    """Notes why a draft was refused or skipped; the others go on. Raises DraftLost."""
    draft = _lock_claimed(claim)
    draft.state, draft.lease_until, draft.ended_at = state, None, now
    draft.reason = reason[:LONGEST_REASON]


def give_back(claim: ClaimedDraft) -> None:
    """Lets others have a draft this worker will not come to. Raises DraftLost."""
    _give_back(_lock_claimed(claim))


def finish_run(run_id: int, *, now: datetime) -> bool:
    """Ends a run of which nothing waits any more; whether it did."""
    run = _lock_run(run_id)
    if run.state is not RunState.RUNNING or _count(run_id, DraftState.WAITING, DraftState.CLAIMED):
        return False
    run.state, run.ended_at = RunState.FINISHED, now
    _note(
        "finished", run, actor="system:invoices", now=now, issued=_count(run_id, DraftState.ISSUED),
        refused=_count(run_id, DraftState.REFUSED),
    )  # fmt: skip
    return True


def _free_silent(run_id: int, now: datetime) -> None:
    silent = update(RunDraft).where(
        RunDraft.run_id == run_id, RunDraft.state == DraftState.CLAIMED, RunDraft.lease_until < now
    )
    reason = f"The worker stopped {MOST_ATTEMPTS} times while issuing this draft. Issue it from its own page."
    deadly = silent.where(RunDraft.attempts >= MOST_ATTEMPTS)
    session().execute(deadly.values(state=DraftState.REFUSED, lease_until=None, reason=reason, ended_at=now))
    session().execute(silent.values(state=DraftState.WAITING, lease_until=None))


def _lock_run(run_id: int) -> InvoiceRun:
    run = session().get(InvoiceRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise RunUnknown
    return run


def _lock_claimed(claim: ClaimedDraft) -> RunDraft:
    draft = session().get(RunDraft, claim.id, with_for_update=True, populate_existing=True)
    if draft is None or draft.state is not DraftState.CLAIMED or draft.attempts != claim.attempt:
        raise DraftLost
    return draft


def _give_back(draft: RunDraft) -> None:
    draft.state, draft.lease_until = DraftState.WAITING, None


def _count(run_id: int, *states: DraftState) -> int:
    rows = select(RunDraft.id).where(RunDraft.run_id == run_id)
    counted = rows.where(RunDraft.state.in_(states)) if states else rows
    return session().scalar(select(func.count()).select_from(counted.subquery())) or 0


def _note(what: str, run: InvoiceRun, *, actor: str, now: datetime, **detail: Any) -> None:
    record(f"invoice_run.{what}", actor=actor, now=now, object_kind="invoice_run", object_id=run.id, **detail)
