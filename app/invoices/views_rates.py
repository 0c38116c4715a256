"""What is done with a draft whose tax rates are not those of its tax point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.invoices.pages import blueprint
from app.invoices.services import rates
from app.invoices.views_credit import not_after_today
from app.web.arguments import date_argument
from app.web.filters import request_now, request_today
from app.web.flashes import say

if TYPE_CHECKING:
    from datetime import date

    from flask.typing import ResponseReturnValue


@blueprint.post("/<int:invoice_id>/take-rates")
@guard(Permission.INVOICES_DRAFT)
def take_rates(invoice_id: int) -> ResponseReturnValue:
    """The draft gets the rates of its tax point."""
    with unit_of_work():
        rates.take_rates(invoice_id, _day(), actor=get_actor(), now=request_now())
    say("The draft has the rates of its tax point. Look it over, then issue it.")
    return redirect(url_for("invoices.detail", invoice_id=invoice_id))


@blueprint.post("/<int:invoice_id>/keep-rates")
@guard(Permission.INVOICES_ISSUE)
def keep_rates(invoice_id: int) -> ResponseReturnValue:
    """The draft keeps its rates, on purpose."""
    with unit_of_work():
        rates.keep_rates(invoice_id, _day(), actor=get_actor(), now=request_now())
    say("The draft keeps its rates. It can be issued.")
    return redirect(url_for("invoices.detail", invoice_id=invoice_id))


def _day() -> date:
    """The invoice date that was tried, else today."""
    return not_after_today(date_argument(request.form, "on") or request_today())
