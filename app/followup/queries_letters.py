"""Finds the letters of reminders."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.db.base import session
from app.followup.models import DunningRun, Letter, Notice
from app.followup.rules import PlannedNotice
from app.followup.rules_letter import Billed
from app.invoices.models import Instalment, Invoice
from app.kernel.errors import NotFound

MOST_SHOWN = 10


class LetterNotFound(NotFound):
    """There is no such reminder letter."""


def get_letter(letter_id: int) -> Letter:
    found = session().get(Letter, letter_id)
    if found is None:
        raise LetterNotFound
    return found


def letters_of_run(run_id: int) -> dict[int, int]:
    """Customer -> the letter of a run."""
    found = session().execute(select(Letter.customer_id, Letter.id).where(Letter.run_id == run_id))
    return {row.customer_id: row.id for row in found}


def find_billed(notices: Sequence[PlannedNotice]) -> Billed:
    """What the instalments of these notices were over, and when they were invoiced."""
    invoice_ids = {listed.item.invoice_id for notice in notices for listed in notice.items}
    amount = func.coalesce(Instalment.amount, Invoice.gross_total)  # of an earlier system's no instalment is kept
    columns = select(Invoice.id, func.coalesce(Instalment.position, 1), Invoice.issued_on, amount)
    found = columns.outerjoin(Instalment, Instalment.invoice_id == Invoice.id).where(Invoice.id.in_(invoice_ids))
    return {(row[0], row[1]): (row[2], row[3]) for row in session().execute(found) if row[2] is not None}


def list_told(customer_id: int) -> Sequence[tuple[Notice, DunningRun, int | None]]:
    """The newest notices of a customer, each with its run and letter; older ones have no letter."""
    letter = (Letter.run_id == Notice.run_id) & (Letter.customer_id == Notice.customer_id)
    newest = (
        select(Notice, DunningRun, Letter.id)
        .join(DunningRun, DunningRun.id == Notice.run_id)
        .outerjoin(Letter, letter)
        .where(Notice.customer_id == customer_id)
        .order_by(Notice.id.desc())
        .limit(MOST_SHOWN)
    )
    return [(row[0], row[1], row[2]) for row in session().execute(newest)]
