"""Signing in and out, as a browser without JavaScript does it."""

from __future__ import annotations

import re

from tests.factories import PASSWORD, make_user, send_csrf_token, sign_in


def test_the_right_password_signs_in_and_leads_to_the_wanted_page(client):
    make_user(client.application, "clerk", email="ada@tillpaid.test")
    send_csrf_token(client)
    answer = client.post("/login?next=/me", data={"email": "ADA@tillpaid.test ", "password": PASSWORD, "next": "/me"})
    assert (answer.status_code, answer.location) == (302, "/me")
    assert client.get("/me").status_code == 200


def test_a_wrong_password_says_the_same_as_an_unknown_address(client):
    make_user(client.application, email="ada@tillpaid.test")
    send_csrf_token(client)
    wrong = client.post("/login", data={"email": "ada@tillpaid.test", "password": "not it at all"})
    unknown = client.post("/login", data={"email": "eve@tillpaid.test", "password": "not it at all"})
    assert wrong.status_code == unknown.status_code == 422
    assert "do not belong together" in wrong.text
    plain = [re.sub(r'value="[^"]*"', "", page.text) for page in (wrong, unknown)]
    assert plain[0] == plain[1]


def test_a_session_opens_the_account_page(client):
    sign_in(client, "member")
    assert client.get("/me").status_code == 200
