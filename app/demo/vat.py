"""Knows the answers about VAT ids that the demo keeps: one valid, one that has grown old."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.customers.models import Customer
from app.customers.services_vat import VatCheckData, record_vat_check
from app.db.base import session

DAYS_AGO = (12, 200)


def check_some(*, actor: str, now: datetime) -> None:
    """About the first customers that have a VAT id."""
    chosen = select(Customer).where(Customer.vat_id != "").order_by(Customer.id).limit(len(DAYS_AGO))
    for customer, days in zip(session().scalars(chosen).all(), DAYS_AGO, strict=False):
        data = VatCheckData(
            vat_id=customer.vat_id, is_valid=True, checked_on=(now - timedelta(days=days)).date(),
            name_given=customer.name, consultation=f"WAPIAAAAY{customer.id:06}",
        )  # fmt: skip
        record_vat_check(customer.id, data, actor=actor, now=now)
