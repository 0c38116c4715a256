"""Pages of the hand-off: ticks on a deal, promises of Sales, and how often sellers were right first time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.queries import names_of
from app.db.unit_of_work import unit_of_work
from app.deals import queries, services_handoff
from app.deals import queries_handoff as handoff
from app.deals.forms_handoff import PromiseForm
from app.deals.models import Deal
from app.deals.pages import blueprint
from app.deals.queries_handoff import Outcome
from app.deals.rules_handoff import tell_working_time
from app.kernel.errors import BadInput
from app.web.arguments import date_argument, text_argument, word_argument
from app.web.filters import company_zone, request_now, request_today
from app.web.listing import count_up_to, paginate
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PERIOD_DAYS = 90
OUTCOMES = {
    Outcome.DECIDED: "Decided",
    Outcome.FIRST_TIME: "Right first time",
    Outcome.REPAIRED: "Accepted after a return",
    Outcome.RETURNED: "Returned to Sales",
}


class PeriodWrong(BadInput):
    """The period ends before it begins, or lies too far away. Choose other days."""


@blueprint.post("/<int:deal_id>/tick")
@guard(Permission.DEALS_DECIDE, Permission.DEALS_IMPORT)
def tick(deal_id: int) -> ResponseReturnValue:
    """Somebody has seen it, or it is not there after all."""
    act = services_handoff.untick_item if request.form.get("undo") else services_handoff.tick_item
    version, code = read_version(request.form.get("version")), request.form.get("code", "")
    with unit_of_work():
        act(deal_id, code, version=version, actor=get_actor(), now=request_now())
    return redirect(url_for("deals.detail", deal_id=deal_id) + "#checklist")


@blueprint.route("/<int:deal_id>/promises/new", methods=["GET", "POST"])
@guard(Permission.DEALS_DECIDE, Permission.DEALS_IMPORT)
def add_promise(deal_id: int) -> ResponseReturnValue:
    """What Sales promised beyond the contract."""
    deal = queries.get_deal(deal_id)
    form = PromiseForm()
    if form.validate_on_submit():
        try:
            return _save_promise(deal_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("deals/promise.html", deal=deal, form=form), 422 if form.is_submitted() else 200


def _save_promise(deal_id: int, form: PromiseForm) -> ResponseReturnValue:
    with unit_of_work():
        services_handoff.add_promise(
            deal_id,
            form.text.data or "",
            department_code=form.department_code.data,
            due_on=form.due_on.data,
            due_after_days=form.days(),
            is_required=form.is_required.data,
            actor=get_actor(),
            now=request_now(),
        )
    flash("The promise is kept with the deal.", "success")
    return redirect(url_for("deals.detail", deal_id=deal_id))


@blueprint.post("/promises/<int:promise_id>/withdraw")
@guard(Permission.DEALS_DECIDE, Permission.DEALS_IMPORT)
def withdraw_promise(promise_id: int) -> ResponseReturnValue:
    """It was not promised, or is not any more."""
    with unit_of_work():
        promise = services_handoff.withdraw_promise(promise_id, actor=get_actor(), now=request_now())
        deal_id = promise.deal_id
    flash("The promise is withdrawn.", "success")
    return redirect(url_for("deals.detail", deal_id=deal_id))


@blueprint.get("/sellers")
@guard(Permission.DEALS_VIEW)
def sellers() -> ResponseReturnValue:
    """How many of each seller's deals were accepted without ever going back."""
    since, until = _read_period()
    return render_template(
        "deals/sellers.html",
        scores=handoff.score_sellers(*_instants(since, until)),
        median=tell_median(),
        outcomes=OUTCOMES,
        since=since,
        until=until,
    )


@blueprint.get("/sellers/deals")
@guard(Permission.DEALS_VIEW)
def seller_deals() -> ResponseReturnValue:
    """The deals behind one number of that page."""
    since, until = _read_period()
    outcome = word_argument(request.args, "outcome", Outcome) or Outcome.DECIDED
    owner = text_argument(request.args, "owner") if "owner" in request.args else None
    statement = handoff.filter_decided(*_instants(since, until), outcome, owner)
    page = paginate(statement, order=[(Deal.decided_at, "desc"), (Deal.id, "desc")])
    return render_template(
        "deals/seller_deals.html",
        page=page,
        names=names_of([deal.customer_id for deal in page.rows]),
        count=count_up_to(statement),
        title=OUTCOMES[outcome],
        owner=owner,
        since=since,
        until=until,
    )


def tell_median() -> str:
    """The median time to accept of the last 30 days in words; "" without any."""
    minutes = handoff.find_median_minutes(request_now())
    return "" if minutes is None else tell_working_time(minutes)


def _read_period() -> tuple[date, date]:
    """Both days belong to it."""
    today = request_today()
    until = date_argument(request.args, "until") or today
    since = date_argument(request.args, "since") or min(until, today) - timedelta(days=PERIOD_DAYS - 1)
    if since > until:
        raise PeriodWrong(field="since")
    return since, until


def _instants(since: date, until: date) -> tuple[datetime, datetime]:
    """[midnight, midnight) where the company does business, in UTC."""
    try:
        days = since, until + timedelta(days=1)
        first, end = (datetime.combine(day, time.min, company_zone()).astimezone(UTC) for day in days)
    except OverflowError:
        raise PeriodWrong(field="until") from None
    return first, end
