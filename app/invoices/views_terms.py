"""A page that says which dates payment terms give, for whoever writes some; forms ask it while somebody types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from app.auth.guards import guard
from app.auth.rules import Permission
from app.company.queries import get_company
from app.invoices.banking import DatedShare, date_terms
from app.invoices.pages import blueprint
from app.kernel.countries import COUNTRIES
from app.kernel.errors import BadInput
from app.web.filters import request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/terms")
@guard(Permission.INVOICES_VIEW)
def terms() -> ResponseReturnValue:
    """What the terms in `payment_terms` give for an invoice issued today."""
    company = get_company()
    text = request.args.get("payment_terms") or company.payment_terms
    country = request.args.get("country", company.country)
    refusal, rows = "", list[DatedShare]()
    try:
        rows = date_terms(text, request_today(), company, country if country in COUNTRIES else company.country)
    except BadInput as found:
        refusal = str(found)
    return render_template(
        "invoices/terms.html", text=text, country=country, rows=rows, refusal=refusal, today=request_today(),
        move=company.due_date_move,
    )  # fmt: skip
