"""Saves, changes and removes views: the owner decides, and who removes a shared one may be an administrator too."""

from datetime import datetime

from sqlalchemy import update

from app.audit.services import record
from app.auth.models import User
from app.db.base import session
from app.desk.models_views import SavedView
from app.desk.queries_views import ViewUnknown, count_views_of, find_named
from app.desk.rules_views import LONGEST_NAME, MOST_VIEWS, clean_query
from app.kernel.errors import BadInput, Forbidden, RuleError
from app.kernel.texts import clean_line


class NameTaken(BadInput):
    """You have a view of this list with this name. Choose another name."""


class TooManyViews(RuleError):
    """You have {most} views, which is the most. Remove one first."""


class NotYourView(Forbidden):
    """This view belongs to somebody else. Only its owner changes it; save your own."""


def save_view(
    place: str, name: str, query: str, *, user_id: int, is_shared: bool, is_start: bool, actor: str, now: datetime
) -> SavedView:
    """Keeps a filter under a name. Raises BadInput, TooManyViews."""
    kept = clean_query(place, query)
    session().get(User, user_id, with_for_update=True)  # two saves at once must not both be the fiftieth
    if count_views_of(user_id) >= MOST_VIEWS:
        raise TooManyViews(most=MOST_VIEWS)
    view = SavedView(user_id=user_id, place=place, name="", query=kept, saved_at=now)
    _write(view, name, is_shared=is_shared, is_start=is_start)
    session().add(view)
    session().flush()
    _record("view.saved", view, actor, now)
    return view


def change_view(
    view_id: int, name: str, *, user_id: int, is_shared: bool, is_start: bool, actor: str, now: datetime
) -> SavedView:
    """Renames a view, shares it or not, begins with it or not. Raises BadInput, NotYourView."""
    view = _lock(view_id)
    if view.user_id != user_id:
        raise NotYourView
    _write(view, name, is_shared=is_shared, is_start=is_start)
    session().flush()
    _record("view.changed", view, actor, now)
    return view


def remove_view(view_id: int, *, user_id: int, may_remove_shared: bool, actor: str, now: datetime) -> str:
    """Removes a view, for everybody when it is shared; returns its name. Raises NotYourView."""
    view = _lock(view_id)
    if view.user_id != user_id and not (view.is_shared and may_remove_shared):
        raise NotYourView
    name = view.name
    _record("view.removed", view, actor, now)
    session().delete(view)
    session().flush()
    return name


def _lock(view_id: int) -> SavedView:
    view = session().get(SavedView, view_id, with_for_update=True, populate_existing=True)
    if view is None:
        raise ViewUnknown
    return view


def _write(view: SavedView, name: str, *, is_shared: bool, is_start: bool) -> None:
    name = clean_line(name, "name", most=LONGEST_NAME, required=True)
    known = find_named(view.user_id, view.place, name)
    if known is not None and known.id != view.id:
        raise NameTaken(field="name")
    if is_start:  # there is one start page, and this one is it now
        others = SavedView.user_id == view.user_id, SavedView.is_start
        session().execute(update(SavedView).where(*others).values(is_start=False))
    view.name, view.is_shared, view.is_start = name, is_shared, is_start


def _record(action: str, view: SavedView, actor: str, now: datetime) -> None:
    record(
        action, actor=actor, now=now, object_kind="saved_view", object_id=view.id, place=view.place, name=view.name,
        query=view.query, is_shared=view.is_shared, is_start=view.is_start,
    )  # fmt: skip
