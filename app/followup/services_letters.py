"""Keeps what a customer's reminder says and asks for its letter."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from app.company.queries import get_company
from app.customers.models import Customer
from app.customers.queries import billing_address
from app.db.base import session
from app.documents.services import request_document
from app.followup.mails import LETTER_OWNER
from app.followup.models import Letter
from app.followup.queries_letters import find_billed
from app.followup.rules import PlannedNotice
from app.followup.rules_letter import MOST_ITEMS, SHAPE, list_sections
from app.followup.texts import texts_for
from app.invoices.buyers import address_of
from app.invoices.snapshot import appearance_of, bank_of, seller_of


def keep_letter(run_id: int, notices: Sequence[PlannedNotice], on: date, *, now: datetime) -> Letter | None:
    """The letter of a customer's notices of a day; None where they list more than a letter holds."""
    if sum(len(notice.items) for notice in notices) > MOST_ITEMS:
        return None
    letter = Letter(
        run_id=run_id,
        customer_id=notices[0].debtor.customer_id,
        content=build_content(notices, on),
        created_at=now,
    )
    session().add(letter)
    session().flush()
    request_document(owner_kind=LETTER_OWNER, owner_id=letter.id, kind="pdf", now=now)
    return letter


def build_content(notices: Sequence[PlannedNotice], on: date) -> dict[str, Any]:
    """Everything the letter of these notices says (all of one customer)."""
    company, customer = get_company(), session().get_one(Customer, notices[0].debtor.customer_id)
    return {
        "shape": SHAPE,
        "on": on.isoformat(),
        "level": max(notice.level for notice in notices),
        "language": texts_for(customer.language)[0],
        "seller": seller_of(company),
        "bank": bank_of(company),
        "appearance": appearance_of(company),
        "buyer": {
            "number": customer.number,
            "name": customer.name,
            "address": address_of(billing_address(customer)),
        },
        "sections": list_sections(notices, find_billed(notices)),
    }
