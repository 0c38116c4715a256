"""Pages of our own words on documents and in their mails, and the preview of how documents look."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from app.auth.guards import get_actor, guard, may_current
from app.auth.rules import Permission
from app.company.forms_texts import TextsForm
from app.company.identifiers import check_colour
from app.company.logo import LogoTooLarge, render_logo
from app.company.queries import get_company
from app.company.queries_texts import find_texts
from app.company.services import check_accounts
from app.company.services_texts import TextsChanged, TextsData, checked_texts, set_texts
from app.db.unit_of_work import unit_of_work
from app.invoices.example import build_example, credit_of
from app.invoices.mails import own_words, write_mail
from app.invoices.pdf import PDF
from app.invoices.preview import draw_example, picture_pages
from app.invoices.snapshot import bank_of
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


@blueprint.post("/<language>/example.pdf")
@guard(Permission.SETTINGS_EDIT)
def example(language: str) -> ResponseReturnValue:
    """The example as a file to look at large, as the form says it."""
    _require_written(language)
    invoice, _note = _examples(language, _said_texts(language))
    shown = Response(draw_example(invoice, _chosen_logo()), content_type=PDF)
    shown.headers["Content-Disposition"] = "inline; filename=example.pdf"
    return shown


def _preview(language: str) -> dict[str, Any]:
    own, logo = _said_texts(language), _chosen_logo()
    examples = _examples(language, own)
    shown = examples if "subject" in request.form else examples[:1]
    mails = [(write_mail(one, own), f"{one['number']}.pdf") for one in shown] if len(shown) > 1 else []
    pictures = [picture for one in shown for picture in picture_pages(draw_example(one, logo))]
    return {"pictures": pictures, "mails": mails, "language": language}


def _said_texts(language: str) -> TextsData:
    """Our own words as the form has them, else as they are stored."""
    own, said = own_words(language), request.form
    return checked_texts(TextsData(**{name: said.get(name, "") for name in asdict(own)})) if "subject" in said else own


def _examples(language: str, own: TextsData) -> tuple[dict[str, Any], dict[str, Any]]:
    """The example invoice and a credit note over it."""
    company, said = get_company(), request.form
    example = build_example(
        company,
        language,
        request_today(),
        footer=own.footer or said.get("invoice_footer", company.invoice_footer),
        accent_colour=check_colour(said.get("accent_colour") or company.accent_colour),
        bank=_said_bank(bank_of(company) | {"qr_iban": company.qr_iban}),
        terms=own.terms,
    )
    return example, credit_of(example, footer=own.credit_footer)


def _said_bank(stored: dict[str, str]) -> dict[str, str]:
    """The account as the form has it, checked as it is when it is saved, else as it is stored."""
    bank = {name: request.form.get(name, text).strip() for name, text in stored.items()}
    return bank | check_accounts(bank["iban"], bank["qr_iban"], bank["bic"])


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
