"""Files read in, from the command line and out of a folder: each has its verdict, and the others go on."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app.cli import main
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.payments import bank_files, services_accounts
from app.payments.models_bank import StatementEntry
from app.payments.queries_gaps import list_gaps
from app.payments.statements.model import Unreadable
from app.payments.watched import take_folder
from tests.bank_files import DAY, entry, handed_in, statement
from tests.factories import ACTOR, NOW, make_company

FOREIGN = "NL91ABNA0417164300"
GOOD = statement([entry(885, "INV-2026-00017")], opening=1815)
SAID = {
    b"good": handed_in(GOOD).said,
    b"foreign": handed_in(statement([entry(7)], account=FOREIGN)).said,
    b"wrong": handed_in(replace(GOOD, closing=GOOD.opening)).said,
}


def read(content, _name, **_profiles):
    if content not in SAID:
        raise Unreadable(reason="This is no bank file we can read.", line=4)
    return SAID[content]


@pytest.fixture(autouse=True)
def company(app, settings, monkeypatch, tmp_path):
    make_company()
    monkeypatch.setattr(bank_files, "read_bank_file", read)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))
    monkeypatch.chdir(tmp_path)
    for content in (*SAID, b"junk"):
        (tmp_path / f"{content.decode()}.sta").write_bytes(content)
        os.utime(tmp_path / f"{content.decode()}.sta", (0, 0))


def entries():
    session().rollback()
    found = session().scalar(select(func.count()).select_from(StatementEntry))
    session().rollback()
    return found


def run(*words):
    session().rollback()
    result = CliRunner().invoke(main, ["statements", "import", *words])
    return result.exit_code, result.stdout


def test_the_command_says_what_became_of_each_file(app):
    code, out = run("good.sta", "foreign.sta", "wrong.sta", "junk.sta", "--json")
    files = json.loads(out)["files"]
    assert (code, [one["status"] for one in files]) == (1, ["imported", "quarantined", "quarantined", "rejected"])
    assert files[0] == {
        "file": "good.sta", "format": "mt940", "status": "imported", "problems": [],
        "statements": [{
            "account": "DE89370400440532013000", "currency": "EUR", "opening": "18.15", "closing": "27.00",
            "entries": 1, "credits": "8.85", "debits": "0.00", "adds_up": True, "new": 1, "already_known": 0,
            "matches": [
                {"line": 1, "proposal": None, "amount": "8.85", "score": 0, "reasons": [], "state": "unknown"}
            ],
        }],
    }  # fmt: skip
    assert files[2]["problems"][0]["reason"].startswith("It does not add up: opening 18.15 and entries 8.85 make 27.00")
    assert files[3]["problems"] == [{"line": 4, "reason": "This is no bank file we can read."}]
    code, out = run("good.sta", "--json")
    again = json.loads(out)["files"][0]
    assert (code, again["status"], again["statements"][0]["already_known"]) == (0, "already_imported", 1)


def test_a_dry_run_says_what_the_import_would_and_keeps_nothing(app):
    code, out = run("good.sta", "foreign.sta", "wrong.sta", "--dry-run", "--json")
    files = json.loads(out)["files"]
    assert (code, [one["status"] for one in files], entries()) == (0, ["imported", "imported", "quarantined"], 0)
    assert (files[1]["statements"][0]["new"], files[1]["problems"]) == (1, [])
    assert "the import would keep it aside: Account" in run("foreign.sta", "--dry-run")[1]
    assert "foreign.sta  would be kept aside  1 entries, 1 new" in run("foreign.sta", "--dry-run")[1]
    assert "does not add up" in run("wrong.sta", "--dry-run")[1]


def test_a_statement_that_may_be_missing_is_told_and_holds_nothing_back(app, monkeypatch):
    days = [
        statement([entry(100, "A")], opening=1000),
        statement([entry(50, "B", on=DAY + timedelta(days=3))], opening=900),
        statement([entry(-200, "C", on=DAY + timedelta(days=1))], opening=1100),
    ]
    said = {str(place).encode(): handed_in(one).said for place, one in enumerate(days)}
    monkeypatch.setattr(bank_files, "read_bank_file", lambda content, *_args, **_options: said[content])
    for place in range(3):
        Path(f"{place}.sta").write_text(str(place))
    gap = "Opening 9.00 EUR is not the closing 11.00 EUR of 20 Nov 2026: is a statement missing?"
    run("0.sta")
    assert gap in run("1.sta", "--dry-run")[1]
    code, out = run("1.sta", "--json")
    [late] = json.loads(out)["files"]
    assert (code, late["status"], late["problems"], late["gaps"]) == (0, "imported", [], [gap])
    assert "gaps" not in json.loads(run("2.sta", "--json")[1])["files"][0]
    assert list_gaps(2) == []  # since the one that was missing came in


def test_files_of_one_run_lack_nothing_that_came_in_with_it_in_whatever_order(app, monkeypatch):
    days = [
        statement([entry(50, "B", on=DAY + timedelta(days=1))], opening=1100),
        statement([entry(100, "A", on=DAY - timedelta(days=1))], opening=1000),
        statement([entry(7, "0", on=DAY - timedelta(days=2))], opening=900),
    ]
    said = {str(place).encode(): handed_in(one).said for place, one in enumerate(days)}
    monkeypatch.setattr(bank_files, "read_bank_file", lambda content, *_args, **_options: said[content])
    for place in range(3):
        Path(f"{place}.sta").write_text(str(place))
    run("2.sta")
    assert "is a statement missing" in run("0.sta", "--dry-run")[1]
    files = json.loads(run("0.sta", "1.sta", "--json")[1])["files"]
    assert [one.get("gaps", []) for one in files] == [[], []]


def test_a_statement_whose_opening_nobody_knows_is_the_one_before_all_the_same(app, monkeypatch):
    """An OFX file says what an account holds at its end, and not what it began with."""
    before = replace(statement([entry(100, "A")], opening=1000), opening=None)
    after = statement([entry(70, "B", on=DAY + timedelta(days=1))], opening=1100)
    said = {str(place).encode(): handed_in(one).said for place, one in enumerate((before, after))}
    monkeypatch.setattr(bank_files, "read_bank_file", lambda content, *_args, **_options: said[content])
    earlier = replace(statement([entry(5, "0", on=DAY - timedelta(days=9))]), account=before.account)
    said[b"earlier"] = handed_in(earlier).said
    for name in ("earlier", "0", "1"):
        Path(f"{name}.sta").write_text(name)
    assert "is a statement missing" not in run("earlier.sta", "0.sta", "1.sta")[1]


def test_an_entry_nobody_can_book_refuses_its_file_in_every_format(app, monkeypatch):
    wrong = statement([entry(1), entry(2, line=7, fault="“20260230” is not a day of the calendar.")], opening=None)
    monkeypatch.setattr(bank_files, "read_bank_file", lambda *_args, **_options: handed_in(wrong).said)
    code, out = run("good.sta", "--json")
    (file,) = json.loads(out)["files"]
    told = [{"line": 7, "reason": "“20260230” is not a day of the calendar."}]
    assert (code, file["status"], file["problems"], entries()) == (1, "rejected", told, 0)


def test_a_statement_that_begins_with_an_entry_of_another_has_no_gap_before_it(app, monkeypatch):
    first, last, next_day = entry(100, "A"), entry(50, "B"), entry(70, "C", on=DAY + timedelta(days=1))
    files = [
        statement([entry(30, "0", on=DAY - timedelta(days=1)), first, last], opening=1000),
        statement([last], opening=1130),
        statement([last, next_day], opening=1130),
        statement([next_day], opening=1111),
    ]
    said = {str(place).encode(): handed_in(one).said for place, one in enumerate(files)}
    monkeypatch.setattr(bank_files, "read_bank_file", lambda content, *_args, **_options: said[content])
    for place in range(4):
        Path(f"{place}.sta").write_text(str(place))
    answers = [json.loads(run(f"{place}.sta", "--json")[1])["files"][0] for place in range(4)]
    assert [one["statements"][0]["new"] for one in answers] == [3, 0, 1, 0]
    assert not any("gaps" in one for one in answers)


def test_a_file_that_is_not_there_is_told_and_the_others_go_on(app):
    Path("folder").mkdir(exist_ok=True)
    code, out = run("missing.sta", "folder", "good.sta", "--json")
    files = json.loads(out)["files"]
    assert (code, [one["status"] for one in files]) == (1, ["rejected", "rejected", "imported"])
    assert files[0]["problems"] == [{"line": None, "reason": "The file cannot be opened: no such file or directory."}]


def test_a_file_comes_in_after_its_account_was_added(app):
    held = bank_files.import_files([("foreign.sta", b"foreign")], actor=ACTOR, now=NOW)[0]
    with unit_of_work():
        account = services_accounts.add_account(FOREIGN, "Amsterdam", "USD", actor=ACTOR, now=NOW)
        account_id = account.id
    assert "in EUR" in bank_files.try_again(held.file_id, actor=ACTOR, now=NOW).problems[0].reason
    with unit_of_work():
        session().get_one(type(account), account_id).currency = "EUR"
    assert bank_files.try_again(held.file_id, actor=ACTOR, now=NOW).status == "imported"


def test_a_folder_is_emptied_with_a_text_beside_each_file(app, tmp_path):
    (tmp_path / "new.sta").write_bytes(b"still written")
    (tmp_path / "link.sta").symlink_to(tmp_path / "new.sta")
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "good.sta").write_bytes(b"of yesterday")
    os.utime(tmp_path / "new.sta", (NOW.timestamp() - 5, NOW.timestamp() - 5))
    assert take_folder(tmp_path, now=NOW) == 4
    assert take_folder(tmp_path, now=NOW) == 0
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["link.sta", "new.sta"]
    assert sorted(one.name for one in (tmp_path / "done").iterdir()) == ["good.sta", "good.sta.2", "good.sta.2.txt"]
    assert "none of ours" in (tmp_path / "refused" / "foreign.sta.txt").read_text("utf-8")
    assert (
        (tmp_path / "refused" / "junk.sta.txt")
        .read_text("utf-8")
        .endswith("line 4: This is no bank file we can read.\n")
    )


def test_a_crash_before_the_move_is_harmless(app, tmp_path):
    bank_files.import_files([("good.sta", b"good")], actor=ACTOR, now=NOW)
    take_folder(tmp_path, now=NOW)
    assert (tmp_path / "done" / "good.sta.txt").read_text("utf-8") == "good.sta: already imported, 0 new entries\n"
    assert entries() == 1


def test_files_of_one_folder_lack_nothing_that_lay_there_with_them(app, monkeypatch, tmp_path):
    days = {
        b"a_last": statement([entry(50, "C", on=DAY + timedelta(days=1))], opening=1100),
        b"b_missing": statement([entry(100, "B")], opening=1000),
        b"before": statement([entry(7, "A", on=DAY - timedelta(days=1))], opening=3),
    }
    said = {name: handed_in(one).said for name, one in days.items()}
    monkeypatch.setattr(bank_files, "read_bank_file", lambda content, *_args, **_options: said[content])
    for path in tmp_path.glob("*.sta"):
        path.unlink()
    bank_files.import_files([("before.sta", b"before")], actor=ACTOR, now=NOW)
    for name in ("a_last", "b_missing"):
        (tmp_path / f"{name}.sta").write_text(name)
        os.utime(tmp_path / f"{name}.sta", (0, 0))
    assert take_folder(tmp_path, now=NOW) == 2
    first, second = ((tmp_path / "done" / f"{name}.sta.txt").read_text("utf-8") for name in ("a_last", "b_missing"))
    assert first == "a_last.sta: imported, 1 new entries\n"
    assert "Opening 10.00 EUR is not the closing 0.10 EUR" in second  # a statement that is missing still


def test_a_pass_that_ends_early_leaves_each_taken_file_moved_with_its_text(app, monkeypatch, tmp_path):
    monkeypatch.setattr("app.payments.watched.tell_gaps", lambda _verdicts: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take_folder(tmp_path, now=NOW)
    assert (tmp_path / "done" / "good.sta.txt").read_text("utf-8").startswith("good.sta: imported")
    assert not list(tmp_path.glob("*.sta"))
