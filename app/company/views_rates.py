"""Pages of exchange rates: the list, one by hand, and a file of the ECB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company import queries_rates, services_rates
from app.company.forms_rates import RateForm, RatesFileForm
from app.company.models_rates import ExchangeRate
from app.company.pages import blueprint
from app.company.queries import get_company
from app.company.rules_rates_file import read_rates
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.texts import counted
from app.web.arguments import date_argument, text_argument
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.keyset import Order
from app.web.listing import count_up_to, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

NEWEST_FIRST: Order = [(ExchangeRate.rated_on, "desc"), (ExchangeRate.id, "desc")]
A_YEAR = timedelta(days=366)


@blueprint.get("/rates")
@guard(Permission.INVOICES_VIEW)
def rates() -> ResponseReturnValue:
    """What other currencies were worth, newest first."""
    currency = text_argument(request.args, "currency")
    statement = queries_rates.select_rates(currency)
    return render_template(
        "company/rates.html",
        page=paginate(statement, order=NEWEST_FIRST),
        count=count_up_to(statement),
        currency=currency,
        currencies=queries_rates.list_rated_currencies(),
        company=get_company(),
    )


@blueprint.route("/rates/new", methods=["GET", "POST"])
@guard(Permission.RATES_EDIT)
def new_rate() -> ResponseReturnValue:
    """A rate by hand."""
    asked = {
        "currency": text_argument(request.args, "currency"),
        "rated_on": date_argument(request.args, "on") or request_today(),
    }
    form = RateForm(data=asked)
    if form.validate_on_submit():
        try:
            return _save(form)
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("company/rate.html", form=form, company=get_company(), today=request_today())
    return page, 422 if form.errors else 200


@blueprint.route("/rates/import", methods=["GET", "POST"])
@guard(Permission.RATES_EDIT)
def import_rates() -> ResponseReturnValue:
    """A file of the ECB: all of it, or nothing."""
    form = RatesFileForm(data={"since": request_today() - A_YEAR})
    if form.validate_on_submit():
        try:
            return _import(form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("company/rates_import.html", form=form), 422 if form.errors else 200


def _save(form: RateForm) -> ResponseReturnValue:
    assert form.rated_on.data is not None  # noqa: S101 - the form needs it
    with unit_of_work():
        services_rates.set_rate(
            form.currency.data, form.rated_on.data, form.rate.data or "", actor=get_actor(), now=request_now()
        )
    say("The rate is saved. Documents that are issued from now on use it.")
    return redirect(url_for("company.rates", currency=form.currency.data))


def _import(form: RatesFileForm) -> ResponseReturnValue:
    content = form.file.data.read() if form.file.data else b""
    if not content:
        raise BadInput("Choose a file first.", field="file")
    parsed = read_rates(content)
    since = form.since.data or request_today() - A_YEAR
    with unit_of_work():
        result = services_rates.import_rates(parsed, since=since, actor=get_actor(), now=request_now())
    say(f"Imported: {counted(result.added, 'rate')}. Known already: {result.known}.")
    if result.different:
        what = "rate differs" if result.different == 1 else "rates differ"
        say(f"{result.different:,} {what} from what is known. What is known was kept.", "warn")
    return redirect(url_for("company.rates"))
