"""Runs on the page: chosen, started, watched, stopped, resumed; what was refused stands there with its reason."""

from datetime import date, timedelta

import pytest

from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.invoices import batch, services
from app.invoices.rules_issue import Fault
from app.invoices.services import runs
from app.ledger.services_periods import close_period
from tests import factories
from tests.factories import ACTOR, NOW, sign_in
from tests.harness.pages import words_of
from tests.harness.statements import count_statements


@pytest.fixture
def drafts(app, today, monkeypatch):
    monkeypatch.setattr(batch, "find_rule_faults", lambda _content: [])
    with app.app_context():
        factories.make_company()
        for name in ("Adler GmbH", "Birke AG"):
            order = factories.make_plain_order(factories.make_customer(name))
            with unit_of_work():
                made = services.draft_invoice(order.id, actor=ACTOR, now=NOW - timedelta(days=len(name)))
        yield made.id


def page(client, path, status=200, **headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.text[:2000]
    return answer


def test_a_run_is_started_watched_stopped_and_resumed(client, drafts):
    sign_in(client, "finance")
    assert "No run yet" in page(client, "/invoices/runs").text
    assert "Issue 2 drafts" in page(client, "/invoices/runs/new").text
    assert "Issue 1 draft<" in page(client, "/invoices/runs/new?until=2026-11-13").text
    assert client.post("/invoices/runs/new", data={"issued_on": "2026-11-23", "send": "y"}).status_code == 422
    assert client.post("/invoices/runs/new", data={"issued_on": "2026-11-22", "until": "never"}).status_code in {
        400,
        422,
    }
    started = client.post("/invoices/runs/new", data={"issued_on": "2026-11-22", "send": "y"})
    run = started.headers["Location"]
    assert "every 2s" in page(client, run).text
    assert "HX-Refresh" not in page(client, f"{run}?seen=running", **{"HX-Request": "true"}).headers
    assert client.post(f"{run}/stop").status_code == 302
    stopped = page(client, f"{run}?seen=running", **{"HX-Request": "true"})
    assert stopped.headers["HX-Refresh"] == "true"
    assert "every 2s" not in stopped.text
    assert "Resume" in stopped.text
    with unit_of_work():
        services.delete_draft(drafts, actor=ACTOR, now=NOW)
    client.post(f"{run}/resume")
    batch.issue_runs(now=lambda: NOW, may_go_on=lambda: True)
    with count_statements(db.engine) as seen:
        done = page(client, run).text
    for said in ("Finished", "INV-2026-00001", "deleted this draft", "2 of 2", "See the invoices"):
        assert said in done
    assert seen.count < 25
    assert "Finished" in page(client, "/invoices/runs").text
    assert client.post(f"{run}/stop").status_code == 409


def test_what_was_issued_since_a_run_refused_it_is_no_longer_to_do_and_keeps_the_reason_as_history(
    client, drafts, monkeypatch
):
    sign_in(client, "finance")
    monkeypatch.setattr(batch, "find_rule_faults", lambda _content: [Fault("einvoice", "BR-1: no seller.")])
    run = client.post("/invoices/runs/new", data={"issued_on": "2026-11-22"}).headers["Location"]
    batch.issue_runs(now=lambda: NOW, may_go_on=lambda: True)
    assert "Try the refused again" in page(client, run).text
    assert "still to be issued" not in page(client, run).text
    with unit_of_work():
        services.issue_invoice(drafts, date(2026, 11, 22), actor=ACTOR, now=NOW)
    said = words_of(page(client, run).text)
    assert "Refused 2 1 of them still to be issued" in said
    assert "Issued since as INV-2026-00001. It was refused: BR-1: no seller." in said
    monkeypatch.setattr(batch, "find_rule_faults", lambda _content: [])
    client.post(f"{run}/resume", data={"again": "1"})
    batch.issue_runs(now=lambda: NOW, may_go_on=lambda: True)
    said = page(client, run).text
    assert "none of them still to be issued" in words_of(said)
    assert "BR-1: no seller." in said
    assert "Try the refused again" not in said
    assert client.post(f"{run}/resume", data={"again": "1"}).status_code == 409


def test_a_date_that_would_refuse_every_draft_is_refused_on_the_form(client, drafts):
    sign_in(client, "finance")
    with unit_of_work():
        services.issue_invoice(drafts, date(2026, 11, 20), actor=ACTOR, now=NOW)
    with unit_of_work():
        close_period(date(2026, 10, 31), "VAT return sent", today=NOW.date(), actor=ACTOR, now=NOW)
    for day, said in (("2026-10-31", "The books are closed"), ("2026-11-19", "cannot be dated earlier")):
        answer = client.post("/invoices/runs/new", data={"issued_on": day})
        assert answer.status_code == 422, day
        assert said in answer.text
        assert f'value="{day}"' in answer.text
    assert "No run yet" in page(client, "/invoices/runs").text


def test_a_stopped_run_says_that_it_is_stopping_while_a_worker_has_drafts_of_it(client, drafts):
    sign_in(client, "finance")
    run = client.post("/invoices/runs/new", data={"issued_on": "2026-11-22"}).headers["Location"]
    with unit_of_work():
        [first, second] = runs.claim_drafts(int(run.rsplit("/", 1)[-1]), limit=20, now=NOW)
    client.post(f"{run}/stop")
    assert "Stopping… 2 that" in page(client, run).text
    for claim in (first, second):
        with unit_of_work():
            runs.give_back(claim)
    assert "Stopping…" not in page(client, run).text


def test_who_may_not_issue_starts_and_stops_nothing(client, drafts):
    sign_in(client, "clerk")
    assert "New run" not in page(client, "/invoices/runs").text
    page(client, "/invoices/runs/new", 403)
    for act in ("new", "1/stop", "1/resume"):
        assert client.post(f"/invoices/runs/{act}").status_code == 403
    page(client, "/invoices/runs/77", 404)
