"""Knows what must be true of invoices that bill or credit a part of something."""

from __future__ import annotations

from app.verify.invariant import by_query

PARTS = (
    by_query(
        "I12",
        "At no tax of its breakdown is an invoice credited beyond it.",
        """
        SELECT o.number, ct.name || ': credited ' || SUM(ct.base) || ' and tax ' || SUM(ct.tax) || ' of '
               || COALESCE(MAX(ot.base), 0) || ' and ' || COALESCE(MAX(ot.tax), 0)
        FROM invoice c
        JOIN invoice o ON o.id = c.original_id
        JOIN invoice_tax ct ON ct.invoice_id = c.id
        LEFT JOIN invoice_tax ot ON ot.invoice_id = o.id AND ot.name = ct.name AND ot.category = ct.category
             AND COALESCE(ot.rate, -1) = COALESCE(ct.rate, -1) AND COALESCE(ot.per_unit, -1) = COALESCE(ct.per_unit, -1)
        WHERE c.kind = 'credit_note' AND c.state = 'issued'
        GROUP BY o.id, o.number, ct.name, ct.category, ct.rate, ct.per_unit
        HAVING SUM(ct.base) > COALESCE(MAX(ot.base), 0) OR SUM(ct.tax) - COUNT(*) + 1 > COALESCE(MAX(ot.tax), 0)
        """,
    ),
    by_query(
        "I12",
        "No line of an invoice is credited beyond its quantity, and only by credit notes over that invoice.",
        """
        SELECT 'invoice line ' || l.id, 'invoiced ' || l.quantity || ', credited ' || SUM(n.quantity) || ' (millionths)'
        FROM invoice_line n
        JOIN invoice c ON c.id = n.invoice_id AND c.state = 'issued'
        JOIN invoice_line l ON l.id = n.original_line_id
        GROUP BY l.id, l.quantity
        HAVING ABS(SUM(n.quantity)) > ABS(l.quantity)
            OR SUM(CASE WHEN c.original_id = l.invoice_id THEN 0 ELSE 1 END) > 0
        """,
    ),
    by_query(
        "I47",
        "A deposit is deducted by invoices of its own order, and never beyond what is left of it.",
        """
        SELECT COALESCE(d.number, 'draft ' || d.id), d.scope || ' of ' || d.net_total || ', deducted '
               || SUM(CASE i.kind WHEN 'invoice' THEN -l.net ELSE l.net END)
        FROM invoice_line l
        JOIN invoice i ON i.id = l.invoice_id AND i.state = 'issued'
        JOIN invoice d ON d.id = l.deposit_id
        GROUP BY d.id, d.number, d.scope, d.state, d.net_total
        HAVING d.scope <> 'deposit' OR d.state <> 'issued'
            OR SUM(CASE WHEN COALESCE(i.order_id, l.order_id) = d.order_id THEN 0 ELSE 1 END) > 0
            OR SUM(CASE i.kind WHEN 'invoice' THEN -l.net ELSE l.net END) > d.net_total
               - COALESCE((SELECT SUM(c.net_total) FROM invoice c
                           WHERE c.original_id = d.id AND c.kind = 'credit_note' AND c.state = 'issued'), 0)
        """,
    ),
)
