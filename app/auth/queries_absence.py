"""Reads who is away on a day, who stands in for whom, and who gets somebody's notices."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select

from app.auth.models import User
from app.auth.models_absence import Absence
from app.db.base import session

MOST_HOPS = 5


def list_absences(user_id: int, today: date) -> Sequence[Absence]:
    """The absences of a person that are not over, the next one first."""
    chosen = select(Absence).where(Absence.user_id == user_id, Absence.last_day >= today)
    return session().scalars(chosen.order_by(Absence.first_day, Absence.id)).all()


def list_present_absences(today: date) -> dict[int, date]:
    """Who is away today, with the last day of it."""
    rows = session().execute(
        select(Absence.user_id, Absence.last_day).where(Absence.first_day <= today, Absence.last_day >= today)
    )
    return {row.user_id: row.last_day for row in rows}


def list_covered(user_id: int, today: date) -> list[User]:
    """Everybody for whom this person stands in today, also where their own stand-in is away too."""
    stand_ins = _stand_ins(today)
    covered = [away for away in stand_ins if _follow(away, stand_ins) == user_id]
    found = session().scalars(select(User).where(User.id.in_(covered)).order_by(User.id)) if covered else ()
    return list(found)


def find_stand_ins(user_ids: Iterable[int], today: date) -> dict[int, int]:
    """For those of the people who are away today: who gets what is meant for them."""
    stand_ins = _stand_ins(today)
    found = {user_id: _follow(user_id, stand_ins) for user_id in user_ids if user_id in stand_ins}
    return {away: stand_in for away, stand_in in found.items() if stand_in != away}


def _stand_ins(today: date) -> dict[int, int]:
    """Who stands in for whom today, as it was agreed; people who do not work here any more stand in for nobody."""
    rows = session().execute(
        select(Absence.user_id, Absence.stand_in_id)
        .join(User, User.id == Absence.stand_in_id)
        .where(Absence.first_day <= today, Absence.last_day >= today, User.active.is_(True))
    )
    return {row.user_id: row.stand_in_id for row in rows}


def _follow(user_id: int, stand_ins: dict[int, int]) -> int:
    """The first in the chain who is here; the person itself when the chain leads back or is too long."""
    here = user_id
    for _ in range(MOST_HOPS):
        if here not in stand_ins:
            return here
        here = stand_ins[here]
        if here == user_id:
            break
    return user_id
