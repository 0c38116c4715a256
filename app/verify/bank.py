"""Knows what must be true of what the bank said: each booking once, balances that add up, files as they came."""

from __future__ import annotations

from app.verify.invariant import by_query

BANK = (
    by_query(
        "I21",
        "Each booking of the bank stands in the books once, under its own day, amount and currency.",
        """
        SELECT 'entry ' || MIN(id), 'of ' || account || ', ' || COUNT(*) || ' say ' || fingerprint || ' no. ' || ordinal
        FROM statement_entry GROUP BY account, fingerprint, ordinal HAVING COUNT(*) > 1
        UNION ALL
        SELECT 'entry ' || id, 'is not what its fingerprint ' || fingerprint || ' says'
        FROM statement_entry WHERE fingerprint <> booked_on || ' ' || amount || ' ' || currency OR ordinal < 1
        """,
    ),
    by_query(
        "I21",
        "Every imported statement has all its entries, and opening and entries make closing.",
        """
        SELECT 'statement ' || s.id,
               s.entries || ' entries, ' || COUNT(e.id) || ' found; they make '
               || COALESCE(SUM(e.amount), 0) || ' of ' || (s.credits - s.debits)
        FROM bank_statement s
        LEFT JOIN statement_place p ON p.statement_id = s.id
        LEFT JOIN statement_entry e ON e.id = p.entry_id AND e.account = s.account AND e.currency = s.currency
        GROUP BY s.id, s.entries, s.credits, s.debits, s.opening, s.closing
        HAVING COUNT(e.id) <> s.entries OR COALESCE(SUM(e.amount), 0) <> s.credits - s.debits
            OR s.opening + s.credits - s.debits <> s.closing
        """,
    ),
    by_query(
        "I21",
        "Every imported bank file has its statements and its original, with the bytes of its fingerprint.",
        """
        SELECT 'bank file ' || f.id,
               f.name || CASE WHEN d.id IS NULL THEN ': no original' ELSE ': another original, or no statement' END
        FROM statement_file f
        LEFT JOIN document d ON d.owner_kind = 'statement_file' AND d.owner_id = f.id AND d.kind = 'original'
        WHERE (f.status IN ('imported', 'quarantined', 'dismissed') AND (d.id IS NULL OR d.sha256 <> f.sha256))
           OR (f.status = 'imported') <> EXISTS (SELECT 1 FROM bank_statement s WHERE s.file_id = f.id)
        """,
    ),
    by_query(
        "I22",
        "Every line of a statement is open, matched, or ignored with a reason, and every entry has one.",
        """
        SELECT 'line ' || id, 'state ' || state || ', reason “' || ignored_reason || '”' FROM statement_line
        WHERE state NOT IN ('open', 'matched', 'ignored') OR (state = 'ignored') <> (ignored_reason <> '')
        UNION ALL
        SELECT 'entry ' || e.id, 'no line' FROM statement_entry e
        WHERE NOT EXISTS (SELECT 1 FROM statement_line l WHERE l.entry_id = e.id)
        """,
    ),
    by_query(
        "I22",
        "The lines of each booking of the bank make its amount, what the bank took for it among them.",
        """
        SELECT 'entry ' || e.id, 'lines of ' || COALESCE(SUM(l.amount), 0) || ' for ' || e.amount
        FROM statement_entry e
        LEFT JOIN statement_line l ON l.entry_id = e.id AND l.ignored_reason <> 'Its details came in with another file.'
        GROUP BY e.id, e.amount
        HAVING COALESCE(SUM(l.amount), 0) <> e.amount
        """,
    ),
    by_query(
        "I22",
        "A line of a statement is matched exactly while a payment of its amount, or a reversal, stands for it.",
        """
        SELECT 'line ' || l.id, l.state || ', ' || COUNT(m.id) || ' stand for it'
        FROM statement_line l
        LEFT JOIN line_match m ON m.line_id = l.id AND m.undone_at IS NULL
        GROUP BY l.id, l.state
        HAVING COUNT(m.id) <> CASE WHEN l.state = 'matched' THEN 1 ELSE 0 END
        UNION ALL
        SELECT 'line ' || m.line_id, 'payment ' || p.number || ' does not stand for it'
        FROM line_match m
        JOIN statement_line l ON l.id = m.line_id
        JOIN statement_entry e ON e.id = l.entry_id
        JOIN payment p ON p.id = m.payment_id
        LEFT JOIN payment_reversal r ON r.payment_id = p.id
        WHERE m.undone_at IS NULL AND CASE
            WHEN p.currency <> e.currency THEN TRUE
            WHEN m.kind = 'reverse' THEN r.payment_id IS NULL OR -l.amount < p.amount
            WHEN m.kind <> 'settle' OR p.amount <> l.amount THEN TRUE
            ELSE r.payment_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM line_match b
                WHERE b.payment_id = p.id AND b.kind = 'reverse' AND b.undone_at IS NULL)
            END
        UNION ALL
        SELECT p.number, 'came with a line of the bank that knows nothing of it'
        FROM payment p
        LEFT JOIN payment_reversal r ON r.payment_id = p.id
        WHERE p.source = 'bank' AND p.external_id LIKE 'line:%' AND r.payment_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM line_match m
                          WHERE m.payment_id = p.id AND m.kind = 'settle' AND m.undone_at IS NULL)
        """,
    ),
)
