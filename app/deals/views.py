"""Pages of deals: the gate where Operations takes them over or gives them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from flask import flash, redirect, render_template, request, url_for

from app.audit.queries import list_timeline
from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.customers.queries import get_customer, names_of
from app.db.unit_of_work import unit_of_work
from app.deals import (  # noqa: F401 - panels and views register themselves
    panels,
    panels_files,
    panels_handoff,
    queries,
    services,
    views_checklists,
    views_files,
    views_handoff,
    views_intake,
    views_quick,
)
from app.deals import queries_gate as gate
from app.deals import queries_handoff as handoff
from app.deals.forms import RETURN_REASONS, HandInForm, ReturnForm
from app.deals.models import Deal, DealState, ReturnCode
from app.deals.pages import blueprint
from app.deals.queries import DealUnknown
from app.deals.rules import line_net
from app.deals.rules_gate import Step, blockers, next_step
from app.deals.rules_handoff import tell_working_time
from app.kernel.errors import BadInput, TillpaidError
from app.kernel.texts import counted
from app.web.arguments import id_argument, text_argument, word_argument
from app.web.filters import request_now, request_today
from app.web.listing import ExportColumn, choose_sort, count_up_to, export_csv, paginate
from app.web.panels import list_hints, list_panels
from app.web.timeline import build_timeline, list_actors

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SORTS = {"closed": Deal.closed_on, "received": Deal.id}
EXPORT = (
    ExportColumn("deal_id", lambda deal: deal.external_id),
    ExportColumn("source", lambda deal: deal.source),
    ExportColumn("state", lambda deal: deal.state.value),
    ExportColumn("closed_on", lambda deal: deal.closed_on),
    ExportColumn("owner", lambda deal: deal.owner),
    ExportColumn("customer", lambda deal: deal.content.get("customer", "")),
    ExportColumn("currency", lambda deal: deal.currency),
    ExportColumn("net_total", lambda deal: queries.net_of(deal)),
    ExportColumn("po_number", lambda deal: deal.po_number),
    ExportColumn("return_reason", lambda deal: deal.return_reason),
)
MOST_AT_ONCE = 100


@blueprint.get("")
@guard(Permission.DEALS_VIEW)
def index() -> ResponseReturnValue:
    """Deals of one state; those that wait stand first, oldest on top."""
    query = text_argument(request.args, "q")
    view = word_argument(request.args, "view", queries.View) or queries.View.WAITING
    statement = queries.filter_deals(state=view.state, query=query, customer_id=id_argument(request.args, "customer"))
    sort = choose_sort(SORTS, default="closed" if view is queries.View.WAITING else "-received", tie=Deal.id)
    if request.args.get("export"):
        return export_csv(statement, order=sort.order, columns=EXPORT, name="deals", now=request_now())
    page = paginate(statement, order=sort.order)
    return render_template(
        "deals/index.html",
        page=page,
        names=names_of([deal.customer_id for deal in page.rows]),
        steps=_steps(page.rows) if view is queries.View.WAITING else {},
        count=count_up_to(statement),
        sort=sort,
        query=query,
        view=view,
        views=list(queries.View),
        strip=_strip(view),
        longest=handoff.find_longest_waiting() if view is queries.View.WAITING else None,
        median=views_handoff.tell_median(),
    )


def _steps(deals: Sequence[Deal]) -> dict[int, Step]:
    """What each waiting deal needs next."""
    twins = gate.find_twins_of(deals)
    return {
        deal_id: next_step(items, [twin.external_id for twin in twins[deal_id]])
        for deal_id, items in gate.checklists_of(deals, request_today()).items()
    }


def _strip(view: queries.View) -> list[dict[str, Any]]:
    """What waits and what was returned, with money; accepted deals are orders."""
    tones = {DealState.WAITING: "amber", DealState.RETURNED: "red"}
    return [
        {
            "state": state,
            "totals": queries.totals_of(state),
            "count": queries.count_of(state),
            "tone": tone,
            "url": url_for("deals.index", view=state.value),
            "active": view.state is state,
        }
        for state, tone in tones.items()
    ]


@blueprint.get("/<int:deal_id>")
@guard(Permission.DEALS_VIEW)
def detail(deal_id: int) -> ResponseReturnValue:
    """One deal at the gate: what was sold, what is missing, and the decision."""
    return _show(deal_id, ReturnForm(formdata=None), 200)


def _show(deal_id: int, form: ReturnForm, status: int) -> ResponseReturnValue:
    deal = queries.get_deal(deal_id)
    items = gate.checklist(deal, request_today())
    entries = list_timeline(deal_id=deal_id, limit=30)
    twins = gate.find_twins(deal) if deal.state is DealState.WAITING else []
    page = render_template(
        "deals/detail.html",
        deal=deal,
        customer=get_customer(deal.customer_id),
        nets={
            line.position: line_net(line.quantity, line.unit_price, line.discount_percent, deal.currency)
            for line in deal.lines
        },
        items=items,
        tickers=name_actors(item.ticked_by for item in items),
        missing=blockers(items),
        twins=twins,
        hint=list_hints("deal", [deal_id]).get(deal_id),
        waited=_waited(deal),
        form=form,
        hand_in=HandInForm(formdata=None),
        return_reasons=RETURN_REASONS,
        next_waiting=queries.find_next_waiting(deal),
        panels=list_panels("deal", deal_id),
        events=build_timeline(entries, name_actors(list_actors(entries)), here="deal"),
    )
    return page, status


def _waited(deal: Deal) -> str:
    """The time to accept so far or in the end, as words; "" of a deal accepted before it was counted."""
    if deal.state is DealState.ACCEPTED:
        return "" if deal.accept_minutes is None else tell_working_time(deal.accept_minutes)
    return tell_working_time(handoff.count_working_minutes(deal.received_at, request_now()))


@blueprint.get("/<int:deal_id>/peek")
@guard(Permission.DEALS_VIEW)
def peek(deal_id: int) -> ResponseReturnValue:
    """A deal beside the list."""
    deal = queries.get_deal(deal_id)
    customer = get_customer(deal.customer_id)
    items = gate.checklist(deal, request_today())
    tickers = name_actors(item.ticked_by for item in items)
    return render_template("deals/peek.html", deal=deal, customer=customer, items=items, tickers=tickers)


@blueprint.post("/<int:deal_id>/accept")
@guard(Permission.DEALS_DECIDE)
def accept(deal_id: int) -> ResponseReturnValue:
    """Operations takes the deal over; its order is opened with it."""
    with unit_of_work():
        deal = services.accept_deal(deal_id, in_spite_of=_seen(), actor=get_actor(), now=request_now())
        following = queries.find_next_waiting(deal)
    held = list_hints("deal", [deal_id]).get(deal_id)
    then = f"{held.text}: {held.more}" if held else "its order is open and planned."
    said = {"text": f"Deal {deal.external_id} is accepted: {then}"}
    if following:
        said |= {"url": url_for("deals.detail", deal_id=following), "link": "Next deal"}
    flash(cast(Any, said), "warn" if held else "good")
    return redirect(url_for("deals.detail", deal_id=deal_id))


def _seen() -> set[int]:
    """The possible duplicates that stood on the page when somebody accepted the deal all the same."""
    ids = request.form.get("in_spite_of", "").split()
    return {int(text) for text in ids if text.isascii() and text.isdigit() and len(text) < 19}


@blueprint.post("/<int:deal_id>/return")
@guard(Permission.DEALS_DECIDE)
def return_to_sales(deal_id: int) -> ResponseReturnValue:
    """The deal goes back with a reason."""
    form = ReturnForm()
    if not form.validate():
        return _show(deal_id, form, 422)
    with unit_of_work():
        deal = services.return_deal(
            deal_id, form.reason.data, code=ReturnCode(form.code.data), actor=get_actor(), now=request_now()
        )
    flash(f"Deal {deal.external_id} is with Sales again.", "success")
    return redirect(url_for("deals.index"))


@blueprint.post("/<int:deal_id>/hand-in")
@guard(Permission.DEALS_DECIDE, Permission.DEALS_IMPORT)
def hand_in_again(deal_id: int) -> ResponseReturnValue:
    """A returned deal waits again, as it is."""
    form = HandInForm()
    with unit_of_work():
        services.resubmit_deal(deal_id, note=form.note.data or "", actor=get_actor(), now=request_now())
    flash("The deal waits at the gate again.", "success")
    return redirect(url_for("deals.detail", deal_id=deal_id))


@blueprint.post("/accept")
@guard(Permission.DEALS_DECIDE)
def accept_many() -> ResponseReturnValue:
    """Accepts the selected deals, each by itself: one that lacks something stops only itself."""
    texts = dict.fromkeys(request.form.getlist("ids"))
    ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19][:MOST_AT_ONCE]
    if not ids:
        raise BadInput("Select the deals first.", field="ids")
    reasons = {deal_id: _try_to_accept(deal_id) for deal_id in ids}
    accepted = list(reasons.values()).count("")
    if accepted < len(ids):
        deals = [queries.get_deal(deal_id) for deal_id in ids]
        names = names_of([deal.customer_id for deal in deals])
        return render_template("deals/accepted.html", deals=deals, reasons=reasons, accepted=accepted, names=names)
    flash(f"{counted(accepted, 'deal')} accepted.", "good")
    return redirect(url_for("deals.index"))


def _try_to_accept(deal_id: int) -> str:
    """Why it was not accepted; "" when it was."""
    try:
        with unit_of_work():
            services.accept_deal(deal_id, actor=get_actor(), now=request_now())
    except DealUnknown:
        raise
    except TillpaidError as refusal:
        return str(refusal)
    return ""
