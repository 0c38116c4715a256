"""Pages of a payment's settlements: sending money back, moving it to another customer, letting a rest go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from wtforms.fields.choices import SelectChoice

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput, RuleError
from app.payments import (
    pages,
    pages_settling,
    queries,
    queries_settling,
    services_deductions,
    services_refunds,
    services_transfers,
)
from app.payments.forms import ReasonForm
from app.payments.forms_settling import DeductionForm, RefundForm, TransferForm
from app.payments.models import Payment
from app.payments.queries_refund_marks import find_payer_account
from app.payments.routes import blueprint
from app.payments.rules_refund_marks import format_iban
from app.payments.rules_settling import DeductionCode, DeductionState
from app.web.filters import money, request_now
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.web.forms import BaseForm


NOTHING_SHORT = "This payment stands on no instalment that is still open, so there is no rest to let go."
NOTHING_LEFT = "Nothing of this payment is left: all of it is placed or went out. Take a share back first."
ALL_WAITS = "What is left of this payment waits for a refund already. Decide on that first, under Approvals."


@blueprint.route("/<int:payment_id>/refund", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_RECORD)
def refund(payment_id: int) -> ResponseReturnValue:
    """Asks for what is left of a payment to be sent back; another person approves it."""
    payment = queries.get_payment(payment_id)
    if gone := _nothing_left(payment_id, queries_settling.waiting_of(payment_id)):
        return gone
    form = RefundForm.of(payment, queries.amount_left(payment_id))
    if request.method == "GET":
        form.amount.data = _free_of(payment_id)
        payer = find_payer_account(payment)
        form.beneficiary.data = ((payer and payer.name) or get_customer(payment.customer_id).name)[:70]
        form.iban.data = format_iban(payer.iban) if payer else ""

    def act() -> str:
        services_refunds.propose_refund(
            payment_id, int(form.amount.data or 0), beneficiary=form.beneficiary.data or "", iban=form.iban.data or "",
            bic=form.bic.data or "", reason=form.reason.data or "", actor=get_actor(), now=request_now(),
        )  # fmt: skip
        return "The refund waits for another person’s approval."

    return _answer(payment, form, act, title="Refund", save="Ask for approval")


@blueprint.route("/<int:payment_id>/transfer", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_TRANSFER)
def transfer(payment_id: int) -> ResponseReturnValue:
    """Moves what is left of a payment to another customer."""
    payment, waiting = queries.get_payment(payment_id), queries_settling.waiting_of(payment_id)
    if gone := _nothing_left(payment_id, 0):
        return gone
    form = TransferForm.of(payment, queries.amount_left(payment_id), waiting, find=pages.find_payer)
    if request.method == "GET":
        form.amount.data = _free_of(payment_id)

    def act() -> str:
        customer = pages.find_payer(form.customer.data or "")
        services_transfers.transfer_money(
            payment_id, int(form.amount.data or 0), customer.id, reason=form.reason.data or "",
            in_spite_of=waiting if form.confirms else 0, actor=get_actor(), now=request_now(),
        )  # fmt: skip
        return f"The money stands on the account of {customer.name} now."

    return _answer(payment, form, act, title="Transfer", save="Transfer it")


@blueprint.route("/<int:payment_id>/deduct", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_RECORD)
def deduct(payment_id: int) -> ResponseReturnValue:
    """Lets the rest of an instalment go that the payment came short on."""
    payment, form = queries.get_payment(payment_id), DeductionForm()
    standing = pages_settling.list_short(payment_id)
    short = {one.key: one for one in standing if one.rest}
    if not short:
        _say_nothing_short(standing, payment.currency)
        return redirect(url_for("payments.detail", payment_id=payment_id))
    form.amount.currency = payment.currency
    form.instalment.choices = [SelectChoice(one.key, one.name) for one in short.values()]
    if request.method == "GET":
        form.amount.data = next(iter(short.values())).rest

    def act() -> str:
        one = short[form.instalment.data or ""]
        made = services_deductions.propose_deduction(
            one.invoice_id, one.instalment, int(form.amount.data or 0), code=DeductionCode(form.code.data or ""),
            reason=form.reason.data or "", payment_id=payment_id, actor=get_actor(), now=request_now(),
        )  # fmt: skip
        goes = made.state is DeductionState.APPROVED
        return "The rest is let go." if goes else "The rest waits for another person’s approval."

    shown = {"short": list(short.values()), "hint": pages_settling.say_policy(services_deductions.read_policy())}
    return _answer(payment, form, act, title="Let the rest go", save="Let it go", shown=shown)


@blueprint.post("/transfers/<int:outflow_id>/undo")
@guard(Permission.PAYMENTS_TRANSFER)
def undo_transfer(outflow_id: int) -> ResponseReturnValue:
    """Brings transferred money back, off whatever it was placed on meanwhile."""
    form, payment_id = ReasonForm(), queries_settling.get_outflow(outflow_id).payment_id
    if form.validate_on_submit():
        with unit_of_work():
            services_transfers.undo_transfer(
                outflow_id, reason=form.reason.data or "", actor=get_actor(), now=request_now()
            )
        flash("The money is back.", "good")
    else:
        flash("Say why the transfer is taken back.", "bad")
    return redirect(url_for("payments.detail", payment_id=payment_id))


def _say_nothing_short(standing: Sequence[pages_settling.Short], currency: str) -> None:
    """Why no rest can be let go: nothing is open, or all of it waits already."""
    if not standing:
        flash(NOTHING_SHORT, "bad")
        return
    still, waiting = (money(sum(getattr(one, name) for one in standing), currency) for name in ("open", "waiting"))
    text = f"{still} of {', '.join(one.name for one in standing)} is open, and {waiting} of it waits for another"
    say(f"{text} person’s approval.", "warn", url=url_for("payments.approvals"), link="Approvals")


def _nothing_left(payment_id: int, waiting: int) -> ResponseReturnValue | None:
    """Back to the payment where no form could be filled in: all of it is placed, went out, or waits for a refund."""
    left = queries.amount_left(payment_id)
    if request.method != "GET" or left > waiting:
        return None
    flash(ALL_WAITS if left else NOTHING_LEFT, "bad")
    return redirect(url_for("payments.detail", payment_id=payment_id))


def _free_of(payment_id: int) -> int | None:
    """What is neither placed nor waits for a refund, to begin with."""
    return max(0, queries.amount_left(payment_id) - queries_settling.waiting_of(payment_id)) or None


def _answer(
    payment: Payment, form: BaseForm, act: Callable[[], str], *, title: str, save: str,
    shown: Mapping[str, object] | None = None,
) -> ResponseReturnValue:  # fmt: skip
    payment_id, error = payment.id, ""
    if form.validate_on_submit():
        try:
            with unit_of_work():
                said = act()
            flash(said, "good")
            return redirect(url_for("payments.detail", payment_id=payment_id))
        except BadInput as refusal:
            form.refuse(refusal)
        except RuleError as refusal:
            error = str(refusal)
    payment = queries.get_payment(payment_id)
    page = render_template(
        "payments/settle.html", payment=payment, form=form, title=title, save=save, error=error,
        left=queries.amount_left(payment_id), names=[name for name in form._fields if name != "csrf_token"],
        waiting=queries_settling.waiting_of(payment_id), **{"short": [], "hint": ""} | dict(shown or {}),
    )  # fmt: skip
    return page, 422 if form.errors or error else 200
