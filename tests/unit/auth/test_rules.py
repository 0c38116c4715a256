"""The role and permission table says what it should, and the documentation says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.auth.rules import ROLE_LABELS, ROLE_PERMISSIONS, Permission, Role, list_roles_with, may
from app.auth.rules_page import render_roles
from app.web.navigation import GROUPS

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_documentation_is_the_table():
    assert (DOCS / "roles.md").read_text("utf-8") == render_roles()


def test_every_role_has_a_label_and_permissions():
    assert set(ROLE_LABELS) == set(ROLE_PERMISSIONS) == set(Role)


def test_somebody_may_do_everything_that_can_be_done():
    assert all(list_roles_with(permission) for permission in Permission)


def test_whoever_may_change_something_may_see_it():
    for role, permissions in ROLE_PERMISSIONS.items():
        for permission in permissions:
            area = permission.value.partition(".")[0]
            view = f"{area}.view"
            if view in set(Permission):
                assert may(role, view), (role, permission)


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("clerk", "deals.decide", True), ("clerk", "invoices.draft", True), ("clerk", "invoices.issue", False),
        ("clerk", "payments.record", False), ("clerk", "users.manage", False),
        ("member", "tasks.work", True), ("member", "customers.view", False), ("member", "invoices.view", False),
        ("member", "reports.view", False), ("member", "deals.view", False),
        ("finance", "invoices.issue", True), ("finance", "payments.undo", True), ("finance", "followup.send", True),
        ("finance", "orders.cancel", False), ("finance", "settings.edit", False),
        ("manager", "reports.subscribe", True), ("manager", "orders.cancel", True),
        ("manager", "invoices.issue", False),
        ("manager", "payments.record", False), ("manager", "settings.edit", False), ("manager", "users.manage", False),
        ("admin", "users.manage", True), ("admin", "settings.edit", True),
    ],
)  # fmt: skip
def test_the_table_says(role, permission, allowed):
    assert may(role, permission) is allowed


@pytest.mark.parametrize(
    ("role", "permission"), [("emperor", "deals.view"), ("", ""), ("admin", "deals.burn"), ("ADMIN", "deals.view")]
)
def test_words_that_are_no_role_or_permission_allow_nothing(role, permission):
    assert may(role, permission) is False


def test_only_administrators_look_after_people_and_settings():
    assert list_roles_with(Permission.USERS_MANAGE) == list_roles_with(Permission.SETTINGS_EDIT) == [Role.ADMIN]


def test_the_navigation_asks_for_permissions_that_exist():
    words = {place.permission for group in GROUPS for place in group.places} - {""}
    assert words <= {permission.value for permission in Permission}
