"""Pages of tax codes: the list, one with its rates, a new one, and rates from a day on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company import queries_taxes, services_taxes
from app.company.forms_taxes import NewTaxCodeForm, TaxCodeForm, TaxRatesForm
from app.company.models_taxes import TaxCode
from app.company.pages import blueprint
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.keyset import Order
from app.web.listing import paginate
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

BY_CODE: Order = [(TaxCode.code, "asc"), (TaxCode.id, "asc")]


@blueprint.get("/taxes")
@guard(Permission.SETTINGS_EDIT)
def tax_codes() -> ResponseReturnValue:
    """Each code with what it takes today."""
    page = paginate(queries_taxes.select_tax_codes(), order=BY_CODE)
    rules = {one.id: queries_taxes.as_rule(one) for one in page.rows}
    return render_template("company/taxes.html", page=page, rules=rules)


@blueprint.get("/taxes/<int:code_id>")
@guard(Permission.SETTINGS_EDIT)
def tax_code(code_id: int) -> ResponseReturnValue:
    """One code: its taxes, and what each took from which day on."""
    code = queries_taxes.get_tax_code(code_id)
    days = sorted({one.valid_from for part in code.parts for one in part.rates}, reverse=True)
    rule = queries_taxes.as_rule(code)
    rows = [(day, [part.on(day) for part in rule.parts]) for day in days]
    return render_template("company/tax_code.html", code=code, rows=rows)


@blueprint.route("/taxes/new", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def new_tax_code() -> ResponseReturnValue:
    """A code with its taxes and their first rates."""
    form = NewTaxCodeForm(data={"valid_from": request_today().replace(month=1, day=1), "parts": [{"name": "VAT"}]})
    if request.form.get("add_line"):
        form.parts.append_entry()
    elif form.validate_on_submit():
        try:
            return _make(form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("company/tax_code_new.html", form=form), 422 if form.errors else 200


@blueprint.route("/taxes/<int:code_id>/edit", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def edit_tax_code(code_id: int) -> ResponseReturnValue:
    """What it is called, and whether new lines may have it."""
    code = queries_taxes.get_tax_code(code_id)
    form = TaxCodeForm(obj=code)
    if form.validate_on_submit():
        try:
            return _change(code_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("company/tax_code_edit.html", form=form, code=code), 422 if form.errors else 200


@blueprint.route("/taxes/<int:code_id>/rates", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def tax_rates(code_id: int) -> ResponseReturnValue:
    """What each tax of a code takes from a day on."""
    code = queries_taxes.get_tax_code(code_id)
    latest = [{"part_id": str(part.id), "rate": part.rates[-1].rate} for part in code.parts]
    form = TaxRatesForm(data={"version": str(code.version), "rates": latest})
    if form.validate_on_submit():
        try:
            return _set_rates(code, form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("company/tax_rates.html", form=form, code=code), 422 if form.errors else 200


def _make(form: NewTaxCodeForm) -> ResponseReturnValue:
    assert form.valid_from.data is not None  # noqa: S101 - the form needs it
    with unit_of_work():
        made = services_taxes.make_tax_code(
            form.code.data or "", form.title.data or "", form.region.data or "", form.valid_from.data,
            form.read_parts(), actor=get_actor(), now=request_now(),
        )  # fmt: skip
    say("The tax code is saved. New lines can have it.")
    return redirect(url_for("company.tax_code", code_id=made.id))


def _change(code_id: int, form: TaxCodeForm) -> ResponseReturnValue:
    with unit_of_work():
        services_taxes.change_tax_code(
            code_id, form.title.data or "", form.region.data or "", is_active=form.is_active.data,
            version=read_version(form.version.data), actor=get_actor(), now=request_now(),
        )  # fmt: skip
    say("Saved.")
    return redirect(url_for("company.tax_code", code_id=code_id))


def _set_rates(code: TaxCode, form: TaxRatesForm) -> ResponseReturnValue:
    assert form.valid_from.data is not None  # noqa: S101 - the form needs it
    code_id, rates = code.id, form.read_rates(code)
    with unit_of_work():
        services_taxes.set_tax_rates(
            code_id, form.valid_from.data, rates, version=read_version(form.version.data), actor=get_actor(),
            now=request_now(),
        )  # fmt: skip
    say("The rates are saved. Drafts with a tax point from that day on say so.")
    return redirect(url_for("company.tax_code", code_id=code_id))
