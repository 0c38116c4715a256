"""Reads saved views: those over a list, and those of one person."""

from sqlalchemy import func, or_, select

from app.auth.models import User
from app.db.base import session
from app.desk.models_views import SavedView
from app.kernel.errors import NotFound


class ViewUnknown(NotFound):
    """There is no such view, or somebody removed it."""


def get_view(view_id: int) -> SavedView:
    view = session().get(SavedView, view_id)
    if view is None:
        raise ViewUnknown
    return view


def list_views_over(place: str, user_id: int) -> list[SavedView]:
    """What one person sees over a list: the own views and the shared ones."""
    visible = or_(SavedView.user_id == user_id, SavedView.is_shared)
    statement = select(SavedView).where(SavedView.place == place, visible)
    return list(session().scalars(statement.order_by(SavedView.name, SavedView.id)))


def list_views_for(user_id: int, places: list[str]) -> list[tuple[SavedView, str]]:
    """The own views and those that others share over these lists, each with its owner's name."""
    visible = or_(SavedView.user_id == user_id, SavedView.is_shared)
    statement = (
        select(SavedView, User)
        .join(User, User.id == SavedView.user_id)
        .where(SavedView.place.in_(places), visible)
        .order_by(SavedView.place, SavedView.name, SavedView.id)
    )
    return [(view, owner.display_name) for view, owner in session().execute(statement)]


def find_start(user_id: int) -> SavedView | None:
    """The view a person begins with."""
    return session().scalars(select(SavedView).where(SavedView.user_id == user_id, SavedView.is_start)).first()


def find_named(user_id: int, place: str, name: str) -> SavedView | None:
    named = SavedView.user_id == user_id, SavedView.place == place, SavedView.name == name
    return session().scalars(select(SavedView).where(*named)).first()


def count_views_of(user_id: int) -> int:
    return session().scalar(select(func.count()).where(SavedView.user_id == user_id)) or 0
