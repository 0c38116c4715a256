"""Reads what settled an invoice beside money: early discounts, short payments let go, and credit notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.queries import document_name
from app.invoices.queries_sold import read_left
from app.ledger.models import EntryKind, LedgerEntry
from app.payments import queries
from app.payments.models import Allocation, Payment
from app.payments.models_settling import Deduction
from app.payments.rules_settling import CODE_LABELS, split_by_tax

Cause = tuple[str, int]  # what the ledger names as the reason: "allocation", "deduction" or "invoice", and its id


class Story(NamedTuple):
    """What lowered an invoice and why; `tax` is the part of it that is tax, where it lowers what was sold."""

    what: str
    why: str
    tax: int | None = None
    payment_id: int | None = None
    credit_note_id: int | None = None


OTHER = Story("Written off", "")


@dataclass(frozen=True, slots=True)
class LetGo:
    """So much is owed no more, in minor units, from a day until it was taken back."""

    said: Story
    on: date
    amount: int
    actor: str
    taken_back_on: date | None


def list_let_go(invoice_id: int) -> list[LetGo]:
    """In the order it came; what was taken back as well."""
    found: dict[tuple[Cause, date | None], list[LedgerEntry]] = {}
    for entry, taken_back_on in _read_entries(invoice_id):
        kind, _, number = entry.reason.partition(":")
        cause = kind, int(number) if number.isdigit() else 0
        found.setdefault((cause, taken_back_on), []).append(entry)
    stories = _tell({cause for cause, _ in found})
    gone = []
    for (cause, taken_back_on), entries in found.items():
        story, amount = stories.get(cause, OTHER), -sum(entry.amount for entry in entries)
        if cause[0] == "allocation":
            story = story._replace(tax=_tax_of(invoice_id, amount, entries[0].position))
        gone.append(LetGo(story, entries[0].effective_on, amount, entries[0].actor, taken_back_on))
    return gone


def discounts_of(allocation_ids: Iterable[int]) -> dict[int, int]:
    """Allocation -> the early discount it earned and still has; minor units."""
    names, undone = {f"allocation:{one}": one for one in allocation_ids}, aliased(LedgerEntry)
    found: dict[int, int] = {}
    for chunk in in_chunks(names):
        chosen = select(LedgerEntry.reason, LedgerEntry.amount).where(
            LedgerEntry.reason.in_(chunk), LedgerEntry.kind == EntryKind.WRITE_OFF,
            ~select(undone.position).where(undone.reverses == LedgerEntry.position).exists(),
        )  # fmt: skip
        for reason, amount in session().execute(chosen):
            found[names[reason]] = found.get(names[reason], 0) - amount
    return found


def _read_entries(invoice_id: int) -> Sequence[tuple[LedgerEntry, date | None]]:
    """What lowered the invoice without money, each with the day from which it does not any more."""
    undone = aliased(LedgerEntry)
    chosen = (
        select(LedgerEntry, undone.effective_on)
        .outerjoin(undone, undone.reverses == LedgerEntry.position)
        .where(LedgerEntry.document == document_name(invoice_id))
        .where(LedgerEntry.kind.in_([EntryKind.WRITE_OFF, EntryKind.CREDIT]))
        .order_by(LedgerEntry.position)
    )
    return [(entry, day) for entry, day in session().execute(chosen)]


def _tell(causes: Collection[Cause]) -> dict[Cause, Story]:
    ids = {kind: [one for name, one in causes if name == kind] for kind in ("allocation", "deduction", "invoice")}
    told: dict[Cause, Story] = {}
    for allocation_id, number, payment_id in _read_payments(ids["allocation"]):
        told["allocation", allocation_id] = Story("Early discount", f"{number} came in time", payment_id=payment_id)
    for one in session().scalars(select(Deduction).where(Deduction.id.in_(ids["deduction"]))):
        tax_of_it = sum(row.tax for row in one.taxes) if one.taxes else None
        told["deduction", one.id] = Story(f"Let go: {CODE_LABELS[one.code].lower()}", one.reason, tax_of_it)
    for note_id, number in queries.numbers_of(ids["invoice"]).items():
        told["invoice", note_id] = Story("Credit note", number, credit_note_id=note_id)
    return told


def _tax_of(invoice_id: int, amount: int, position: int) -> int:
    """What of a discount is tax, in proportion to what was left when it was granted."""
    breakdown = [(row.net, row.tax) for row in read_left(invoice_id, before=position)]
    return sum(share.tax for share in split_by_tax(amount, breakdown))


def _read_payments(allocation_ids: Collection[int]) -> list[tuple[int, str, int]]:
    chosen = select(Allocation.id, Payment.number, Payment.id).join(Payment, Payment.id == Allocation.payment_id)
    return [(row[0], row[1], row[2]) for row in session().execute(chosen.where(Allocation.id.in_(allocation_ids)))]
