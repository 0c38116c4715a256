"""Pages of the checklists: what is looked at before a deal of each type is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.deals import queries_handoff as handoff
from app.deals import services_checklist as services
from app.deals.forms import type_choices
from app.deals.forms_handoff import ItemForm, NewItemForm
from app.deals.pages import blueprint
from app.deals.rules import STANDARD_TYPE
from app.deals.rules_gate import CHECKS
from app.kernel.errors import BadInput, NotFound
from app.web.arguments import text_argument
from app.web.filters import request_now
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

STEPS = {"up": -1, "down": 1}


class DealTypeUnknown(NotFound):
    """There is no such type of deal. Choose one of the tabs."""


@blueprint.route("/checklists", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def checklists() -> ResponseReturnValue:
    """The checklist of one type, and a form that adds an item to it."""
    types = {str(choice.value): str(choice.label) for choice in type_choices()}
    deal_type = text_argument(request.args, "type") or STANDARD_TYPE
    if deal_type not in types:
        raise DealTypeUnknown
    items = handoff.list_own_items(deal_type)
    on_list = {item.check for item in items}
    form = NewItemForm(missing=[code for code in CHECKS if code not in on_list])
    if form.validate_on_submit():
        try:
            return _add(deal_type, form)
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("deals/checklists.html", types=types, deal_type=deal_type, items=items, form=form)
    return page, 422 if form.is_submitted() else 200


def _add(deal_type: str, form: NewItemForm) -> ResponseReturnValue:
    with unit_of_work():
        item = services.add_item(
            deal_type,
            form.label.data or "",
            check=form.check.data or "",
            is_required=form.is_required.data,
            asks_file=form.asks_file.data,
            actor=get_actor(),
            now=request_now(),
        )
        label = item.label
    flash(f"“{label}” is on the checklist.", "success")
    return redirect(url_for("deals.checklists", type=deal_type))


@blueprint.route("/checklists/<int:item_id>", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def edit_item(item_id: int) -> ResponseReturnValue:
    """Calls an item otherwise, makes it required or optional, or lets it ask for a file."""
    item = handoff.get_item(item_id)
    form = ItemForm(obj=item)
    if form.validate_on_submit():
        try:
            return _change(item_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("deals/checklist_item.html", item=item, form=form, checks=CHECKS)
    return page, 422 if form.is_submitted() else 200


def _change(item_id: int, form: ItemForm) -> ResponseReturnValue:
    version = read_version(form.version.data)
    with unit_of_work():
        item = services.change_item(
            item_id, form.label.data or "", is_required=form.is_required.data, asks_file=form.asks_file.data,
            version=version, actor=get_actor(), now=request_now(),
        )  # fmt: skip
        deal_type = item.deal_type
    flash("Saved.", "success")
    return redirect(url_for("deals.checklists", type=deal_type))


@blueprint.post("/checklists/<int:item_id>/move")
@guard(Permission.SETTINGS_EDIT)
def move_item(item_id: int) -> ResponseReturnValue:
    """One place up or down."""
    step = STEPS.get(request.form.get("to", ""))
    if step is None:
        raise BadInput("Say up or down.", field="to")
    version = read_version(request.form.get("version"))
    with unit_of_work():
        item = services.move_item(item_id, step, version=version, actor=get_actor(), now=request_now())
        deal_type = item.deal_type
    return redirect(url_for("deals.checklists", type=deal_type) + f"#item-{item_id}")


@blueprint.post("/checklists/<int:item_id>/remove")
@guard(Permission.SETTINGS_EDIT)
def remove_item(item_id: int) -> ResponseReturnValue:
    """Off the list."""
    version = read_version(request.form.get("version"))
    with unit_of_work():
        item = services.remove_item(item_id, version=version, actor=get_actor(), now=request_now())
        label, deal_type = item.label, item.deal_type
    flash(f"“{label}” is off the checklist.", "success")
    return redirect(url_for("deals.checklists", type=deal_type))
