"""Finds runs that issue many drafts, how far they are, and which drafts a new one would take."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select

from app.customers.models import Customer
from app.db.base import session
from app.documents.models import DocumentRequest, RequestState
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.models_runs import InvoiceRun, RunDraft
from app.invoices.rules_runs import DraftState, Progress, RunState, measure
from app.kernel.errors import NotFound


class RunUnknown(NotFound):
    """There is no such run."""


@dataclass(frozen=True)
class Choice:
    """Which drafts a run takes: all, or those made before an instant, of one customer, or these."""

    before: datetime | None = None
    customer_id: int | None = None
    invoice_ids: Sequence[int] | None = None


def get_run(run_id: int) -> InvoiceRun:
    found = session().get(InvoiceRun, run_id)
    if found is None:
        raise RunUnknown
    return found


def list_running() -> list[int]:
    """The runs workers have to do with, the oldest first."""
    running = select(InvoiceRun.id).where(InvoiceRun.state == RunState.RUNNING)
    return list(session().scalars(running.order_by(InvoiceRun.id)))


def is_running(run_id: int) -> bool:
    """Whether nobody stopped it meanwhile."""
    return session().scalar(select(InvoiceRun.state).where(InvoiceRun.id == run_id)) is RunState.RUNNING


def select_runs() -> Select[*tuple[Any, ...]]:
    """Every run with its counts, for a list that is paged by id."""
    count = func.count(RunDraft.id)
    return (
        select(
            InvoiceRun.id, InvoiceRun.created_at, InvoiceRun.created_by, InvoiceRun.issued_on, InvoiceRun.state,
            count.label("total"), _count_of(DraftState.ISSUED), _count_of(DraftState.REFUSED),
        )
        .outerjoin(RunDraft, RunDraft.run_id == InvoiceRun.id)
        .group_by(InvoiceRun.id)
    )  # fmt: skip


def select_choice(choice: Choice) -> Select[int]:
    """The ids of the drafts a new run takes: no credit notes, nothing another unfinished run has before it."""
    waiting = (
        exists()
        .where(RunDraft.invoice_id == Invoice.id, RunDraft.state.in_((DraftState.WAITING, DraftState.CLAIMED)))
        .where(RunDraft.run_id.in_(select(InvoiceRun.id).where(InvoiceRun.state != RunState.FINISHED)))
    )
    chosen = select(Invoice.id).where(
        Invoice.state == InvoiceState.DRAFT, Invoice.kind == InvoiceKind.INVOICE, ~waiting
    )
    if choice.before is not None:
        chosen = chosen.where(Invoice.created_at < choice.before)
    if choice.customer_id is not None:
        chosen = chosen.where(Invoice.customer_id == choice.customer_id)
    if choice.invoice_ids is not None:
        chosen = chosen.where(Invoice.id.in_(choice.invoice_ids))
    return chosen


def count_choice(choice: Choice) -> tuple[int, dict[str, int]]:
    """How many drafts a new run takes, and their gross totals by currency."""
    summed = select(Invoice.currency, func.count(), func.sum(Invoice.gross_total)).where(
        Invoice.id.in_(select_choice(choice))
    )
    rows = session().execute(summed.group_by(Invoice.currency)).all()
    return sum(row[1] for row in rows), {row[0]: int(row[2]) for row in rows}


def list_choice_customers() -> Sequence[tuple[int, str]]:
    """Whom the drafts are for, by name."""
    ids = select(Invoice.customer_id).where(Invoice.id.in_(select_choice(Choice())))
    rows = session().execute(select(Customer.id, Customer.name).where(Customer.id.in_(ids)).order_by(Customer.name))
    return [(row[0], row[1]) for row in rows]


def read_progress(run: InvoiceRun) -> Progress:
    """How far a run is, in two statements however many drafts it has."""
    since = case((RunDraft.ended_at >= run.resumed_at, 1), else_=0)
    grouped = select(RunDraft.state, func.count(), func.sum(since), func.max(RunDraft.ended_at))
    rows = session().execute(grouped.where(RunDraft.run_id == run.id).group_by(RunDraft.state)).all()
    return measure(
        {row[0]: int(row[1]) for row in rows},
        rendered=_count_rendered(run.id),
        ended=sum(int(row[2] or 0) for row in rows),
        resumed_at=run.resumed_at,
        last=max((row[3] for row in rows if row[3] is not None), default=None),
    )


def select_unissued(run_id: int) -> Select[*tuple[Any, ...]]:
    """The drafts of a run that were refused or skipped, with the reason; for a list that is paged by id."""
    return (
        select(RunDraft.id, RunDraft.invoice_id, RunDraft.state, RunDraft.reason, Invoice.number, Customer.name)
        .outerjoin(Invoice, Invoice.id == RunDraft.invoice_id)
        .outerjoin(Customer, Customer.id == Invoice.customer_id)
        .where(RunDraft.run_id == run_id, RunDraft.state.in_((DraftState.REFUSED, DraftState.SKIPPED)))
    )


def count_still_refused(run_id: int) -> int:
    """How many drafts a run refused that nobody issued or deleted since."""
    return session().scalar(select(func.count()).select_from(select_still_refused(run_id).subquery())) or 0


def select_still_refused(run_id: int) -> Select[int]:
    """The ids of a run's rows whose draft was refused and is one still."""
    refused = select(RunDraft.id).join(Invoice, Invoice.id == RunDraft.invoice_id)
    return refused.where(
        RunDraft.run_id == run_id, RunDraft.state == DraftState.REFUSED, Invoice.state == InvoiceState.DRAFT
    )


def find_invoices(ids: Collection[int]) -> dict[int, Invoice]:
    """The invoices of these ids that are still there."""
    return {found.id: found for found in session().scalars(select(Invoice).where(Invoice.id.in_(ids)))}


def read_ends(run_id: int) -> tuple[str, str] | None:
    """The first and the last number a run gave, None while it gave none."""
    issued = (
        select(func.min(Invoice.sequence), func.max(Invoice.sequence))
        .join(RunDraft, RunDraft.invoice_id == Invoice.id)
        .where(RunDraft.run_id == run_id, RunDraft.state == DraftState.ISSUED)
        .subquery()
    )
    ends = (
        select(Invoice.number)
        .join(RunDraft, RunDraft.invoice_id == Invoice.id)
        .where(RunDraft.run_id == run_id, Invoice.sequence.in_((issued.c[0], issued.c[1])))
        .order_by(Invoice.sequence)
    )
    numbers = [str(number) for number in session().scalars(ends)]
    return (numbers[0], numbers[-1]) if numbers else None


def _count_rendered(run_id: int) -> int:
    done = select(func.count()).select_from(RunDraft).join(DocumentRequest, _pdf_of(RunDraft))
    done = done.where(RunDraft.run_id == run_id, RunDraft.state == DraftState.ISSUED)
    return session().scalar(done.where(DocumentRequest.state == RequestState.DONE)) or 0


def _pdf_of(draft: type[RunDraft]) -> ColumnElement[bool]:
    request = DocumentRequest
    return (request.owner_kind == "invoice") & (request.kind == "pdf") & (request.owner_id == draft.invoice_id)


def _count_of(state: DraftState) -> ColumnElement[int]:
    return func.sum(case((RunDraft.state == state, 1), else_=0)).label(state.value)
