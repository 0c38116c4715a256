"""What Sales promised beyond the contract, on the page of the order, with the task each promise became."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from app.deals.queries_handoff import list_promises
from app.orders.queries import get_order
from app.tasks.queries_promised import find_promised_tasks
from app.web.panels import Panel, panel_for


@panel_for("order", place=20, permission="orders.view")
def show_promised(order_id: int) -> Panel | None:
    """Each promise with the state of its task."""
    promises = list_promises(get_order(order_id).deal_id)
    if not promises:
        return None
    tasks = find_promised_tasks(order_id, promises)
    body = render_template("tasks/_promised.html", promises=promises, tasks=tasks)
    return Panel("Promised by Sales", Markup(body), count=len(promises), flush=True, aside=True)  # noqa: S704 - it escapes
