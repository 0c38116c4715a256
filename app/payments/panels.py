"""What the payments wing adds to the pages of customers and invoices, and the timeline of a payment."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select

from app.audit.queries import list_entries_of
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.db.base import session
from app.invoices.queries import get_invoice
from app.payments import queries
from app.payments.models import Payment
from app.payments.queries_charges import count_to_invoice
from app.payments.queries_exchange import exchange_of
from app.payments.queries_let_go import list_let_go
from app.payments.queries_settling import list_waiting
from app.web.panels import Panel, panel_for
from app.web.timeline import build_timeline, list_actors

MOST_SHOWN = 8


@panel_for("customer", place=40, permission=Permission.PAYMENTS_VIEW)
def customer_payments(customer_id: int) -> Panel:
    """The customer's newest payments, and a way to record one."""
    newest = select(Payment).where(Payment.customer_id == customer_id).order_by(Payment.id.desc()).limit(MOST_SHOWN)
    payments = list(session().scalars(newest))
    left = queries.amounts_left([payment.id for payment in payments])  # of those that stand
    body = render_template("payments/_panel.html", payments=payments, left=left, customer_id=customer_id)
    return Panel("Payments", Markup(body), flush=bool(payments))  # noqa: S704 - our own template


@panel_for("invoice", place=40, permission=Permission.PAYMENTS_VIEW)
def invoice_payments(invoice_id: int) -> Panel | None:
    """What was paid on an invoice, and by which payments; nothing while nothing was."""
    shares = queries.list_shares_on(invoice_id)
    if not shares:
        return None
    exchange = exchange_of(share.allocation for share, _ in shares)
    body = render_template("payments/_shares.html", shares=shares, exchange=exchange)
    return Panel("Payments", Markup(body), count=len(shares), flush=True)  # noqa: S704 - our own template


@panel_for("invoice", place=41, permission=Permission.PAYMENTS_VIEW)
def invoice_let_go(invoice_id: int) -> Panel | None:
    """What settled an invoice beside money: discounts, what was let go, credit notes."""
    rows = list_let_go(invoice_id)
    if not rows:
        return None
    names, currency = name_actors({one.actor for one in rows}), get_invoice(invoice_id).currency
    body = render_template("payments/_let_go.html", rows=rows, names=names, currency=currency)
    return Panel("Settled without money", Markup(body), count=len(rows), flush=True)  # noqa: S704 - our own template


@panel_for("invoice", place=42, permission=Permission.PAYMENTS_VIEW)
def invoice_waits(invoice_id: int) -> Panel | None:
    """What of an invoice another person has to approve before it is let go."""
    waiting = sum(list_waiting([invoice_id]).values())
    if not waiting:
        return None
    body = render_template("payments/_waits_panel.html", waiting=waiting, currency=get_invoice(invoice_id).currency)
    return Panel("To be let go", Markup(body))  # noqa: S704 - our own template


@panel_for("to_invoice", permission=Permission.PAYMENTS_VIEW)
def charges_to_invoice(_nothing: int) -> Panel | None:
    """Bank charges that customers are to bear and that no invoice asks for."""
    waiting = count_to_invoice()
    if not waiting:
        return None
    body = render_template("payments/_charges_panel.html", waiting=waiting)
    return Panel("Bank charges", Markup(body), count=waiting)  # noqa: S704 - our own template


def timeline_of(payment_id: int) -> list[dict[str, object]]:
    """What happened to a payment, newest first."""
    entries = list_entries_of("payment", payment_id, limit=30)
    return list(build_timeline(entries, name_actors(list_actors(entries)), here="payment"))
