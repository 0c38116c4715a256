"""A file of customers: all or none, each row with its result, known customers reported and never changed."""

import json

import pytest
from click.testing import CliRunner

from app.cli import main
from app.customers import intake, queries
from app.customers.models import Customer
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


def test_every_column_that_is_refused_is_named_not_just_the_first():
    header = "name,country,vat_id,currency,payment_terms,credit_limit,billing_email\n"
    results, _ = take_in(header + "A,DE,DE1,QQQ,soon,,nobody\nB,XX,,EUR,soon,1e5,nobody\n")
    named = [[reason.split(":")[0] for reason in result.reasons] for result in results]
    assert [sorted(names) for names in named] == [
        ["billing_email", "currency", "payment_terms", "vat_id"],
        ["billing_email", "country", "credit_limit", "payment_terms"],
    ]


LIMITS = "name,country,currency,credit_limit\n"


def test_a_limit_in_a_file_is_in_major_units_and_compared_in_the_customers_currency():
    take_in(LIMITS + "Alpha,DE,,100\nBeta,DE,JPY,100\n")
    stored = {known.name: known.credit_limit for known in session().query(Customer)}
    assert stored == {"Alpha": 10_000, "Beta": 100}
    again, _ = take_in("name,country,credit_limit\nAlpha,DE,100.00\nBeta,DE,100\n")
    assert [result.status for result in again] == ["unchanged", "unchanged"]
    changed, _ = take_in(LIMITS + "Alpha,DE,,1000\nBeta,DE,EUR,100\n")
    assert [result.reasons for result in changed] == [
        ("Credit limit is 100.00 EUR, the file says 1000.00 EUR",),
        ("Credit limit is 100 JPY, the file says 100.00 EUR",),
    ]


def test_a_dry_run_changes_nothing():
    results, is_imported = take_in(HEADER + GOOD, dry_run=True)
    assert ([result.status for result in results], is_imported) == (["created", "created"], False)
    assert queries.count_customers() == 0


def test_a_known_customer_that_is_said_otherwise_is_reported():
    take_in(HEADER + GOOD)
    results, _ = take_in(HEADER + "Alpha GmbH,DE,DE136695976,Potsdam,a@x.example,K1\n")
    assert (results[0].status, results[0].reasons) == ("changed", ("City is Berlin, the file says Potsdam",))
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


def test_a_letter_no_font_draws_is_refused_by_column_and_letter():
    (result,), is_imported = take_in("name,country,city\nGamma,DE,株\n")
    assert (result.status, is_imported) == ("rejected", False)
    assert "city: City has characters the PDF's fonts cannot draw: 株 (U+682A)" in result.reasons[0]
