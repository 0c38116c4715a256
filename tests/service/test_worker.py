"""The worker: a round does what is due and what follows from it; two workers do nothing twice."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest
from sqlalchemy import select

from app import jobs, wiring, worker
from app.audit.models import AuditEntry
from app.audit.services import record
from app.company.models import Company
from app.db import slots
from app.db.base import session
from app.db.rules_slots import Daily, Hourly
from app.db.slots import Slot, SlotState
from app.db.unit_of_work import unit_of_work
from app.documents import services as documents
from app.documents.models import DocumentRequest, RequestState
from app.documents.services import RenderedDocument
from app.jobs import JOBS, Job, report_date
from app.outbox import queries as outbox
from app.outbox import services as outbox_services
from app.outbox.rules import MessageState
from app.outbox.services import AttachmentRef, NewMessage
from tests import factories

WEEK = timedelta(days=7)
YESTERDAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def write_down(local_date, now, _found):
    """The work of a job of the tests: one line in the trail."""
    record("test.ran", actor="system:test", now=now, object_kind="test", object_id=local_date.toordinal())
    return {"on": local_date.isoformat()}


AT_SEVEN = Daily(time(7))


def job(name="test.daily", run=write_down, when=AT_SEVEN, look_back=WEEK, **changes: object):
    return Job(name, name, lambda _company: when, look_back, run, **changes)


def round_at(app, now, *table):
    session().rollback()
    return worker.run_once(app, now, table)


def ran():
    session().rollback()
    entries = session().scalars(select(AuditEntry).where(AuditEntry.action == "test.ran").order_by(AuditEntry.id))
    return [date.fromordinal(entry.object_id) for entry in entries]


def states():
    session().rollback()
    return {slot.local_time: slot.state for slot in session().scalars(select(Slot).order_by(Slot.due_at))}


@pytest.fixture
def company(app):
    return factories.make_company(now=YESTERDAY)


def test_nothing_is_due_before_the_company_is_set_up(app, now):
    assert round_at(app, now, job()) == worker.Round()


def test_a_round_runs_what_is_due_and_plans_the_next(app, now, company):
    done = round_at(app, now, job())
    assert (done.slots_done, done.slots_failed) == (1, 0)
    assert ran() == [date(2026, 11, 22)]
    assert states() == {"2026-11-22T07:00": SlotState.DONE, "2026-11-23T07:00": SlotState.DUE}
    assert round_at(app, now, job()).slots_done == 0


def test_after_three_days_off_the_missed_runs_are_made_up_for_in_order_once_each(app, now, company):
    round_at(app, now, job())
    assert round_at(app, now + timedelta(days=3), job()).slots_done == 3
    assert ran() == [date(2026, 11, 22 + number) for number in range(4)]
    assert round_at(app, now + timedelta(days=3, hours=1), job()).slots_done == 0


def test_a_fault_in_a_job_undoes_its_work_is_shown_and_tried_again(app, now, company):
    def half(local_date, at, found):
        write_down(local_date, at, found)
        raise RuntimeError("the printer burns")

    assert round_at(app, now, job(run=half)).slots_failed == 1
    assert ran() == []
    session().rollback()
    slot = session().get(Slot, ("test.daily", "2026-11-22T07:00"))
    assert slot.error == "RuntimeError: the printer burns"
    assert round_at(app, now + timedelta(minutes=1), job()).slots_done == 1
    assert ran() == [date(2026, 11, 22)]


def test_what_a_job_prepares_is_found_outside_and_given_to_its_work(app, now, company):
    seen = []

    def prepare(_on, _now):
        seen.append(session().info.get("unit_of_work", False))
        return "found"

    def keep(_on, _now, found):
        seen.append(session().info.get("unit_of_work", False))
        return {"was": found}

    round_at(app, now, job(prepare=prepare, run=keep))
    session().rollback()
    assert session().get(Slot, ("test.daily", "2026-11-22T07:00")).outcome == {"was": "found"}
    assert seen == [False, True]


def test_a_job_that_fails_does_not_keep_the_others_from_running(app, now, company):
    def broken(_on, _now, _found):
        raise RuntimeError("no")

    done = round_at(app, now, job("a.broken", broken), job("b.fine"))
    assert (done.slots_done, done.slots_failed) == (1, 1)


def test_a_restored_copy_does_nothing_until_somebody_confirms(app, now, company):
    with unit_of_work() as current:
        current.get(Company, 1).quarantined_at = now
        outbox_services.enqueue(mail(), now=now)
    assert round_at(app, now, job()) == worker.Round(quarantined=True)
    assert ran() == []
    with unit_of_work() as current:
        current.get(Company, 1).quarantined_at = None
    done = round_at(app, now, job())
    assert (done.slots_done, done.mails.accepted) == (1, 1)


def mail(**changes: object):
    facts = {
        "kind": "invoice", "object_kind": "invoice", "object_id": 7, "recipient": "ap@customer.example",
        "subject": "Invoice", "body_text": "Here it is.",
    }  # fmt: skip
    return NewMessage(**(facts | changes))


def test_a_round_renders_what_was_asked_for_and_then_sends_the_mail_that_waited(app, now, monkeypatch, settings):
    renderers = {("test", "pdf"): lambda owner_id, _now: RenderedDocument("pdf", "a.pdf", "application/pdf", b"%PDF")}
    monkeypatch.setattr(worker, "RENDERERS", wiring.RENDERERS | renderers)
    with unit_of_work():
        documents.request_document(owner_kind="test", owner_id=1, kind="pdf", now=now)
        outbox_services.enqueue(mail(attachments=[AttachmentRef("test", 1, "pdf")]), now=now)
    done = round_at(app, now)
    assert (done.rendered, done.mails.accepted) == (1, 1)
    (file,) = (settings.instance_dir / "mail").iterdir()
    (attached,) = message_from_bytes(file.read_bytes(), policy=SMTP).iter_attachments()
    assert attached.get_content() == b"%PDF"


def test_a_document_that_cannot_be_rendered_is_shown_and_the_others_are_rendered(app, now, monkeypatch):
    def render(owner_id, _now):
        if owner_id == 1:
            raise RuntimeError("no such glyph")
        return RenderedDocument("pdf", "a.pdf", "application/pdf", b"%PDF")

    monkeypatch.setattr(worker, "RENDERERS", {("test", "pdf"): render})
    with unit_of_work():
        for number in range(3):
            documents.request_document(owner_kind="test", owner_id=number, kind="pdf", now=now)
        documents.request_document(owner_kind="test", owner_id=1, kind="unknown", now=now)
    done = round_at(app, now)
    assert (done.rendered, done.not_rendered) == (2, 2)
    session().rollback()
    errors = {one.error for one in session().scalars(select(DocumentRequest)) if one.state == RequestState.PENDING}
    assert errors == {"no such glyph", "Nothing renders unknown of test."}


def test_a_round_sends_through_the_server_of_the_settings(app, now, smtp_server, change_settings):
    change_settings(smtp_url=smtp_server.url)
    with unit_of_work():
        outbox_services.enqueue(mail(), now=now)
    assert round_at(app, now).mails.accepted == 1
    assert smtp_server.received[0].recipients == ("ap@customer.example",)


def test_an_idle_round_writes_nothing_but_its_heartbeat(app, now, company):
    round_at(app, now, job())
    before = session().scalar(select(Slot.finished_at).where(Slot.state == SlotState.DONE))
    round_at(app, now + timedelta(minutes=1), job())
    session().rollback()
    assert session().scalar(select(Slot.finished_at).where(Slot.state == SlotState.DONE)) == before
    assert [beat.beat_at for beat in slots.list_beats()] == [now + timedelta(minutes=1)]


def test_documents_and_mails_can_be_done_without_any_job(app, now, company):
    with unit_of_work():
        outbox_services.enqueue(mail(), now=now)
    session().rollback()
    assert worker.render_and_deliver(app, now=now).mails.accepted == 1
    assert states() == {}


# --- two workers ----------------------------------------------------------------------------------------------------


def fill(now, count, name="test.many"):
    """Many due runs of jobs of one slot each, so that two workers can fight for them."""
    with unit_of_work() as current:
        for number in range(count):
            local = (datetime(2026, 11, 1) + timedelta(minutes=number)).isoformat(timespec="minutes")
            current.add(Slot(job=f"{name}.{number}", local_time=local, period=local, due_at=now - timedelta(hours=1)))
    return [job(f"{name}.{number}", run=count_run(number)) for number in range(count)]


def count_run(number):
    def run(_on, at, _found):
        record(
            "test.ran", actor="system:test", now=at, object_kind="test", object_id=date(2026, 1, 1).toordinal() + number
        )
        return {}

    return run


def compete(app, now, table, workers=2):
    session().rollback()
    start = threading.Barrier(workers)

    def one() -> None:
        contender = worker.Worker(app, lambda: now, table)
        with app.app_context():
            start.wait(timeout=30)
            contender.run_slots()

    threads = [threading.Thread(target=one) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)


def test_two_workers_run_each_slot_once(app, now, company):
    table = fill(now, 40)
    compete(app, now, table)
    counts = Counter(ran())
    assert len(counts) == 40
    assert set(counts.values()) == {1}


def test_without_claims_two_workers_run_slots_twice(app, now, company, monkeypatch):
    """The protection switched off: proves that the test above could fail."""
    table = fill(now, 40)
    handed: dict[int, int] = {}

    def claim_blindly(jobs_table, *, owner, now):
        mine = handed.get(threading.get_ident(), 0)
        handed[threading.get_ident()] = mine + 1
        names = sorted(jobs_table)
        return slots.SlotClaim(names[mine], "2026-11-01T00:00", 0) if mine < len(names) else None

    def run_blindly(job, claim, found, now):
        with unit_of_work():
            job.run(claim.local_date, now, found)

    monkeypatch.setattr(slots, "is_run_due", lambda *_: True)
    monkeypatch.setattr(slots, "claim_slot", claim_blindly)
    monkeypatch.setattr(worker, "run_claimed", run_blindly)
    compete(app, now, table)
    assert set(Counter(ran()).values()) == {2}


# --- the real table -------------------------------------------------------------------------------------------------


def test_every_job_has_a_name_of_its_own_and_a_title(app):
    assert len({one.name for one in JOBS}) == len(JOBS)
    assert all(one.title and one.look_back > timedelta() for one in JOBS)


def test_every_real_job_runs_and_says_what_it_did(app, now, company):
    at = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    table = [replace(one, look_back=timedelta(hours=30)) for one in JOBS]
    done = round_at(app, at, *table)
    session().rollback()
    failed = [(slot.job, slot.error) for slot in session().scalars(select(Slot)) if slot.error]
    assert failed == []
    assert done.slots_failed == 0
    in_order = session().scalars(select(Slot).where(Slot.state == SlotState.DONE).order_by(Slot.due_at))
    outcomes = {slot.job: slot.outcome for slot in in_order}
    assert set(outcomes) >= {"mis.daily", "followup.propose", "audit.seal", "selfcheck.verify"}
    assert outcomes["mis.daily"]["on"] == "2026-12-01"
    assert outcomes["selfcheck.verify"]["broken"] == []


def test_the_month_snapshot_covers_the_month_that_ended(app, company):
    table = [one for one in JOBS if one.name == "ledger.snapshot"]
    assert round_at(app, datetime(2026, 12, 1, 6, 0, tzinfo=UTC), *table).slots_done == 1


@pytest.mark.parametrize(
    ("at", "on"), [("07:00", "2026-11-21"), ("11:59", "2026-11-21"), ("12:00", "2026-11-22"), ("18:30", "2026-11-22")]
)
def test_a_morning_report_is_of_the_day_before_an_evening_report_of_its_own(app, at, on):
    assert report_date(date(2026, 11, 22), at) == date.fromisoformat(on)


def test_a_demo_company_starts_without_its_past(app, now, company):
    with unit_of_work():
        assert jobs.skip_missed(now, [job(when=Hourly(0))]) > 0
    assert round_at(app, now, job(when=Hourly(0))).slots_done == 0


def test_mails_in_doubt_are_left_to_a_person_by_every_round(app, now):
    with unit_of_work():
        message_id = outbox_services.enqueue(mail(), now=now).id
    with unit_of_work():
        outbox_services.lock_message(message_id).state = MessageState.UNCERTAIN
    round_at(app, now + WEEK)
    session().rollback()
    assert outbox.get_message(message_id).state == MessageState.UNCERTAIN
