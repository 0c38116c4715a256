"""The demo's month end: a run issues some drafts, and the books are closed up to the month before last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.company.queries import business_today
from app.db.base import session
from app.invoices import services as invoices
from app.invoices.queries_runs import Choice, count_choice
from app.invoices.queries_waiting import select_to_invoice
from app.invoices.rules_runs import DraftState
from app.invoices.services import runs
from app.kernel.errors import BadInput, RuleError
from app.ledger.services_periods import close_period
from app.orders.models import Order

DRAFTS = 3


def end_month(people: Mapping[str, str], now: datetime) -> None:
    """Drafts of the orders that wait longest, issued in one run; the closing leaves last month to be looked at."""
    actor, today = people["finance"], business_today(now)
    waiting = select_to_invoice().with_only_columns(Order.id).order_by(Order.id).limit(DRAFTS)
    for order_id in session().scalars(waiting).all():
        try:
            with session().begin_nested():
                invoices.draft_invoice(order_id, actor=actor, now=now)
        except RuleError:  # held, or a deposit of it is a draft
            continue
    if count_choice(Choice())[0]:
        run = runs.start_run(Choice(), today, actor=actor, now=now)
        for claim in runs.claim_drafts(run.id, limit=DRAFTS, now=now):
            _issue(claim, now)
        runs.finish_run(run.id, now=now)
    month_before_last = (today.replace(day=1) - timedelta(days=1)).replace(day=1) - timedelta(days=1)
    close_period(month_before_last, "VAT return sent", today=today, actor=actor, now=now)


def _issue(claim: runs.ClaimedDraft, now: datetime) -> None:
    try:
        with session().begin_nested():
            runs.issue_claimed(claim, now=now, checked=None)
    except (BadInput, RuleError) as refusal:
        runs.refuse_claimed(claim, DraftState.REFUSED, str(refusal), now=now)
