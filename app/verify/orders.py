"""Knows what must be true of orders, their lines, holders, holds and tasks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from app.db.base import session
from app.orders.models import Order, OrderLine
from app.orders.rules import add_taxes, line_net
from app.tasks.queries_holder import list_sums
from app.verify.invariant import Finding, Invariant, by_query, count_of


def find_wrong_sums(now: datetime) -> Iterable[Finding]:
    """I43: minutes of the holders' stretches against those between the trail's openings and closings."""
    return (
        Finding(f"order {one.number}", f"held {one.held} working minutes, open for {one.open}")
        for one in list_sums(now)
        if one.held != one.open
    )


def find_wrong_orders(_now: datetime) -> Iterable[Finding]:
    """I46: each order's totals, net and with tax, against its lines, rounded as one invoice of them would."""
    columns = (
        OrderLine.unit_price, OrderLine.discount_percent, OrderLine.quantity, OrderLine.cancelled_quantity,
        OrderLine.taxes,
    )  # fmt: skip
    rows = session().execute(
        select(Order.id, Order.number, Order.currency, Order.net_total, Order.gross_total, *columns)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .order_by(Order.id)
        .execution_options(yield_per=1000)
    )
    for _order_id, lines in groupby(rows, key=lambda row: row.id):
        order, *others = lines
        nets = [
            (line_net(row.quantity - row.cancelled_quantity, row.unit_price, row.discount_percent, row.currency), row)
            for row in (order, *others)
        ]
        said = (order.net_total, order.gross_total)
        right = (sum(net for net, _row in nets), add_taxes((net, row.taxes) for net, row in nets))
        if said != right:
            yield Finding(f"order {order.number}", "says {} net, {} gross; lines {}, {}".format(*said, *right))


ORDERS = (
    by_query(
        "I15",
        "No order line is invoiced beyond what was ordered (what is credited by quantity counts back).",
        """
        SELECT 'order line ' || o.id, 'ordered ' || o.quantity || ', invoiced less credited '
               || SUM(CASE i.kind WHEN 'invoice' THEN l.quantity ELSE -l.quantity END) || ' (millionths)'
        FROM sales_order_line o
        JOIN invoice_line l ON l.order_line_id = o.id
        JOIN invoice i ON i.id = l.invoice_id AND i.state = 'issued'
        GROUP BY o.id, o.quantity, o.cancelled_quantity
        HAVING SUM(CASE i.kind WHEN 'invoice' THEN l.quantity ELSE -l.quantity END) > o.quantity - o.cancelled_quantity
        """,
    ),
    by_query(
        "I45",
        "No order line is delivered or cancelled beyond what was ordered.",
        """
        SELECT 'order line ' || id, 'ordered ' || quantity || ', cancelled ' || cancelled_quantity || ', delivered '
               || fulfilled_quantity || ' (millionths)'
        FROM sales_order_line
        WHERE fulfilled_quantity < 0 OR cancelled_quantity < 0 OR fulfilled_quantity > quantity - cancelled_quantity
        """,
    ),
    by_query(
        "I45",
        "The deliveries of an order line add up to what it says is delivered.",
        """
        SELECT 'order line ' || l.id, 'says ' || l.fulfilled_quantity || ', deliveries ' || COALESCE(SUM(d.quantity), 0)
               || ' (millionths)'
        FROM sales_order_line l LEFT JOIN order_delivery d ON d.line_id = l.id AND d.undone_at IS NULL
        GROUP BY l.id, l.fulfilled_quantity
        HAVING COALESCE(SUM(d.quantity), 0) <> l.fulfilled_quantity
        """,
    ),
    Invariant("I46", "An order is worth what its lines add up to.", find_wrong_orders, count_of(Order)),
    by_query(
        "I16",
        "An accepted deal has its one order, and no other deal has any.",
        """
        SELECT 'deal ' || d.id, d.state || ', orders: ' || COUNT(o.id)
        FROM deal d LEFT JOIN sales_order o ON o.deal_id = d.id
        GROUP BY d.id, d.state
        HAVING COUNT(o.id) <> CASE WHEN d.state = 'accepted' THEN 1 ELSE 0 END
        """,
    ),
    by_query(
        "I17",
        "A fulfilled order has no required task left, a cancelled one no task that still waits.",
        """
        SELECT 'order ' || o.number, 'task ' || t.title || ' is ' || t.state
        FROM sales_order o JOIN task t ON t.order_id = o.id
        WHERE (o.state = 'fulfilled' AND t.is_required AND t.state IN ('open', 'blocked'))
           OR (o.state = 'cancelled' AND t.state IN ('open', 'blocked'))
        """,
    ),
    by_query(
        "I15",
        "What an order says it has billed is what its invoices ask for, less credits that free it again.",
        """
        SELECT 'order ' || o.number, 'says ' || o.billed_net || ' net, ' || o.billed_gross || ' gross; invoices '
               || COALESCE(b.net, 0) || ', ' || COALESCE(b.gross, 0)
        FROM sales_order o
        LEFT JOIN (SELECT order_id, SUM(net) AS net, SUM(gross) AS gross
                   FROM (SELECT COALESCE(i.order_id, l.order_id) AS order_id,
                                CASE i.kind WHEN 'invoice' THEN 1 ELSE -1 END
                                * CASE WHEN i.order_id IS NULL THEN l.net ELSE i.net_total END AS net,
                                CASE i.kind WHEN 'invoice' THEN 1 ELSE -1 END
                                * CASE WHEN i.order_id IS NULL THEN l.gross ELSE i.gross_total END AS gross
                         FROM invoice i
                         LEFT JOIN invoice_line l ON l.invoice_id = i.id AND i.order_id IS NULL
                         WHERE i.state = 'issued' AND NOT (i.kind = 'credit_note' AND i.scope = 'amount' AND EXISTS (
                               SELECT 1 FROM invoice p WHERE p.id = i.original_id AND p.scope <> 'deposit'))) s
                   GROUP BY order_id) b ON b.order_id = o.id
        WHERE o.billed_net <> COALESCE(b.net, 0) OR o.billed_gross <> COALESCE(b.gross, 0)
        """,
    ),
    by_query(
        "I43",
        "An open order has exactly one holder, any other order none.",
        """
        SELECT 'order ' || o.number, 'state ' || o.state || ', holders now: ' || COUNT(h.id)
        FROM sales_order o LEFT JOIN order_holder h ON h.order_id = o.id AND h.until IS NULL
        GROUP BY o.id, o.number, o.state
        HAVING COUNT(h.id) <> CASE WHEN o.state = 'in_progress' THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "I43",
        "The time of its holders adds up to the working time an order was open.",
        find_wrong_sums,
        count_of(Order),
    ),
    by_query(
        "I44",
        "Each escalation step was told once: as many entries in the trail as steps, and no mail of one that was not.",
        """
        SELECT 'task ' || t.id, told || ' steps told, ' || noted || ' entries, ' || mailed || ' mails before their time'
        FROM (SELECT task_id AS id, COUNT(e.notified_at) AS told,
                     (SELECT COUNT(*) FROM audit_entry a WHERE a.object_kind = 'task' AND a.object_id = e.task_id
                      AND a.action = 'task.escalated') AS noted,
                     (SELECT COUNT(*) FROM message m JOIN task_escalation s ON s.id = m.object_id
                      WHERE m.kind = 'task.escalation' AND m.object_kind = 'task_escalation' AND s.task_id = e.task_id
                      AND (s.notified_at IS NULL OR m.queued_at < s.notified_at)) AS mailed
              FROM task_escalation e GROUP BY task_id) AS t
        WHERE told <> noted OR mailed > 0
        """,
    ),
    by_query(
        "I44",
        "Nobody was told about a task after it was done.",
        """
        SELECT 'task ' || t.id, 'done at ' || t.done_at || ', told at ' || e.notified_at
        FROM task t JOIN task_escalation e ON e.task_id = t.id AND e.round = t.sla_round
        WHERE t.state = 'done' AND e.notified_at > t.done_at
        """,
    ),
    by_query(
        "I14",
        "An order is on hold exactly while a hold stands.",
        """
        SELECT 'order ' || o.number, 'held since ' || COALESCE(CAST(o.held_at AS TEXT), 'never') || ', holds: '
               || COUNT(h.id)
        FROM sales_order o LEFT JOIN order_hold h ON h.order_id = o.id AND h.released_at IS NULL
        GROUP BY o.id, o.number, o.held_at
        HAVING (o.held_at IS NOT NULL) <> (COUNT(h.id) > 0)
        """,
    ),
    by_query(
        "I14",
        "An order's dates agree with its state.",
        """
        SELECT 'order ' || number, 'state ' || state
        FROM sales_order
        WHERE (state = 'fulfilled') <> (fulfilled_on IS NOT NULL AND cancelled_on IS NULL)
           OR (state = 'cancelled') <> (cancelled_on IS NOT NULL)
        """,
    ),
)
