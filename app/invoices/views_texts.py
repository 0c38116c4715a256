"""Pages of our own words on documents and in their mails, and the preview of how documents look."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from app.auth.guards import get_actor, guard, may_current
from app.auth.rules import Permission
from app.company.forms_texts import TextsForm
from app.company.identifiers import check_colour
from app.company.logo import LogoTooLarge, render_logo
from app.company.queries import get_company
from app.company.queries_texts import find_texts
from app.company.services_texts import TextsChanged, TextsData, checked_texts, set_texts
from app.db.unit_of_work import unit_of_work
from app.invoices.example import build_example, credit_of
from app.invoices.mails import own_words, write_mail
from app.invoices.preview import draw_first_page
from app.kernel.errors import BadInput, NotFound
from app.kernel.languages import LANGUAGES
from app.web.errors import answer_http
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("texts", __name__)


class LanguageMissing(NotFound):
    """Documents are not written in this language."""


@blueprint.get("")
@guard(Permission.SETTINGS_EDIT)
def index() -> ResponseReturnValue:
    """The texts of the company's own language."""
    return redirect(url_for("texts.edit", language=get_company().language))


@blueprint.route("/<language>", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def edit(language: str) -> ResponseReturnValue:
    """The texts of one language beside the example they make."""
    _require_written(language)
    stored = find_texts(language)
    form, status = TextsForm(data=_typed(language), obj=None), 200
    if form.is_submitted():
        status = 422
        try:
            if form.validate():
                return _save(language, form)
        except BadInput as refusal:
            form.refuse(refusal)
        except TextsChanged as conflict:
            status = 409
            form.version.data = str(stored.version if stored else 0)
            say(str(conflict), "warn")
    return render_template("invoices/texts.html", form=form, language=language, languages=LANGUAGES), status


@blueprint.post("/<language>/preview")
@guard(Permission.SETTINGS_EDIT)
def preview(language: str) -> ResponseReturnValue:
    """The example invoice and its mail as the form says them, before anything is saved."""
    _require_written(language)
    try:
        shown = _preview(language)
    except BadInput as refusal:
        return render_template("invoices/_preview.html", refusal=str(refusal))
    return render_template("invoices/_preview.html", **shown)


@blueprint.errorhandler(RequestEntityTooLarge)
def answer_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """A logo beyond what any request may carry gets no preview, in the panel where one was asked for."""
    if request.endpoint != "texts.preview" or not may_current(Permission.SETTINGS_EDIT):
        return answer_http(error)
    return render_template("invoices/_preview.html", refusal=str(LogoTooLarge(field="logo")))


def _preview(language: str) -> dict[str, Any]:
    company, said = get_company(), request.form
    colour = check_colour(said.get("accent_colour") or company.accent_colour)
    own, with_mail = own_words(language), "subject" in said
    if with_mail:
        own = checked_texts(TextsData(**{name: said.get(name, "") for name in asdict(own)}))
    foot = own.footer or said.get("invoice_footer", company.invoice_footer)
    example = build_example(company, language, request_today(), footer=foot, accent_colour=colour)
    shown = (example, credit_of(example)) if with_mail else ()
    mails = [(write_mail(one, own), f"{one['number']}.pdf") for one in shown]
    return {"picture": draw_first_page(example, _chosen_logo()), "mails": mails}


def _chosen_logo() -> bytes | None:
    """The picture chosen but not uploaded yet. Raises BadInput as the upload would."""
    chosen = request.files.get("logo")
    return render_logo(chosen.read()) if chosen is not None and chosen.filename else None


def _save(language: str, form: TextsForm) -> ResponseReturnValue:
    with unit_of_work():
        set_texts(
            language, form.said(), version=read_version(form.version.data), actor=get_actor(), now=request_now()
        )  # fmt: skip
    say(f"The {LANGUAGES[language]} texts are saved. Invoices issued from now on have them.")
    return redirect(url_for("texts.edit", language=language))


def _typed(language: str) -> dict[str, str]:
    stored = find_texts(language)
    return {**asdict(own_words(language)), "version": str(stored.version if stored else 0)}


def _require_written(language: str) -> None:
    if language not in LANGUAGES:
        raise LanguageMissing
