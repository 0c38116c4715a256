"""The demo's accounts: the journal knows its accounts and was exported once, and a customer got a statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from app.company.queries import business_today
from app.customers.models import Customer
from app.db.base import session
from app.followup.services_account import send_account_statement
from app.payments import queries_journal, services_journal
from app.payments.models import Payment

ACCOUNTS = {
    ("receivable", ""): "1400",
    ("unapplied", ""): "1593",
    ("bank", ""): "1200",
    ("opening", ""): "9000",
    ("prepaid", ""): "1718",
    ("revenue", ""): "8200",
    ("revenue", "S 19"): "8400",
    ("tax", ""): "1770",
    ("tax", "S 19"): "1776",
    ("discount", ""): "8730",
    ("write_off", ""): "2400",
    ("transfer", ""): "1360",
    ("exchange", "gain"): "2660",
    ("exchange", "loss"): "2150",
}


def keep_accounts(people: Mapping[str, str], now: datetime) -> None:
    """Needs the payments of the year."""
    actor, today = people["finance"], business_today(now)
    accounts = {key: (account, "") for key, account in ACCOUNTS.items()}
    services_journal.set_accounts(accounts, actor=actor, now=now)
    prepared = queries_journal.prepare(queries_journal.range_since_last(), "plain", now=now)
    services_journal.store_export(prepared, actor=actor, now=now)
    payer = (
        select(Payment.customer_id)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(Customer.billing_email != "")
        .order_by(Payment.id.desc())
        .limit(1)
    )
    if (customer_id := session().scalar(payer)) is not None:
        last = today.replace(day=1) - timedelta(days=1)
        send_account_statement(customer_id, last.replace(day=1), last, actor=actor, now=now)
