"""Hands an exception to somebody else, and tells whoever sees to it from now on."""

from collections.abc import Sequence
from datetime import datetime

from app.auth.queries import get_user
from app.auth.queries_absence import find_stand_ins
from app.company.queries import business_today
from app.kernel.errors import BadInput, RuleError
from app.kernel.texts import clean_block
from app.orders import mails
from app.orders.models_exceptions import OrderException
from app.orders.queries import get_order
from app.orders.queries_exceptions import get_exception
from app.orders.queries_talk import list_mentionable
from app.orders.rules_exceptions import ExceptionState
from app.orders.rules_mentions import Person
from app.orders.services_exceptions import LONGEST_TEXT, ExceptionChanged, record_exception
from app.outbox.services import enqueue
from app.web.lookups import look_up


class ReceiverMissing(BadInput):
    """Choose a person or a department."""


class ReceiverBlind(BadInput):
    """Choose somebody who works here now and may see orders."""


class DepartmentEmpty(BadInput):
    """Nobody works there who may see orders. Choose a person, or another department."""


class SameReceiver(BadInput):
    """They see to it already. Choose somebody else."""


class ExceptionClosed(RuleError):
    """This exception is resolved. Reopen it before you hand it over."""


def hand_over(
    exception_id: int,
    note: str,
    *,
    owner_id: int | None = None,
    department_code: str | None = None,
    version: int | None = None,
    actor: str,
    now: datetime,
) -> OrderException:
    """To a person or a department, each of whom gets one mail. Raises BadInput, ExceptionClosed, ExceptionChanged."""
    note = clean_block(note, "note", label="The note", most=LONGEST_TEXT, required=True)
    exception = get_exception(exception_id, lock=True)
    if version is not None and exception.version != version:
        raise ExceptionChanged
    if exception.state is ExceptionState.RESOLVED:
        raise ExceptionClosed
    name, people = _find_receivers(owner_id, department_code)
    if (exception.owner_id, exception.department_code) == (owner_id, department_code):
        raise SameReceiver(field="owner")
    exception.owner_id, exception.department_code = owner_id, department_code
    exception.version += 1
    record_exception("handed_over", exception, actor=actor, now=now, receiver=name, note=note)
    _tell(exception, people, note, actor=actor, now=now)
    return exception


def _find_receivers(owner_id: int | None, department_code: str | None) -> tuple[str, list[Person]]:
    """What to call whoever gets it, and the people behind it."""
    if (owner_id is None) == (department_code is None):
        raise ReceiverMissing(field="owner")
    if department_code is not None:
        found = list_mentionable(department_code)
        if not found:
            raise DepartmentEmpty(field="owner")
        return dict(look_up("departments", [])).get(department_code, department_code), found
    found = [person for person in list_mentionable() if person.id == owner_id]
    if not found:
        raise ReceiverBlind(field="owner")
    return found[0].name, found


def _tell(exception: OrderException, people: Sequence[Person], note: str, *, actor: str, now: datetime) -> None:
    """One mail each; stand-ins get those of who is away, and nobody is told of the own doing."""
    away = find_stand_ins([person.id for person in people], business_today(now))
    colleagues = {person.id: person for person in list_mentionable()} if away else {}
    receivers = dict.fromkeys(colleagues.get(away.get(person.id, 0), person) for person in people)
    order, author = get_order(exception.order_id), _name(actor)
    for person in receivers:
        if f"user:{person.id}" != actor:
            enqueue(mails.build_handover(exception, order, person, author=author, note=note), now=now)


def _name(actor: str) -> str:
    user_id = actor.removeprefix("user:")
    return get_user(int(user_id)).display_name if user_id.isdigit() else "Somebody"
