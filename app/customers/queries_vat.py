"""Reads what authorities said about a customer's VAT id."""

from datetime import date

from sqlalchemy import select

from app.company.models import Company
from app.customers.models import Customer
from app.customers.models_vat import VatCheck
from app.db.base import session

MOST_SHOWN = 20


def list_checks(customer_id: int) -> list[VatCheck]:
    """The newest checks, of former VAT ids too."""
    chosen = select(VatCheck).where(VatCheck.customer_id == customer_id)
    return list(session().scalars(chosen.order_by(VatCheck.checked_on.desc(), VatCheck.id.desc()).limit(MOST_SHOWN)))


def find_valid_check(customer: Customer, company: Company, on: date) -> VatCheck | None:
    """The last check up to the day, if it said valid and is young enough for the company."""
    last = find_last_check(customer, on)
    oldest = date.fromordinal(max(1, on.toordinal() - int(company.vat_check_days)))
    return last if last is not None and last.is_valid and last.checked_on >= oldest else None


def find_last_check(customer: Customer, on: date) -> VatCheck | None:
    """The last check of the present VAT id up to the day."""
    chosen = (
        select(VatCheck)
        .where(VatCheck.customer_id == customer.id, VatCheck.vat_id == customer.vat_id, VatCheck.checked_on <= on)
        .order_by(VatCheck.checked_on.desc(), VatCheck.id.desc())
    )
    return session().scalars(chosen.limit(1)).first()
