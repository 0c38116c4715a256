"""What is issued stays as it is: the model says why, and the database refuses whatever passes by the model."""

from datetime import date

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from app.customers.queries import get_customer
from app.db.base import Base, db, is_sqlite, session
from app.db.unit_of_work import unit_of_work
from app.documents.services import store_document
from app.invoices.models import Instalment, Invoice, InvoiceLine, InvoiceTax, IssuedIsFrozen
from app.invoices.queries import get_invoice
from tests import factories


@pytest.fixture
def invoice(app):
    factories.make_company()
    return factories.make_issued_invoice(factories.make_customer())


@pytest.fixture
def draft(invoice):
    from app.invoices.services import draft_invoice

    order = factories.make_plain_order(get_customer(invoice.customer_id))
    with unit_of_work():
        made = draft_invoice(order.id, actor="user:1", now=factories.NOW)
        # a draft keeps no taxes and instalments; a stray one is what REPLACE would need
        session().add(InvoiceTax(invoice_id=made.id, position=1, name="V", category="S", base=1, tax=1))
        session().add(Instalment(invoice_id=made.id, position=1, due_on=date(2030, 1, 1), amount=1))
        return made


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoice SET gross_total = 1 WHERE id = :id",
        "UPDATE invoice SET state = 'draft', number = NULL WHERE id = :id",
        "UPDATE invoice SET snapshot = '{}' WHERE id = :id",
        "DELETE FROM invoice WHERE id = :id",
        "UPDATE invoice_line SET quantity = 1 WHERE invoice_id = :id",
        "UPDATE invoice_tax SET tax = 0 WHERE invoice_id = :id",
        "UPDATE instalment SET due_on = '2030-01-01' WHERE invoice_id = :id",
        "DELETE FROM invoice_line WHERE invoice_id = :id",
        "DELETE FROM invoice_tax WHERE invoice_id = :id",
        "DELETE FROM instalment WHERE invoice_id = :id",
        "INSERT INTO instalment (invoice_id, position, due_on, amount) VALUES (:id, 2, '2030-01-01', 5)",
        "INSERT INTO invoice_tax (invoice_id, position, name, category, base, tax) VALUES (:id, 2, 'V', 'S', 1, 1)",
        "UPDATE invoice_line SET invoice_id = :id, position = 9 WHERE invoice_id = :draft",
    ],
)
def test_raw_sql_on_an_issued_invoice_is_refused_by_the_database(invoice, draft, statement):
    with pytest.raises(DBAPIError, match="an issued invoice is frozen"), unit_of_work() as current:
        current.execute(text(statement), {"id": invoice.id} | ({"draft": draft.id} if ":draft" in statement else {}))


INVOICE, PARTS = "invoice", ("invoice_line", "invoice_tax", "instalment")
BYTES = ("document", "document_content")
FOR_EVER = ("ledger_entry", "audit_entry")


def _replaces(table, rows):
    """Ways to put a row of a draft in an issued one's place without a word of UPDATE or DELETE."""
    columns = ", ".join(column.name for column in Base.metadata.tables[table].columns)
    if table not in PARTS:
        yield f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"
        yield f"REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"
        return
    moved = columns.replace("invoice_id", ":draft").replace("position", "99", 1)
    yield f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {moved} FROM {table} WHERE invoice_id = :id"
    yield f"UPDATE OR REPLACE {table} SET id = (SELECT min(id) FROM {table} WHERE invoice_id = :id) WHERE {rows}"


@pytest.mark.parametrize("table", [INVOICE, *PARTS, *BYTES, *FOR_EVER])
def test_no_way_around_the_triggers_leads_to_a_frozen_row(invoice, draft, table):
    """TRUNCATE on PostgreSQL; on SQLite REPLACE, which deletes without the triggers of DELETE; UPSERT on both."""
    _store_bytes(invoice)
    names = {"id": invoice.id, "draft": draft.id}
    key = next(iter(Base.metadata.tables[table].primary_key.columns)).name
    columns = ", ".join(column.name for column in Base.metadata.tables[table].columns)
    kept = (
        " WHERE invoice_id = :id"
        if table in PARTS
        else " WHERE state = 'issued'"
        if table == INVOICE
        else " WHERE true"
    )
    upsert = f"ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}"
    ways = [f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}{kept} {upsert}"]
    ways += [f"TRUNCATE {table} CASCADE"] if not is_sqlite(db.engine) else _replaces(table, "invoice_id = :draft")
    before = _rows(table)
    for way in ways:
        with pytest.raises(DBAPIError, match=r"frozen|never change|append-only"), unit_of_work() as current:
            current.execute(text(way), {name: value for name, value in names.items() if f":{name}" in way})
    assert _rows(table) == before


def _rows(table):
    return session().execute(text(f"SELECT * FROM {table}")).all()


def _store_bytes(invoice):
    with unit_of_work():
        store_document(
            owner_kind="invoice", owner_id=invoice.id, kind="pdf", name="x.pdf", media_type="application/pdf",
            content=b"%PDF", now=factories.NOW,
        )  # fmt: skip


def test_storing_a_document_again_keeps_the_first_bytes(invoice):
    _store_bytes(invoice)
    with unit_of_work():
        again = store_document(
            owner_kind="invoice", owner_id=invoice.id, kind="pdf", name="y.pdf", media_type="application/pdf",
            content=b"other", now=factories.NOW,
        )  # fmt: skip
    assert (again.name, again.byte_size) == ("x.pdf", 4)


def test_a_bulk_update_passes_the_model_but_not_the_database(invoice):
    with pytest.raises(DBAPIError, match="an issued invoice is frozen"), unit_of_work() as current:
        current.execute(update(Invoice).values(gross_total=1))


@pytest.mark.parametrize(
    "change",
    [
        lambda one: setattr(one, "gross_total", 1),
        lambda one: setattr(one, "state", "draft"),
        lambda one: setattr(one, "po_number", "other"),
        lambda one: setattr(one.lines[0], "quantity", 99),
        lambda one: setattr(one.instalments[0], "due_on", date(2030, 1, 1)),
        lambda one: one.lines.append(InvoiceLine(position=9, description="more", quantity=1, unit_price=1)),
        lambda one: session().add(InvoiceTax(invoice_id=one.id, position=9, name="V", category="S", base=1, tax=1)),
        lambda one: session().delete(one.lines[0]),
        lambda one: session().delete(one),
    ],
)
def test_changing_an_issued_invoice_is_refused_with_a_reason(invoice, change):
    with pytest.raises(IssuedIsFrozen, match="Credit it"), unit_of_work():
        change(get_invoice(invoice.id))
    assert get_invoice(invoice.id).gross_total == 119000


def test_the_guard_knows_the_stored_state_even_when_it_was_never_loaded(invoice):
    def change():
        with unit_of_work() as current:
            one = current.get(Invoice, invoice.id)
            current.expire(one)
            one.gross_total = 1

    with pytest.raises(IssuedIsFrozen):
        change()


def test_touching_without_changing_is_no_change(invoice):
    with unit_of_work():
        one = get_invoice(invoice.id)
        one.gross_total = one.gross_total
    assert get_invoice(invoice.id).gross_total == 119000


def test_a_draft_can_be_changed(app):
    from app.invoices.services import draft_invoice

    factories.make_company()
    order = factories.make_plain_order(factories.make_customer())
    with unit_of_work():
        draft = draft_invoice(order.id, actor="user:1", now=factories.NOW)
    with unit_of_work():
        get_invoice(draft.id).po_number = "changed"
    assert get_invoice(draft.id).po_number == "changed"
