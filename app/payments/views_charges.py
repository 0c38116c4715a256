"""The list of what the bank charged, who bears it, and the draft that asks a customer for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.queries import names_of, numbers_of
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.money import Money
from app.payments.models import Payment
from app.payments.models_settling import BankCharge
from app.payments.queries_charges import count_to_invoice, select_charges, states_of
from app.payments.routes import blueprint
from app.payments.services_charge_invoices import draft_charge
from app.web.arguments import flag_argument
from app.web.filters import request_now
from app.web.keyset import Order
from app.web.listing import ExportColumn, export_csv, paginate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask.typing import ResponseReturnValue

NEWEST_FIRST: Order = [(BankCharge.charged_on, "desc"), (BankCharge.id, "desc")]


@blueprint.get("/charges")
@guard(Permission.PAYMENTS_VIEW)
def charges() -> ResponseReturnValue:
    """What the bank charged, newest first, or what of it is still to be invoiced."""
    to_invoice = flag_argument(request.args, "to_invoice")
    statement = select_charges(only_to_invoice=to_invoice)
    if flag_argument(request.args, "export"):
        return _export(statement)
    page = paginate(statement, order=NEWEST_FIRST)
    payments = _payments_of(page.rows)
    return render_template(
        "payments/charges.html",
        page=page,
        to_invoice=to_invoice,
        waiting=count_to_invoice(),
        billed=states_of(page.rows),
        payments=payments,
        customers=names_of([payment.customer_id for payment in payments.values()]),
    )


@blueprint.post("/charges/<int:charge_id>/draft")
@guard(Permission.INVOICES_DRAFT)
def draft_charge_invoice(charge_id: int) -> ResponseReturnValue:
    """Asks the customer for a charge by a draft, which somebody issues."""
    with unit_of_work():
        invoice_id = draft_charge(charge_id, actor=get_actor(), now=request_now()).id
    flash("The fee is drafted. Issue the draft, and the customer owes it.", "good")
    return redirect(url_for("invoices.detail", invoice_id=invoice_id))


def _export(statement: Any) -> ResponseReturnValue:
    """The list with payments and customers, read for each chunk of rows at once."""
    said: dict[int | None, tuple[str, str, str]] = {}  # payment, number and name of its customer

    def prepare(rows: Sequence[BankCharge]) -> None:
        payments = _payments_of(rows).values()
        ids = [payment.customer_id for payment in payments]
        numbers, names = numbers_of(ids), names_of(ids)
        said.update({one.id: (one.number, numbers[one.customer_id], names[one.customer_id]) for one in payments})

    def of_payment(place: int) -> Callable[[BankCharge], str]:
        return lambda charge: said.get(charge.payment_id, ("", "", ""))[place]

    columns = (
        ExportColumn("charged_on", lambda charge: charge.charged_on),
        ExportColumn("payment", of_payment(0)),
        ExportColumn("customer_number", of_payment(1)),
        ExportColumn("customer", of_payment(2)),
        ExportColumn("currency", lambda charge: charge.currency),
        ExportColumn("amount", lambda charge: Money(charge.amount, charge.currency)),
        ExportColumn("reason", lambda charge: charge.reason),
        ExportColumn("passed_on", lambda charge: charge.is_passed_on),
    )
    return export_csv(
        statement, order=NEWEST_FIRST, columns=columns, name="bank-charges", now=request_now(), prepare=prepare
    )


def _payments_of(charges: Sequence[BankCharge]) -> dict[int, Payment]:
    ids = {charge.payment_id for charge in charges if charge.payment_id is not None}
    return {payment.id: payment for payment in session().query(Payment).where(Payment.id.in_(ids))}
