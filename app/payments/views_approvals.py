"""Pages of what needs a second person: deductions and refunds that wait, and the lists of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.customers.queries import names_of
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document
from app.kernel.errors import BadInput
from app.payments import queries, services_deductions, services_refunds, services_refunds_back
from app.payments.forms import ReasonForm
from app.payments.forms_settling import PaidForm
from app.payments.models_settling import Deduction, Refund
from app.payments.queries_refund_marks import look_at
from app.payments.queries_refunds_back import list_back_lines
from app.payments.queries_settling import (
    RefundFileUnknown,
    get_refund,
    get_refund_file,
    name_payments,
    select_deductions,
    select_refunds,
)
from app.payments.routes import blueprint
from app.payments.rules_settling import CODE_LABELS, DeductionState, RefundState
from app.web.addresses import is_own_page
from app.web.arguments import word_argument
from app.web.files import send_stored
from app.web.filters import request_now
from app.web.listing import paginate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

MOST_SHOWN = 100


@blueprint.get("/approvals")
@guard(Permission.PAYMENTS_VIEW)
def approvals() -> ResponseReturnValue:
    """What waits for a second person, the oldest first."""
    deductions = session().scalars(
        select_deductions([DeductionState.PROPOSED]).order_by(Deduction.id).limit(MOST_SHOWN)
    ).all()  # fmt: skip
    refunds = session().scalars(
        select_refunds([RefundState.PROPOSED, RefundState.APPROVED]).order_by(Refund.state.desc(), Refund.id)
        .limit(MOST_SHOWN)
    ).all()  # fmt: skip
    ready = [one for one in refunds if one.state is RefundState.APPROVED]
    waiting = [one for one in refunds if one.state is RefundState.PROPOSED]
    return render_template(
        "payments/approvals.html", deductions=deductions, refunds=waiting, ready=ready, looks=look_at(waiting),
        **_about(deductions, waiting),
    )  # fmt: skip


@blueprint.get("/deductions")
@guard(Permission.PAYMENTS_VIEW)
def deductions() -> ResponseReturnValue:
    """Short payments that were let go, refused or wait; newest first."""
    state = word_argument(request.args, "state", DeductionState)
    page = paginate(select_deductions([state] if state else ()), order=[(Deduction.id, "desc")])
    return render_template(
        "payments/deductions.html", page=page, state=state, states=list(DeductionState), **_about(page.rows, [])
    )


@blueprint.get("/refunds")
@guard(Permission.PAYMENTS_VIEW)
def refunds() -> ResponseReturnValue:
    """Money sent back or to be; newest first."""
    state = word_argument(request.args, "state", RefundState)
    page = paginate(select_refunds([state] if state else ()), order=[(Refund.id, "desc")])
    return render_template(
        "payments/refunds.html", page=page, state=state, states=list(RefundState), **_about([], page.rows)
    )


@blueprint.post("/deductions/<int:deduction_id>/approve")
@guard(Permission.WRITEOFFS_APPROVE)
def approve_deduction(deduction_id: int) -> ResponseReturnValue:
    """Lets a short payment go that another person proposed."""
    with unit_of_work():
        services_deductions.approve_deduction(deduction_id, actor=get_actor(), now=request_now())
    return _done("It is let go.", "approvals")


@blueprint.post("/deductions/<int:deduction_id>/refuse")
@guard(Permission.WRITEOFFS_APPROVE)
def refuse_deduction(deduction_id: int) -> ResponseReturnValue:
    """It stays owed."""
    return _with_reason(services_deductions.refuse_deduction, deduction_id, "It stays owed.", "approvals")


@blueprint.post("/deductions/<int:deduction_id>/undo")
@guard(Permission.PAYMENTS_UNDO)
def undo_deduction(deduction_id: int) -> ResponseReturnValue:
    """It is owed again."""
    return _with_reason(services_deductions.undo_deduction, deduction_id, "It is owed again.", "deductions")


@blueprint.post("/refunds/<int:refund_id>/approve")
@guard(Permission.REFUNDS_APPROVE)
def approve_refund(refund_id: int) -> ResponseReturnValue:
    """Reserves the money, so that the bank can be told."""
    with unit_of_work():
        services_refunds.approve_refund(refund_id, actor=get_actor(), now=request_now())
    return _done("The refund is approved. Write the file for the bank when you are ready.", "approvals")


@blueprint.post("/refunds/<int:refund_id>/refuse")
@guard(Permission.REFUNDS_APPROVE)
def refuse_refund(refund_id: int) -> ResponseReturnValue:
    """The money stays on account."""
    return _with_reason(services_refunds.refuse_refund, refund_id, "The money stays on account.", "approvals")


@blueprint.post("/refunds/<int:refund_id>/cancel")
@guard(Permission.PAYMENTS_UNDO)
def cancel_refund(refund_id: int) -> ResponseReturnValue:
    """Puts the money back on account before the bank was told."""
    return _with_reason(services_refunds.cancel_refund, refund_id, "The money is on account again.", "refunds")


@blueprint.route("/refunds/<int:refund_id>/return", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_UNDO)
def return_refund(refund_id: int) -> ResponseReturnValue:
    """The bank sent it back, and no line of the bank says so; one that may say so is asked about first."""
    form, refund, refusal = ReasonForm(), get_refund(refund_id), None
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services_refunds_back.return_refund(
                    refund_id, reason=form.reason.data or "", in_spite_of=request.form.get("in_spite_of", "").split(),
                    actor=get_actor(), now=request_now(),
                )  # fmt: skip
            return _done("The money is on account again.", "refunds")
        except services_refunds_back.LINES_ASK as asked:
            refusal, refund = asked, get_refund(refund_id)
    page = render_template(
        "payments/refund_back.html", refund=refund, form=form, refusal=refusal, lines=list_back_lines(refund),
        **_about([], [refund]),
    )  # fmt: skip
    return page, 422 if form.errors or refusal else 200


@blueprint.route("/refunds/<int:refund_id>/paid", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_RECORD)
def pay_refund(refund_id: int) -> ResponseReturnValue:
    """On which day the bank booked it."""
    form, refund = PaidForm(), get_refund(refund_id)
    if form.validate_on_submit():
        assert form.paid_on.data is not None  # noqa: S101 - a required field
        try:
            with unit_of_work():
                services_refunds.mark_refund_paid(
                    refund_id, paid_on=form.paid_on.data, actor=get_actor(), now=request_now()
                )
            return _done("The refund is paid.", "refunds")
        except BadInput as refusal:
            form.refuse(refusal)
            refund = get_refund(refund_id)
    page = render_template("payments/refund_paid.html", refund=refund, form=form, **_about([], [refund]))
    return page, 422 if form.errors else 200


@blueprint.post("/refunds/export")
@guard(Permission.PAYMENTS_RECORD)
def export_refunds() -> ResponseReturnValue:
    """Writes one file for the bank with every approved refund."""
    with unit_of_work():
        services_refunds.export_refunds(actor=get_actor(), now=request_now())
    return _done("The file for the bank is written. Download it below and hand it to the bank.", "refunds")


@blueprint.get("/refunds/files/<int:file_id>")
@guard(Permission.PAYMENTS_RECORD)
def refund_file(file_id: int) -> ResponseReturnValue:
    """The file for the bank as it was written."""
    document = find_document(services_refunds.OWNER, get_refund_file(file_id).id, "xml")
    if document is None:
        raise RefundFileUnknown
    return send_stored(document)


def _with_reason(service: Callable[..., object], one_id: int, said: str, page: str) -> ResponseReturnValue:
    form = ReasonForm()
    if not form.validate_on_submit():
        flash("Say why.", "bad")
        return _go_back(page)
    with unit_of_work():
        service(one_id, reason=form.reason.data or "", actor=get_actor(), now=request_now())
    return _done(said, page)


def _done(said: str, page: str) -> ResponseReturnValue:
    flash(said, "good")
    return _go_back(page)


def _go_back(page: str) -> ResponseReturnValue:
    """To the page of ours the person came from, such as a payment's; to the list otherwise."""
    wanted = request.form.get("next", "")
    return redirect(wanted if is_own_page(wanted) else url_for(f"payments.{page}"))


def _about(deductions: Sequence[Deduction], refunds: Sequence[Refund]) -> dict[str, object]:
    """Names of whom and what the rows speak of."""
    rows: list[Deduction | Refund] = [*deductions, *refunds]
    return {
        "customers": names_of([row.customer_id for row in rows]),
        "people": name_actors({row.proposed_by for row in rows} | {row.decided_by for row in rows}),
        "numbers": queries.numbers_of(row.invoice_id for row in deductions),
        "payments": name_payments(row.payment_id for row in rows if row.payment_id is not None),
        "labels": CODE_LABELS,
        "me": get_actor(),
    }
