"""Pages of comments, files, mentions, exceptions and the backlog."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from app.db.base import session
from app.orders.models_talk import OrderMention
from tests import factories
from tests.factories import NOW, make_user, sign_in

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "clerk")
    return client


def post(client, path, **fields):
    return client.post(path, data=fields, follow_redirects=True)


def test_a_comment_is_shown_as_plain_text_and_tells_of_mentions_and_typing_errors(desk):
    make_user(desk.application, "member", email="ben@firm.example", name="Ben Kurz")
    page = post(desk, "/orders/1/comment", text="<script>x</script>\nhttps://evil.example @ben @nobody").text
    assert "&lt;script&gt;x&lt;/script&gt;\nhttps://evil.example @ben" in page
    assert 'href="https://evil.example' not in page
    assert "A mail goes to Ben Kurz." in page
    assert "@nobody is nobody or more than one" in page
    assert "Comment sent to Ben Kurz" in page
    page = post(desk, "/orders/comments/1/withdraw").text
    assert "This comment is withdrawn." in page
    assert "evil.example" not in page


@pytest.mark.parametrize(("text", "status"), [("", 422), ("x" * 5001, 422), ("a\x00b", 400), ("x" * 5000, 200)])
def test_a_comment_that_cannot_be_kept_is_shown_again(desk, text, status):
    assert post(desk, "/orders/1/comment", text=text).status_code == status


def test_opening_a_mention_marks_it_as_read_and_only_for_its_person(desk):
    ben = make_user(desk.application, "member", email="ben@firm.example", name="Ben Kurz")
    post(desk, "/orders/1/comment", text="@ben look")
    assert "Nobody has mentioned you" in desk.get("/orders/mentions").text
    assert desk.post("/orders/mentions/1/open").status_code == 404
    sign_in(desk, user_id=ben)
    assert "Mentions of you" in desk.get("/").text
    assert "<b>1</b> unread" in desk.get("/orders/mentions").text
    answer = desk.post("/orders/mentions/1/open")
    assert answer.location.endswith("/orders/1#comment-1")
    with desk.application.app_context():
        assert session().get_one(OrderMention, 1).read_at == NOW
    assert "Mentions of you" not in desk.get("/").text


def upload(client, content, name="notes.txt"):
    return post(client, "/orders/1/file", file=(io.BytesIO(content), name))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "can run code"),
        ("a.txt", b"<!doctype html><script>x</script>", "can run code"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n.....", "The name says PDF"),
        ("a.bin", b"\x00\x01\x02", "not a file of a kind"),
        ("a.txt", b"", "empty"),
    ],
)
def test_a_file_that_is_not_kept_is_refused_with_the_reason(desk, name, content, said):
    answer = upload(desk, content, name)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_file_is_saved_and_never_shown_and_taken_off_by_whoever_may(desk):
    assert "is on the order" in upload(desk, b"Hello", "n\u00f6tes.txt").text
    answer = desk.get("/orders/files/1")
    assert answer.data == b"Hello"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    sign_in(desk, "member")
    assert desk.post("/orders/files/1/remove").status_code == 403
    assert upload(desk, b"Mine").status_code == 200
    assert "off the list" in post(desk, "/orders/files/2/remove").text
    sign_in(desk, "manager")
    assert "off the list" in post(desk, "/orders/files/1/remove").text
    assert desk.get("/orders/files/1").status_code == 404


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(desk):
    answer = desk.post("/orders/1/file", data=b"", environ_overrides={"CONTENT_LENGTH": "200000000"})
    assert answer.status_code == 413
    assert "larger than" in answer.text


def test_an_exception_is_raised_by_a_member_and_seen_to_by_those_who_run_orders(desk):
    sign_in(desk, "member")
    page = post(desk, "/exceptions/raise?order=1", cause="stock", owner="department:qa", description="No cable")
    assert "The exception is in the queue." in page.text
    assert desk.post("/exceptions/1/resolve", data={"note": "x", "version": "1"}).status_code == 403
    sign_in(desk, "clerk")
    assert "Exceptions on orders" in desk.get("/").text
    assert "No cable" in desk.get("/exceptions?cause=stock").text
    assert "No cable" not in desk.get("/exceptions?who=mine").text
    yesterday, later = ((NOW + timedelta(days=days)).date().isoformat() for days in (-1, 9))
    answer = post(desk, "/exceptions/1/suspend", until=yesterday, version="1")
    assert (answer.status_code, "is not in the future" in answer.text) == (422, True)
    assert post(desk, "/exceptions/1/suspend", until="junk", version="1").status_code == 422
    assert "put aside" in post(desk, "/exceptions/1/suspend", until=later, version="1").text
    assert "No cable" in desk.get("/exceptions?state=suspended").text
    assert post(desk, "/exceptions/1/resume", version="1").status_code == 409
    assert "open again" in post(desk, "/exceptions/1/resume", version="2").text
    assert post(desk, "/exceptions/1/resolve", note="", version="3").status_code == 422
    assert "It is resolved." in post(desk, "/exceptions/1/resolve", note="Bought one", version="3").text
    assert "Bought one" in desk.get("/exceptions/1").text
    assert "It is open again." in post(desk, "/exceptions/1/reopen", reason="Wrong one", version="4").text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/exceptions/raise", {}, 422),
        ("/exceptions/raise?order=1", {"cause": "weather", "description": "x"}, 422),
        ("/exceptions/raise?order=1", {"cause": "stock", "owner": "person:junk", "description": "x"}, 422),
        ("/exceptions/raise?order=1", {"cause": "stock", "description": ""}, 422),
        ("/exceptions/raise?order=99", {"cause": "stock", "description": "x"}, 404),
        ("/exceptions/99/resume", {"version": "1"}, 404),
    ],
)
def test_junk_is_refused_in_words(desk, path, fields, status):
    assert desk.post(path, data=fields).status_code == status


def test_an_exception_is_handed_over_on_its_page_and_is_then_theirs(desk):
    post(desk, "/exceptions/raise?order=1", cause="stock", owner="department:qa", description="No cable")
    ben = make_user(desk.application, "member", name="Ben Kurz", department_code="qa")
    for fields, said in [
        ({"owner": "", "note": "x", "version": "1"}, "Choose a person or a department."),
        ({"owner": "person:404", "note": "x", "version": "1"}, "Choose one of the list."),
        ({"owner": "department:qa", "note": "x", "version": "1"}, "They see to it already."),
        ({"owner": f"person:{ben}", "note": "", "version": "1"}, "Say what they need to know."),
    ]:
        answer = desk.post("/exceptions/1/hand", data=fields)
        assert (answer.status_code, said in answer.text) == (422, True)
    page = post(desk, "/exceptions/1/hand", owner=f"person:{ben}", note="You know the supplier", version="1").text
    assert "Exception handed to Ben Kurz: stock" in page
    assert "You know the supplier" in page
    assert (
        desk.post("/exceptions/1/hand", data={"owner": "department:qa", "note": "x", "version": "1"}).status_code == 409
    )
    sign_in(desk, user_id=ben)
    assert "No cable" in desk.get("/exceptions?who=mine").text
    assert desk.post("/exceptions/1/hand", data={"owner": "department:qa", "note": "x"}).status_code == 403


def test_the_backlog_opens_the_rows_of_each_band(desk):
    with desk.application.app_context():
        factories.make_order("OLD", customer="Elder AG", now=NOW - timedelta(days=40))
    page = desk.get("/orders/backlog").text
    assert "2 open orders" in page
    rows = desk.get("/orders?view=in_progress&age=over-20").text
    assert "Elder AG" in rows
    assert "Nordlicht" not in rows
    assert "Age: Over 20 working days" in rows
    assert desk.get("/orders?age=junk").status_code == 422


def test_the_list_says_how_much_is_billed_to_those_who_may_know(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "member")
    assert ">Billed<" not in client.get("/orders").text
    sign_in(client, "finance")
    page = client.get("/orders").text
    assert ">Billed<" in page
    assert "0 %" in page
