"""Saved views: the row over a list, saving its filter, and the page where one's views are renamed and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user

from app.auth.guards import get_actor, may_current, require, signed_in
from app.auth.rules import Role
from app.db.unit_of_work import unit_of_work
from app.desk import queries_views, services_views
from app.desk.forms_views import ViewForm
from app.desk.models_views import SavedView
from app.desk.rules_views import PLACES, find_place, get_place, pick_query
from app.kernel.errors import BadInput
from app.web.filters import request_now
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("views", __name__)


def build_row() -> dict[str, Any] | None:
    """What stands over the list that is shown: its views, and what saving would keep. None on any other page."""
    word = find_place(request.endpoint)
    if not word or not current_user.is_authenticated:
        return None
    query = pick_query(word, request.args.items(multi=True))
    views = queries_views.list_views_over(word, current_user.id)
    # the board keeps to the board
    here = request.endpoint or ""
    chips = [{"name": view.name, "url": url_of(view, here), "active": view.query == query} for view in views]
    return {"place": word, "query": query, "chips": chips, "face": here}


# called by the frame of pages only, and it asks the database only over a list
blueprint.app_context_processor(lambda: {"build_view_row": build_row})


def url_of(view: SavedView, endpoint: str = "") -> str:
    return _address(endpoint or get_place(view.place).endpoint, view.query)


def _address(endpoint: str, query: str) -> str:
    return url_for(endpoint) + (f"?{query}" if query else "")


@blueprint.get("")
@signed_in
def index() -> ResponseReturnValue:
    """My views and those others share, over the lists I may see."""
    return _show_index()


def _show_index(form: ViewForm | None = None, view_id: int = 0) -> ResponseReturnValue:
    visible = [word for word, place in PLACES.items() if may_current(place.permission)]
    views = [
        {
            "view": view,
            "owner": owner,
            "list": PLACES[view.place].label,
            "url": url_of(view),
            "is_mine": view.user_id == current_user.id,
            "may_remove": view.user_id == current_user.id or _may_remove_shared(),
        }
        for view, owner in queries_views.list_views_for(current_user.id, visible)
    ]
    page = render_template("desk/views.html", views=views, form=form, changed=view_id)
    return page, 422 if form is not None else 200


def _may_remove_shared() -> bool:
    return bool(current_user.role is Role.ADMIN)


@blueprint.get("/start")
@signed_in
def start() -> ResponseReturnValue:
    """Where somebody lands after signing in: the view they begin with, Today otherwise."""
    view = queries_views.find_start(current_user.id)
    is_open = view is not None and may_current(get_place(view.place).permission)
    return redirect(url_of(view) if view is not None and is_open else url_for("desk.today"))


@blueprint.post("/save")
@signed_in
def save() -> ResponseReturnValue:
    """Keeps the filter of a list; what was wrong is shown with everything that was typed."""
    form = ViewForm()
    place = get_place(form.place.data or "")
    require(place.permission)
    if form.validate():
        try:
            return _save(form)
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("desk/view_save.html", form=form, place=place, back=url_for(place.endpoint))
    return page, 422


def _save(form: ViewForm) -> ResponseReturnValue:
    with unit_of_work():
        view = services_views.save_view(
            form.place.data or "", form.name.data or "", form.query.data or "", user_id=current_user.id,
            is_shared=form.is_shared.data, is_start=form.is_start.data, actor=get_actor(), now=request_now(),
        )  # fmt: skip
        name, url = view.name, url_of(view, _read_face(form))
    say(f"“{name}” is saved.")
    return redirect(url)


def _read_face(form: ViewForm) -> str:
    """The page of this list that the filter was saved on, as far as the form says."""
    face = form.face.data or ""
    return face if find_place(face) == form.place.data else ""


@blueprint.post("/<int:view_id>/change")
@signed_in
def change(view_id: int) -> ResponseReturnValue:
    """Another name, shared or not, to begin with or not."""
    form = ViewForm()
    if not form.validate():
        return _show_index(form, view_id)
    try:
        with unit_of_work():
            services_views.change_view(
                view_id, form.name.data or "", user_id=current_user.id, is_shared=form.is_shared.data,
                is_start=form.is_start.data, actor=get_actor(), now=request_now(),
            )  # fmt: skip
    except BadInput as refusal:
        form.refuse(refusal)
        return _show_index(form, view_id)
    say("Saved.")
    return redirect(url_for("views.index"))


@blueprint.post("/<int:view_id>/remove")
@signed_in
def remove(view_id: int) -> ResponseReturnValue:
    """Gone, for everybody who saw it."""
    with unit_of_work():
        name = services_views.remove_view(
            view_id, user_id=current_user.id, may_remove_shared=_may_remove_shared(), actor=get_actor(),
            now=request_now(),
        )  # fmt: skip
    say(f"“{name}” is removed.")
    return redirect(url_for("views.index"))
