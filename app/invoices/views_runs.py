"""Pages of runs that issue many drafts: which there were, a new one, and how far one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.invoices import queries_runs
from app.invoices.forms_runs import RunForm
from app.invoices.models import Invoice, InvoiceState
from app.invoices.models_runs import InvoiceRun, RunDraft
from app.invoices.pages import blueprint
from app.invoices.queries_runs import Choice
from app.invoices.rules_issue import Fault
from app.invoices.rules_runs import read_reasons, say_duration
from app.invoices.services import runs
from app.invoices.views_credit import not_after_today
from app.invoices.views_faults import ShownFault, show_faults
from app.kernel.errors import BadInput
from app.web.arguments import date_argument, id_argument
from app.web.filters import company_zone, request_now, request_today
from app.web.listing import count_up_to, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/runs")
@guard(Permission.INVOICES_VIEW)
def runs_index() -> ResponseReturnValue:
    """Every run, the newest first."""
    statement = queries_runs.select_runs()
    page = paginate(statement, order=[(InvoiceRun.id, "desc")])
    names = ("id", "created_at", "created_by", "issued_on", "state", "total", "issued", "refused")
    rows = [dict(zip(names, row, strict=True)) for row in page.rows]
    people = name_actors({row["created_by"] for row in rows})
    return render_template("invoices/runs.html", page=page, rows=rows, people=people, count=count_up_to(statement))


@blueprint.route("/runs/new", methods=["GET", "POST"])
@guard(Permission.INVOICES_ISSUE)
def new_run() -> ResponseReturnValue:
    """Which drafts a run would take, and its date."""
    said: Mapping[str, str] = request.form if request.method == "POST" else request.args
    form = RunForm(data={"issued_on": request_today(), **{name: said.get(name, "") for name in ("customer", "until")}})
    if form.validate_on_submit():
        try:
            return _start(form)
        except BadInput as refusal:
            form.refuse(refusal)
    choice = _read_choice(said)
    count, totals = queries_runs.count_choice(choice)
    return render_template(
        "invoices/run_new.html",
        form=form,
        count=count,
        totals=totals,
        customers=queries_runs.list_choice_customers(),
        wanted=said,
    ), 422 if form.is_submitted() else 200


def _start(form: RunForm) -> ResponseReturnValue:
    issued_on, choice = not_after_today(form.issued_on.data), _read_choice(request.form)
    with unit_of_work():
        run = runs.start_run(choice, issued_on, actor=get_actor(), now=request_now(), send=form.send.data)
    flash("The run is under way. You may leave this page: it goes on by itself.", "success")
    return redirect(url_for("invoices.run", run_id=run.id))


@blueprint.get("/runs/<int:run_id>")
@guard(Permission.INVOICES_VIEW)
def run(run_id: int) -> ResponseReturnValue:
    """How far a run is; the page asks again by itself while it runs."""
    found = queries_runs.get_run(run_id)
    progress = queries_runs.read_progress(found)
    statement = queries_runs.select_unissued(run_id)
    page = paginate(statement, order=[(RunDraft.id, "asc")])
    answer = make_response(
        render_template(
            "invoices/run.html",
            run=found,
            progress=progress,
            still_refused=queries_runs.count_still_refused(run_id),
            time_left=say_duration(progress.time_left) if progress.time_left else "",
            ends=queries_runs.read_ends(run_id),
            page=page,
            reasons=_list_reasons(page.rows),
            count=count_up_to(statement),
            starter=name_actors({found.created_by})[found.created_by],
        )
    )
    if "HX-Request" in request.headers and request.args.get("seen") != found.state.value:
        answer.headers["HX-Refresh"] = "true"  # once, for the buttons and the list beside the figures
    return answer


def _list_reasons(rows: Sequence[Any]) -> dict[int, list[ShownFault]]:
    """Why each draft of the page was not issued, with the form on which that is mended."""
    known = queries_runs.find_invoices([row[1] for row in rows])
    return {
        one: _show_reasons(read_reasons(reason), known.get(invoice_id), customer)
        for one, invoice_id, _state, reason, _number, customer in rows
    }


def _show_reasons(faults: list[Fault], invoice: Invoice | None, customer: str) -> list[ShownFault]:
    if invoice is None or invoice.state is not InvoiceState.DRAFT:
        return [ShownFault(fault.message, None) for fault in faults]
    return show_faults(faults, invoice, customer)


@blueprint.post("/runs/<int:run_id>/stop")
@guard(Permission.INVOICES_ISSUE)
def stop_run(run_id: int) -> ResponseReturnValue:
    """Lets no further draft begin."""
    with unit_of_work():
        runs.stop_run(run_id, actor=get_actor(), now=request_now())
    flash("Stopping. The draft being issued at this moment ends; the rest waits.", "success")
    return redirect(url_for("invoices.run", run_id=run_id))


@blueprint.post("/runs/<int:run_id>/resume")
@guard(Permission.INVOICES_ISSUE)
def resume_run(run_id: int) -> ResponseReturnValue:
    """Goes on; with `again` also with what was refused."""
    again = request.form.get("again") == "1"
    with unit_of_work():
        runs.resume_run(run_id, actor=get_actor(), now=request_now(), again=again)
    flash("The run goes on.", "success")
    return redirect(url_for("invoices.run", run_id=run_id))


def _read_choice(said: Mapping[str, str]) -> Choice:
    """What the filter says; until a day means the whole of it."""
    args = MultiDict(said)
    until = date_argument(args, "until")
    before = datetime.combine(until + timedelta(days=1), time(0), company_zone()) if until else None
    return Choice(before, id_argument(args, "customer"))
