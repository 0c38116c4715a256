"""The list of unapplied cash: payments with money left, the oldest first, with since when it lies there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import render_template, request

from app.auth.guards import guard
from app.auth.rules import Permission
from app.customers.queries import numbers_of
from app.kernel.money import Money
from app.payments.models import Payment
from app.payments.queries_unapplied import Unapplied, read_unapplied, select_unapplied, sum_on_account
from app.payments.routes import blueprint
from app.web.arguments import flag_argument
from app.web.filters import request_now, request_today
from app.web.keyset import Order
from app.web.listing import ExportColumn, count_up_to, export_csv, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

OLDEST_FIRST: Order = [(Payment.received_on, "asc"), (Payment.id, "asc")]


@blueprint.get("/unapplied")
@guard(Permission.PAYMENTS_VIEW)
def unapplied() -> ResponseReturnValue:
    """Payments with money left to place, oldest first."""
    statement, today = select_unapplied(), request_today()
    if flag_argument(request.args, "export"):
        return _export(statement)
    page = paginate(statement, order=OLDEST_FIRST)
    return render_template(
        "payments/unapplied.html",
        page=page,
        rows=read_unapplied(page.rows, today).values(),
        count=count_up_to(statement),
        totals=sum_on_account(today),
    )


def _export(statement: Any) -> ResponseReturnValue:
    found: dict[int, Unapplied] = {}
    numbers: dict[int, str] = {}

    def prepare(rows: Sequence[Payment]) -> None:
        found.clear()
        found.update(read_unapplied(rows, request_today()))
        numbers.update(numbers_of([payment.customer_id for payment in rows]))

    columns = (
        ExportColumn("customer_number", lambda payment: numbers[payment.customer_id]),
        ExportColumn("customer", lambda payment: found[payment.id].customer),
        ExportColumn("payment", lambda payment: payment.number),
        ExportColumn("received_on", lambda payment: payment.received_on),
        ExportColumn("since", lambda payment: found[payment.id].since),
        ExportColumn("days", lambda payment: found[payment.id].days),
        ExportColumn("currency", lambda payment: payment.currency),
        ExportColumn("amount", lambda payment: Money(payment.amount, payment.currency)),
        ExportColumn("left", lambda payment: Money(found[payment.id].left, payment.currency)),
        ExportColumn("remittance", lambda payment: payment.remittance),
    )
    return export_csv(
        statement, order=OLDEST_FIRST, columns=columns, name="unapplied-cash", now=request_now(), prepare=prepare
    )
