"""What Sales promised beyond the contract, on the page of its deal."""

from __future__ import annotations

from flask import render_template, url_for
from markupsafe import Markup

from app.auth.guards import may_current
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.deals.models import DealState
from app.deals.queries import get_deal
from app.deals.queries_handoff import list_promises
from app.web.lookups import look_up
from app.web.panels import Panel, panel_for


@panel_for("deal", place=5, permission="deals.view")
def show_promises(deal_id: int) -> Panel | None:
    """The promise register of a deal; of an accepted one the order tells what became of each."""
    deal, promises = get_deal(deal_id), list_promises(deal_id)
    is_open = deal.state is not DealState.ACCEPTED
    if not promises and not is_open:
        return None
    may_change = is_open and (may_current(Permission.DEALS_DECIDE) or may_current(Permission.DEALS_IMPORT))
    body = render_template(
        "deals/_promises.html",
        promises=promises,
        departments=dict(look_up("departments", [])),
        names=name_actors(promise.promised_by for promise in promises),
        may_change=may_change,
    )
    add = Markup('<a class="button button-small button-quiet" href="{}">Add a promise</a>')
    actions = add.format(url_for("deals.add_promise", deal_id=deal_id)) if may_change else Markup("")
    return Panel("Promised beyond the contract", Markup(body), count=len(promises), flush=True, actions=actions)  # noqa: S704 - the template escapes
