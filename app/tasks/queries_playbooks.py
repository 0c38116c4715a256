"""Reads playbooks with their versions, and which version an order was planned from."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.auth.models import User
from app.auth.rules import Permission, may
from app.db.base import session
from app.kernel.errors import NotFound
from app.tasks.models_playbooks import OrderPlan, Playbook, PlaybookVersion
from app.tasks.rules import STANDARD
from app.tasks.rules_playbooks import Colleague


class PlaybookMissing(NotFound):
    """There is no playbook yet. Set up the company first."""


class PlaybookUnknown(NotFound):
    """There is no such playbook."""


class VersionUnknown(NotFound):
    """There is no such version of this playbook."""


def get_playbook(order_type: str) -> Playbook:
    found = session().get(Playbook, order_type)
    if found is None:
        raise PlaybookUnknown
    return found


def list_all_playbooks() -> list[Playbook]:
    """Those that plan orders, drafts and retired ones."""
    return list(session().scalars(select(Playbook).order_by(Playbook.is_active.desc(), Playbook.name)))


def get_version(order_type: str, number: int) -> PlaybookVersion:
    chosen = select(PlaybookVersion).where(PlaybookVersion.order_type == order_type, PlaybookVersion.number == number)
    found = session().scalars(chosen).one_or_none()
    if found is None:
        raise VersionUnknown
    return found


def newest_number(order_type: str) -> int:
    """The number of the version saved last."""
    newest = select(func.max(PlaybookVersion.number)).where(PlaybookVersion.order_type == order_type)
    return int(session().scalar(newest) or 0)


def newest_numbers() -> dict[str, int]:
    """The same for every playbook."""
    newest = select(PlaybookVersion.order_type, func.max(PlaybookVersion.number))
    rows = session().execute(newest.group_by(PlaybookVersion.order_type))
    return {order_type: int(number) for order_type, number in rows}


def list_versions(order_type: str, *, limit: int = 100) -> Sequence[PlaybookVersion]:
    """The versions of a playbook, the newest first."""
    chosen = select(PlaybookVersion).where(PlaybookVersion.order_type == order_type)
    return session().scalars(chosen.order_by(PlaybookVersion.number.desc()).limit(limit)).all()


def list_live_versions() -> dict[str, PlaybookVersion]:
    """The live version of each playbook that has one."""
    live = (Playbook.order_type == PlaybookVersion.order_type) & (Playbook.live_number == PlaybookVersion.number)
    return {found.order_type: found for found in session().scalars(select(PlaybookVersion).join(Playbook, live))}


def find_live_version(order_type: str) -> PlaybookVersion:
    """What plans an order of this type: its playbook, the standard one when there is none or it is retired."""
    for wanted in (order_type, STANDARD):
        playbook = session().get(Playbook, wanted)
        if playbook is not None and playbook.is_active and playbook.live_number is not None:
            return get_version(wanted, playbook.live_number)
    raise PlaybookMissing


def find_plan_of(order_id: int) -> PlaybookVersion | None:
    """The version an order was planned from."""
    chosen = select(PlaybookVersion).join(OrderPlan, OrderPlan.playbook_version_id == PlaybookVersion.id)
    return session().scalars(chosen.where(OrderPlan.order_id == order_id)).one_or_none()


def list_colleagues() -> dict[int, Colleague]:
    """Who works here now, by id."""
    rows = session().execute(
        select(User.id, User.name, User.email, User.role, User.department_code)
        .where(User.active.is_(True))
        .order_by(User.name)
    )
    return {
        row.id: Colleague(row.name or row.email, row.department_code or "", may(row.role, Permission.TASKS_VIEW_ALL))
        for row in rows
    }
