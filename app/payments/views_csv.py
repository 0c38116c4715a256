"""Pages of the columns of our banks' CSV files: a sample, what each column means, and how its rows would be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.queries import get_company
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document, read_content
from app.kernel.errors import BadInput
from app.payments import queries_bank, services_csv
from app.payments import queries_csv as queries
from app.payments.forms_csv import CsvProfileForm, as_data
from app.payments.models_csv import SavedProfile
from app.payments.rules_bank import LARGEST_FILE
from app.payments.statements import csv_sample
from app.payments.statements.csv_account import find_account
from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.reading import cut_lines
from app.web.arguments import id_argument, takes_up_to
from app.web.filters import request_now
from app.web.flashes import say
from app.web.listing import paginate
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("csv_profiles", __name__)
NO_SAMPLE = "Choose a sample first: a CSV file of this bank with at least one row."
NO_TABLE = "No table was found in this file. Download a CSV file from your bank, and choose that."


@blueprint.get("")
@guard(Permission.PAYMENTS_RECORD)
def index() -> ResponseReturnValue:
    """The profiles in use."""
    page = paginate(queries.select_profiles(), order=[(SavedProfile.name, "asc"), (SavedProfile.id, "asc")])
    return render_template("payments/csv_profiles.html", page=page)


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_RECORD)
@takes_up_to(LARGEST_FILE + 1024 * 1024)
def new() -> ResponseReturnValue:
    """A sample, then what its columns mean; `?file=` takes a bank file that waits for its profile."""
    form = CsvProfileForm()
    if request.method == "GET":
        held = id_argument(request.args, "file")
        return _begin(_read_held(held), held) if held else _show(form, None, b"")
    return _take(form, None)


@blueprint.route("/<int:profile_id>", methods=["GET", "POST"])
@guard(Permission.PAYMENTS_RECORD)
@takes_up_to(LARGEST_FILE + 1024 * 1024)
def edit(profile_id: int) -> ResponseReturnValue:
    """Other columns, tried on a sample."""
    row = queries.get_profile(profile_id)
    if request.method == "GET":
        data = as_data(queries.profile_of(row)) | {"version": str(row.version)}
        return _show(CsvProfileForm(formdata=None, data=data), row, b"")
    return _take(CsvProfileForm(), row)


@blueprint.post("/<int:profile_id>/retire")
@guard(Permission.PAYMENTS_RECORD)
def retire(profile_id: int) -> ResponseReturnValue:
    """No file is read by it any more."""
    with unit_of_work():
        services_csv.retire_profile(
            profile_id, version=read_version(request.form.get("version")), actor=get_actor(), now=request_now()
        )
    say("No file is read by this profile any more.")
    return redirect(url_for("csv_profiles.index"))


def _take(form: CsvProfileForm, row: SavedProfile | None) -> ResponseReturnValue:
    """A new sample is read, a changed form is tried, and a form that reads its sample is saved."""
    content = form.read_sample()
    if not content:
        form.file.errors = [NO_SAMPLE]
        return _show(form, row, b"", 422)
    if form.file.data and row is None:
        return _begin(content, _number(form.held.data))
    sample = cut_lines(content)
    form.keep_sample(sample)
    _offer(form, row, sample)
    if request.form.get("action") != "save":
        return _show(form, row, sample)
    if form.validate():
        try:
            return _save(form, row, sample)
        except BadInput as refusal:
            form.refuse(refusal)
    return _show(form, row, sample, 422)


def _begin(content: bytes, held: int | None) -> ResponseReturnValue:
    """A form filled with what the file says of itself."""
    proposed = csv_sample.propose_profile(content)
    form = CsvProfileForm(formdata=None, data=as_data(proposed) if proposed else None)
    form.held.data = str(held or "")
    if proposed is None:
        form.file.errors = [NO_TABLE]
        return _show(form, None, b"", 422)
    form.keep_sample(content)
    _choose_account(form, proposed, content)
    return _show(form, None, cut_lines(content))


def _choose_account(form: CsvProfileForm, proposed: CsvProfile, content: bytes) -> None:
    """Where no column says whose it is: the account the file names, or the only one; and the currency it is in."""
    ours = {one.number: one.currency for one in queries_bank.list_our_accounts() if one.is_active}
    above = find_account(content, proposed, queries_bank.list_spellings())
    said = next((one for one in (proposed.own_account, above) if one in ours), "")
    chosen = said or (next(iter(ours)) if len(ours) == 1 else "")
    form.own_account.data = "" if proposed.account else chosen
    if not proposed.currency:
        form.own_currency.data = ours.get(form.own_account.data) or get_company().currency


def _show(form: CsvProfileForm, row: SavedProfile | None, sample: bytes, status: int = 200) -> ResponseReturnValue:
    _offer(form, row, sample)
    preview = csv_sample.show(sample, form.profile()) if sample and _is_chosen(form.profile()) else None
    shown = render_template("payments/csv_profile.html", form=form, row=row, has_sample=bool(sample), preview=preview)
    return shown, status


def _save(form: CsvProfileForm, row: SavedProfile | None, sample: bytes) -> ResponseReturnValue:
    with unit_of_work():
        if row is None:
            services_csv.add_profile(form.profile(), sample, actor=get_actor(), now=request_now())
        else:
            services_csv.change_profile(
                row.id, form.profile(), sample, version=read_version(form.version.data), actor=get_actor(),
                now=request_now(),
            )  # fmt: skip
    if held := _number(form.held.data):
        say("Saved. Now try the file again.")
        return redirect(url_for("bank_files.detail", file_id=held))
    say("Saved. Files with this header are read like this.", url=url_for("bank_files.index"), link="Bank files")
    return redirect(url_for("csv_profiles.index"))


def _offer(form: CsvProfileForm, row: SavedProfile | None, sample: bytes) -> None:
    titles = csv_sample.list_titles(sample, form.profile()) if sample else row.titles if row else []
    form.offer(titles, [(one.number, f"{one.name}, {one.number}") for one in queries_bank.list_our_accounts()])


def _is_chosen(profile: CsvProfile) -> bool:
    """Whether enough was said to try to read a row."""
    return bool(profile.booked_on and profile.date_format and profile.decimal_mark)


def _read_held(file_id: int) -> bytes:
    document = find_document(queries_bank.FILE_OWNER, queries_bank.get_file(file_id).id, queries_bank.FILE_KIND)
    if document is None:
        raise queries_bank.FileUnknown
    return read_content(document)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
