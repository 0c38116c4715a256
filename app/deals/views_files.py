"""What people do with the files of a deal: add, download, take off the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.deals import queries_files, services_files
from app.deals.forms_files import DealFileForm
from app.deals.pages import blueprint
from app.deals.queries import get_deal
from app.documents.rules_files import ACCEPT
from app.kernel.errors import BadInput
from app.web.files import send_stored
from app.web.filters import request_now
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/<int:deal_id>/file", methods=["GET", "POST"])
@guard(Permission.DEALS_DECIDE, Permission.DEALS_IMPORT)
def file(deal_id: int) -> ResponseReturnValue:
    """A file on a deal, perhaps one that its checklist asks for."""
    deal = get_deal(deal_id)
    form = DealFileForm(data={"for_code": request.args.get("for", "")}, asked=queries_files.list_asked(deal.deal_type))
    if form.validate_on_submit():
        try:
            return _add(deal_id, form)
        except BadInput as refusal:
            refusal.field = refusal.field or "file"
            form.refuse(refusal)
    page = render_template("deals/file.html", deal=deal, form=form, accept=ACCEPT)
    return page, 422 if form.errors else 200


def _add(deal_id: int, form: DealFileForm) -> ResponseReturnValue:
    content, name = form.file.data.read(), form.file.data.filename or ""
    with unit_of_work():
        stored = services_files.add_file(
            deal_id, name, content, for_code=form.for_code.data or "", actor=get_actor(), now=request_now()
        )
        kept_as = stored.document.name
    say(f"“{kept_as}” is on the deal.")
    return redirect(url_for("deals.detail", deal_id=deal_id) + "#files")


@blueprint.get("/files/<int:file_id>")
@guard(Permission.DEALS_VIEW)
def download(file_id: int) -> ResponseReturnValue:
    """The bytes as they were stored."""
    return send_stored(queries_files.get_file(file_id).document)


@blueprint.post("/files/<int:file_id>/remove")
@guard(Permission.DEALS_DECIDE, Permission.DEALS_IMPORT)
def remove_file(file_id: int) -> ResponseReturnValue:
    """Off the list; the item it was added for is open again."""
    with unit_of_work():
        stored = services_files.remove_file(file_id, actor=get_actor(), now=request_now())
        name, deal_id = stored.document.name, stored.file.deal_id
    say(f"“{name}” is off the list. Its content stays stored.")
    return redirect(url_for("deals.detail", deal_id=deal_id) + "#files")
