"""The way around shows each role what it may open, with what waits there, and where one is."""

from __future__ import annotations

import re

import pytest
from flask import g

from app.web import navigation
from app.web.navigation import GROUPS, Group, Place, list_navigation, register_count
from tests.factories import sign_in

LABELS = {
    "clerk": {"Today", "Deals", "Orders", "Exceptions", "My tasks", "Customers", "Invoices"},
    "member": {"Today", "Orders", "Exceptions", "My tasks"},
    "finance": {"Today", "Deals", "Orders", "Exceptions", "My tasks", "Customers", "Invoices", "Overdue", "Payments",
                "Cash desk", "Closing", "Daily report", "Outbox", "Health"},
    "manager": {"Today", "Deals", "Orders", "Exceptions", "My tasks", "Customers", "Invoices", "Overdue", "Payments",
                "Cash desk", "Closing", "Daily report", "Outbox", "Health", "Settings"},
    "admin": {place.label for group in GROUPS for place in group.places},
}  # fmt: skip


@pytest.mark.parametrize("role", LABELS)
def test_each_role_sees_its_entries(client, role):
    sign_in(client, role)
    nav = re.search(r'<nav [^>]*aria-label="Main".*?</nav>', client.get("/me").text, re.DOTALL).group()
    there = {
        place.label for group in GROUPS for place in group.places if place.endpoint in client.application.view_functions
    }
    shown = {label for label in there if re.search(rf">\s*(?:<svg.*?</svg>)?{re.escape(label)}\s*<", nav)}
    assert shown == LABELS[role] & there


def test_a_stranger_sees_no_way_around(client):
    with client.application.test_request_context("/login"):
        assert list_navigation() == []


@pytest.fixture
def shown(app, client, monkeypatch):
    """The navigation of two entries; with a client, so that each page has a context of its own."""
    places = (Place("Account", "auth.me", "", "user"), Place("People", "auth.users", "users.manage", "users"))
    monkeypatch.setattr(navigation, "GROUPS", (Group("Own", places), Group("None", (Place("Gone", "no.where"),))))
    monkeypatch.setitem(app.extensions, "tillpaid_counts", {})

    def show(path="/", *, may=lambda _permission: True):
        with app.test_request_context(path):
            g.may = may
            return list_navigation()

    return show


def test_entries_are_filtered_by_permission_and_empty_groups_are_left_out(shown):
    assert [(group.label, [item.label for item in group.items]) for group in shown()] == [
        ("Own", ["Account", "People"])
    ]
    (group,) = shown(may=lambda permission: permission != "users.manage")
    assert [item.label for item in group.items] == ["Account"]


def test_a_count_stands_beside_its_entry_and_nought_is_not_shown(app, shown):
    register_count(app, "auth.me", lambda: 7, hot=True)
    register_count(app, "auth.users", lambda: 0)
    account, people = shown()[0].items
    assert (account.count, account.hot) == (7, True)
    assert (people.count, people.hot) == (None, False)


def test_a_count_is_asked_once_per_page_and_not_for_what_is_hidden(app, shown):
    asked = []
    register_count(app, "auth.users", lambda: asked.append(1) or 3)
    shown(may=lambda _permission: False)
    assert asked == []
    with app.test_request_context("/"):
        g.may = lambda _permission: True
        list_navigation()
        list_navigation()
    assert asked == [1]


def test_the_entry_of_the_page_is_marked(shown):
    account, people = shown("/settings/users")[0].items
    assert (account.active, people.active) == (False, True)
