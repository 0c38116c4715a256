"""Saved views: who keeps, changes and removes them, and the one somebody begins with."""

from __future__ import annotations

import pytest

from app.audit.models import AuditEntry
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.desk import rules_views, services_views
from app.desk.queries_views import ViewUnknown, find_start, list_views_over
from app.desk.services_views import NameTaken, NotYourView, TooManyViews
from app.kernel.errors import BadInput
from tests.factories import NOW, make_user


@pytest.fixture
def ada(app):
    return make_user(app, "clerk")


@pytest.fixture
def bob(app):
    return make_user(app, "clerk")


def save(user_id, name="Late", place="orders", query="view=late", *, is_shared=False, is_start=False):
    with unit_of_work():
        return services_views.save_view(
            place,
            name,
            query,
            user_id=user_id,
            is_shared=is_shared,
            is_start=is_start,
            actor=f"user:{user_id}",
            now=NOW,
        ).id


def change(view_id, user_id, name="Late", *, is_shared=False, is_start=False):
    with unit_of_work():
        services_views.change_view(
            view_id, name, user_id=user_id, is_shared=is_shared, is_start=is_start, actor=f"user:{user_id}", now=NOW
        )


def remove(view_id, user_id, *, may_remove_shared=False):
    with unit_of_work():
        services_views.remove_view(
            view_id, user_id=user_id, may_remove_shared=may_remove_shared, actor=f"user:{user_id}", now=NOW
        )


def names(user_id):
    return [view.name for view in list_views_over("orders", user_id)]


def test_a_view_is_seen_by_its_owner_and_when_shared_by_all(ada, bob):
    view_id = save(ada)
    assert (names(ada), names(bob)) == (["Late"], [])
    change(view_id, ada, "Too late", is_shared=True)
    assert (names(ada), names(bob)) == (["Too late"], ["Too late"])
    remove(view_id, ada)
    assert (names(ada), names(bob)) == ([], [])
    trail = session().query(AuditEntry).filter_by(object_kind="saved_view").order_by(AuditEntry.id)
    actions = [entry.action for entry in trail]
    assert actions == ["view.saved", "view.changed", "view.removed"]


def test_a_name_stands_once_over_a_list_of_a_person(ada, bob):
    save(ada)
    other = save(ada, "Other")
    for try_it in (lambda: save(ada, " Late "), lambda: change(other, ada, "Late")):
        with pytest.raises(NameTaken):
            try_it()
    save(bob)
    save(ada, place="tasks", query="view=mine")


NO_NAMES = ["", "  ", "x" * 61, "a\x07b"]


def test_a_name_that_is_none_is_refused(ada):
    for name in NO_NAMES:
        with pytest.raises(BadInput):
            save(ada, name)


def test_only_the_owner_changes_and_an_administrator_removes_what_is_shared(ada, bob):
    own, shared = save(ada), save(ada, "Shared", is_shared=True)
    with pytest.raises(NotYourView):
        change(shared, bob)
    for view_id, may_remove_shared in ((own, False), (own, True), (shared, False)):
        with pytest.raises(NotYourView):
            remove(view_id, bob, may_remove_shared=may_remove_shared)
    remove(shared, bob, may_remove_shared=True)
    with pytest.raises(ViewUnknown):
        remove(shared, ada)
    assert names(ada) == ["Late"]


def test_somebody_begins_with_one_view_only(ada, bob):
    first, second = save(ada, is_start=True), save(ada, "Second", is_start=True)
    save(bob, is_start=True)
    assert find_start(ada).id == second
    change(first, ada, is_start=True)
    session().expire_all()
    assert find_start(ada).id == first


def test_somebody_keeps_so_many_and_no_more(ada, bob, monkeypatch):
    monkeypatch.setattr(services_views, "MOST_VIEWS", 2)
    assert rules_views.MOST_VIEWS == 50
    save(ada, "1")
    save(ada, "2")
    with pytest.raises(TooManyViews):
        save(ada, "3")
    save(bob, "1")
