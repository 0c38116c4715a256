"""Whatever is refused or breaks is said from one table, as a page or as a problem document, and leaks nothing."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from flask import Blueprint
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from app import create_app
from app.auth.guards import public
from app.kernel.errors import BadInput, Conflict, Forbidden, NotFound, RuleError, TillpaidError
from app.kernel.money import Money
from app.web.errors import HTTP, REFUSALS, TooManyAttempts, answer_for
from tests.factories import make_user, sign_in


class SubOfSub(NotFound):
    """There is no such duck."""


RAISED = {
    "rule": (RuleError("Ducks do not bark."), 409, "Ducks do not bark."),
    "missing": (SubOfSub(), 404, "There is no such duck."),
    "input": (BadInput("Too many ducks.", field="ducks"), 422, "Too many ducks."),
    "forbidden": (Forbidden("Not your duck."), 403, "Not your duck."),
    "conflict": (Conflict(), 409, "Somebody changed this in the meantime."),
    "often": (TooManyAttempts(seconds=7), 429, "Wait 7 seconds"),
    "other": (TillpaidError("No."), 409, "No."),
    "busy": (OperationalError("UPDATE x", {}, Exception("database is locked")), 503, "Try again in a minute"),
    "twice": (IntegrityError("INSERT x", {}, Exception("UNIQUE failed: duck.name")), 409, "at this moment"),
    "database": (OperationalError("SELECT x", {}, Exception("no such table")), 500, "Nothing was changed."),
    "broken": (ZeroDivisionError("secret-inside"), 500, "Nothing was changed."),
}


class StillOpen(RuleError):
    """{amount} is open on {day}"""


@pytest.fixture
def client(settings):
    """An application with one route per error."""
    app = create_app(settings)
    blueprint = Blueprint("ducks", __name__)

    @blueprint.route("/ducks/<name>", methods=["GET", "POST"])
    @blueprint.route("/api/ducks/<name>", endpoint="api")
    @public
    def duck(name):
        raise RAISED[name][0]

    @blueprint.get("/pond/<int:pond_id>")
    @public
    def pond(pond_id):
        return str(pond_id)

    app.register_blueprint(blueprint)
    make_user(app, "clerk")
    yield app.test_client()
    from app.db.base import db

    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("name", RAISED)
def test_a_page_says_what_happened(client, name):
    _, status, sentence = RAISED[name]
    answer = client.get(f"/ducks/{name}")
    assert answer.status_code == status
    assert sentence in answer.text
    assert answer.content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", RAISED)
@pytest.mark.parametrize("by", ["path", "accept"])
def test_a_program_gets_a_problem_document(client, name, by):
    _, status, sentence = RAISED[name]
    path, headers = (f"/api/ducks/{name}", {}) if by == "path" else (f"/ducks/{name}", {"Accept": "application/json"})
    answer = client.get(path, headers=headers)
    problem = json.loads(answer.data)
    assert answer.content_type == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status)
    assert sentence in problem["detail"]
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]


def test_a_refused_field_is_named(client):
    assert client.get("/api/ducks/input").json["field"] == "ducks"
    assert "field" not in client.get("/api/ducks/rule").json


def test_waiting_is_told_in_a_header(client):
    assert client.get("/ducks/busy").headers["Retry-After"] == "2"
    assert client.get("/ducks/often").headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("application/json", True),
        ("application/problem+json", True),
        ("text/html;q=0.5,application/json", True),
        ("application/json;q=0.5,text/html", False),
        ("image/png", False),
        ("", False),
    ],
)
def test_the_asker_says_what_it_reads(client, accept, is_json):
    answer = client.get("/ducks/rule", headers={"Accept": accept})
    assert answer.content_type.startswith("application/problem+json") is is_json


def test_a_fault_leaks_nothing_and_is_found_by_its_number(client, capfd):
    answer = client.get("/ducks/broken")
    assert "secret-inside" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text
    number = answer.headers["X-Request-Id"]
    assert number in answer.text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    (broken,) = [line for line in lines if line["event"] == "broken"]
    assert broken["request_id"] == number
    assert "secret-inside" in broken["exception"]


def test_what_the_database_refuses_is_in_the_log_and_not_on_the_page(client, capfd):
    answer = client.get("/ducks/twice")
    assert "duck.name" not in answer.text
    assert "duck.name" in capfd.readouterr().err


def test_the_number_is_never_taken_from_outside(client):
    answer = client.get("/ducks/rule", headers={"X-Request-Id": "forged-number"})
    assert answer.headers["X-Request-Id"] != "forged-number"
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])


def test_an_error_page_that_breaks_itself_still_answers(client, monkeypatch):
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("no template")

    monkeypatch.setattr("app.web.errors.render_template", broken)
    answer = client.get("/ducks/rule")
    assert answer.status_code == 409
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize(
    ("accept", "said"),
    [
        ("text/html", "7,000.00\N{NO-BREAK SPACE}EUR is open on 30 Nov 2026"),
        ("application/json", "7000.00 EUR is open on 2026-11-30"),
        ("", "7000.00 EUR is open on 2026-11-30"),
    ],
)
def test_amounts_and_days_are_written_as_who_reads_them_writes_them(client, accept, said):
    refusal = StillOpen(amount=Money(700_000, "EUR"), day=date(2026, 11, 30))
    if not accept:  # the command line, a worker
        assert str(refusal) == said
        return
    with client.application.test_request_context(headers={"Accept": accept}):
        assert str(refusal) == said


def test_every_family_of_refusals_has_a_row():
    families = {RuleError, NotFound, Forbidden, Conflict, BadInput, TooManyAttempts, TillpaidError}
    assert set(REFUSALS) == families
    assert answer_for(SubOfSub()).status == 404
    assert all(row.status == status for status, row in HTTP.items())


def test_a_strangers_404_is_a_page(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_a_wrong_method_says_which_are_right(client):
    answer = client.delete("/healthz")
    assert answer.status_code in {400, 405}
    sign_in(client, "clerk")
    assert client.delete("/healthz").headers["Allow"]


# --- junk -----------------------------------------------------------------------------------------------------------

JUNK_PATHS = [
    "/pond/99999999999999999999", "/pond/9223372036854775808", "/pond/-1", "/pond/1.5", "/pond/x", "/pond/%00",
    "/pond/1%00", "/%00", "/ducks/%00", "/%ED%A0%80", "/pond/%F0%9F%A6%86", "/pond/1e3", "/..%2f..%2fetc/passwd",
    "/static/..%2f..%2fconfig.py", "/static/%00", "//evil.example/%2f..", "/static/../../config.py", "/pond/1'--",
]  # fmt: skip


@pytest.mark.parametrize("path", JUNK_PATHS)
def test_a_junk_path_is_a_refusal_and_not_a_fault(client, path):
    assert 400 <= client.get(path).status_code < 500 or client.get(path).location.startswith("/login")


def test_the_largest_id_is_still_an_id(client):
    assert client.get("/pond/9223372036854775807").text == "9223372036854775807"


@pytest.mark.parametrize("query", ["a=%00", "%00=a", "a=b%00c", "a=1&a=%00"])
def test_a_text_with_nul_is_refused_early(client, query):
    answer = client.get(f"/pond/1?{query}")
    assert answer.status_code == 400
    assert "characters that no text has" in answer.text


def test_a_form_with_nul_is_refused_early(client):
    sign_in(client, "clerk")
    assert client.post("/me", data={"name": "a\x00b"}).status_code == 400


def test_too_much_is_refused(client):
    sign_in(client, "clerk")
    assert client.post("/me", data={"name": "x" * (2 * 1024 * 1024)}).status_code == 413
    assert client.post("/me", data={f"f{n}": "x" for n in range(3_000)}).status_code == 413
    assert client.post("/me", data={f"f{n}": "x" for n in range(1_900)} | {"name": "Ada"}).status_code == 302
    boundary = {"content_type": "multipart/form-data"}
    assert client.post("/me", data={f"f{n}": "x" for n in range(3_000)}, **boundary).status_code == 413
    huge = {"CONTENT_LENGTH": str(10**12)}
    assert client.post("/me", data={"name": "x"}, environ_overrides=huge).status_code == 413


def test_refusals_are_in_the_log_without_personal_data(client, capfd):
    sign_in(client, "clerk")
    client.get("/ducks/forbidden?email=ada@tillpaid.test&q=Nordlicht")
    logged = capfd.readouterr().err
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    assert {line["event"] for line in lines} >= {"refused", "request"}
    (request,) = [line for line in lines if line["event"] == "request"]
    assert request["status"] == 403
    assert request["route"] == "/ducks/<name>"
    assert request["actor"].startswith("user:")
    assert request["timestamp"].endswith("Z")
    assert isinstance(request["ms"], float)
    assert "ada@" not in logged
    assert "Nordlicht" not in logged


def test_http_errors_of_libraries_are_answered_by_the_table():
    assert issubclass(HTTPException, Exception)
    assert {400, 403, 404, 405, 413, 415, 429, 500, 503} <= set(HTTP)


def test_one_second_is_one_second():
    assert str(TooManyAttempts(seconds=1)) == "Too many attempts. Wait 1 second and try again."
