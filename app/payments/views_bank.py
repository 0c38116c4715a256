"""Pages of bank files: handing them in, what became of each, what one says, and its original."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document
from app.payments import bank_files
from app.payments import queries_bank as queries
from app.payments import services_bank as services
from app.payments.forms_bank import BankFilesForm, DismissForm
from app.payments.models_bank import FileStatus, StatementFile, StatementPlace
from app.payments.queries_gaps import list_gaps, list_unchecked
from app.payments.rules_bank import LARGEST_FILE, LARGEST_REQUEST, Problem, place_of
from app.payments.services_bank import FileVerdict
from app.web.arguments import takes_up_to
from app.web.files import send_stored
from app.web.filters import request_now
from app.web.flashes import say
from app.web.keyset import Order
from app.web.listing import paginate
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.documents.models import Document

blueprint = Blueprint("bank_files", __name__)
ACCEPT = ".xml,.sta,.mt940,.940,.txt,.ofx,.qfx,.bai,.bai2,.csv"
MOST_LEFT_OUT = 50
LEFT_OUT = (
    ("too_large", "It is larger than 50 MB. Ask the bank for a shorter period."),
    ("too_much", "The files are more than 100 MB together. Hand this one in next."),
)
NEWEST_FIRST: Order = [(StatementFile.id, "desc")]
IN_ORDER: Order = [(StatementPlace.id, "asc")]


@blueprint.get("")
@guard(Permission.PAYMENTS_VIEW)
def index() -> ResponseReturnValue:
    """Every file that was handed in, the newest first."""
    return _show_index(BankFilesForm(formdata=None), [])


@blueprint.post("")
@guard(Permission.PAYMENTS_RECORD)
@takes_up_to(LARGEST_REQUEST)
def take() -> ResponseReturnValue:
    """What became of each file; handing one in twice changes nothing."""
    form = BankFilesForm()
    if not form.validate_on_submit():
        return _show_index(form, [], 422)
    contents = ((file.filename or "", file.read(LARGEST_FILE + 1)) for file in form.files.data)
    verdicts = bank_files.import_files(contents, actor=get_actor(), now=request_now())
    return _show_index(BankFilesForm(formdata=None), verdicts + _list_left_out())


def _list_left_out() -> list[FileVerdict]:
    """What the browser did not send because it is too much."""
    return [
        FileVerdict(services.clean_name(name), "left_out", problems=[Problem(reason)])
        for field, reason in LEFT_OUT
        for name in request.form.getlist(field)[:MOST_LEFT_OUT]
    ]


def _show_index(form: BankFilesForm, verdicts: list[FileVerdict], status: int = 200) -> ResponseReturnValue:
    page = paginate(queries.select_files(), order=NEWEST_FIRST, path=url_for("bank_files.index"))
    names = name_actors(file.received_by for file in page.rows)
    waiting = queries.count_open([file.id for file in page.rows])
    shown = render_template(
        "payments/files.html",
        page=page,
        form=form,
        verdicts=verdicts,
        names=names,
        waiting=waiting,
        accept=ACCEPT,
        largest=LARGEST_FILE,
        place_of=place_of,
    )
    return shown, status


@blueprint.get("/<int:file_id>")
@guard(Permission.PAYMENTS_VIEW)
def detail(file_id: int) -> ResponseReturnValue:
    """What one file says: its statements and their entries, or why it is not in the books."""
    return _show(file_id, None)


def _show(file_id: int, form: DismissForm | None, status: int = 200) -> ResponseReturnValue:
    file = queries.get_file(file_id)
    entries = paginate(
        queries.select_entries(file_id), order=IN_ORDER, path=url_for("bank_files.detail", file_id=file_id)
    )
    statements = queries.list_statements(file_id)
    notes = [*list_unchecked(statements), *list_gaps(file_id)] if file.status == FileStatus.IMPORTED else []
    shown = render_template(
        "payments/file.html",
        file=file,
        wants_profile=file.status == FileStatus.REJECTED and _find_original(file_id) is not None,
        form=form or DismissForm(formdata=None, data={"version": str(file.version)}),
        statements=statements,
        entries=entries,
        lines=queries.list_lines([entry.id for _, entry in entries.rows]),
        names=name_actors([file.received_by]),
        notes=notes,
        place_of=place_of,
    )
    return shown, status


@blueprint.get("/<int:file_id>/original")
@guard(Permission.PAYMENTS_VIEW)
def original(file_id: int) -> ResponseReturnValue:
    """The bytes as they were handed in."""
    document = _find_original(queries.get_file(file_id).id)
    if document is None:
        raise queries.FileUnknown
    return send_stored(document)


def _find_original(file_id: int) -> Document | None:
    return find_document(queries.FILE_OWNER, file_id, queries.FILE_KIND)


@blueprint.post("/<int:file_id>/again")
@guard(Permission.PAYMENTS_RECORD)
def again(file_id: int) -> ResponseReturnValue:
    """A file that is kept aside once more, such as after its account or its CSV profile was added."""
    verdict = bank_files.try_again(file_id, actor=get_actor(), now=request_now())
    new = sum(one.new for one in verdict.statements)
    if verdict.status == "quarantined":
        say("It is still kept aside.", "warn")
    elif verdict.status == "rejected":
        say("It still cannot be read.", "warn")
    else:
        say(f"The file is in the books: {new} new entries.")
    return redirect(url_for("bank_files.detail", file_id=file_id))


@blueprint.post("/<int:file_id>/dismiss")
@guard(Permission.PAYMENTS_RECORD)
def dismiss(file_id: int) -> ResponseReturnValue:
    """A file in quarantine that is not needed."""
    form = DismissForm()
    if not form.validate_on_submit():
        return _show(file_id, form, 422)
    with unit_of_work():
        services.dismiss_file(
            file_id, reason=form.reason.data or "", version=read_version(form.version.data), actor=get_actor(),
            now=request_now(),
        )  # fmt: skip
    say("The file is dismissed.")
    return redirect(url_for("bank_files.index"))
