"""`tillpaid aging` and `tillpaid history import`: one JSON document on stdout, exit 1 where a rule says no."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.cli import main
from app.cli.aging import COMMANDS
from app.customers.models import Customer
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.ledger import queries as ledger
from tests.factories import make_user

CUSTOMERS = "customer_id,name,country,currency,email,terms_days\nK1,Żółw Logistyka,PL,PLN,,30\nK2,Sunrise KK,JP,JPY,,\n"
INVOICES = (
    "number,customer_id,issued_on,due_on,currency,gross\n"
    "R-1,K1,2026-05-01,2026-05-31,PLN,1230.00\nR-2,K1,2026-10-01,2026-11-22,PLN,500.00\nR-3,K2,2026-10-01,2026-10-31,JPY,1200\n"
)
PAYMENTS = (
    "payment_id,customer_id,received_on,currency,amount,invoice,allocated\n"
    "P-1,K1,2026-06-20,PLN,1300.00,R-1,1230.00\nP-2,K2,2026-11-01,JPY,200,R-3,200\n"
)


@pytest.fixture
def run(app, monkeypatch, tmp_path):
    monkeypatch.setattr("app.create_app", lambda: app)
    monkeypatch.chdir(tmp_path)

    def invoke(*words):
        session().rollback()
        result = CliRunner().invoke(main, list(words))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


def write(folder, **texts):
    names = []
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        names.append(f"{name}.csv")
    return names


@pytest.fixture
def imported(run, tmp_path):
    names = write(tmp_path, customers=CUSTOMERS, invoices=INVOICES, payments=PAYMENTS)
    result = run("history", "import", *names, "--json", "--now", "2026-11-22T09:00:00+00:00")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_import_counts_what_became_of_the_rows(imported, run, tmp_path):
    created = {"created": 2, "unchanged": 0, "changed": 0, "recognised": 0}
    assert imported == {
        "imported": True, "customers": created, "invoices": {**created, "created": 3}, "payments": created,
        "rejected": 0, "rows": [],
    }  # fmt: skip
    again = json.loads(run("history", "import", "customers.csv", "invoices.csv", "payments.csv", "--json").stdout)
    assert [again[kind]["unchanged"] for kind in ("customers", "invoices", "payments")] == [2, 3, 2]


def test_aging_by_invoice_is_as_the_contract_says(imported, run):
    result = run("aging", "--as-of", "2026-11-22", "--known-at", "2026-11-22T10:00:00+01:00", "--json")
    assert json.loads(result.stdout) == {
        "as_of": "2026-11-22",
        "known_at": "2026-11-22T09:00:00+00:00",
        "currency": {
            "JPY": {
                "not_due": "0", "1-30": "1000", "31-60": "0", "61-90": "0", "91-120": "0", "over_120": "0",
                "total": "1000", "unapplied": "0", "receivable": "1000",
            },
            "PLN": {
                "not_due": "500.00", "1-30": "0.00", "31-60": "0.00", "61-90": "0.00", "91-120": "0.00",
                "over_120": "0.00", "total": "500.00", "unapplied": "70.00", "receivable": "430.00",
            },
        },
        "rows": [
            {
                "customer": "Sunrise KK", "invoice": "R-3", "instalment": 1, "due_on": "2026-10-31",
                "days_past_due": 22, "currency": "JPY", "open": "1000",
            },
            {
                "customer": "Żółw Logistyka", "invoice": "R-2", "instalment": 1, "due_on": "2026-11-22",
                "days_past_due": 0, "currency": "PLN", "open": "500.00",
            },
        ],
    }  # fmt: skip


def test_aging_by_customer_has_the_same_totals_and_one_row_each(imported, run):
    answer = json.loads(run("aging", "--as-of", "2026-06-15", "--by", "customer", "--json").stdout)
    assert answer["rows"] == [{"customer": "Żółw Logistyka", "currency": "PLN", **answer["currency"]["PLN"]}]
    assert answer["currency"]["PLN"]["1-30"] == "1230.00"


def test_aging_shows_nothing_of_what_was_not_known_yet(imported, run):
    answer = json.loads(run("aging", "--as-of", "2026-11-22", "--known-at", "2026-11-22T08:59:59Z", "--json").stdout)
    assert (answer["currency"], answer["rows"]) == ({}, [])


def test_aging_knows_nothing_of_an_instant_to_come(imported, run):
    words = ("aging", "--as-of", "2099-12-31", "--now", "2026-11-22T10:00:00Z", "--json", "--known-at")
    refused = run(*words, "2027-01-01T00:00:00Z")
    assert (refused.exit_code, "--known-at" in refused.stderr, "still to come" in refused.stderr) == (2, True, True)
    assert json.loads(run(*words, "2026-11-22T10:00:00Z").stdout)["rows"][0]["days_past_due"] > 20_000
    # by a clock that runs behind the one that recorded
    behind = ("aging", "--as-of", "2026-11-22", "--now", "2026-11-21T00:00:00Z", "--known-at", "2026-11-22T09:00:00Z")
    assert run(*behind).exit_code == 0


def test_a_file_that_is_not_there_is_named_and_the_others_are_judged(run, tmp_path):
    (tmp_path / "folder").mkdir()
    names = [*write(tmp_path, customers=CUSTOMERS, invoices=INVOICES.replace("R-2", "")), "gone.csv", "folder"]
    said = run("history", "import", *names)
    assert said.exit_code == 1
    assert "gone.csv  -  rejected: The file cannot be opened: no such file or directory." in said.stdout
    assert "folder  -  rejected: The file cannot be opened: is a directory." in said.stdout
    assert "invoices.csv line 3" in said.stdout
    told = json.loads(run("history", "import", *names, "--json").stdout)
    assert (told["imported"], [row["line"] for row in told["rows"]]) == (False, [None, None, 3])


def test_now_may_be_said_and_else_nothing_recorded_is_hidden(imported, run):
    """The import was recorded at 09:00 on 22 November by a clock that may be ahead of this one."""
    said = json.loads(run("aging", "--as-of", "2026-11-22", "--now", "2026-11-21T00:00:00Z", "--json").stdout)
    assert (said["known_at"], said["rows"]) == ("2026-11-21T00:00:00+00:00", [])
    assert len(json.loads(run("aging", "--as-of", "2026-11-22", "--json").stdout)["rows"]) == 2


def test_known_at_is_now_though_something_was_recorded_later(imported, run, monkeypatch):
    earlier = datetime(2026, 11, 20, tzinfo=UTC)
    [option] = [one for one in COMMANDS["aging"].params if one.name == "now"]
    monkeypatch.setattr(option, "default", lambda: earlier)
    said = json.loads(run("aging", "--as-of", "2026-11-22", "--json").stdout)
    assert (said["known_at"], len(said["rows"])) == (earlier.isoformat(), 2)


@pytest.fixture
def owned(app, imported):
    """Ada looks after the Polish customer, nobody after the Japanese one."""
    ada = make_user(app, "finance", name="Ada Koch", email="ada@example.test")
    with unit_of_work():
        session().scalars(select(Customer).where(Customer.external_id == "K1")).one().owner_id = ada


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (["--by", "instalment"], ["R-3", "R-2"]),
        (["--by", "owner"], ["Ada Koch", None]),
        (["--by", "currency"], ["JPY", "PLN"]),
        (["--by", "currency", "--currency", "pln"], ["PLN"]),
        (["--by", "customer", "--owner", "ada@example.test"], ["Żółw Logistyka"]),
        (["--by", "customer", "--owner", "nobody"], ["Sunrise KK"]),
        (["--owner", "ADA@example.test"], ["R-2"]),
        (["--customer", "C-00002"], ["R-3"]),
        (["--by", "owner", "--customer", "C-00002"], [None]),
    ],
)
def test_aging_is_shown_by_owner_and_currency_and_of_those_chosen(owned, run, words, rows):
    answer = json.loads(run("aging", "--as-of", "2026-11-22", *words, "--json").stdout)
    keys = {"instalment": "invoice"}
    by = words[1] if words[0] == "--by" else "invoice"
    assert [row[keys.get(by, by)] for row in answer["rows"]] == rows
    if by in {"owner", "customer", "currency"}:
        receivables = {row["currency"]: row["receivable"] for row in answer["rows"]}
        assert receivables == {code: sums["receivable"] for code, sums in answer["currency"].items()}
    assert run("aging", "--as-of", "2026-11-22", *words).exit_code == 0


@pytest.mark.parametrize("words", [["--customer", "C-9"], ["--owner", "x@example.test"], ["--currency", "EUX"]])
def test_whom_aging_does_not_know_is_said(imported, run, words):
    assert run("aging", "--as-of", "2026-11-22", *words).exit_code != 0


def test_people_read_a_table(imported, run):
    by_invoice = run("aging", "--as-of", "2026-11-22").stdout
    assert "R-3" in by_invoice
    assert "receivable" in by_invoice
    assert "R-3" not in run("aging", "--as-of", "2026-11-22", "--by", "customer").stdout


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--as-of", "22.11.2026"],
        ["--as-of", "2026-11-22", "--by", "x"],
        ["--as-of", "2026-11-22", "--known-at", "yesterday"],
    ],
)
def test_a_command_written_wrongly_exits_2(run, words):
    assert run("aging", *words, "--json").exit_code == 2


def test_a_bad_row_stops_the_import_and_is_named(run, tmp_path):
    names = write(tmp_path, customers=CUSTOMERS, invoices=INVOICES.replace("500.00", "5,00"))
    result = run("history", "import", *names, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["imported"], answer["rejected"]) == (1, False, 1)
    assert [(row["file"], row["line"]) for row in answer["rows"]] == [("invoices.csv", 3)]
    assert ledger.last_position() == 0
    said = run("history", "import", *names)
    assert said.exit_code == 1
    assert "Nothing was imported" in said.stdout
    assert "invoices would be: 2 created" in said.stdout


def test_a_dry_run_changes_nothing(run, tmp_path):
    names = write(tmp_path, customers=CUSTOMERS, invoices=INVOICES)
    result = run("history", "import", *names, "--dry-run")
    assert (result.exit_code, ledger.last_position()) == (0, 0)
    assert "invoices would be: 3 created" in result.stdout
    assert "invoices: 3 created" in run("history", "import", *names, "--now", "2026-11-22T09:00:00Z").stdout


def test_doubtful_dates_are_shown_and_with_strict_refused(run, tmp_path):
    names = write(tmp_path, customers=CUSTOMERS, invoices=INVOICES.replace("2026-05-31", "2026-04-30"))
    refused = run("history", "import", *names, "--strict")
    assert (refused.exit_code, "R-1  rejected: due_on 2026-04-30 is before" in refused.stdout) == (1, True)
    taken = run("history", "import", *names)
    assert (taken.exit_code, "R-1  doubtful: due_on 2026-04-30 is before" in taken.stdout) == (0, True)
    assert "With --strict they are refused" in taken.stdout
