"""The page on which the books of a month are closed, with what is still open of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.desk.forms_periods import CloseForm, ReopenForm
from app.desk.queries_periods import count_unfinished
from app.kernel.errors import BadInput
from app.ledger import queries_periods
from app.ledger.rules_periods import suggest_closing
from app.ledger.services_periods import close_period, reopen_period
from app.web.filters import company_zone, day, request_now, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("periods", __name__)


@blueprint.get("")
@guard(Permission.PAYMENTS_VIEW)
def index() -> ResponseReturnValue:
    """Up to which day the books are closed, and what is next."""
    return _show(CloseForm(data={"up_to": suggest_closing(queries_periods.closed_until(), request_today())}))


@blueprint.post("")
@guard(Permission.PERIODS_CLOSE)
def close() -> ResponseReturnValue:
    """Nothing is dated up to that day any more."""
    form = CloseForm()
    if form.validate() and form.up_to.data:
        try:
            with unit_of_work():
                closing = close_period(
                    form.up_to.data, form.reason.data or "", today=request_today(), actor=get_actor(), now=request_now()
                )
                text = f"The books are closed up to {day(closing.up_to)}."
            flash(text, "success")
            return redirect(url_for("periods.index"))
        except BadInput as refusal:
            form.refuse(refusal)
    return _show(form), 422


@blueprint.post("/<int:closing_id>/reopen")
@guard(Permission.SETTINGS_EDIT)
def reopen(closing_id: int) -> ResponseReturnValue:
    """The days of the newest closing can be written again."""
    form = ReopenForm()
    if not form.validate():
        flash("Say why the books are reopened. Nothing was changed.", "warn")
        return redirect(url_for("periods.index"))
    with unit_of_work():
        reopen_period(closing_id, form.reason.data, actor=get_actor(), now=request_now())
    flash("The books are open again. Close them when you are done.", "success")
    return redirect(url_for("periods.index"))


def _show(form: CloseForm) -> str:
    closed = queries_periods.closed_until()
    suggested = suggest_closing(closed, request_today())
    closings = queries_periods.list_closings()
    return render_template(
        "desk/periods.html",
        form=form,
        reopen=ReopenForm(formdata=None),
        closed=closed,
        suggested=suggested,
        unfinished=count_unfinished(suggested, _end_of(suggested)) if suggested else None,
        closings=closings,
        newest=next((one.id for one in closings if one.reopened_at is None and one.up_to == closed), None),
        people=name_actors({name for one in closings for name in (one.closed_by, one.reopened_by) if name}),
    )


def _end_of(closed: date) -> datetime:
    return datetime.combine(closed + timedelta(days=1), time(0), company_zone())
