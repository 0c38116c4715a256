"""The drill: a backup comes back whole, on either engine, and stays silent until somebody confirms it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app import worker
from app.auth.models import User, UserSession
from app.auth.services_sessions import begin_session, digest
from app.backup import back_up, restore
from app.company.queries import is_quarantined
from app.company.services import end_quarantine
from app.customers.services import create_customer
from app.db.base import db, session
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.outbox.services import NewMessage, enqueue
from app.verify import verify
from tests.book import NOW, Book
from tests.factories import ACTOR, CUSTOMER, make_company, make_customer, make_issued_invoice
from tests.harness.databases import ENGINES
from tests.service.backup.contents import read_contents, restored_contents

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def findings() -> list[str]:
    found = [f"{broken.invariant.code} {one}" for broken in verify(NOW).broken for one in broken.findings]
    session().rollback()
    return found


@pytest.mark.parametrize("target", ENGINES)
def test_a_backup_comes_back_the_same_on_either_engine(book: Book, target, open_empty, tmp_path: Path):
    before = read_contents()
    made = back_up(tmp_path / "backup", db.engine, portable=False, now=NOW)
    app = open_empty(target)
    done = restore(made.path, instance=app.extensions["tillpaid_settings"].instance_dir, now=NOW)
    assert done.kept is None
    assert restored_contents() == before
    assert findings() == []
    assert is_quarantined()


def test_a_portable_backup_moves_a_company_to_the_other_engine_and_on(book: Book, engine_name, open_empty, tmp_path):
    before = read_contents()
    made = back_up(tmp_path / "backup.zip", db.engine, portable=True, now=NOW)
    assert made.rows == {table: len(rows) for table, rows in before.items()}
    app = open_empty(OTHER[engine_name])
    restore(made.path, instance=app.extensions["tillpaid_settings"].instance_dir, now=NOW)
    assert restored_contents() == before
    # It works there: ids and numbers go on behind the highest
    make_issued_invoice(make_customer("New here"), now=NOW)
    assert findings() == []


def test_after_a_restore_everybody_signs_in_again(book: Book, engine_name, open_empty, tmp_path: Path):
    with unit_of_work() as current:
        user = current.scalars(select(User)).first()
        token = begin_session(user, address="127.0.0.1", device="test", via="test", now=NOW)
    made = back_up(tmp_path / "backup", db.engine, portable=False, now=NOW)
    app = open_empty(engine_name)
    restore(made.path, instance=app.extensions["tillpaid_settings"].instance_dir, now=NOW)
    kept = session().scalars(select(UserSession).where(UserSession.token_digest == digest(token))).one()
    assert (kept.ended_at, kept.ended_by) == (NOW, "system:restore")


def test_a_restored_copy_sends_nothing_and_runs_nothing_until_confirmed(book: Book, engine_name, open_empty, tmp_path):
    made = back_up(tmp_path / "backup", db.engine, portable=False, now=NOW)
    app = open_empty(engine_name)
    instance = app.extensions["tillpaid_settings"].instance_dir
    restore(made.path, instance=instance, now=NOW)
    with unit_of_work():
        enqueue(
            NewMessage(
                kind="test", object_kind="user", object_id=1, recipient="ada@tillpaid.test", subject="Hello",
                body_text="Hello",
            ),
            now=NOW,
        )  # fmt: skip
    slots = read_contents()["slot"]
    done = worker.run_once(app, NOW)
    assert done.quarantined
    assert done.mails.attempted == 0
    assert read_contents()["slot"] == slots
    assert not (instance / "mail").exists()

    in_unit_of_work(lambda: end_quarantine(actor=ACTOR, now=NOW))
    assert worker.run_once(app, NOW, jobs_table=()).mails.accepted == 1
    assert len(list((instance / "mail").iterdir())) == 1


def test_a_backup_made_while_people_work_has_everything_committed_before(app, engine_name, open_empty, tmp_path):
    """A person adds customers without a pause; the backup holds a beginning of them without a gap."""
    make_company()
    committed: list[str] = []
    enough, stop = threading.Event(), threading.Event()

    def work() -> None:
        with app.app_context():
            while not stop.is_set():
                name = f"Customer {len(committed):05d}"
                in_unit_of_work(lambda: create_customer(replace(CUSTOMER, name=name), actor=ACTOR, now=NOW))  # noqa: B023
                committed.append(name)
                if len(committed) == 30:
                    enough.set()

    person = threading.Thread(target=work)
    person.start()
    try:
        assert enough.wait(60)
        before = len(committed)
        made = back_up(tmp_path / "backup", db.engine, portable=False, now=NOW)
        after = len(committed)
    finally:
        stop.set()
        person.join()
    elsewhere = open_empty(engine_name)
    restore(made.path, instance=elsewhere.extensions["tillpaid_settings"].instance_dir, now=NOW)
    names = [row[4] for row in read_contents()["customer"]]
    assert names == committed[: len(names)]
    assert before <= len(names) <= after + 1
    assert findings() == []
