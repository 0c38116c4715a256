"""No change without the token of the page and the word of the browser; every answer carries the headers."""

from __future__ import annotations

import pytest

from app.web.headers import CONTENT_POLICY
from app.web.origin import is_own, origin_of
from app.web.setup import list_trusted_hosts
from config import Settings
from tests.factories import make_user, send_csrf_token, sign_in

OWN = {"http://tillpaid.test:80"}


@pytest.mark.parametrize(
    ("fetch_site", "origin", "own"),
    [
        (None, None, True),
        ("same-origin", "http://tillpaid.test", True),
        ("none", None, True),
        (None, "http://tillpaid.test", True),
        (None, "http://tillpaid.test:80", True),
        (None, "HTTP://TILLPAID.TEST", True),
        ("cross-site", None, False),
        ("same-site", None, False),
        ("cross-site", "http://tillpaid.test", False),
        ("same-origin", "http://evil.example", False),
        (None, "https://tillpaid.test", False),
        (None, "http://tillpaid.test:8080", False),
        (None, "http://tillpaid.test.evil.example", False),
        (None, "null", False),
        (None, "", False),
        (None, "http://[broken", False),
        (None, "http://x:99999", False),
    ],
)
def test_a_browser_says_where_a_request_comes_from(fetch_site, origin, own):
    assert is_own(fetch_site, origin, OWN) is own


def test_an_origin_has_one_spelling():
    assert origin_of("https://Example.com/path") == origin_of("https://example.com:443") == "https://example.com:443"


@pytest.fixture
def member(client):
    sign_in(client, "member")
    return client


def test_the_token_of_the_page_lets_a_change_through(member):
    assert member.post("/me", data={"name": "Ada"}).status_code == 302


def test_without_the_check_the_same_request_would_go_through(member):
    """The refusals below are the check's own doing."""
    member.application.config["WTF_CSRF_ENABLED"] = False
    assert member.post("/me", data={"name": "Ada"}, headers={"X-CSRFToken": ""}).status_code == 302


def other_token(app):
    browser = app.test_client()
    sign_in(browser, "member")
    return browser.environ_base["HTTP_X_CSRFTOKEN"]


@pytest.mark.parametrize("token", ["", "forged", "of somebody else"])
def test_no_wrong_or_borrowed_token_is_taken(member, token):
    token = other_token(member.application) if token == "of somebody else" else token
    answer = member.post("/me", data={"name": "Eve"}, headers={"X-CSRFToken": token})
    assert answer.status_code == 400
    assert "out of date" in answer.text
    assert "Eve" not in member.get("/me").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://tillpaid.test", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_elsewhere_changes_nothing_even_with_the_token(member, headers):
    answer = member.post("/me", data={"name": "Eve"}, headers=headers)
    assert answer.status_code == 400
    assert "another site" in answer.text
    assert "Eve" not in member.get("/me").text


def test_reading_from_elsewhere_is_a_link_and_fine(member):
    assert member.get("/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


# --- headers --------------------------------------------------------------------------------------------------------

ANSWERS = [
    ("GET", "/me", 200), ("GET", "/settings/users", 403), ("GET", "/nowhere", 404), ("POST", "/me", 302),
    ("GET", "/healthz", 200), ("GET", "/logout", 405), ("GET", "/static/css/base.css", 200), ("GET", "/static/x", 404),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_carries_the_headers(member, method, path, status):
    answer = member.open(path, method=method, data={"name": "Ada"} if method == "POST" else None)
    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["X-Request-Id"]
    assert "Strict-Transport-Security" not in answer.headers
    if not path.startswith("/static/css"):
        assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1


def test_the_policy_allows_nothing_inline_and_no_frame():
    assert "unsafe" not in CONTENT_POLICY
    for part in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ):
        assert part in CONTENT_POLICY


def read_cookie(client):
    send_csrf_token(client)
    answer = client.get("/login")
    answer = client.post("/login", data={"email": "ada@tillpaid.test", "password": "x"})
    return next(line for line in answer.headers.getlist("Set-Cookie") if "session=" in line)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    make_user(client.application, email="ada@tillpaid.test", password="seven ducks over the harbour")
    send_csrf_token(client)
    answer = client.post("/login", data={"email": "ada@tillpaid.test", "password": "seven ducks over the harbour"})
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


PRODUCTION = {
    "tillpaid_env": "production",
    "secret_key": "x" * 64,
    "public_base_url": "https://tillpaid.example.com",
    "smtp_url": "smtp://mail.example.com:25",
}


@pytest.fixture
def production(make_app):
    app = make_app(**PRODUCTION)
    make_user(app, email="ada@tillpaid.test", password="seven ducks over the harbour")
    browser = app.test_client()
    browser.environ_base["wsgi.url_scheme"] = "https"
    browser.environ_base["HTTP_HOST"] = "tillpaid.example.com"
    return browser


def test_in_production_the_cookie_belongs_to_this_host_and_to_https(production):
    import re

    page = production.get("/login", base_url="https://tillpaid.example.com")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text).group(1)
    answer = production.post(
        "/login",
        data={"email": "ada@tillpaid.test", "password": "seven ducks over the harbour", "csrf_token": token},
        base_url="https://tillpaid.example.com",
        headers={"Referer": "https://tillpaid.example.com/login", "Origin": "https://tillpaid.example.com"},
    )
    assert answer.status_code == 302
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "Path=/" in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert production.get("/me", base_url="https://tillpaid.example.com").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "tillpaid.example.com.evil.example", "localhost", "127.0.0.1", "a b", ""]
)
def test_in_production_only_the_public_name_is_answered(production, host):
    answer = production.get("/login", base_url="https://tillpaid.example.com", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@pytest.mark.parametrize("host", ["10.0.0.7:8000", "evil.example"])
def test_in_production_a_probe_may_ask_after_our_health_by_address(production, host):
    answer = production.get("/healthz", base_url="http://tillpaid.example.com", headers={"Host": host})
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_the_names_that_are_answered_come_from_the_settings():
    assert list_trusted_hosts(Settings.model_validate(PRODUCTION)) == ["tillpaid.example.com"]
    development = Settings.model_validate({"public_base_url": "http://10.0.0.5:8000"})
    assert list_trusted_hosts(development) == ["10.0.0.5", "localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(("hops", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_a_proxy_is_believed_as_often_as_the_settings_say(make_app, hops, address):
    app = make_app(proxy_hops=hops)
    make_user(app)
    seen = []
    app.before_request(lambda: seen.append(__import__("flask").request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert seen == [address]
