"""People are added, changed and disabled on both engines; somebody can always administer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from app.auth import services
from app.auth.models import User, UserSession
from app.auth.queries import count_live_sessions, find_user, get_user, has_users, list_users
from app.auth.rules import Role
from app.auth.rules_passwords import WeakPassword
from app.auth.services_sessions import begin_session
from app.db.base import db, session
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.kernel.errors import BadInput, Conflict, NotFound
from tests.factories import PASSWORD, make_user

ACTOR = "user:99"


def add(now, email="ada@tillpaid.test", role="clerk", **more):
    with unit_of_work():
        return services.add_user(email, role, actor=ACTOR, now=now, **more)


def test_a_person_is_added_with_a_generated_password(app, now):
    user, password = add(now, " Ada@Tillpaid.TEST ", name=" Ada ")
    assert (user.email, user.name, user.role, user.active) == ("ada@tillpaid.test", "Ada", Role.CLERK, True)
    assert len(password) == 19
    assert user.verify_and_update_password(password)
    assert not user.verify_and_update_password(password + "x")


def test_passwords_are_kept_as_argon2id_of_19_mebibytes(app, now):
    user, _ = add(now, password=PASSWORD)
    assert user.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_generated_passwords_differ_and_are_good_enough(app):
    made = {services.generate_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(set(password)) >= 4 for password in made)


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@x.test", "a b@x.test", "ada@x.test\nbcc: eve@x.test", "a@b@c"])
def test_what_is_no_address_is_refused(app, now, email):
    with pytest.raises(services.EmailUnreadable):
        add(now, email)


def test_an_address_belongs_to_one_person_whatever_its_case(app, now):
    add(now)
    with pytest.raises(services.EmailTaken):
        add(now, "ADA@tillpaid.test")


def test_a_weak_password_is_refused_at_its_field(app, now):
    with pytest.raises(WeakPassword) as refusal:
        add(now, password="password1234")
    assert refusal.value.field == "password"
    assert not has_users()


@pytest.mark.parametrize("role", ["emperor", "", "ADMIN"])
def test_what_is_no_role_is_refused(app, now, role):
    with pytest.raises(services.UnknownRole):
        add(now, role=role)


def test_a_missing_person_is_not_found(app):
    with pytest.raises(NotFound):
        get_user(99)


def change(user, now, *, version=None, **more):
    facts = {"name": user.name, "role": user.role, "department_code": user.department_code, **more}
    with unit_of_work():
        return services.change_user(user.id, version=version or user.version, actor=ACTOR, now=now, **facts)


def test_a_stale_change_is_refused(app, now):
    user, _ = add(now)
    change(user, now, name="First")
    with pytest.raises(Conflict):
        change(user, now, version=1, name="Second")
    assert get_user(user.id).name == "First"


def test_an_unchanged_change_leaves_no_trace(app, now):
    user, _ = add(now)
    assert change(user, now).version == 1


def open_session(user, now):
    with unit_of_work():
        begin_session(get_user(user.id), address="203.0.113.7", device="Test", via="test", now=now)


def test_a_new_role_ends_sessions_and_a_new_name_does_not(app, now):
    user, _ = add(now)
    open_session(user, now)
    change(user, now, name="Ada")
    assert count_live_sessions(now) == {user.id: 1}
    change(user, now, role="finance")
    assert count_live_sessions(now) == {}


def test_the_last_administrator_can_neither_leave_nor_be_disabled(app, now):
    admin, _ = add(now, "root@tillpaid.test", "admin")
    with pytest.raises(services.LastAdmin):
        change(admin, now, role="manager")
    with pytest.raises(services.LastAdmin), unit_of_work():
        services.disable_user(admin.id, actor="user:99", now=now)


def test_nobody_disables_themselves(app, now):
    admin, _ = add(now, "root@tillpaid.test", "admin")
    add(now, "second@tillpaid.test", "admin")
    with pytest.raises(services.NotYourself), unit_of_work():
        services.disable_user(admin.id, actor=admin.actor, now=now)


def test_a_disabled_person_gets_no_link(app, now):
    user, _ = add(now)
    add(now, "root@tillpaid.test", "admin")
    with unit_of_work():
        services.disable_user(user.id, actor=ACTOR, now=now)
    with pytest.raises(services.Disabled), unit_of_work():
        services.send_reset_link(user.id, actor=ACTOR, now=now)


def test_a_new_password_makes_links_and_sessions_of_before_worthless(app, now):
    user, _ = add(now, password=PASSWORD)
    before = user.fs_uniquifier
    open_session(user, now)
    with unit_of_work():
        services.replace_password(user.id, actor=ACTOR, now=now)
    assert get_user(user.id).fs_uniquifier != before
    assert session().scalars(select(UserSession.ended_by)).all() == [ACTOR]


def test_the_first_administrator_is_made_once(app, now):
    with unit_of_work():
        services.add_first_admin("root@tillpaid.test", name="Root", password=PASSWORD, now=now)
    with pytest.raises(services.AlreadySetUp), unit_of_work():
        services.add_first_admin("other@tillpaid.test", name="Other", password=PASSWORD, now=now)


def run_together(app, *works):
    """Each in a thread with its own session, all starting at once; exceptions are the result."""
    start = Barrier(len(works))

    def run(work):
        with app.app_context():
            start.wait()
            try:
                return in_unit_of_work(work)
            except Exception as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_who_arrive_at_the_first_run_page_at_once_make_one_administrator(app, now):
    results = run_together(
        app,
        *(
            lambda n=n: services.add_first_admin(f"a{n}@tillpaid.test", name="A", password=PASSWORD, now=now).id
            for n in range(4)
        ),
    )
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, services.AlreadySetUp) for result in results) == 3


def test_two_last_administrators_cannot_disable_each_other_at_once(app, now):
    first, second = make_user(app, "admin"), make_user(app, "admin")
    session().rollback()
    results = run_together(
        app,
        lambda: services.disable_user(second, actor=f"user:{first}", now=now).id,
        lambda: services.disable_user(first, actor=f"user:{second}", now=now).id,
    )
    active = [user for user in list_users() if user.active and user.role is Role.ADMIN]
    assert len(active) == 1
    assert sum(isinstance(result, services.LastAdmin) for result in results) == 1


def test_people_are_found_by_address_and_listed_active_first(app, now):
    add(now, "b@tillpaid.test", name="Bea")
    add(now, "a@tillpaid.test", name="Abe")
    add(now, "root@tillpaid.test", "admin", name="Zed")
    with unit_of_work():
        services.disable_user(find_user("A@tillpaid.test ").id, actor=ACTOR, now=now)
    assert [user.name for user in list_users()] == ["Bea", "Zed", "Abe"]


def test_a_name_and_a_department_are_optional(app, now):
    user, _ = add(now, department_code="")
    assert (user.name, user.department_code, user.display_name) == ("", None, "ada")
    with pytest.raises(BadInput):
        add(now, "x@tillpaid.test", name="x" * 121)
    assert session().scalar(select(User.id).where(User.email == "x@tillpaid.test")) is None
