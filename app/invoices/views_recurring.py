"""Pages of recurring plans: the list, one plan, making and changing it, and what of all of them is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.models import Customer
from app.customers.queries import get_customer, list_customers
from app.db.unit_of_work import unit_of_work
from app.invoices import queries_recurring as queries
from app.invoices import services
from app.invoices.forms_recurring import (
    MOST_DUE_UNASKED,
    KnownTaxes,
    PlanForm,
    ReasonForm,
    form_data_of,
    key_of,
    plan_form_data,
)
from app.invoices.models_recurring import PlanState, RecurringPeriod, RecurringPlan
from app.invoices.pages import blueprint
from app.invoices.queries_recurring import PeriodRow
from app.invoices.rules_recurring import Rhythm, Unit, check_rhythm
from app.invoices.services.recurring_plans import MOST_LEAD, PlanChanged, PlanData, check_lines
from app.kernel.errors import BadInput, TillpaidError
from app.kernel.payment_terms import accept_terms
from app.kernel.texts import counted
from app.orders.models import Order
from app.orders.queries import get_order
from app.web.arguments import id_argument, text_argument, word_argument
from app.web.filters import request_now, request_today
from app.web.listing import count_up_to, paginate
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

MOST_AT_ONCE = 100
MOST_REFUSALS = 5
SHOWN_CUSTOMERS = 25
COLUMNS = ("id", "title", "state", "every", "unit", "starts_on", "ends_on", "most_periods", "customer")


@blueprint.get("/recurring")
@guard(Permission.INVOICES_VIEW)
def recurring() -> ResponseReturnValue:
    """All plans, newest first."""
    state = word_argument(request.args, "state", PlanState)
    statement = queries.select_plans(state)
    page = paginate(statement, order=[(RecurringPlan.id, "desc")])
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in page.rows]
    return render_template(
        "invoices/recurring.html", page=page, rows=rows, count=count_up_to(statement), state=state,
        waiting=count_up_to(queries.select_due()), say_interval=say_interval,
    )  # fmt: skip


@blueprint.get("/recurring/due")
@guard(Permission.INVOICES_VIEW)
def recurring_due() -> ResponseReturnValue:
    """The periods that wait to be billed, the oldest first."""
    statement = queries.select_due()
    page = paginate(statement, order=[(RecurringPeriod.bill_on, "asc"), (RecurringPeriod.id, "asc")])
    found = queries.read_due([row[1] for row in page.rows])
    rows = [(period, queries.net_of_due(period), customer.name) for period, customer in _with_customers(found)]
    return render_template(
        "invoices/recurring_due.html",
        page=page,
        rows=rows,
        count=count_up_to(statement),
        today=request_today(),
        most=MOST_AT_ONCE,
    )


@blueprint.post("/recurring/due")
@guard(Permission.INVOICES_DRAFT)
def draft_periods() -> ResponseReturnValue:
    """A draft for each chosen period, or for the oldest of all; one that is refused does not stop the others."""
    whole = request.form.get("all") == "1"
    typed = [int(one) for one in request.form.getlist("ids") if one.isascii() and one.isdigit() and len(one) < 19]
    chosen = queries.list_due_ids() if whole else typed[:MOST_AT_ONCE]
    drafted, refusals = _draft_each(chosen)
    for refusal in refusals[:MOST_REFUSALS]:
        flash(refusal, "warn")
    if drafted:
        url = url_for("invoices.index", state="draft")
        text = f"{drafted} {'draft is' if drafted == 1 else 'drafts are'} ready to be issued."
        if left := len(chosen) - drafted - len(refusals):
            text += f" {counted(left, 'period')} still to go: press the button again."
        said: Any = {"text": text, "url": url, "link": "See the drafts"}
        flash(said, "good")
    elif not chosen:
        flash("Choose at least one period.", "info")
    return redirect(url_for("invoices.recurring_due"))


def _draft_each(period_ids: list[int]) -> tuple[int, list[str]]:
    """How many were drafted, as many as fit into one request, and why others were not."""
    drafted, refusals = 0, []
    for period_id in period_ids:
        try:
            with unit_of_work():
                services.draft_period(period_id, actor=get_actor(), now=request_now())
            drafted += 1
        except TillpaidError as refusal:
            refusals.append(str(refusal))
        if drafted == MOST_AT_ONCE:
            break
    return drafted, refusals


@blueprint.route("/recurring/periods/<int:period_id>/skip", methods=["GET", "POST"])
@guard(Permission.INVOICES_DRAFT)
def skip_period(period_id: int) -> ResponseReturnValue:
    """Leaves a period out, with the reason."""
    period = queries.get_period(period_id)
    plan_id, form = period.plan_id, ReasonForm()
    if form.validate_on_submit():
        with unit_of_work():
            services.skip_period(period_id, form.reason.data or "", actor=get_actor(), now=request_now())
        flash("Skipped.", "success")
        return redirect(url_for("invoices.recurring_plan", plan_id=plan_id))
    status = 422 if form.is_submitted() else 200
    return render_template("invoices/recurring_skip.html", form=form, period=period), status


@blueprint.route("/recurring/new", methods=["GET", "POST"])
@guard(Permission.INVOICES_DRAFT)
def new_plan() -> ResponseReturnValue:
    """A plan of a customer, who is chosen first, empty or with the lines of an order."""
    order_id = id_argument(request.args, "order")
    order = get_order(order_id) if order_id else None
    customer_id = order.customer_id if order else id_argument(request.args, "customer")
    if customer_id is None:
        return _choose_customer()
    customer = get_customer(customer_id)
    form = PlanForm(data=form_data_of(customer, order))
    return _edit(form, customer, order, None)


@blueprint.get("/recurring/<int:plan_id>")
@guard(Permission.INVOICES_VIEW)
def recurring_plan(plan_id: int) -> ResponseReturnValue:
    """One plan: what became of its periods and what comes next."""
    plan = queries.get_plan(plan_id)
    coming = queries.preview(plan.rhythm, plan.lines, plan.currency, after=queries.last_number(plan.id))
    return render_template(
        "invoices/recurring_plan.html", plan=plan, customer=get_customer(plan.customer_id),
        rows=queries.list_rows(plan), coming=coming if plan.state is not PlanState.ENDED else [],
        form=ReasonForm(), say_interval=say_interval,
    )  # fmt: skip


@blueprint.route("/recurring/<int:plan_id>/edit", methods=["GET", "POST"])
@guard(Permission.INVOICES_DRAFT)
def edit_plan(plan_id: int) -> ResponseReturnValue:
    """Changes a plan."""
    plan = queries.get_plan(plan_id)
    order = get_order(plan.order_id) if plan.order_id else None
    return _edit(PlanForm(data=plan_form_data(plan)), get_customer(plan.customer_id), order, plan)


@blueprint.post("/recurring/<int:plan_id>/turn")
@guard(Permission.INVOICES_DRAFT)
def turn_plan(plan_id: int) -> ResponseReturnValue:
    """Pauses, resumes or ends a plan."""
    act, form = request.form.get("act"), ReasonForm()
    with unit_of_work():
        if act == "resume":
            services.resume_plan(plan_id, actor=get_actor(), now=request_now())
            services.propose_periods(request_today(), now=request_now())
        else:
            turn = services.end_plan if act == "end" else services.pause_plan
            turn(plan_id, form.reason.data or "", actor=get_actor(), now=request_now())
    said = {"resume": "The plan goes on.", "end": "The plan has ended."}
    flash(said.get(act or "", "The plan is paused."), "success")
    return redirect(url_for("invoices.recurring_plan", plan_id=plan_id))


def _choose_customer() -> str:
    words = text_argument(request.args, "q")
    found = list_customers(query=words, active=True, limit=SHOWN_CUSTOMERS + 1)
    return render_template("invoices/recurring_customer.html", words=words, found=found, most=SHOWN_CUSTOMERS)


def say_interval(every: int, unit: Unit) -> str:
    """Every month, every 3 weeks."""
    return f"every {unit.value}" if every == 1 else f"every {every} {unit.value}s"


def _edit(form: PlanForm, customer: Customer, order: Order | None, plan: RecurringPlan | None) -> ResponseReturnValue:
    shown: list[PeriodRow] = []
    conflict = False
    if request.form.get("add_line"):
        form.lines.append_entry()
        return _form_page(form, customer, order, plan), 200
    if form.validate_on_submit():
        try:
            said = form.said(customer.id, order.id if order else None, _known_taxes(order, plan))
            shown = _preview(said)
            until = request_today() + timedelta(days=said.lead_days if said.lead_days in range(MOST_LEAD + 1) else 0)
            due = queries.count_due_at_once(said.rhythm, until, plan.id if plan else None)
            if not request.form.get("preview"):
                form.ask_about_many(due)
                return _save(said, form, plan)
            return _form_page(form, customer, order, plan, shown, due=due), 200
        except BadInput as refusal:
            form.refuse(refusal)
        except PlanChanged:
            assert plan is not None  # noqa: S101 - only a plan that is stored can have been changed
            form.version.data, conflict = str(queries.get_plan(plan.id).version), True
    status = 409 if conflict else 422 if form.is_submitted() else 200
    return _form_page(form, customer, order, plan, shown, conflict=conflict), status


def _save(said: PlanData, form: PlanForm, plan: RecurringPlan | None) -> ResponseReturnValue:
    actor, now, today = get_actor(), request_now(), request_today()
    with unit_of_work():
        if plan is None:
            saved = services.make_plan(said, actor=actor, now=now)
        else:
            saved = services.change_plan(plan.id, said, version=read_version(form.version.data), actor=actor, now=now)
        services.propose_periods(today, now=now)
        plan_id = saved.id
    flash("Saved.", "success")
    return redirect(url_for("invoices.recurring_plan", plan_id=plan_id))


def _preview(said: PlanData) -> list[PeriodRow]:
    """The next periods as the form says them. Raises BadInput."""
    check_rhythm(said.rhythm)
    check_lines(said.lines)
    if said.payment_terms:
        accept_terms(said.payment_terms, "payment_terms")
    rhythm: Rhythm = said.rhythm
    return queries.preview(rhythm, said.lines, said.currency)


def _form_page(
    form: PlanForm, customer: Customer, order: Order | None, plan: RecurringPlan | None,
    shown: list[PeriodRow] | None = None, *, conflict: bool = False, due: int = 0,
) -> str:  # fmt: skip
    if plan is not None:
        url = url_for("invoices.edit_plan", plan_id=plan.id)
    else:
        url = url_for("invoices.new_plan", order=order.id if order else None, customer=None if order else customer.id)
    return render_template(
        "invoices/recurring_form.html", form=form, customer=customer, order=order, plan=plan, url=url,
        shown=shown or [], conflict=conflict, due=due, many=due > MOST_DUE_UNASKED or bool(form.many.errors),
        shown_currency=form.currency.data,
    )  # fmt: skip


def _known_taxes(order: Order | None, plan: RecurringPlan | None) -> dict[str, KnownTaxes]:
    lines: list[Any] = [*(order.lines if order else ()), *(plan.lines if plan else ())]
    return {key_of(line): KnownTaxes(line.taxes, line.tax_code) for line in lines}


def _with_customers(found: list[RecurringPeriod]) -> list[tuple[RecurringPeriod, Customer]]:
    known = queries.customers_of([period.plan.customer_id for period in found])
    return [(period, known[period.plan.customer_id]) for period in found]
