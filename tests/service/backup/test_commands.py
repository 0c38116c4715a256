"""init, backup, restore, quarantine and health as people and programs call them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.cli import main
from app.db.base import db
from app.db.unit_of_work import unit_of_work
from tests.book import NOW
from tests.factories import make_company
from tests.harness.databases import make_empty


@pytest.fixture
def tillpaid(engine_name, test_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`tillpaid("backup", path)`: the command on an empty database of its own."""
    instance = tmp_path / "instance"
    instance.mkdir()
    for name, value in {
        "TILLPAID_INSTANCE_DIR": str(instance),
        "DATABASE_URL": make_empty(engine_name, test_run, instance),
        "SMTP_URL": "",
    }.items():
        monkeypatch.setenv(name, value)

    def call(*words: object) -> Result:
        return CliRunner().invoke(main, [*map(str, words), "--now", NOW.isoformat()])

    return call


def answer(result: Result, exit_code: int = 0) -> Any:
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def test_init_makes_the_schema_once_and_then_says_nothing(tillpaid):
    assert "schema of this version" in tillpaid("init").stdout
    second = tillpaid("init")
    assert (second.exit_code, second.output) == (0, "")
    assert answer(tillpaid("init", "--json"))["changed"] is False


def test_a_backup_says_where_it_is(tillpaid, engine_name, tmp_path: Path):
    tillpaid("init")
    made = answer(tillpaid("backup", tmp_path / "b", "--json"))
    assert made["path"] == str(tmp_path / "b")
    assert made["kind"] == ("sqlite" if engine_name == "sqlite" else "portable")
    assert Path(made["path"]).stat().st_size == made["bytes"]


def test_a_refused_backup_exits_1_with_its_reason_on_stderr(tillpaid, tmp_path: Path):
    tillpaid("init")
    (tmp_path / "b").write_text("mine")
    refused = tillpaid("backup", tmp_path / "b")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "exists already" in refused.stderr


def test_a_restore_is_checked_and_quarantined_until_confirmed(tillpaid, portable: Path, tmp_path: Path):
    restored = answer(tillpaid("restore", portable, "--json"))
    assert restored["quarantined"] is True
    assert restored["kept"] is None
    assert restored["verify"]["ok"] is True
    assert restored["verify"]["checked"] > 30
    assert answer(tillpaid("worker", "--once", "--json"))["quarantined"] is True
    assert answer(tillpaid("health", "--json"), exit_code=1)["quarantined"] is True

    assert answer(tillpaid("quarantine", "confirm", "--json"))["quarantined"] is False
    assert answer(tillpaid("health", "--json"), exit_code=1)["quarantined"] is False
    again = tillpaid("quarantine", "confirm")
    assert again.exit_code == 1
    assert "no quarantine" in again.stderr


def test_a_restore_over_data_needs_to_be_told(tillpaid, portable: Path):
    tillpaid("restore", portable)
    refused = tillpaid("restore", portable)
    assert refused.exit_code == 1
    assert "--replace" in refused.stderr
    replaced = answer(tillpaid("restore", portable, "--replace", "--json"))
    assert Path(replaced["kept"]).is_file()


def test_a_restore_whose_books_are_broken_says_so_and_exits_1(tillpaid, copy: Path):
    with sqlite3.connect(copy) as connection:
        connection.execute("DROP TRIGGER guard_payment_update")
        connection.execute("UPDATE payment SET amount = 1 WHERE id = 1")
    copy.with_name(f"{copy.name}.sha256").unlink()
    restored = answer(tillpaid("restore", copy, "--json"), exit_code=1)
    assert {broken["invariant"] for broken in restored["verify"]["broken"]} == {"I18", "I23"}


# --- health -----------------------------------------------------------------------------------------------------------


def test_health_before_anything_has_happened_asks_for_a_worker(tillpaid):
    tillpaid("init")
    health = answer(tillpaid("health", "--json"), exit_code=1)
    assert health["ok"] is False
    assert health["problems"] == ["No worker has been seen for 3 minutes: start `tillpaid worker`."]
    assert health["workers"] == []
    assert {"job", "last", "next", "state", "error"} <= health["jobs"][0].keys()
    assert (health["outbox"], health["documents"], health["quarantined"]) == ({}, {}, False)
    assert health["revision"] is not None


def test_health_is_well_after_a_round_of_the_worker(tillpaid):
    from app import create_app

    tillpaid("init")
    app = create_app()
    with app.app_context():
        make_company(now=NOW)
        db.session.remove()
        db.engine.dispose()
    assert tillpaid("worker", "--once").exit_code == 0
    health = answer(tillpaid("health", "--json"))
    assert (health["ok"], health["problems"]) == (True, [])
    assert [worker["alive"] for worker in health["workers"]] == [True]
    assert all(job["next"] for job in health["jobs"])


def test_health_tells_what_failed_and_why(tillpaid, portable: Path):
    """The book's report of this morning failed five times."""
    tillpaid("restore", portable)
    tillpaid("quarantine", "confirm")
    health = answer(tillpaid("health", "--json"), exit_code=1)
    report = next(job for job in health["jobs"] if job["job"] == "mis.daily")
    assert (report["state"], report["error"]) == ("failed", "The chart could not be drawn")
    assert report["failed"] == ["2026-11-22T07:00"]
    assert len(health["seal"]["digest"]) == 64
    assert health["outbox"] == {"accepted": 14}
    assert health["documents"] == {"done": 18}  # twelve of invoices, six letters
    assert "Daily report failed." in health["problems"]
    assert "Daily report failed." in tillpaid("health").stdout


def test_verify_on_the_command_line_says_what_is_broken(tillpaid, portable: Path):

    from app import create_app

    tillpaid("restore", portable)
    sound = answer(tillpaid("verify", "--json"))
    counts = {one["invariant"]: one["checked"] for one in sound["counts"]}
    assert (sound["ok"], counts["I43"], counts["I46"]) == (True, 6, 6)
    app = create_app()
    with app.app_context():
        with unit_of_work() as session:
            session.execute(text("UPDATE sales_order SET fulfilled_on = NULL WHERE id = 1"))
        db.engine.dispose()
    broken = answer(tillpaid("verify", "--json"), exit_code=1)
    found = [(one["invariant"], one["findings"][0]["what"]) for one in broken["broken"]]
    assert found == [("I14", "order SO-2026-00001")]
    said = tillpaid("verify")
    assert said.exit_code == 1
    assert "I14 broken: An order's dates agree with its state." in said.stdout


def test_verify_of_a_damaged_database_is_a_finding_not_a_fault(tillpaid, copy: Path, tmp_path: Path, monkeypatch):
    damaged = bytearray(copy.read_bytes())
    damaged[40_960:61_440] = b"\xff" * 20_480
    (tmp_path / "damaged.sqlite3").write_bytes(damaged)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'damaged.sqlite3'}")
    broken = answer(tillpaid("verify", "--json"), exit_code=1)
    assert [one["invariant"] for one in broken["broken"]] == ["I40"]
