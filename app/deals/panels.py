"""What deals add to a customer's page."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from app.deals import queries
from app.web.panels import Panel, panel_for


@panel_for("customer", place=10, permission="deals.view")
def list_waiting(customer_id: int) -> Panel | None:
    """Deals of this customer at the gate or back with Sales."""
    deals = queries.list_deals_of(customer_id)
    if not deals:
        return None
    body = Markup(render_template("deals/_panel.html", deals=deals))  # noqa: S704 - the template escapes
    return Panel("Deals at the gate", body, count=len(deals), flush=True)
