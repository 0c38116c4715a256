"""Every route against every role: strangers go to the sign-in, the wrong role is refused, the right one gets in."""

from __future__ import annotations

import pytest
from werkzeug.routing import AnyConverter

from app.auth import guards
from app.auth.rules import ROLE_PERMISSIONS, Permission, Role, may
from app.auth.views_users import person
from tests.factories import make_user, send_csrf_token, sign_in

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def list_cells(app):
    """Endpoint, method and an address of each route, with ids of nothing."""
    for rule in app.url_map.iter_rules():
        values = {name: _value(converter) for name, converter in rule._converters.items()}
        with app.test_request_context():
            url = app.url_for(rule.endpoint, **values)
        for method in METHODS:
            if method in (rule.methods or ()):
                yield rule.endpoint, method, url


def _value(converter):
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 424242 if type(converter).__name__ == "RowId" else "2026-11-22"


def test_strangers_are_sent_to_sign_in_everywhere(client):
    app = client.application
    make_user(app, "clerk")
    send_csrf_token(client)
    seen = 0
    for endpoint, method, url in list_cells(app):
        if guards.find_guard(app, endpoint).is_public:
            continue
        answer = client.open(url, method=method)
        assert answer.status_code == 302, (endpoint, method, answer.status_code)
        assert answer.location.startswith("/login"), (endpoint, answer.location)
        seen += 1
    assert seen > 10


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_in_where_the_table_says_and_nowhere_else(client, role):
    app = client.application
    app.config["PROPAGATE_EXCEPTIONS"] = False
    sign_in(client, role)
    allowed = refused = 0
    for endpoint, method, url in list_cells(app):
        rule = guards.find_guard(app, endpoint)
        if rule.is_public or not rule.permissions:
            continue
        answer = client.open(url, method=method)
        if any(may(role, permission) for permission in rule.permissions):
            assert answer.status_code not in {401, 403}, (endpoint, method, answer.status_code)
            allowed += 1
        else:
            assert answer.status_code == 403, (endpoint, method, answer.status_code)
            assert rule.permissions[0].value in answer.text
            refused += 1
    assert allowed + refused > 10
    assert (refused == 0) is (role is Role.ADMIN)


def test_without_its_guard_a_route_would_let_everybody_in(client, monkeypatch):
    """The 403 above is the guard's own doing."""
    app = client.application
    sign_in(client, "clerk")
    assert client.get("/settings/users/424242").status_code == 403
    monkeypatch.setattr(app.view_functions["auth.person"], "tillpaid_guard", guards.SIGNED_IN)
    assert person.tillpaid_guard is guards.SIGNED_IN
    assert client.get("/settings/users/424242").status_code == 404


def test_an_endpoint_that_lost_its_guard_is_closed_and_not_open(client, monkeypatch):
    app = client.application
    app.config["PROPAGATE_EXCEPTIONS"] = False
    sign_in(client, "admin")
    monkeypatch.delattr(app.view_functions["auth.users"], "tillpaid_guard")
    assert client.get("/settings/users").status_code == 500


def test_every_permission_of_the_table_is_known_to_the_navigation_or_a_route(client):
    """Once the wings have their pages, a permission that guards nothing is a mistake; until then this counts them."""
    guarded = {
        permission
        for rule in client.application.url_map.iter_rules()
        for permission in guards.find_guard(client.application, rule.endpoint).permissions
    }
    assert guarded <= set(Permission)
    assert Permission.USERS_MANAGE in guarded


@pytest.mark.parametrize("role", Role)
def test_the_frame_shows_what_the_role_may_open(client, role):
    sign_in(client, role)
    page = client.get("/me").text
    for path, permission in [("/outbox", "outbox.view"), ("/deals/", "deals.view"), ("/payments/", "payments.view")]:
        if f'href="{path}"' in page:
            assert Permission(permission) in ROLE_PERMISSIONS[role]
