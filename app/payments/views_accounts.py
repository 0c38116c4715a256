"""Pages of our bank accounts, in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.queries import get_company
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.payments import queries_bank as queries
from app.payments import services_accounts as services
from app.payments.forms_bank import AccountForm, NewAccountForm
from app.payments.models_bank import BankAccount
from app.web.filters import request_now
from app.web.flashes import say
from app.web.listing import paginate
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("bank_accounts", __name__)


@blueprint.get("")
@guard(Permission.SETTINGS_EDIT)
def index() -> ResponseReturnValue:
    """The accounts whose statements are ours, and the one our documents name."""
    page = paginate(queries.select_accounts(), order=[(BankAccount.name, "asc"), (BankAccount.id, "asc")])
    return render_template("payments/accounts.html", page=page, company=get_company())


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def new() -> ResponseReturnValue:
    """An account whose statements are taken from now on."""
    form = NewAccountForm(data={"currency": get_company().currency})
    if form.validate_on_submit():
        try:
            return _add(form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("payments/account.html", form=form, account=None), 422 if form.errors else 200


@blueprint.route("/<int:account_id>", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def edit(account_id: int) -> ResponseReturnValue:
    """What an account is called, and whether it is still in use."""
    account = queries.get_account(account_id)
    form = AccountForm(obj=account)
    if form.validate_on_submit():
        try:
            return _change(account_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("payments/account.html", form=form, account=account), 422 if form.errors else 200


def _add(form: NewAccountForm) -> ResponseReturnValue:
    with unit_of_work():
        services.add_account(
            form.number.data or "", form.name.data or "", form.currency.data or "", also_as=form.also_as.data or "",
            actor=get_actor(), now=request_now(),
        )  # fmt: skip
    say("Statements of this account are taken from now on.", url=url_for("bank_files.index"), link="Bank files")
    return redirect(url_for("bank_accounts.index"))


def _change(account_id: int, form: AccountForm) -> ResponseReturnValue:
    with unit_of_work():
        services.change_account(
            account_id, form.name.data or "", also_as=form.also_as.data or "", is_active=form.active.data,
            version=read_version(form.version.data), actor=get_actor(), now=request_now(),
        )  # fmt: skip
    say("Saved.")
    return redirect(url_for("bank_accounts.index"))
