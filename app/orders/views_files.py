"""What people do with the files of an order: add, download, take off the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for

from app.auth.guards import get_actor, guard, require
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.deals import queries_files as deal_files
from app.documents.rules_files import ACCEPT
from app.kernel.errors import BadInput
from app.orders import queries_talk, services_files
from app.orders.pages import blueprint
from app.orders.queries import get_order
from app.web.files import FileForm, send_stored
from app.web.filters import request_now
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/<int:order_id>/file", methods=["GET", "POST"])
@guard(Permission.ORDERS_COMMENT)
def file(order_id: int) -> ResponseReturnValue:
    """A file on an order."""
    order, form = get_order(order_id), FileForm()
    if form.validate_on_submit():
        try:
            return _add(order_id, form)
        except BadInput as refusal:
            refusal.field = refusal.field or "file"
            form.refuse(refusal)
    page = render_template("orders/file.html", order=order, form=form, accept=ACCEPT)
    return page, 422 if form.errors else 200


def _add(order_id: int, form: FileForm) -> ResponseReturnValue:
    content, name = form.file.data.read(), form.file.data.filename or ""
    with unit_of_work():
        stored = services_files.add_file(order_id, name, content, actor=get_actor(), now=request_now())
        kept_as = stored.document.name
    say(f"“{kept_as}” is on the order.")
    return redirect(url_for("orders.detail", order_id=order_id) + "#files")


@blueprint.get("/files/<int:file_id>")
@guard(Permission.ORDERS_VIEW)
def download(file_id: int) -> ResponseReturnValue:
    """The bytes as they were stored, to be saved and never shown in our own origin."""
    return send_stored(queries_talk.get_file(file_id).document)


@blueprint.get("/<int:order_id>/deal-files/<int:file_id>")
@guard(Permission.ORDERS_VIEW)
def download_of_deal(order_id: int, file_id: int) -> ResponseReturnValue:
    """A file of the deal the order came from: who sees the order sees it, and no other deal's."""
    stored = deal_files.get_file(file_id)
    if stored.file.deal_id != get_order(order_id).deal_id:
        raise deal_files.FileUnknown
    return send_stored(stored.document)


@blueprint.post("/files/<int:file_id>/remove")
@guard(Permission.ORDERS_COMMENT)
def remove_file(file_id: int) -> ResponseReturnValue:
    """Off the list: one's own file, or anybody's for those who run the orders."""
    found = queries_talk.get_file(file_id).file
    if found.added_by != get_actor():
        require(Permission.ORDERS_EDIT)
    order_id = found.order_id
    with unit_of_work():
        name = services_files.remove_file(file_id, actor=get_actor(), now=request_now()).document.name
    say(f"“{name}” is off the list. Its content stays stored.")
    return redirect(url_for("orders.detail", order_id=order_id) + "#files")
