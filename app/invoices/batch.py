"""Issues the drafts of a run, one unit of work each: a refusal does not stop the others, a crash is cured by its lease.

The official e-invoice rules look at the next drafts in processes of their own while this one issues.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Flask, current_app

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.documents.xml_rules import default_checker
from app.invoices.einvoice.check import find_einvoice_faults
from app.invoices.einvoice_files import find_rule_faults
from app.invoices.queries import DraftOnly, InvoiceUnknown
from app.invoices.queries_runs import is_running, list_running
from app.invoices.rules_issue import Fault, NotIssuable, find_faults
from app.invoices.rules_runs import DraftState, write_reasons
from app.invoices.services import preview_issue, refit_draft
from app.invoices.services.issue import ChangedSinceChecked
from app.invoices.services.runs import (
    ClaimedDraft,
    DraftLost,
    claim_drafts,
    finish_run,
    give_back,
    issue_claimed,
    refuse_claimed,
)
from app.invoices.snapshot import fingerprint_of
from app.kernel.errors import BadInput, NotFound, RuleError, kept_for_people

Content = dict[str, Any]

log = logging.getLogger("tillpaid.runs")

TURN_OF_OTHERS = 0.008  # seconds between two drafts in which a page may write, such as the one that stops the run
PER_CLAIM = 20  # few enough that several workers share a run to its end


@dataclass(frozen=True)
class RunCount:
    """What became of the drafts this worker took."""

    issued: int = 0
    refused: int = 0

    def __add__(self, other: RunCount) -> RunCount:
        return RunCount(self.issued + other.issued, self.refused + other.refused)


@kept_for_people()
def issue_runs(*, now: Callable[[], datetime], may_go_on: Callable[[], bool]) -> RunCount:
    """Issues what waits in every run that runs, until nothing is left for this worker or it is told to stop."""
    done = RunCount()
    for run_id in list_running():
        while may_go_on():
            claims = in_unit_of_work(partial(claim_drafts, run_id, limit=PER_CLAIM, now=now()))
            if not claims:
                in_unit_of_work(partial(finish_run, run_id, now=now()))
                break
            done += _issue_claims(claims, now, may_go_on)
    return done


def _issue_claims(
    claims: Sequence[ClaimedDraft], now: Callable[[], datetime], may_go_on: Callable[[], bool]
) -> RunCount:
    done = RunCount()
    with ThreadPoolExecutor(default_checker().size) as pool:
        checks = [_Check.begin(claim, pool) for claim in claims]
        session().rollback()
        for claim, check in zip(claims, checks, strict=True):
            if may_go_on() and _is_running(claim.run_id):
                done += _issue(claim, check, now)
                time.sleep(TURN_OF_OTHERS)
            else:
                check.cancel()
                _quietly(partial(give_back, claim))
    return done


def _is_running(run_id: int) -> bool:
    """Ends its read at once, so that whoever stops the run need not wait for it."""
    running = is_running(run_id)
    session().rollback()
    return running


def _issue(claim: ClaimedDraft, check: _Check, now: Callable[[], datetime]) -> RunCount:
    try:
        return RunCount(issued=int(_issue_checked(claim, check, now)))
    except DraftLost:
        log.warning("draft %s of run %s was taken over", claim.invoice_id, claim.run_id)
        return RunCount()
    except DraftOnly:
        state, reason = DraftState.SKIPPED, "Somebody issued it in the meantime."
    except InvoiceUnknown:
        state, reason = DraftState.SKIPPED, "Somebody deleted this draft in the meantime."
    except NotIssuable as refusal:
        state, reason = DraftState.REFUSED, write_reasons(refusal.faults)
    except (BadInput, RuleError, NotFound, ChangedSinceChecked) as refusal:
        state, reason = DraftState.REFUSED, str(refusal)
    except Exception:
        log.exception("draft %s of run %s was not issued", claim.invoice_id, claim.run_id)
        session().rollback()
        state, reason = DraftState.REFUSED, "An unexpected fault; the log of the worker has it. Try again later."
    _quietly(partial(refuse_claimed, claim, state, reason, now=now()))
    return RunCount(refused=1)


def _issue_checked(claim: ClaimedDraft, check: _Check, now: Callable[[], datetime]) -> bool:
    """Once more when the draft moved after the check, as when a part of the same order was issued before it."""
    checked = check.fingerprint()
    try:
        return in_unit_of_work(lambda: issue_claimed(claim, now=now(), checked=checked))
    except ChangedSinceChecked:
        checked = _Check.refit(claim, now()).fingerprint()
        return in_unit_of_work(lambda: issue_claimed(claim, now=now(), checked=checked))


def _quietly(work: Callable[[], None]) -> None:
    try:
        in_unit_of_work(work)
    except DraftLost:
        log.warning("a draft was taken over by another worker")


@dataclass(frozen=True)
class _Check:
    """The slow rules on what a draft would say; None where issuing itself says what is wrong."""

    content: Content | None
    faults: Future[list[Fault]] | None

    @classmethod
    def begin(cls, claim: ClaimedDraft, pool: ThreadPoolExecutor) -> _Check:
        content = _content_of(claim)
        if content is None:
            return cls(None, None)
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        return cls(content, pool.submit(_find_in_context, app, content))

    @classmethod
    def refit(cls, claim: ClaimedDraft, now: datetime) -> _Check:
        in_unit_of_work(lambda: refit_draft(claim.invoice_id, claim.issued_on, actor="system:invoices", now=now))
        content = _content_of(claim)
        found: Future[list[Fault]] = Future()
        found.set_result(find_rule_faults(content) if content is not None else [])
        return cls(content, found)

    def fingerprint(self) -> str | None:
        """Of what passed the rules. Raises NotIssuable, CheckFailed."""
        if self.content is None or self.faults is None:
            return None
        if faults := self.faults.result():
            raise NotIssuable(faults)
        return fingerprint_of(self.content)

    def cancel(self) -> None:
        if self.faults is not None:
            self.faults.cancel()


def _content_of(claim: ClaimedDraft) -> Content | None:
    try:
        content = preview_issue(claim.invoice_id, claim.issued_on).content
        return None if content is None or find_faults(content) or find_einvoice_faults(content) else content
    except Exception:  # of any kind: issuing meets it again, and says so at this draft
        session().rollback()
        return None


def _find_in_context(app: Flask, content: Content) -> list[Fault]:
    with app.app_context():
        return find_rule_faults(content)
