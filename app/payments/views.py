"""Pages of payments: what came in, where it stands, what is left to place, and taking either back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.queries import get_company
from app.customers.queries import get_customer, names_of
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput, RuleError
from app.payments import (  # those of other pages add them
    pages,
    pages_settling,
    panels,
    queries,
    queries_settling,
    services,
    views_approvals,  # noqa: F401
    views_charges,  # noqa: F401
    views_exchange,  # noqa: F401
    views_journal,  # noqa: F401
    views_settling,  # noqa: F401
    views_unapplied,  # noqa: F401
)
from app.payments.forms import PaymentForm, UndoForm
from app.payments.forms_settling import ReverseForm
from app.payments.models import Payment
from app.payments.queries_early import came_on
from app.payments.queries_exchange import exchange_of
from app.payments.routes import blueprint
from app.payments.services_typed import RecordedAlready, record_typed
from app.web.arguments import id_argument, text_argument, word_argument
from app.web.filters import request_now, request_today
from app.web.listing import ExportColumn, choose_sort, count_up_to, export_csv, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SORTS = {"received": Payment.received_on, "number": Payment.id}
EXPORT = (
    ExportColumn("number", lambda payment: payment.number),
    ExportColumn("received_on", lambda payment: payment.received_on),
    ExportColumn("customer_id", lambda payment: payment.customer_id),
    ExportColumn("currency", lambda payment: payment.currency),
    ExportColumn("amount_minor", lambda payment: payment.amount),
    ExportColumn("remittance", lambda payment: payment.remittance),
)


@blueprint.get("")
@guard(Permission.PAYMENTS_VIEW)
def index() -> ResponseReturnValue:
    """Payments, newest first, with what is left of each."""
    view = word_argument(request.args, "view", pages.View) or pages.View.ALL
    query = text_argument(request.args, "q")
    days, refused = pages.read_days(request.args)
    statement = queries.filter_payments(
        query=query,
        customer_id=id_argument(request.args, "customer"),
        states=view.states,
        since=days["since"],
        until=days["until"],
    )
    sort = choose_sort(SORTS, default="-received", tie=Payment.id)
    if request.args.get("export") and not refused:
        return export_csv(statement, order=sort.order, columns=EXPORT, name="payments", now=request_now())
    page = paginate(statement, order=sort.order)
    left = queries.amounts_left([payment.id for payment in page.rows])
    body = render_template(
        "payments/index.html",
        page=page,
        sort=sort,
        left=left,
        states=queries.read_states(page.rows),
        names=names_of([payment.customer_id for payment in page.rows]),
        count=count_up_to(statement),
        view=view,
        views=list(pages.View),
        query=query,
        **days,
        typed={name: request.args.get(name, "") for name in pages.DAYS},
        refused=refused,
    )
    return body, 422 if refused else 200


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_RECORD)
def new() -> ResponseReturnValue:
    """Records money that came in and places it on the oldest due instalments, or leaves it on account."""
    form = PaymentForm()
    if form.validate_on_submit():
        try:
            return _record(form)
        except BadInput as refusal:
            form.refuse(refusal)
        except RecordedAlready as refusal:
            return render_template("payments/new.html", form=form, twins=refusal), 422
    elif request.method == "GET":
        _prefill(form)
    return render_template("payments/new.html", form=form, twins=None), 422 if form.errors else 200


def _record(form: PaymentForm) -> ResponseReturnValue:
    customer_id = pages.find_payer(form.customer.data or "").id
    assert form.amount.data is not None  # noqa: S101 - both are required fields
    assert form.received_on.data is not None  # noqa: S101
    with unit_of_work():
        payment = record_typed(
            customer_id,
            form.amount.data,
            currency=(form.currency.data or "").upper(),
            received_on=form.received_on.data,
            remittance=form.remittance.data or "",
            allocations="oldest" if form.placing.data == "oldest" else None,
            in_spite_of=request.form.get("in_spite_of", "").split(),
            actor=get_actor(),
            now=request_now(),
        )
        payment_id, number = payment.id, payment.number
    flash(f"{number} is recorded.", "good")
    where = "place" if form.placing.data == "choose" else None
    return redirect(url_for("payments.detail", payment_id=payment_id, _anchor=where))


def _prefill(form: PaymentForm) -> None:
    customer_id = id_argument(request.args, "customer")
    customer = get_customer(customer_id) if customer_id else None
    form.customer.data = customer.number if customer else ""
    form.currency.data = customer.currency if customer else get_company().currency
    form.received_on.data = request_today()


@blueprint.get("/<int:payment_id>")
@guard(Permission.PAYMENTS_VIEW)
def detail(payment_id: int) -> ResponseReturnValue:
    """One payment: where it stands, what is left, and where the rest could go."""
    return _show(payment_id, {}, 200)


def _show(payment_id: int, typed: dict[str, str], status: int, error: str = "") -> ResponseReturnValue:
    payment = queries.get_payment(payment_id)
    reversal = queries.find_reversal(payment_id)
    left = queries.amount_left(payment_id)
    waiting = queries_settling.waiting_of(payment_id)
    instalments, proposed = pages.propose(payment, max(0, left - waiting)) if left else ([], {})
    page = render_template(
        "payments/detail.html",
        payment=payment,
        customer=get_customer(payment.customer_id),
        came_on=came_on(payment),
        reversal=reversal,
        left=left,
        waiting=waiting,
        state=queries.read_states([payment])[payment_id],
        shares=(shares := queries.list_placed_shares(payment_id)),
        exchange=exchange_of(share.allocation for share in shares),
        instalments=instalments,
        to_let_go=queries_settling.list_waiting({one.invoice_id for one in instalments}),
        proposed=proposed,
        typed=typed,
        error=error,
        events=panels.timeline_of(payment_id),
        settled=pages_settling.read_settled(payment),
    )
    return page, status


@blueprint.post("/<int:payment_id>/place")
@guard(Permission.PAYMENTS_RECORD)
def place(payment_id: int) -> ResponseReturnValue:
    """Puts what is left on the instalments a person named."""
    payment = queries.get_payment(payment_id)
    instalments = queries.list_open_instalments(payment.customer_id, payment.currency)
    try:
        shares = pages.read_shares(request.form, instalments, payment.currency)
        with unit_of_work():
            services.allocate(payment_id, shares, actor=get_actor(), now=request_now())
    except (BadInput, RuleError) as refusal:
        return _show(payment_id, dict(request.form), 422, str(refusal))
    flash("The money is placed.", "good")
    return redirect(url_for("payments.detail", payment_id=payment_id))


@blueprint.post("/allocations/<int:allocation_id>/undo")
@guard(Permission.PAYMENTS_UNDO)
def undo(allocation_id: int) -> ResponseReturnValue:
    """Takes a placed share back by a new row; the instalment is open again."""
    allocation = queries.get_allocation(allocation_id)
    payment_id, placed_on = allocation.payment_id, allocation.effective_on
    form = UndoForm()
    if not form.validate_on_submit():
        return _show(payment_id, {}, 422, "Say why the share is taken back.")
    on = placed_on if form.from_the_start.data else None
    with unit_of_work():
        services.undo_allocation(allocation_id, reason=form.reason.data, on=on, actor=get_actor(), now=request_now())
    flash("The share is taken back; its money is on account.", "good")
    return redirect(url_for("payments.detail", payment_id=payment_id))


@blueprint.post("/<int:payment_id>/reverse")
@guard(Permission.PAYMENTS_UNDO)
def reverse(payment_id: int) -> ResponseReturnValue:
    """Takes a payment back that was none, with everything it settled."""
    form = ReverseForm.of(queries.get_payment(payment_id))
    if not form.validate_on_submit():
        return _show(payment_id, {}, 422, "Say why the payment is reversed, and write the bank’s fee like 4.50.")
    with unit_of_work():
        services.reverse_payment(
            payment_id, reason=form.reason.data or "", charge=form.read_charge(), actor=get_actor(), now=request_now()
        )
    flash("The payment is reversed; what it settled is open again.", "good")
    return redirect(url_for("payments.detail", payment_id=payment_id))
