"""Knows which mails belong on the page of an invoice and of a customer."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from markupsafe import Markup
from sqlalchemy import Select

from app.desk.rules_outbox import name_kind
from app.outbox.queries_list import find_lacking_documents, list_newest, select_messages
from app.web.panels import Panel, panel_for

MOST_SHOWN = 6


@panel_for("invoice", place=60, permission="outbox.view")
def show_invoice_messages(invoice_id: int) -> Panel | None:
    """The mails that carried this invoice."""
    return _panel(select_messages(about=("invoice", invoice_id)), more_url="")


@panel_for("customer", place=60, permission="outbox.view")
def show_customer_messages(customer_id: int) -> Panel | None:
    """Every mail to this customer: invoices, credit notes, reminders."""
    return _panel(select_messages(customer_id=customer_id), more_url=url_for("outbox.index", customer=customer_id))


def _panel(statement: Select[Any], more_url: str) -> Panel | None:
    found = list_newest(statement, MOST_SHOWN + 1)
    if not found:
        return None
    shown = found[:MOST_SHOWN]
    body = render_template(
        "outbox/_panel.html",
        messages=shown,
        lacking=find_lacking_documents(shown),
        name_kind=name_kind,
        more_url=more_url if len(found) > MOST_SHOWN else "",
    )
    return Panel("Messages", Markup(body), flush=True)  # noqa: S704 - rendered by our own escaping template
