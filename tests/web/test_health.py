"""The health page: what is in order, what somebody must mend, and the buttons that mend it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.company.models import Company
from app.db import slots
from app.db.base import session
from app.db.slots import Slot, SlotState
from app.documents.models import DocumentRequest, RequestState
from app.documents.services import request_document
from app.jobs import JOBS
from app.kernel import clock
from app.outbox.services import NewMessage, enqueue
from tests.factories import make_company, sign_in, working


@pytest.fixture
def now() -> datetime:
    """Pages ask the clock; what is planned stands around that instant."""
    return clock.now()


@pytest.fixture
def company(app, client, now) -> None:
    with app.app_context():
        make_company(now=now - timedelta(days=2))


@pytest.fixture
def alive(app, company, now) -> None:
    with working(app):
        slots.beat("host:1", started_at=now, now=now)


@pytest.fixture
def failed(app, alive, now) -> str:
    """The local time of a report that failed for good."""
    with working(app):
        session().add(
            Slot(
                job="mis.daily", local_time="2026-01-02T07:00", period="2026-01-02", due_at=now - timedelta(days=1),
                state=SlotState.FAILED, attempts=5, started_at=now, finished_at=now, error="The chart broke",
            )
        )  # fmt: skip
    return "2026-01-02T07:00"


def page(client) -> str:
    answer = client.get("/health")
    assert answer.status_code == 200
    return answer.text


def test_it_asks_for_a_worker_when_none_was_seen(client, company):
    sign_in(client, "admin")
    assert "No worker has been seen for 3 minutes: start `tillpaid worker`." in page(client)


def test_a_worker_that_went_silent_is_none(app, client, company, now):
    with working(app):
        slots.beat("host:1", started_at=now - timedelta(hours=1), now=now - timedelta(minutes=4))
    sign_in(client, "admin")
    text = page(client)
    assert "No worker has been seen" in text
    assert "Silent" in text


def test_all_is_well_with_a_worker_and_nothing_failed(client, alive):
    sign_in(client, "manager")
    text = page(client)
    assert "All is well" in text
    assert "Alive" in text
    assert all(job.title in text for job in JOBS)
    assert "SQLite" in text


def test_a_failed_job_shows_its_reason_and_runs_again(app, client, failed):
    sign_in(client, "finance")
    text = page(client)
    assert "Daily report failed." in text
    assert "The chart broke" in text

    answer = client.post("/health/run-again", data={"job": "mis.daily", "local_time": failed})
    assert answer.status_code == 302
    with working(app):
        slot = session().get_one(Slot, ("mis.daily", failed))
        assert (slot.state, slot.attempts) == (SlotState.DUE, 0)
        noted = session().scalars(select(AuditEntry).where(AuditEntry.action == "job.repeated")).one()
        assert noted.detail["local_time"] == failed


def test_what_has_not_failed_is_not_run_again(client, alive):
    sign_in(client, "admin")
    wrong = {"job": "mis.daily", "local_time": "2026-01-03T07:00"}
    assert client.post("/health/run-again", data=wrong).status_code == 404
    assert client.post("/health/run-again", data={}).status_code == 404


def test_a_failed_run_is_repeated_only_once(client, failed):
    sign_in(client, "admin")
    client.post("/health/run-again", data={"job": "mis.daily", "local_time": failed})
    assert client.post("/health/run-again", data={"job": "mis.daily", "local_time": failed}).status_code == 409


def test_a_late_job_and_a_warning_of_the_self_check_are_told(app, client, alive, now):
    with working(app):
        session().add(
            Slot(
                job="audit.seal", local_time="2026-01-02T07:17", period="2026-01-02T07",
                due_at=now - timedelta(hours=1), state=SlotState.DUE, attempts=0,
            )
        )  # fmt: skip
        session().add(
            Slot(
                job="selfcheck.verify", local_time="2026-01-02T03:40", period="2026-01-02", due_at=now, attempts=1,
                state=SlotState.DONE, finished_at=now,
                outcome={"checked": 41, "broken": ["I8: a gap"], "alert": "I8: a gap"},
            )
        )  # fmt: skip
    sign_in(client, "admin")
    text = page(client)
    assert "Seal the audit trail is late." in text
    assert "Self-check of the books: I8: a gap" in text


def test_a_document_that_could_not_be_rendered_is_tried_again(app, client, alive, now):
    with working(app):
        wanted = request_document(owner_kind="mis_report", owner_id=3, kind="pdf", now=now)
        wanted.state, wanted.error = RequestState.FAILED, "The renderer was killed"
        number = wanted.id
    sign_in(client, "finance")
    text = page(client)
    assert "1 document could not be rendered." in text
    assert "The renderer was killed" in text

    assert client.post(f"/health/documents/{number}/retry").status_code == 302
    with working(app):
        assert session().get_one(DocumentRequest, number).state == RequestState.PENDING
    assert client.post(f"/health/documents/{number}/retry").status_code == 409
    assert client.post("/health/documents/999/retry").status_code == 404


def test_the_mails_are_counted_with_the_way_to_them(app, client, alive, now):
    with working(app):
        for number in range(3):
            enqueue(
                NewMessage(
                    kind="test", object_kind="user", object_id=number, recipient="a@b.test", subject="s", body_text="t"
                ),
                now=now,
            )
    sign_in(client, "admin")
    text = page(client)
    assert 'href="/outbox?state=queued"' in text


def test_a_restored_copy_says_so_and_an_administrator_lets_it_work(app, client, alive, now):
    with working(app):
        session().get_one(Company, 1).quarantined_at = now
    sign_in(client, "manager")
    text = page(client)
    assert "This is a restored copy." in text
    assert "An administrator confirms it." in text
    assert "Restored copy to confirm" in client.get("/").text

    sign_in(client, "admin")
    assert 'action="/settings/quarantine/end"' in page(client)
    client.post("/settings/quarantine/end")
    assert "This is a restored copy." not in page(client)


@pytest.mark.parametrize("role", ["clerk", "member"])
def test_who_may_not_see_health_is_told_who_may(client, company, role):
    sign_in(client, role)
    assert client.get("/health").status_code == 403
    assert client.post("/health/run-again", data={"job": "x", "local_time": "y"}).status_code == 403
    assert client.post("/health/documents/1/retry").status_code == 403


def test_strangers_are_sent_to_the_sign_in_page(client, company):
    sign_in(client, "admin")
    client.post("/logout")
    assert client.get("/health").status_code == 302


def test_it_opens_before_the_company_is_set_up(client):
    sign_in(client, "admin")
    assert "not planned" in page(client)
