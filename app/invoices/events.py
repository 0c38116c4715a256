"""What the invoices wing announces."""

from dataclasses import dataclass
from datetime import date

from app.db.events import Event


@dataclass(frozen=True)
class InvoiceCrediting(Event):
    """An issued invoice is about to be credited as of a day: what was paid on it comes off first.

    `amount` (minor units) is what a credit note over a part needs open; None: all of it.
    """

    invoice_id: int
    on: date
    reason: str
    amount: int | None = None


@dataclass(frozen=True)
class InvoiceCredited(Event):
    """A credit note is issued and stands in the ledger as of a day; it may have left something on account."""

    credit_note_id: int
    invoice_id: int
    on: date
