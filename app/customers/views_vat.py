"""The page that records what an authority said about a VAT id, and the history on the customer's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for
from markupsafe import Markup

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers import queries
from app.customers.forms_vat import VatCheckForm
from app.customers.pages import blueprint
from app.customers.queries_vat import list_checks
from app.customers.services_vat import NothingToCheck, record_vat_check
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.panels import Panel, panel_for

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/<int:customer_id>/vat-check", methods=["GET", "POST"])
@guard(Permission.CUSTOMERS_EDIT)
def vat_check(customer_id: int) -> ResponseReturnValue:
    """Another answer of an authority."""
    customer = queries.get_customer(customer_id)
    if not customer.vat_id:
        raise NothingToCheck(name=customer.name)
    beginning = {"vat_id": customer.vat_id, "checked_on": request_today(), "authority": "VIES"}
    form = VatCheckForm(data=beginning)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                record_vat_check(customer_id, form.said(), actor=get_actor(), now=request_now())
            say("The answer is kept.")
            return redirect(url_for("customers.detail", customer_id=customer_id))
        except BadInput as refusal:
            form.refuse(refusal)
            form.vat_id.data = customer.vat_id
    return render_template("customers/vat_check.html", form=form, customer=customer), 422 if form.errors else 200


@panel_for("customer", place=90, permission=Permission.CUSTOMERS_VIEW)
def vat_checks(customer_id: int) -> Panel | None:
    """What authorities said, newest first; nothing where there is no VAT id."""
    customer, checks = queries.get_customer(customer_id), list_checks(customer_id)
    if not customer.vat_id and not checks:
        return None
    body = render_template("customers/_vat_checks.html", customer=customer, checks=checks)
    return Panel("VAT id checks", Markup(body), count=len(checks) or None, aside=True)  # noqa: S704 - our own template
