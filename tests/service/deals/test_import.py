"""Importing a file of deals: all of it or nothing, the same file twice, and the command that does it."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from app.cli import main
from app.customers.queries import count_customers
from app.db.base import db, session
from app.deals import intake
from app.deals.queries import count_by_state
from app.kernel.errors import BadInput
from tests import factories
from tests.factories import ACTOR, NOW

HEADER = "deal_id,closed_on,customer,country,currency,billing_email,item,quantity,unit_price,tax_rate\n"
GOOD = "A,2026-11-02,Alpha,DE,EUR,a@x.example,X,1,2,19\nB,2026-11-02,Beta,DE,JPY,b@x.example,X,1,2,0\n"
BAD = "C,2026-02-31,Gamma,DE,EUR,,X,1,2,19\nD,2026-11-02,Delta,DE,EUR,,X,-1,2,19\n"


@pytest.fixture
def company(app):
    factories.make_company()


@pytest.fixture
def run(app, settings, tmp_path, monkeypatch):
    """Runs `tillpaid deals import` on a file of this text; answers exit code, document and stderr."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))
    path = tmp_path / "deals.csv"

    def invoke(text, *options):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        session().rollback()
        done = CliRunner().invoke(main, ["deals", "import", str(path), "--now", NOW.isoformat(), *options])
        answer = json.loads(done.stdout) if "--json" in options and done.stdout else done.stdout
        return done.exit_code, answer, done.stderr

    return invoke


def deals():
    session().rollback()
    return sum(count_by_state().values())


def statuses(answer):
    return [(row["line"], row["deal_id"], row["status"]) for row in answer["rows"]]


@pytest.mark.usefixtures("company")
def test_a_good_file_is_imported_once_however_often_it_is_delivered(run):
    code, answer, _ = run(HEADER + GOOD, "--json")
    assert (code, answer["imported"], statuses(answer)) == (0, True, [(2, "A", "created"), (3, "B", "created")])
    code, answer, _ = run(HEADER + GOOD, "--json")
    assert (code, [status for *_, status in statuses(answer)]) == (0, ["unchanged", "unchanged"])
    assert deals() == 2


@pytest.mark.usefixtures("company")
def test_one_bad_row_keeps_everything_out_and_every_bad_row_is_named(run):
    code, answer, _ = run(HEADER + GOOD + BAD, "--json")
    assert (code, answer["imported"], deals(), count_customers()) == (1, False, 0, 0)
    assert answer["counts"] == {"created": 2, "unchanged": 0, "changed": 0, "rejected": 2}
    rejected = [row for row in answer["rows"] if row["status"] == "rejected"]
    assert [(row["line"], row["deal_id"]) for row in rejected] == [(4, "C"), (5, "D")]
    assert all(row["reasons"] for row in rejected)


@pytest.mark.usefixtures("company")
def test_the_good_rows_are_kept_when_asked_for_and_the_exit_still_says_1(run):
    code, answer, _ = run(HEADER + GOOD + BAD, "--json", "--keep-good")
    assert (code, answer["imported"], deals()) == (1, True, 2)


@pytest.mark.usefixtures("company")
def test_a_dry_run_says_the_same_and_changes_nothing(run):
    code, answer, _ = run(HEADER + GOOD, "--json", "--dry-run")
    assert (code, answer["imported"], deals(), count_customers()) == (0, False, 0, 0)
    assert statuses(answer) == [(2, "A", "created"), (3, "B", "created")]


@pytest.mark.usefixtures("company")
def test_a_changed_deal_is_reported_and_left(run):
    run(HEADER + GOOD)
    code, answer, _ = run(HEADER + GOOD.replace("X,1,2,19", "X,7,2,19"), "--json")
    assert (code, statuses(answer)[0][2]) == (0, "changed")
    assert answer["rows"][0]["reasons"] == ["quantity of 'X' was 1, the file says 7"]


@pytest.mark.usefixtures("company")
def test_without_json_people_read_lines_and_remarks_go_to_stderr(run):
    code, text, remarks = run((HEADER.strip() + ",Märchen\n" + BAD.splitlines()[0] + ",x\n").encode("windows-1252"))
    assert code == 1
    assert "line 2  C  rejected: closed_on: '2026-02-31' is a day that does not exist." in text
    assert "Nothing was imported." in text
    assert "Columns left out: Märchen" in remarks
    assert "Windows-1252" in remarks


@pytest.mark.usefixtures("company")
def test_a_deal_of_a_json_file_is_named_by_its_place_and_reference(run):
    line = {"item": "Sensor", "quantity": 1, "unit_price": "2", "tax_rate": 19}
    deal = {
        "deal_id": "A",
        "closed_on": "2026-11-02",
        "customer": "N",
        "country": "DE",
        "currency": "EUR",
        "lines": [line],
    }
    code, text, _ = run(json.dumps([deal, {**deal, "deal_id": "B", "country": "??"}]).encode())
    assert code == 1
    assert "deal 2  B  rejected: country" in text


@pytest.mark.usefixtures("company")
def test_a_file_that_is_no_table_is_refused_with_one_sentence(run):
    code, text, error = run(b"\n\n")
    assert (code, text) == (1, "")
    assert error.startswith("Error: ")


def test_what_is_wrong_with_a_file_is_said_even_before_the_company_is_set_up(run):
    code, answer, _ = run(HEADER + GOOD + BAD, "--json")
    assert (code, answer["imported"], answer["counts"]["rejected"]) == (1, False, 2)
    code, _, error = run(HEADER + GOOD, "--json")
    assert (code, "not set up yet" in error) == (1, True)


@pytest.mark.usefixtures("company")
def test_a_file_of_many_deals_takes_few_statements():
    text = HEADER + "".join(f"D-{i},2026-11-02,Alpha,DE,EUR,a@x.example,X,1,2,19\n" for i in range(300))
    parsed = intake.read_deals(text.encode())
    counted = []

    def note(*_execution):  # many rows in one insert count once
        counted.append(1)

    event.listen(db.engine, "before_execute", note)
    done = intake.import_file(parsed, source="file", actor=ACTOR, now=NOW)
    event.remove(db.engine, "before_execute", note)
    assert len(done.rows) == 300
    assert len(counted) < 40


def test_a_database_without_a_schema_is_said_to_need_one(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(tmp_path))
    (tmp_path / "deals.csv").write_text(HEADER + GOOD)
    done = CliRunner().invoke(main, ["deals", "import", str(tmp_path / "deals.csv"), "--json"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "tillpaid init" in done.stderr


def test_a_letter_no_font_draws_is_refused_at_import_by_field_and_letter_and_leaves_no_customer(company):
    odd = factories.parsed_deal(lines=(factories.deal_line(), factories.deal_line("Sensor 株")))
    with pytest.raises(BadInput, match=r"Item of line 2 has characters the PDF's fonts cannot draw: 株 \(U\+682A\)"):
        factories.make_deal(lines=odd.lines)
    assert count_customers() == 0
    with pytest.raises(BadInput, match=r"Name has characters .* 株"):
        factories.make_deal(customer="株 AG")
