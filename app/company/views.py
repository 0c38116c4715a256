"""The settings: company, bank, numbers, daily report, and what an administrator does rarely."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from app.auth.guards import get_actor, guard, may_current, signed_in
from app.auth.rules import Permission
from app.company import (  # noqa: F401 - they register themselves
    queries,
    services,
    views_calendars,
    views_numbering,
    views_rates,
    views_taxes,
)
from app.company.forms import BankForm, CompanyForm, LogoForm, ScheduleForm, SectionForm
from app.company.logo import MOST_BYTES, LogoTooLarge, render_logo
from app.company.models import Company
from app.company.pages import blueprint
from app.db.unit_of_work import unit_of_work
from app.documents.queries import read_content
from app.documents.services import store_document
from app.kernel.clock import list_zones
from app.kernel.errors import BadInput, NotFound
from app.kernel.money import to_minor
from app.web.errors import answer_http, answer_refusal, wants_json
from app.web.filters import money, request_now
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SECTIONS: dict[str, type[SectionForm]] = {"company": CompanyForm, "bank": BankForm, "schedule": ScheduleForm}


class LogoMissing(NotFound):
    """There is no logo yet."""


class DemoMissing(NotFound):
    """There are no demo data here."""


@blueprint.get("")
@guard(Permission.SETTINGS_VIEW)
def index() -> ResponseReturnValue:
    """What there is to set, and what an administrator does rarely."""
    company = queries.find_company()
    if company is None:
        return redirect(url_for("company.edit"))
    return render_template(
        "company/index.html",
        company=company,
        can_wipe="tillpaid_wipe_demo" in current_app.extensions,
        pages=current_app.view_functions,
        series=queries.list_series(),
        limits={name: _limit(company, getattr(company, f"{name}_amount")) for name in ("amendment", "write_off")},
    )


def _limit(company: Company, amount: str) -> str:
    """As amounts are written everywhere; empty where there is no limit."""
    return money(to_minor(Decimal(amount), company.currency), company.currency) if amount else ""


@blueprint.app_errorhandler(queries.CompanyMissing)
def ask_for_company(missing: queries.CompanyMissing) -> ResponseReturnValue:
    """Whoever may set the company up is led to its form, from any page that needs one; others read who can."""
    if wants_json():
        return answer_refusal(missing)
    if request.method == "GET" and may_current(Permission.SETTINGS_EDIT):
        flash("Tell first which company Tillpaid works for: this page needs it.", "info")
        return redirect(url_for("company.edit"))
    return render_template("company/missing.html"), 409


@blueprint.route("/company", methods=["GET", "POST"], endpoint="edit", defaults={"section": "company"})
@blueprint.route("/bank", methods=["GET", "POST"], endpoint="bank", defaults={"section": "bank"})
@blueprint.route("/schedule", methods=["GET", "POST"], endpoint="schedule", defaults={"section": "schedule"})
@guard(Permission.SETTINGS_EDIT)
def edit_section(section: str) -> ResponseReturnValue:
    """One part of what is said about the company; the first part sets it up."""
    company = queries.find_company()
    if company is None and section != "company":
        return redirect(url_for("company.edit"))
    form = SECTIONS[section](obj=company, data=None if company else _beginning())
    status = 200
    if form.is_submitted():
        status = 422
        try:
            if form.validate():
                return _save(form) if company else _set_up(form)
        except BadInput as refusal:
            form.refuse(refusal)
        except services.CompanyChanged:
            status = 409
    return _show_section(section, form, status)


def _beginning() -> dict[str, str]:
    """What a new company is likely to say."""
    settings = current_app.extensions["tillpaid_settings"]
    defaults = {field.name: field.default for field in fields(services.CompanyData) if isinstance(field.default, str)}
    return {**defaults, "time_zone": settings.company_time_zone}


def _set_up(form: SectionForm) -> ResponseReturnValue:
    with unit_of_work():
        services.set_up_company(services.CompanyData(**form.said()), actor=get_actor(), now=request_now())
    flash("Your company is set up. Its bank account comes next: it stands on invoices.", "success")
    return redirect(url_for("company.bank"))


def _show_section(
    section: str, form: SectionForm, status: int, logo_form: LogoForm | None = None
) -> ResponseReturnValue:
    theirs = _differences(form) if status == 409 else []
    if status == 409:
        # Saving again is a decision made with both values in sight
        form.version.data = str(queries.get_company().version)
    company = queries.find_company()
    page = render_template(
        f"company/{section}.html",
        form=form,
        is_new=company is None,
        language=company.language if company else "",
        pages=current_app.view_functions,
        logo=queries.find_logo(),
        logo_form=logo_form or LogoForm(formdata=None),
        theirs=theirs,
        zones=list_zones(),
        most_bytes=MOST_BYTES,
        too_large=str(LogoTooLarge(field="logo")),
    )
    return page, status


def _save(form: SectionForm) -> ResponseReturnValue:
    with unit_of_work():
        said = replace(services.data_of(queries.get_company()), **form.said())
        services.update_company(said, version=read_version(form.version.data), actor=get_actor(), now=request_now())
    flash("Saved.", "success")
    return redirect(url_for("company.index"))


def _differences(form: SectionForm) -> list[tuple[str, str, str]]:
    """Label, the stored value and the typed one, where they differ."""
    stored = services.data_of(queries.get_company())
    said = form.said()
    names = [field.name for field in fields(stored) if field.name in said]
    return [
        (form._fields[name].label.text, str(getattr(stored, name)), str(said[name]))
        for name in names
        if getattr(stored, name) != said[name]
    ]


@blueprint.post("/logo")
@guard(Permission.SETTINGS_EDIT)
def upload_logo() -> ResponseReturnValue:
    """A picture for documents."""
    form = LogoForm()
    if form.validate():
        try:
            return _save_logo(form.logo.data.read())
        except BadInput as refusal:
            form.refuse(refusal)
    bank = BankForm(formdata=None, obj=queries.get_company())
    return _show_section("bank", bank, 422, form)


@blueprint.errorhandler(RequestEntityTooLarge)
def answer_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """A logo beyond what any request may carry is refused at its field; its form was never read."""
    if request.endpoint != "company.upload_logo" or not may_current(Permission.SETTINGS_EDIT):
        return answer_http(error)
    form = LogoForm(formdata=None)
    form.logo.errors = [str(LogoTooLarge(field="logo"))]
    return _show_section("bank", BankForm(formdata=None, obj=queries.get_company()), 413, form)


def _save_logo(content: bytes) -> ResponseReturnValue:
    picture = render_logo(content)
    with unit_of_work():
        services.set_logo(_store_logo(picture), actor=get_actor(), now=request_now())
    flash("The logo stands on documents from now on.", "success")
    return redirect(url_for("company.bank"))


@blueprint.post("/logo/remove")
@guard(Permission.SETTINGS_EDIT)
def remove_logo() -> ResponseReturnValue:
    """Documents are made without a picture from now on."""
    with unit_of_work():
        services.set_logo(None, actor=get_actor(), now=request_now())
    flash("The logo is removed.", "success")
    return redirect(url_for("company.bank"))


def _store_logo(picture: bytes) -> int:
    import hashlib

    kind = f"logo-{hashlib.sha256(picture).hexdigest()[:16]}"
    stored = store_document(
        owner_kind="company", owner_id=1, kind=kind, name="logo.png", media_type="image/png", content=picture,
        now=request_now(),
    )  # fmt: skip
    return stored.id


@blueprint.get("/logo.png")
@signed_in
def logo() -> ResponseReturnValue:
    """The logo as documents show it."""
    stored = queries.find_logo()
    if stored is None:
        raise LogoMissing
    return Response(read_content(stored), content_type="image/png")


@blueprint.post("/quarantine/end")
@guard(Permission.SETTINGS_EDIT)
def end_quarantine() -> ResponseReturnValue:
    """After a restore: mail and jobs go on."""
    with unit_of_work():
        services.end_quarantine(actor=get_actor(), now=request_now())
    flash("Mail and jobs go on.", "success")
    return redirect(url_for("company.index"))


@blueprint.post("/demo/remove")
@guard(Permission.SETTINGS_EDIT)
def remove_demo() -> ResponseReturnValue:
    """Everything the demo made goes; the people stay."""
    wipe = current_app.extensions.get("tillpaid_wipe_demo")
    if wipe is None or not queries.get_company().is_demo:
        raise DemoMissing
    if request.form.get("sure") != "yes":
        raise BadInput('Tick "I am sure" first.', field="sure")
    wipe(actor=get_actor(), now=request_now())
    flash("The demo data are gone. Set up your company next.", "success")
    return redirect(url_for("desk.today"))
