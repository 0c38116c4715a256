"""A file of customers: all or none, each row with its result, known customers reported and never changed."""

import json

import pytest
from click.testing import CliRunner

from app.cli import main
from app.customers import intake, queries
from app.db.base import session
from tests import factories
from tests.factories import ACTOR, NOW

HEADER = "name,country,vat_id,city,billing_email,customer_id\n"
GOOD = "Alpha GmbH,DE,DE136695976,Berlin,a@x.example,K1\nBeta AG,DE,,Bonn,b@x.example,K2\n"


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def take_in(text, **options):
    return intake.import_file(intake.read_customers(text.encode()), actor=ACTOR, now=NOW, **options)


def test_good_rows_become_customers_and_the_same_file_again_changes_nothing():
    results, is_imported = take_in(HEADER + GOOD)
    assert ([result.status for result in results], is_imported) == (["created", "created"], True)
    again, _ = take_in(HEADER + GOOD)
    assert [result.status for result in again] == ["unchanged", "unchanged"]
    assert queries.count_customers() == 2


def test_one_bad_row_keeps_everything_out():
    results, is_imported = take_in(HEADER + GOOD + "Gamma,DE,DE1,,,\nDelta,DE,,,nobody,\n")
    assert is_imported is False
    assert [result.status for result in results] == ["created", "created", "rejected", "rejected"]
    assert "vat_id" in results[2].reasons[0]
    assert "billing_email" in results[3].reasons[0]
    assert queries.count_customers() == 0


def test_a_dry_run_changes_nothing():
    results, is_imported = take_in(HEADER + GOOD, dry_run=True)
    assert ([result.status for result in results], is_imported) == (["created", "created"], False)
    assert queries.count_customers() == 0


def test_a_known_customer_that_is_said_otherwise_is_reported():
    take_in(HEADER + GOOD)
    results, _ = take_in(HEADER + "Alpha GmbH,DE,DE136695976,Potsdam,a@x.example,K1\n")
    assert (results[0].status, results[0].reasons) == ("changed", ("city is Berlin, the file says Potsdam",))
    assert queries.billing_address(queries.find_by_number("C-00001")).city == "Berlin"


def test_the_command_prints_one_document_and_exits_1_when_a_row_was_rejected(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))
    session().rollback()
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEADER + GOOD)
    bad.write_text(HEADER + "X,??,,,,\n")
    done = CliRunner().invoke(main, ["customers", "import", str(good), "--json", "--now", NOW.isoformat()])
    refused = CliRunner().invoke(main, ["customers", "import", str(bad), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["imported"]) == (0, True)
    assert (refused.exit_code, json.loads(refused.stdout)["rows"][0]["status"]) == (1, "rejected")
    assert queries.count_customers() == 2
