"""Every corruption of the books is found, and attributed to the invariant it breaks.

The guards are off only while a corruption is planted; it is never committed.
"""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from app.db.base import session
from app.db.triggers import list_guards
from app.verify import INVARIANTS, verify
from tests.book import NOW, Book


# The codes found, all of them; what is broken; and how
def told(at: str, positions: str = "1") -> str:
    """A step of the first task's ladder that was told then."""
    columns = "task_id, round, position, share_percent, who, due_at, notified_at, told, by_hand, reason, stopped_why"
    return (
        f"INSERT INTO task_escalation ({columns}) SELECT task.id, sla_round, level.position, 100, 'manager', done_at,"
        f" {at}, '', false, '', '' FROM task, escalation_level level"
        f" WHERE task.id = 1 AND level.position IN ({positions})"
    )


CORRUPTIONS: list[tuple[str, str, str]] = [
    # --- arithmetic
    (
        "I1 I3 I4 I5",
        "a line is cheaper than it was",
        "UPDATE invoice_line SET unit_price = unit_price - 1000000 WHERE id = 1",
    ),
    ("I1 I3 I4 I5", "a line's quantity changed", "UPDATE invoice_line SET quantity = quantity - 1000000 WHERE id = 1"),
    ("I1 I2", "a line's net changed", "UPDATE invoice_line SET net = net + 1 WHERE id = 1"),
    ("I1 I3 I4 I5", "a discount appeared", "UPDATE invoice_line SET discount_percent = 5000000 WHERE id = 2"),
    (
        "I1",
        "a cent moved from a line's tax to its net",
        "UPDATE invoice_line SET net = net + 1, tax = tax - 1 WHERE id = 1",
    ),
    ("I1 I2", "a line's gross changed", "UPDATE invoice_line SET gross = gross + 1 WHERE id = 1"),
    ("I1 I2", "a line's tax changed", "UPDATE invoice_line SET tax = tax - 1 WHERE id = 1"),
    ("I3 I4 I5", "a line went missing", "DELETE FROM invoice_line WHERE id = 2"),
    ("I3 I5 I11 I15", "the net total changed", "UPDATE invoice SET net_total = net_total + 1 WHERE id = 1"),
    (
        "I3 I4 I11 I15",
        "a cent moved from tax to net",
        "UPDATE invoice SET net_total = net_total + 1, tax_total = tax_total - 1 WHERE id = 1",
    ),
    (
        "I3 I4 I5 I11 I15",
        "all totals are gone",
        "UPDATE invoice SET net_total = 0, tax_total = 0, gross_total = 0 WHERE id = 2",
    ),
    ("I4", "the breakdown has another tax", "UPDATE invoice_tax SET tax = tax + 1 WHERE id = 1"),
    ("I4", "the breakdown has another base", "UPDATE invoice_tax SET base = base + 1 WHERE id = 1"),
    ("I4", "the breakdown has another rate", "UPDATE invoice_tax SET rate = 7000000 WHERE id = 1"),
    ("I4", "the breakdown lacks a row", "DELETE FROM invoice_tax WHERE id = 1"),
    ("I5 I11 I15", "the gross total changed", "UPDATE invoice SET gross_total = gross_total + 1 WHERE id = 1"),
    ("I5 I11 I23", "the amount due changed", "UPDATE invoice SET amount_due = amount_due + 100 WHERE id = 1"),
    ("I5 I20", "an instalment has another amount", "UPDATE instalment SET amount = amount + 1 WHERE id = 3"),
    (
        "I5 I20",
        "a part moved between instalments",
        "UPDATE instalment SET amount = amount + CASE position WHEN 1 THEN 10 ELSE -10 END WHERE invoice_id = 3",
    ),
    ("I5 I20", "an instalment is due on another day", "UPDATE instalment SET due_on = '2027-01-01' WHERE id = 1"),
    ("I6 I11 I20 I23", "the currency is none", "UPDATE invoice SET currency = 'ZZZ' WHERE id = 1"),
    ("I1 I3 I4 I5 I11 I20 I23", "the currency is another", "UPDATE invoice SET currency = 'KWD' WHERE id = 1"),
    ("I6 I9 I11", "it was issued on no day", "UPDATE invoice SET issued_on = NULL WHERE id = 1"),
    # --- numbers, documents and their trail
    ("I8 I10 I11", "a number is missing", "UPDATE invoice SET sequence = 9 WHERE id = 5"),
    ("I8", "the counter ran ahead", "UPDATE counter SET last = last + 1 WHERE series = 'invoice'"),
    ("I8", "the counter stayed behind", "UPDATE counter SET last = last - 1 WHERE series = 'invoice'"),
    ("I8", "a counter counted nothing", "INSERT INTO counter (series, period, last) VALUES ('invoice', '2025', 3)"),
    (
        "I8",
        "numbers are reserved without anybody having said so",
        (
            "INSERT INTO number_range_reserved (series, period, first, last, reason, reserved_by, reserved_at) "
            "VALUES ('invoice', '2024', 1, 9, 'x', 'user:1', '2026-11-01')"
        ),
    ),
    ("I8 I9 I10 I11", "a document stands outside its series", "UPDATE invoice SET sequence = NULL WHERE id = 5"),
    ("I9 I11", "a document says nothing", "UPDATE invoice SET snapshot = NULL WHERE id = 1"),
    ("I9", "nobody knows when it was issued", "UPDATE invoice SET issued_at = NULL WHERE id = 1"),
    ("I5 I9 I11", "a later number has an earlier date", "UPDATE invoice SET issued_on = '2026-09-30' WHERE id = 2"),
    ("I10 I11", "a number was rewritten", "UPDATE invoice SET number = 'INV-2026-77777' WHERE id = 1"),
    ("I10 I11", "a fingerprint changed", "UPDATE invoice SET fingerprint = 'abc' WHERE id = 1"),
    (
        "I10 I35",
        "the entry of an issue is gone",
        "DELETE FROM audit_entry WHERE action = 'invoice.issued' AND object_id = 1",
    ),
    (
        "I10 I35",
        "the entry of an issue names another number",
        (
            "UPDATE audit_entry SET detail = REPLACE(detail, 'INV-2026-00001', 'INV-2026-00009') WHERE action = "
            "'invoice.issued' AND object_id = 1"
        ),
    ),
    (
        "I10",
        "an issue is noted twice",
        (
            "INSERT INTO audit_entry (at, actor, action, object_kind, object_id, detail) SELECT at, actor, "
            "action, object_kind, object_id, detail FROM audit_entry WHERE action = 'invoice.issued' AND "
            "object_id = 1"
        ),
    ),
    (
        "I11",
        "a document says something else",
        "UPDATE invoice SET snapshot = REPLACE(snapshot, 'Vibration', 'Inflation') WHERE id = 1",
    ),
    (
        "I10 I11",
        "a document says what another says",
        (
            "UPDATE invoice SET snapshot = (SELECT snapshot FROM invoice WHERE id = 2), fingerprint = (SELECT "
            "fingerprint FROM invoice WHERE id = 2) WHERE id = 1"
        ),
    ),
    ("I12", "a credit note credits nothing", "UPDATE invoice SET original_id = NULL WHERE id = 6"),
    ("I12", "a credit note credits another customer's invoice", "UPDATE invoice SET original_id = 2 WHERE id = 6"),
    ("I12", "a credit note credits itself", "UPDATE invoice SET original_id = 6 WHERE id = 6"),
    (
        "I3 I5 I11 I12 I15",
        "a credit note exceeds its invoice",
        "UPDATE invoice SET gross_total = gross_total + 100, net_total = net_total + 100 WHERE id = 6",
    ),
    ("I4 I12", "a tax is credited beyond it", "UPDATE invoice_tax SET base = base + 1 WHERE invoice_id = 6"),
    (
        "I12 I48",
        "a line is credited on another invoice",
        "UPDATE invoice_line SET original_line_id = 1 WHERE invoice_id = 6",
    ),
    (
        "I48",
        "a credit note gives back to no order line",
        "UPDATE invoice_line SET order_line_id = NULL WHERE original_line_id > 0",
    ),
    (
        "I48",
        "a credit note gives back to another order",
        "UPDATE invoice_line SET order_line_id = (SELECT MAX(id) FROM sales_order_line) WHERE original_line_id > 0",
    ),
    ("I47", "an invoice deducts what is no deposit", "UPDATE invoice_line SET deposit_id = 1 WHERE id = 1"),
    (
        "I47",
        "an invoice deducts another order's deposit",
        (
            "UPDATE invoice SET scope = 'deposit' WHERE id = 1; "
            "UPDATE invoice_line SET deposit_id = 1 WHERE invoice_id = 2"
        ),
    ),
    (
        "I1 I2 I47",
        "more is deducted than the deposit",
        (
            "UPDATE invoice SET scope = 'deposit' WHERE id = 1; "
            "UPDATE invoice_line SET deposit_id = 1, net = -99999 WHERE id = 1"
        ),
    ),
    # --- orders
    ("I14", "an order was fulfilled on no day", "UPDATE sales_order SET fulfilled_on = NULL WHERE id = 1"),
    ("I14", "an order is fulfilled and cancelled", "UPDATE sales_order SET cancelled_on = '2026-10-01' WHERE id = 1"),
    (
        "I14 I43",
        "an order goes on although it was fulfilled",
        "UPDATE sales_order SET state = 'in_progress' WHERE id = 1",
    ),
    ("I43", "the ball of a fulfilled order is still held", "UPDATE order_holder SET until = NULL WHERE id = 1"),
    (
        "I43",
        "an order was held before it was open",
        "UPDATE order_holder SET since = '2026-01-05 08:00:00' WHERE id = 1",
    ),
    ("I44", "somebody was told and the trail does not know", told("done_at")),
    ("I44", "somebody was told of a task that was done", told("'2026-11-22 08:00:00'")),
    ("I44", "somebody was told again and again", told("done_at", "1, 2, 3")),
    ("I14", "an order is held by nothing", "UPDATE sales_order SET held_at = opened_at WHERE id = 1"),
    ("I15", "an order forgot what it billed", "UPDATE sales_order SET billed_net = 0 WHERE id = 1"),
    (
        "I15 I45 I46",
        "less was ordered than invoiced",
        "UPDATE sales_order_line SET quantity = quantity - 1000000 WHERE id = 1",
    ),
    ("I15", "a line invoices what another order promised", "UPDATE invoice_line SET order_line_id = 2 WHERE id = 1"),
    (
        "I15",
        "an order line is invoiced twice",
        "UPDATE invoice_line SET order_line_id = (SELECT order_line_id FROM invoice_line WHERE id = 3) WHERE id = 1",
    ),
    (
        "I15 I45 I46",
        "a part of a line was cancelled after it was invoiced",
        "UPDATE sales_order_line SET cancelled_quantity = 1000000 WHERE id = 1",
    ),
    ("I45", "a delivery is lost", "DELETE FROM order_delivery WHERE line_id = 1"),
    ("I45", "a delivery was larger", "UPDATE order_delivery SET quantity = quantity + 1 WHERE line_id = 1"),
    ("I45", "a line forgot what was delivered", "UPDATE sales_order_line SET fulfilled_quantity = 0 WHERE id = 1"),
    ("I46", "an order forgot what it is worth", "UPDATE sales_order SET net_total = net_total - 1 WHERE id = 1"),
    ("I15", "an order forgot what it billed with tax", "UPDATE sales_order SET billed_gross = 0 WHERE id = 1"),
    ("I46", "an order forgot its tax", "UPDATE sales_order SET gross_total = net_total WHERE id = 1"),
    ("I46", "a price of an order changed", "UPDATE sales_order_line SET unit_price = unit_price * 2 WHERE id = 1"),
    ("I16", "an accepted deal has no order", "UPDATE deal SET state = 'accepted' WHERE external_id = 'D-8'"),
    ("I16", "a returned deal has an order", "UPDATE deal SET state = 'returned' WHERE external_id = 'D-1'"),
    ("I16", "a waiting deal has an order", "UPDATE deal SET state = 'waiting' WHERE external_id = 'D-2'"),
    ("I17", "a fulfilled order has an open task", "UPDATE task SET state = 'open' WHERE id = 1"),
    ("I17", "a fulfilled order has a blocked task", "UPDATE task SET state = 'blocked' WHERE id = 5"),
    ("I17", "a cancelled order has an open task", "UPDATE task SET state = 'open' WHERE order_id = 6 AND position = 1"),
    # --- money
    ("I18 I23", "a payment is smaller than what was placed of it", "UPDATE payment SET amount = 7000 WHERE id = 1"),
    ("I18 I20", "more is placed than was paid", "UPDATE allocation SET amount = 9000 WHERE id = 1"),
    ("I18 I20", "less than nothing is placed", "UPDATE allocation SET amount = -100 WHERE id = 1"),
    ("I18 I20 I36", "a reversed payment still settles", "DELETE FROM allocation WHERE id = 3"),
    (
        "I18 I23 I36",
        "a placed payment is reversed",
        "INSERT INTO payment_reversal SELECT 1, reversed_on, reason, recorded_at, recorded_by FROM payment_reversal",
    ),
    (
        "I19 I20 I23 I24",
        "an instalment is settled beyond its amount",
        "UPDATE ledger_entry SET amount = amount * 2 WHERE position = 9",
    ),
    (
        "I19 I20 I24 I26",
        "a settlement stands on another invoice",
        "UPDATE ledger_entry SET document = 'invoice:2', item = 2 WHERE position = 9",
    ),
    ("I20 I23 I24", "a settlement is lost", "DELETE FROM ledger_entry WHERE position = 9"),
    ("I23 I24", "a receipt is lost", "DELETE FROM ledger_entry WHERE position = 8"),
    ("I19 I20 I23 I24 I26", "an instalment is not in the ledger", "DELETE FROM ledger_entry WHERE position = 6"),
    ("I20 I24", "the ledger has another due date", "UPDATE ledger_entry SET due_on = '2027-01-01' WHERE position = 2"),
    ("I20 I23 I24", "the ledger has another customer", "UPDATE ledger_entry SET customer_id = 1 WHERE position = 2"),
    (
        "I20 I23 I24 I26",
        "the ledger has another amount",
        "UPDATE ledger_entry SET amount = amount + 5 WHERE position = 2",
    ),
    ("I23 I24", "a credit is lost", "DELETE FROM ledger_entry WHERE position = 7"),
    (
        "I19 I23 I24",
        "more is credited than was owed",
        "UPDATE ledger_entry SET amount = amount - 10 WHERE position = 7",
    ),
    (
        "I19 I24",
        "an entry counts from a later day",
        "UPDATE ledger_entry SET effective_on = '2026-10-01' WHERE position = 5",
    ),
    (
        "I24",
        "entries are dated in a period that was closed before they were recorded",
        (
            "INSERT INTO closed_period (up_to, closed_at, closed_by, reason, reopen_reason) VALUES "
            "('2026-08-31', '2026-07-01 09:00:00', 'user:1', '', '')"
        ),
    ),
    (
        "I24",
        "an entry was recorded before the one in front",
        "UPDATE ledger_entry SET recorded_at = '2026-08-01 09:00:00' WHERE position = 16",
    ),
    (
        "I20 I23 I24 I26",
        "a reversal takes back another amount",
        "UPDATE ledger_entry SET amount = amount - 1 WHERE position = 14",
    ),
    (
        "I24",
        "a reversal counts before what it takes back",
        "UPDATE ledger_entry SET effective_on = '2026-09-01' WHERE position = 14",
    ),
    ("I20 I24", "a reversal reverses nothing", "UPDATE ledger_entry SET reverses = NULL WHERE position = 14"),
    ("I20 I24", "a reversal reverses what is not there", "UPDATE ledger_entry SET reverses = 999 WHERE position = 14"),
    (
        "I24",
        "a month snapshot has another amount",
        "UPDATE ledger_snapshot_row SET amount = amount + 1 WHERE snapshot_id = 5 AND item = 2",
    ),
    ("I24", "a month snapshot lacks an item", "DELETE FROM ledger_snapshot_row WHERE snapshot_id = 5 AND item = 2"),
    (
        "I24",
        "a month snapshot has an item too many",
        (
            "INSERT INTO ledger_snapshot_row (snapshot_id, item, customer_id, currency, amount) VALUES (1, 1, "
            "1, 'EUR', 5)"
        ),
    ),
    (
        "I24",
        "a month snapshot claims to know more than it did",
        "UPDATE ledger_snapshot SET up_to_position = 0 WHERE id = 1",
    ),
    # --- notices and mails
    ("I25", "a level was skipped", "UPDATE dunning_notice_item SET step = 3 WHERE step = 2 AND invoice_id = 2"),
    (
        "I25",
        "the first level was never told",
        "UPDATE dunning_notice_item SET step = NULL WHERE step = 1 AND invoice_id = 2",
    ),
    (
        "I25",
        "levels went backwards",
        (
            "UPDATE dunning_notice_item SET step = step + 5 WHERE invoice_id = 2; UPDATE dunning_notice_item "
            "SET step = 8 - step WHERE invoice_id = 2"
        ),
    ),
    ("I25", "a notice asks for more than it lists", "UPDATE dunning_notice SET amount = amount + 1 WHERE id = 1"),
    ("I25", "a notice lists less than it asks for", "DELETE FROM dunning_notice_item WHERE id = 6"),
    (
        "I26",
        "a notice listed more than was open",
        (
            "UPDATE dunning_notice_item SET open_amount = open_amount + 1 WHERE id = 2; UPDATE dunning_notice "
            "SET amount = amount + 1 WHERE id = 1"
        ),
    ),
    ("I26", "a notice listed a settled invoice", "UPDATE dunning_notice_item SET invoice_id = 1 WHERE id IN (2, 6)"),
    (
        "I26",
        "a notice was written before the debt was known",
        "UPDATE dunning_notice SET created_at = '2026-09-23 09:00:00' WHERE id = 1",
    ),
    (
        "I26",
        "a notice asked for nothing",
        (
            "UPDATE dunning_notice_item SET open_amount = 0 WHERE id = 3; UPDATE dunning_notice SET amount = 0 "
            "WHERE id = 2"
        ),
    ),
    (
        "I27",
        "a mail left twice",
        (
            "INSERT INTO message_attempt (message_id, at, outcome, reply, actor) SELECT message_id, at, "
            "outcome, reply, actor FROM message_attempt WHERE message_id = 1"
        ),
    ),
    ("I27", "two attempts at one mail were accepted", "UPDATE message_attempt SET message_id = 1 WHERE message_id = 2"),
    ("I27", "a reminder left twice", "UPDATE message_attempt SET message_id = 7 WHERE message_id = 8"),
    ("I29", "a notice never became a mail", "UPDATE dunning_notice SET message_id = NULL WHERE id = 1"),
    ("I29", "a notice points at another mail", "UPDATE dunning_notice SET message_id = 1 WHERE id = 1"),
    ("I29", "the mail of a notice is gone", "UPDATE dunning_notice SET message_id = 999 WHERE id = 1"),
    # --- bytes, jobs, reports
    (
        "I13 I39",
        "stored bytes changed",
        "UPDATE document_content SET content = :bytes WHERE sha256 = (SELECT sha256 FROM document WHERE id = 1)",
    ),
    ("I39", "a document is longer than its bytes", "UPDATE document SET byte_size = byte_size + 1 WHERE id = 1"),
    (
        "I39",
        "a document has the bytes of another",
        "UPDATE document SET sha256 = (SELECT sha256 FROM document WHERE kind = 'logo-1') WHERE id = 1",
    ),
    (
        "I13",
        "nobody asked for the PDF",
        (
            "DELETE FROM document WHERE owner_kind = 'invoice' AND owner_id = 1; DELETE FROM document_request "
            "WHERE owner_kind = 'invoice' AND owner_id = 1"
        ),
    ),
    (
        "I13",
        "nobody asked for the PDF of a credit note",
        (
            "DELETE FROM document WHERE owner_kind = 'invoice' AND owner_id = 6; DELETE FROM document_request "
            "WHERE owner_kind = 'invoice' AND owner_id = 6"
        ),
    ),
    (
        "I13",
        "the e-invoice inside a PDF is not the stored one",
        "UPDATE document SET facts = '{\"xml\":\"00\"}' WHERE owner_kind = 'invoice' AND owner_id = 1 AND kind = 'pdf'",
    ),
    (
        "I13",
        "an e-invoice is of another invoice",
        (
            "INSERT INTO document (owner_kind, owner_id, kind, name, media_type, byte_size, sha256, stored_at) SELECT "
            "owner_kind, owner_id, 'xml', name, media_type, byte_size, sha256, stored_at FROM document WHERE id = 1"
        ),
    ),
    (
        "I28",
        "a silent worker holds a mail",
        "UPDATE message SET state = 'claimed', lease_until = '2026-11-20 09:00:00' WHERE id = 1",
    ),
    (
        "I28",
        "a silent worker holds a mail that may have left",
        "UPDATE message SET state = 'data_started', lease_until = '2026-11-20 09:00:00' WHERE id = 2",
    ),
    (
        "I28",
        "a silent worker holds a report",
        "UPDATE message SET state = 'claimed', lease_until = '2026-11-21 21:00:00' WHERE id = 13",
    ),
    (
        "I31",
        "a run was forgotten",
        "UPDATE slot SET due_at = '2026-11-20 09:00:00' WHERE local_time = '2026-11-23T07:00'",
    ),
    (
        "I31",
        "a run never ended",
        "UPDATE slot SET state = 'claimed', due_at = '2026-11-20 09:00:00' WHERE local_time = '2026-11-23T07:00'",
    ),
    (
        "I31",
        "this morning's run was forgotten",
        "UPDATE slot SET state = 'due', error = NULL WHERE local_time = '2026-11-22T07:00'",
    ),
    (
        "I32",
        "a delivered report reads otherwise",
        "UPDATE mis_report SET figures = REPLACE(figures, '2026', '2027') WHERE id = 1",
    ),
    ("I32", "a report's fingerprint changed", "UPDATE mis_report SET sha256 = 'abc' WHERE id = 2"),
    ("I32", "a report is gone", "DELETE FROM mis_report WHERE id = 1"),
    # --- the trail
    ("I35", "an entry names another actor", "UPDATE audit_entry SET actor = 'user:9' WHERE id = 3"),
    ("I35", "an entry of the trail is gone", "DELETE FROM audit_entry WHERE id = 3"),
    ("I35", "an entry has another time", "UPDATE audit_entry SET at = '2026-09-01 10:00:00' WHERE id = 3"),
    ("I35", "a seal was changed", "UPDATE audit_seal SET digest = 'abc' WHERE id = 1"),
    ("I35", "a seal is gone", "DELETE FROM audit_seal WHERE id = 1"),
    (
        "I36",
        "a payment is not in the trail",
        "DELETE FROM audit_seal; DELETE FROM audit_entry WHERE action = 'payment.recorded' AND object_id = 1",
    ),
    (
        "I36",
        "an allocation is not in the trail",
        "DELETE FROM audit_seal; DELETE FROM audit_entry WHERE action = 'payment.allocated' AND object_id = 1",
    ),
    (
        "I36",
        "an undoing is not in the trail",
        "DELETE FROM audit_seal; DELETE FROM audit_entry WHERE action = 'payment.allocation_undone'",
    ),
    # --- the bank
    ("I21 I22", "the bank booked another amount", "UPDATE statement_entry SET amount = amount + 1 WHERE id = 1"),
    ("I21", "a booking is of another day", "UPDATE statement_entry SET booked_on = '2026-11-19' WHERE id = 1"),
    ("I21", "a statement lost an entry", "DELETE FROM statement_place WHERE id = 2"),
    ("I21", "a statement ends elsewhere", "UPDATE bank_statement SET closing = closing + 1"),
    ("I21", "a file was another one", "UPDATE statement_file SET sha256 = 'x'"),
    (
        "I21",
        "a held file is called imported",
        (
            "INSERT INTO statement_file (sha256, name, byte_size, status, problems, dismissed_reason, version,"
            " received_at, received_by)"
            " SELECT 'y', name, 1, status, problems, '', 1, received_at, received_by FROM statement_file"
        ),
    ),
    ("I22", "a line is ignored without a reason", "UPDATE statement_line SET state = 'ignored' WHERE id = 1"),
    ("I22", "a line has no state", "UPDATE statement_line SET state = 'lost' WHERE id = 1"),
    ("I22", "an entry has no line", "DELETE FROM statement_line WHERE id = 1"),
    ("I22", "a line is less than its booking", "UPDATE statement_line SET amount = amount - 1 WHERE id = 1"),
    ("I22", "a line is matched by nothing", "UPDATE statement_line SET state = 'matched' WHERE id = 1"),
    ("I22", "a matched line is open", "UPDATE statement_line SET state = 'open' WHERE id = 2"),
    ("I22", "what stood for a line is gone", "DELETE FROM line_match"),
    ("I22", "another payment stands for a line", "UPDATE line_match SET payment_id = 1"),
    ("I22", "a reversal stands for a line and nothing was reversed", "UPDATE line_match SET kind = 'reverse'"),
    # --- people
    ("I37", "a password has a weak hash", "UPDATE \"user\" SET password = '$2b$12$abcdefghijklmnopqrstuv'"),
    ("I37", "a password is not hashed", "UPDATE \"user\" SET password = 'secret'"),
    (
        "I37",
        "a password has a hash of the same family",
        "UPDATE \"user\" SET password = REPLACE(password, 'argon2id', 'argon2i')",
    ),
    ("I38", "nobody administrates", "UPDATE \"user\" SET role = 'clerk'"),
    ("I38", "the only administrator is shut out", 'UPDATE "user" SET active = false'),
    (
        "I38",
        "somebody shut out is still signed in",
        (
            "INSERT INTO user_session (user_id, token_digest, created_at, last_seen_at, ended_by, "
            "address_digest, device) VALUES (1, 'x', '2026-11-20 09:00:00', '2026-11-20 09:00:00', '', '', ''); "
            'INSERT INTO "user" (email, name, role, active, fs_uniquifier, created_at, version) SELECT '
            "'b@x.test', 'B', role, true, 'u2', created_at, 1 FROM \"user\"; UPDATE \"user\" SET active = false "
            "WHERE id = 1"
        ),
    ),
]

# Those of the engine and the schema have tests of their own
ELSEWHERE = {"I40", "I42"}


def corrupt(sql: str) -> None:
    """Runs the statements, separated by semicolons, without the guards of the tables they name."""
    dialect = session().get_bind().dialect.name
    for guard in list_guards():
        if guard.table in sql:
            for statement in guard.drop(dialect):
                session().execute(text(statement))
    for statement in sql.split(";"):
        changed = session().execute(text(statement), {"bytes": b"other"} if ":bytes" in statement else {})
        assert changed.rowcount, f"nothing was corrupted by {statement}"
    session().expire_all()


def found_codes() -> set[str]:
    verification = verify(NOW, [one for one in INVARIANTS if one.code not in ELSEWHERE])
    return {found.code or verdict.invariant.code for verdict in verification.broken for found in verdict.findings}


@pytest.mark.parametrize(("codes", "sql"), [pytest.param(codes, sql, id=name) for codes, name, sql in CORRUPTIONS])
def test_it_is_found_and_attributed(book: Book, codes: str, sql: str):
    corrupt(sql)
    assert found_codes() == set(codes.split())


def test_every_invariant_has_three_corruptions():
    """None is forgotten when one is added; those of the engine and the schema stand in test_engine_and_schema.py."""
    planted = Counter(code for codes, _name, _sql in CORRUPTIONS for code in codes.split())
    assert {
        one.code: planted[one.code] for one in INVARIANTS if planted[one.code] < 3 and one.code not in ELSEWHERE
    } == {}
