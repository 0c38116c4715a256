"""Knows what must be true of credits on account, deductions, refunds and transfers, as queries of both engines."""

from __future__ import annotations

from app.verify.invariant import by_query

SETTLEMENTS = (
    by_query(
        "I20",
        "What credit notes left on account is held by payments of kind credit, exactly.",
        """
        SELECT 'customer ' || customer_id || ' ' || currency, 'held less left: ' || SUM(amount)
        FROM (SELECT customer_id, currency, amount FROM payment WHERE kind = 'credit'
              UNION ALL
              SELECT customer_id, currency, amount FROM ledger_entry
              WHERE kind = 'credit' AND document IS NULL) AS x
        GROUP BY customer_id, currency
        HAVING SUM(amount) <> 0
        """,
    ),
    by_query(
        "I20",
        "A deduction stands in the ledger exactly while it is approved, and another one approved it than asked.",
        """
        SELECT 'deduction ' || d.id, d.state || ', ledger ' || COALESCE(SUM(e.amount), 0)
        FROM deduction d
        LEFT JOIN ledger_entry e ON e.reason IN ('deduction:' || d.id, 'deduction_undo:' || d.id)
        GROUP BY d.id, d.state, d.amount, d.proposed_by, d.decided_by
        HAVING COALESCE(SUM(e.amount), 0) <> CASE WHEN d.state = 'approved' THEN -d.amount ELSE 0 END
            OR (d.state IN ('approved', 'undone') AND d.decided_by = d.proposed_by)
        """,
    ),
    by_query(
        "I20",
        "A refund has its money taken out exactly while it is approved, and another one approved it than asked.",
        """
        SELECT 'refund ' || r.id, r.state || ', taken out ' || COALESCE(SUM(o.amount), 0)
        FROM refund r
        LEFT JOIN payment_outflow o ON o.id = r.outflow_id OR o.undoes = r.outflow_id
        GROUP BY r.id, r.state, r.amount, r.proposed_by, r.decided_by
        HAVING COALESCE(SUM(o.amount), 0)
               <> CASE WHEN r.state IN ('approved', 'exported', 'paid') THEN r.amount ELSE 0 END
            OR (r.state NOT IN ('proposed', 'refused') AND r.decided_by = r.proposed_by)
        """,
    ),
    by_query(
        "I20",
        "A line of the bank that brings a refund back is nothing else, and brings back one.",
        """
        SELECT 'refund ' || r.id, r.state || ', ' || r.returned_by || ' is ' || COALESCE(l.state, 'no line')
        FROM refund r
        LEFT JOIN statement_line l ON r.returned_by IN ('line:' || l.id, 'also:' || l.id)
        WHERE r.returned_by <> '' AND (r.state <> 'returned' OR l.id IS NULL OR l.state <> 'ignored'
                                       OR l.amount <> r.amount - (SELECT COALESCE(SUM(c.amount), 0) FROM bank_charge c
                                                                  WHERE c.cause = 'line:' || l.id))
        UNION ALL
        SELECT 'refund ' || MIN(r.id), COUNT(*) || ' came back with line ' || l.id
        FROM refund r JOIN statement_line l ON r.returned_by IN ('line:' || l.id, 'also:' || l.id)
        GROUP BY l.id
        HAVING COUNT(*) > 1
        """,
    ),
    by_query(
        "I20",
        "A refund that came back is on account once: the line that names it is no payment as well.",
        """
        SELECT 'refund ' || r.id, 'came back, and its line ' || l.id || ' is ' || p.number || ' too'
        FROM refund r
        JOIN statement_line l ON l.end_to_end_id = 'REFUND-' || r.id AND l.amount = r.amount
             AND l.party_account = r.iban
        JOIN statement_entry e ON e.id = l.entry_id AND e.currency = r.currency
        JOIN line_match m ON m.line_id = l.id AND m.undone_at IS NULL AND m.kind = 'settle'
        JOIN payment p ON p.id = m.payment_id
        LEFT JOIN payment_reversal x ON x.payment_id = p.id
        WHERE r.state = 'returned' AND r.returned_by = '' AND x.payment_id IS NULL
        """,
    ),
    by_query(
        "I20",
        "Money transferred away has arrived at another customer, and came back when it was undone.",
        """
        SELECT p.number, 'transferred ' || o.amount || ', arrived ' || COALESCE(t.amount, 0)
        FROM payment_outflow o
        JOIN payment p ON p.id = o.payment_id
        LEFT JOIN payment_outflow u ON u.undoes = o.id
        LEFT JOIN payment t ON t.source = 'transfer' AND t.external_id = 'outflow:' || o.id
        LEFT JOIN payment_reversal r ON r.payment_id = t.id
        WHERE o.kind = 'transfer' AND o.undoes IS NULL
          AND (t.id IS NULL OR t.amount <> o.amount OR t.currency <> p.currency OR t.kind <> 'transfer'
               OR (u.id IS NULL) <> (r.payment_id IS NULL))
        """,
    ),
)
