"""The demo: the same year for the same seed, clean books, and gone without a trace when the real company begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.auth.models import User
from app.company.queries import find_company
from app.customers.models import Customer
from app.db.base import Model, session
from app.db.unit_of_work import unit_of_work
from app.demo.load import load_year
from app.demo.plan import plan_year
from app.demo.wipe import NoDemo, wipe_demo
from app.invoices.models import Invoice
from app.verify import verify
from tests.factories import ACTOR, make_company

TODAY_SEED = 7


def load(now, count=14):
    return load_year(count=count, seed=TODAY_SEED, now=now, today=now.date(), say=lambda _text: None)


def test_the_same_seed_invents_the_same_year(now):
    year = plan_year(orders=40, seed=3, today=now.date())
    assert year == plan_year(orders=40, seed=3, today=now.date())
    assert year != plan_year(orders=40, seed=4, today=now.date())


PAST = ("at", "recorded_at", "created_at", "issued_at", "queued_at", "proposed_at", "decided_at", "opened_at")


def list_recorded_after(now):
    """Columns that say when something was written down, and say a later instant."""
    columns = [table.c[name] for table in Model.metadata.sorted_tables for name in PAST if name in table.c]
    return [str(column) for column in columns if (session().scalar(select(func.max(column))) or now) > now]


def test_the_year_is_lived_with_clean_books_and_then_removed(app):
    """Loaded in the middle of a night, when today's morning is still to come."""
    now = datetime(2026, 11, 23, 0, 5, tzinfo=UTC)
    sign_ins = load(now)
    assert list_recorded_after(now) == []
    assert session().scalar(select(func.count(Customer.owner_id))) > 0
    assert session().scalar(select(func.count()).select_from(Invoice)) > 0
    assert [f"{broken.invariant.code}: {broken.findings}" for broken in verify(now).broken] == []
    wipe_demo(actor=ACTOR, now=now)
    assert find_company() is None
    assert session().scalar(select(func.count()).select_from(User)) == len(sign_ins)
    for table in ("invoice", "customer", "ledger_entry", "document_content", "message", "slot", "counter"):
        assert session().scalar(text(f"SELECT COUNT(*) FROM {table}")) == 0, table


def test_after_the_demo_the_guards_stand_again(app, now):
    load(now, count=3)
    wipe_demo(actor=ACTOR, now=now)
    with pytest.raises(DBAPIError), unit_of_work() as current:
        current.execute(text("DELETE FROM audit_entry"))


def test_a_real_company_is_never_removed(app, now):
    make_company()
    with pytest.raises(NoDemo):
        wipe_demo(actor=ACTOR, now=now)
    assert find_company() is not None
