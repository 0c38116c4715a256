"""What follow-up adds to the page of a customer: the reminders that went out."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from app.auth.rules import Permission
from app.followup.queries_letters import list_told
from app.web.panels import Panel, panel_for


@panel_for("customer", place=40, permission=Permission.FOLLOWUP_VIEW)
def customer_reminders(customer_id: int) -> Panel | None:
    """The newest reminders, with their letters; nothing where there was none."""
    told = list_told(customer_id)
    if not told:
        return None
    body = render_template("followup/_panel.html", told=told)
    return Panel("Reminders", Markup(body), flush=True)  # noqa: S704 - our own template
