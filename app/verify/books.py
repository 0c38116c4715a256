"""Knows what must be true of numbers, money and notices, as queries both engines understand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from app.audit.models import AuditEntry
from app.company.queries_numbering import list_reserved
from app.db.base import session
from app.invoices.queries_series import list_series_periods
from app.verify.invariant import Finding, Invariant, by_query

RANGE = ("series", "period", "first", "last", "reason")


def _find_gaps(_now: datetime) -> Iterable[Finding]:
    """The report on numbers shows the same."""
    return [Finding(f"{one.series} {one.period}".strip(), one.said) for one in list_series_periods() if one.has_gap]


def _find_unnoted_ranges(_now: datetime) -> Iterable[Finding]:
    entries = session().scalars(select(AuditEntry.detail).where(AuditEntry.action == "numbering.reserved"))
    noted = {tuple(detail.get(name) for name in RANGE) for detail in entries}
    for one in list_reserved():
        said = tuple(getattr(one, name) for name in RANGE)
        if said not in noted:
            yield Finding(f"{one.series} {one.period}".strip(), f"numbers {one.first} to {one.last}: no entry")


NUMBERING = (
    Invariant("I8", "In each series and period each number up to the counter is used or reserved.", _find_gaps),
    Invariant("I8", "Every reserved range of numbers has its entry in the trail.", _find_unnoted_ranges),
    by_query(
        "I9",
        "A document has a number exactly when it is issued.",
        """
        SELECT 'invoice ' || id, 'state ' || state || ', number ' || COALESCE(number, 'none')
        FROM invoice
        WHERE (state = 'issued' AND (number IS NULL OR issued_on IS NULL OR issued_at IS NULL))
           OR (state <> 'issued' AND number IS NOT NULL)
           OR (state = 'issued' AND origin = 'own' AND (sequence IS NULL OR snapshot IS NULL))
        """,
    ),
    by_query(
        "I9",
        "Within a series and period the issue date never goes backwards as numbers rise.",
        """
        SELECT number, 'issued on ' || issued_on || ' after a document of ' || before
        FROM (SELECT number, issued_on,
                     LAG(issued_on) OVER (PARTITION BY series, period ORDER BY sequence) AS before
              FROM invoice WHERE state = 'issued' AND origin = 'own') AS ordered
        WHERE before > issued_on
        """,
    ),
    by_query(
        "I2",
        "The lines' taxes and nets add up to what the document says.",
        """
        SELECT i.number, 'lines: gross ' || COALESCE(SUM(l.gross), 0) || ', net + tax '
               || COALESCE(SUM(l.net + l.tax), 0)
        FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
        WHERE i.state = 'issued' AND i.origin = 'own'
        GROUP BY i.id, i.number
        HAVING SUM(l.gross) <> SUM(l.net + l.tax)
        """,
    ),
    by_query(
        "I4",
        "The tax breakdown adds up to the document's tax.",
        """
        SELECT i.number, 'breakdown ' || COALESCE(SUM(t.tax), 0) || ', document ' || i.tax_total
        FROM invoice i LEFT JOIN invoice_tax t ON t.invoice_id = i.id
        WHERE i.state = 'issued' AND i.origin = 'own'
        GROUP BY i.id, i.number, i.tax_total
        HAVING COALESCE(SUM(t.tax), 0) <> i.tax_total
        """,
    ),
    by_query(
        "I5",
        "Gross is net plus tax.",
        """
        SELECT number, 'net ' || net_total || ' + tax ' || tax_total || ' is not gross ' || gross_total
        FROM invoice WHERE state = 'issued' AND origin = 'own' AND net_total + tax_total <> gross_total
        """,
    ),
    by_query(
        "I5",
        "The instalments of an invoice add up to its amount due.",
        """
        SELECT i.number, 'instalments ' || COALESCE(SUM(p.amount), 0) || ', due ' || i.amount_due
        FROM invoice i LEFT JOIN instalment p ON p.invoice_id = i.id
        WHERE i.state = 'issued' AND i.kind = 'invoice'
        GROUP BY i.id, i.number, i.amount_due
        HAVING COALESCE(SUM(p.amount), 0) <> i.amount_due
        """,
    ),
    by_query(
        "I12",
        "Credit notes refer to an issued invoice of the same customer and currency and never exceed it.",
        """
        SELECT c.number, 'credits ' || c.gross_total || ' of ' || COALESCE(o.number, 'nothing')
        FROM invoice c LEFT JOIN invoice o ON o.id = c.original_id
        WHERE c.kind = 'credit_note' AND c.state = 'issued'
          AND (o.id IS NULL OR o.state <> 'issued' OR o.kind <> 'invoice' OR o.customer_id <> c.customer_id
               OR o.currency <> c.currency
               OR (SELECT SUM(CASE WHEN x.scope = 'whole' THEN x.gross_total ELSE x.amount_due END) FROM invoice x
                   WHERE x.original_id = o.id AND x.kind = 'credit_note' AND x.state = 'issued') > o.gross_total)
        """,
    ),
)

MONEY = (
    by_query(
        "I18",
        "What is allocated, refunded and transferred of a payment is never more than the payment.",
        """
        SELECT p.number, 'paid ' || p.amount || ', used ' || SUM(a.amount)
        FROM payment p
        JOIN (SELECT payment_id, amount FROM allocation
              UNION ALL SELECT payment_id, amount FROM payment_outflow) AS a ON a.payment_id = p.id
        GROUP BY p.id, p.number, p.amount
        HAVING SUM(a.amount) > p.amount OR SUM(a.amount) < 0
        """,
    ),
    by_query(
        "I18",
        "A reversed payment has nothing allocated, refunded or transferred.",
        """
        SELECT p.number, 'still used ' || SUM(a.amount)
        FROM payment p
        JOIN payment_reversal r ON r.payment_id = p.id
        JOIN (SELECT payment_id, amount FROM allocation
              UNION ALL SELECT payment_id, amount FROM payment_outflow) AS a ON a.payment_id = p.id
        GROUP BY p.id, p.number
        HAVING SUM(a.amount) <> 0
        """,
    ),
    by_query(
        "I19",
        "No instalment is settled or credited beyond its amount.",
        """
        SELECT document, 'instalment ' || instalment || ' open ' || SUM(amount)
        FROM ledger_entry WHERE document IS NOT NULL
        GROUP BY document, instalment
        HAVING SUM(amount) < 0
        """,
    ),
    by_query(
        "I20",
        "Each instalment stands in the ledger once, with its amount and due date.",
        """
        SELECT i.number, 'instalment ' || p.position || ': ledger entries ' || COUNT(e.position)
        FROM invoice i
        JOIN instalment p ON p.invoice_id = i.id
        LEFT JOIN ledger_entry e ON e.document = 'invoice:' || i.id AND e.instalment = p.position
             AND e.kind = 'instalment' AND e.amount = p.amount AND e.due_on = p.due_on
             AND e.customer_id = i.customer_id AND e.currency = i.currency
        WHERE i.state = 'issued' AND i.kind = 'invoice' AND p.amount <> 0
        GROUP BY i.id, i.number, p.position
        HAVING COUNT(e.position) <> 1
        """,
    ),
    by_query(
        "I20",
        "Settlements in the ledger are exactly the allocations, instalment by instalment.",
        """
        SELECT COALESCE(i.number, x.document),
               'instalment ' || x.instalment || ': allocated less settled ' || SUM(x.amount)
        FROM (SELECT 'invoice:' || invoice_id AS document, instalment, amount FROM allocation
              UNION ALL
              SELECT e.document, e.instalment, e.amount FROM ledger_entry e WHERE e.kind = 'settlement'
              UNION ALL
              SELECT r.document, r.instalment, r.amount FROM ledger_entry r
              JOIN ledger_entry e ON e.position = r.reverses
              WHERE r.kind = 'reversal' AND e.kind = 'settlement') AS x
        LEFT JOIN invoice i ON 'invoice:' || i.id = x.document
        GROUP BY x.document, x.instalment, i.number
        HAVING SUM(x.amount) <> 0
        """,
    ),
    by_query(
        "I23",
        "Each customer's account equals invoices less credit notes less payments, plus what left them, per currency.",
        """
        SELECT 'customer ' || customer_id || ' ' || currency, 'ledger less documents: ' || SUM(amount)
        FROM (SELECT customer_id, currency, amount FROM ledger_entry
                WHERE kind <> 'write_off'
                  AND NOT (kind = 'reversal' AND EXISTS (SELECT 1 FROM ledger_entry w
                           WHERE w.position = ledger_entry.reverses AND w.kind = 'write_off'))
              UNION ALL
              SELECT customer_id, currency, CASE WHEN kind = 'credit_note' THEN amount_due ELSE -amount_due END
                FROM invoice WHERE state = 'issued'
              UNION ALL
              SELECT p.customer_id, p.currency, p.amount FROM payment p WHERE p.kind <> 'credit'
              UNION ALL
              SELECT p.customer_id, p.currency, -p.amount FROM payment p
                JOIN payment_reversal r ON r.payment_id = p.id
              UNION ALL
              SELECT p.customer_id, p.currency, -o.amount FROM payment_outflow o
                JOIN payment p ON p.id = o.payment_id) AS x
        GROUP BY customer_id, currency
        HAVING SUM(amount) <> 0
        """,
    ),
    by_query(
        "I24",
        "Ledger positions and recording times rise together.",
        """
        SELECT 'entry ' || position, 'recorded before the entry in front of it'
        FROM (SELECT position, recorded_at, LAG(recorded_at) OVER (ORDER BY position) AS before
              FROM ledger_entry) AS ordered
        WHERE before > recorded_at
        """,
    ),
    by_query(
        "I24",
        "Nothing is posted into a closed period: what was closed at that moment stays as it was.",
        """
        SELECT 'entry ' || e.position, 'dated ' || e.effective_on || ', closed up to ' || c.up_to
        FROM ledger_entry e
        JOIN closed_period c ON e.effective_on <= c.up_to AND e.recorded_at > c.closed_at
             AND (c.reopened_at IS NULL OR e.recorded_at < c.reopened_at)
        """,
    ),
    by_query(
        "I24",
        "A reversal is the exact opposite of the entry it takes back.",
        """
        SELECT 'entry ' || r.position, 'reverses ' || COALESCE(r.reverses, 0)
        FROM ledger_entry r LEFT JOIN ledger_entry e ON e.position = r.reverses
        WHERE (r.kind = 'reversal') <> (r.reverses IS NOT NULL)
           OR (r.kind = 'reversal' AND (e.position IS NULL OR e.amount <> -r.amount OR e.customer_id <> r.customer_id
               OR e.currency <> r.currency OR COALESCE(e.document, '') <> COALESCE(r.document, '')
               OR COALESCE(e.instalment, 0) <> COALESCE(r.instalment, 0) OR r.effective_on < e.effective_on))
        """,
    ),
)

NOTICES = (
    by_query(
        "I25",
        "An instalment is taken from level to level in order, each once.",
        """
        SELECT 'invoice ' || invoice_id || ' instalment ' || instalment, 'level ' || step || ' after ' || before
        FROM (SELECT n.invoice_id, n.instalment, n.step,
                     LAG(n.step) OVER (PARTITION BY n.invoice_id, n.instalment ORDER BY r.run_on, n.id) AS before
              FROM dunning_notice_item n
              JOIN dunning_notice d ON d.id = n.notice_id
              JOIN dunning_run r ON r.id = d.run_id
              WHERE n.step IS NOT NULL) AS ordered
        WHERE (before IS NULL AND step <> 1) OR step <> before + 1
        """,
    ),
    by_query(
        "I25",
        "A notice's amount is what its items add up to.",
        """
        SELECT d.key, 'notice ' || d.amount || ', items ' || COALESCE(SUM(n.open_amount), 0)
        FROM dunning_notice d LEFT JOIN dunning_notice_item n ON n.notice_id = d.id
        GROUP BY d.id, d.key, d.amount
        HAVING COALESCE(SUM(n.open_amount), 0) <> d.amount
        """,
    ),
    by_query(
        "I26",
        "No notice listed an instalment that was settled, as known when it was written.",
        """
        SELECT d.key, 'invoice ' || n.invoice_id || ' listed ' || n.open_amount || ', open was '
               || COALESCE(SUM(e.amount), 0)
        FROM dunning_notice_item n
        JOIN dunning_notice d ON d.id = n.notice_id
        JOIN dunning_run r ON r.id = d.run_id
        LEFT JOIN ledger_entry e ON e.document = 'invoice:' || n.invoice_id AND e.instalment = n.instalment
             AND e.effective_on <= r.run_on AND e.recorded_at <= d.created_at
        GROUP BY n.id, d.key, n.invoice_id, n.open_amount
        HAVING COALESCE(SUM(e.amount), 0) <> n.open_amount OR n.open_amount <= 0
        """,
    ),
    by_query(
        "I27",
        "A message key was accepted at most once.",
        """
        SELECT 'message ' || m.id, 'accepted ' || COUNT(*) || ' times'
        FROM message m JOIN message_attempt a ON a.message_id = m.id AND a.outcome = 'accepted'
        WHERE m.kind <> 'mis'
        GROUP BY m.id
        HAVING COUNT(*) > 1
        """,
    ),
    by_query(
        "I29",
        "Every notice has its message.",
        """
        SELECT d.key, 'no message' FROM dunning_notice d
        LEFT JOIN message m ON m.id = d.message_id AND m.kind = 'dunning'
        WHERE m.id IS NULL
        """,
    ),
)
