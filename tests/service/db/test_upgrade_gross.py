"""Orders from before gross totals get what their lines and invoices say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, MetaData, create_engine, text

from app.db.base import prepare_engine
from app.db.upgrade import rebuild
from tests.harness.databases import EngineName, make_empty
from tests.harness.session import Run
from tests.service.db.test_upgrade_handoff import AT, put

BEFORE = "c264a76a62f9"
VAT_19 = '[{"name":"VAT 19","rate":"19"}]'
EXEMPT = '[{"category":"E","name":"VAT 0","rate":"0"}]'
MILLION = 1_000_000


@pytest.fixture
def empty(engine_name: EngineName, test_run: Run, tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(make_empty(engine_name, test_run, tmp_path))
    prepare_engine(engine)
    yield engine
    engine.dispose()


def fill(connection: Connection) -> None:
    """Two orders: one of two lines of 0.03 with tax and one of 10.00 without, a quarter cancelled; one invoiced."""
    known = MetaData()
    known.reflect(connection)
    put(connection, known, "customer", id=1)
    for number, currency in ((1, "EUR"), (2, "JPY")):
        put(connection, known, "deal", id=number, external_id=str(number), customer_id=1)
        put(connection, known, "sales_order", id=number, number=str(number), deal_id=number, currency=currency)
    lines = [(1, 30_000, 0, VAT_19), (1, 30_000, 0, VAT_19), (1, 10 * MILLION, MILLION // 4, EXEMPT),
             (2, 250 * MILLION, 0, VAT_19)]  # fmt: skip
    for position, (order_id, price, cancelled, taxes) in enumerate(lines, 1):
        put(
            connection, known, "sales_order_line", id=position, position=position, order_id=order_id, taxes=taxes,
            quantity=MILLION, unit_price=price, discount_percent=0, cancelled_quantity=cancelled,
        )  # fmt: skip
    for number, kind, gross in ((1, "invoice", 298), (2, "invoice", 100), (3, "credit_note", 100)):
        put(
            connection, known, "invoice", id=number, kind=kind, state="issued", order_id=2, customer_id=1,
            gross_total=gross, number=str(number), series=kind, period="", sequence=number, issued_on=AT.date(),
            issued_at=AT, issued_by="x", snapshot="{}", fingerprint="x", original_id=2 if number == 3 else None,
        )  # fmt: skip


def test_an_older_order_knows_its_worth_with_tax(empty: Engine) -> None:
    rebuild(empty, BEFORE, fill=fill, finish=lambda _connection: None)
    with empty.begin() as connection:
        worth = connection.execute(text("SELECT gross_total, billed_gross FROM sales_order ORDER BY id"))
        assert [tuple(row) for row in worth] == [(757, 0), (298, 298)]
