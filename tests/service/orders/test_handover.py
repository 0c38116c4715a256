"""An exception handed over: who sees to it, who is told once, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.audit.queries import list_timeline
from app.auth.models import User
from app.auth.rules import ROLE_PERMISSIONS, Permission, Role
from app.auth.services_absence import set_absence
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.texts import TextMissing
from app.orders.queries_exceptions import get_exception
from app.orders.rules_exceptions import Cause
from app.orders.services_exceptions import (
    ExceptionChanged,
    raise_exception,
    reopen_exception,
    resolve_exception,
    suspend_exception,
)
from app.orders.services_handover import (
    DepartmentEmpty,
    ExceptionClosed,
    ReceiverBlind,
    ReceiverMissing,
    SameReceiver,
    hand_over,
)
from app.outbox.models import Message
from tests import factories
from tests.factories import NOW

TODAY = date(2026, 11, 22)


@pytest.fixture
def house(app):
    """A clerk, two members of QA and one of R&D, one who left, and an exception that nobody has."""
    factories.make_company()
    wanted = {"cleo": ("clerk", None), "quin": ("member", "qa"), "quentin": ("member", "qa"), "rita": ("member", "rnd")}
    ids = {
        name: factories.make_user(app, role, email=f"{name}@firm.example", name=name.title(), department_code=of)
        for name, (role, of) in (wanted | {"gone": ("member", "finance")}).items()
    }
    order = factories.make_order()
    with unit_of_work():
        session().get_one(User, ids["gone"]).active = False
        return ids, raise_exception(order.id, Cause.STOCK, "No cable", actor="user:1", now=NOW).id


def hand(house, *, by="cleo", note="Please order one", to="", **changes):
    ids, exception_id = house
    with unit_of_work():
        return hand_over(
            exception_id, note, owner_id=ids.get(to), actor=f"user:{ids[by]}", now=NOW, **changes
        )  # fmt: skip


def mailed():
    found = session().scalars(select(Message).where(Message.kind == "exception.handover").order_by(Message.id))
    return [mail.recipient.partition("@")[0] for mail in found]


def test_each_new_owner_is_told_once_and_the_timeline_says_it(house):
    hand(house, to="rita", version=1)
    hand(house, department_code="qa", version=2)
    hand(house, to="rita", version=3)
    hand(house, to="cleo", version=4)  # of the own doing nobody is told
    assert mailed()[0] == mailed()[3] == "rita"
    assert sorted(mailed()[1:3]) == ["quentin", "quin"]
    assert len(mailed()) == 4
    exception = get_exception(house[1])
    assert (exception.owner_id, exception.department_code, exception.version) == (house[0]["cleo"], None, 5)
    said = [entry.detail for entry in list_timeline(order_id=exception.order_id) if "handed" in entry.action]
    assert [one["receiver"] for one in said] == ["Cleo", "Rita", "QA", "Rita"]
    text = session().scalar(select(Message.body_text).where(Message.kind == "exception.handover"))
    assert "No cable" in text
    assert "Please order one" in text
    assert f"/exceptions/{exception.id}" in text


def test_a_stand_in_is_told_in_the_place_of_who_is_away(house):
    ids, _exception_id = house
    with unit_of_work():
        set_absence(
            ids["rita"], ids["quin"], first_day=TODAY, last_day=TODAY + timedelta(days=3), today=TODAY,
            actor="user:1", now=NOW,
        )  # fmt: skip
    assert hand(house, to="rita").owner_id == ids["rita"]
    assert mailed() == ["quin"]


REFUSED = [
    ({}, ReceiverMissing),
    ({"to": "rita", "department_code": "qa"}, ReceiverMissing),
    ({"to": "gone"}, ReceiverBlind),
    ({"department_code": "finance"}, DepartmentEmpty),
    ({"department_code": "nowhere"}, DepartmentEmpty),
    ({"to": "rita", "note": " "}, TextMissing),
    ({"to": "rita", "version": 9}, ExceptionChanged),
]


def test_what_cannot_be_handed_over_is_refused_and_nobody_is_told(house, monkeypatch):
    for changes, kind in REFUSED:
        with pytest.raises(kind):
            hand(house, **changes)
    blind = ROLE_PERMISSIONS[Role.MEMBER] - {Permission.ORDERS_VIEW}
    with monkeypatch.context() as patch:
        patch.setitem(ROLE_PERMISSIONS, Role.MEMBER, blind)
        with pytest.raises(ReceiverBlind):
            hand(house, to="rita")
    hand(house, department_code="qa")
    with pytest.raises(SameReceiver):
        hand(house, department_code="qa")
    assert len(mailed()) == 2


def test_one_put_aside_is_handed_over_and_one_resolved_is_not(house):
    stamp = {"actor": "user:1", "now": NOW}
    with unit_of_work():
        suspend_exception(house[1], TODAY + timedelta(days=2), **stamp)
    assert hand(house, to="rita").suspended_until == TODAY + timedelta(days=2)
    with unit_of_work():
        resolve_exception(house[1], "Bought one", **stamp)
    with pytest.raises(ExceptionClosed):
        hand(house, to="quin")
    with unit_of_work():
        reopen_exception(house[1], "The wrong one", **stamp)
    hand(house, to="quin")
    assert mailed() == ["rita", "quin"]
