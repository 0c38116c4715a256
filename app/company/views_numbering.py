"""The page of the number series: how numbers are written, with the next ones beforehand, and where they go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company import queries
from app.company.forms_numbering import NextNumberForm, PatternForm
from app.company.models import NumberSeries
from app.company.pages import blueprint
from app.company.queries_numbering import next_sequences
from app.company.services_numbering import change_pattern, preview_pattern
from app.company.services_reserving import raise_next_number
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.numbering import write_number
from app.web.filters import request_now, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SERIES_LABELS = {
    "invoice": "Invoices",
    "credit_note": "Credit notes",
    "order": "Orders",
    "payment": "Payments",
    "customer": "Customers",
}


@dataclass(frozen=True)
class Shown:
    """What one series shows other than what is stored: a refused form, or numbers by a pattern that is tried."""

    code: str
    pattern: PatternForm | None = None
    ahead: NextNumberForm | None = None
    numbers: tuple[str, ...] = ()


@blueprint.get("/numbering")
@guard(Permission.SETTINGS_EDIT)
def numbering() -> ResponseReturnValue:
    """How numbers are written."""
    return _show_numbering()


@blueprint.post("/numbering/<code>")
@guard(Permission.SETTINGS_EDIT)
def change_numbering(code: str) -> ResponseReturnValue:
    """Another pattern for the numbers to come of one series; with `preview` only what it would give."""
    form = PatternForm(prefix=code)
    try:
        if form.validate():
            if "preview" in request.form:
                numbers = preview_pattern(code, form.pattern.data, on=request_today())
                return _show_numbering(Shown(code, form, numbers=tuple(numbers)))
            with unit_of_work():
                change_pattern(code, form.pattern.data, actor=get_actor(), now=request_now())
            flash("Numbers to come are written the new way.", "success")
            return redirect(url_for("company.numbering"))
    except BadInput as refusal:
        form.refuse(refusal)
    # A preview that says what is wrong is an answer, and htmx shows nothing else
    return _show_numbering(Shown(code, form)), 200 if "preview" in request.form else 422


@blueprint.post("/numbering/<code>/next")
@guard(Permission.SETTINGS_EDIT)
def raise_number(code: str) -> ResponseReturnValue:
    """A higher next number; those before it are reserved."""
    form = NextNumberForm(prefix=f"{code}-next")
    try:
        if form.validate():
            with unit_of_work():
                raise_next_number(
                    code, form.number.data, form.reason.data, on=request_today(), actor=get_actor(), now=request_now()
                )
            flash("The next number is raised. The numbers before it are noted as reserved.", "success")
            return redirect(url_for("company.numbering"))
    except BadInput as refusal:
        form.refuse(refusal)
    return _show_numbering(Shown(code, ahead=form)), 422


def _show_numbering(shown: Shown | None = None) -> str:
    following = next_sequences(request_today())
    rows = [
        _series_row(series, following[series.code], shown if shown and shown.code == series.code else Shown(""))
        for series in queries.list_series()
    ]
    return render_template("company/numbering.html", rows=rows)


def _series_row(series: NumberSeries, following: int, shown: Shown) -> dict[str, object]:
    return {
        "code": series.code,
        "label": SERIES_LABELS.get(series.code, series.code),
        "yearly": series.yearly,
        "form": shown.pattern or PatternForm(formdata=None, prefix=series.code, pattern=series.pattern),
        "ahead": shown.ahead or NextNumberForm(formdata=None, prefix=f"{series.code}-next"),
        "numbers": shown.numbers,
        "next": following,
        "example": write_number(series.pattern, following, request_today()),
    }
