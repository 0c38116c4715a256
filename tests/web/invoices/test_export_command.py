"""The command line hands out stored documents."""

import hashlib
import json

import pytest
from click.testing import CliRunner

from app.cli import main
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document
from app.invoices import services
from app.invoices.einvoice_pdf import read_einvoice
from tests import factories
from tests.factories import ACTOR, NOW


def _issued():
    """(id, number) of an issued invoice; no read is left open, which would make the command's commit wait."""
    invoice = factories.make_issued_invoice(factories.make_customer())
    facts = invoice.id, invoice.number
    session().rollback()
    return facts


@pytest.fixture
def run(app, settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))
    factories.make_company()
    return lambda *words: CliRunner().invoke(main, ["invoices", "export", *map(str, words)])


def test_a_pdf_is_rendered_once_and_written(run, tmp_path):
    invoice_id, number = _issued()
    output = tmp_path / "paper.pdf"
    result = run(number, "--format", "pdf", "--output", output, "--json")
    assert result.exit_code == 0, result.output
    assert output.read_bytes().startswith(b"%PDF")
    stored = find_document("invoice", invoice_id, "pdf")
    assert json.loads(result.stdout)["sha256"] == stored.sha256
    session().rollback()
    before = output.read_bytes()
    assert run(number, "--format", "pdf", "--output", output).exit_code == 0
    assert output.read_bytes() == before


@pytest.mark.parametrize(("name", "root"), [("cii", b"<rsm:CrossIndustryInvoice"), ("ubl", b"<Invoice")])
def test_the_einvoice_is_made_once_and_written(run, tmp_path, name, root):
    invoice_id, number = _issued()
    output = tmp_path / "x.xml"
    assert run(number, "--format", name, "--output", output).exit_code == 0
    first = output.read_bytes()
    assert root in first
    assert number.encode() in first
    assert run(number, "--format", "pdf", "--output", tmp_path / "x.pdf").exit_code == 0
    assert run(number, "--format", name, "--output", output).exit_code == 0
    assert output.read_bytes() == first
    stored = find_document("invoice", invoice_id, "xml")
    inside = read_einvoice((tmp_path / "x.pdf").read_bytes())
    session().rollback()
    assert stored.facts["rules"] == "Factur-X 1.09.2 EN 16931"
    assert hashlib.sha256(inside).hexdigest() == stored.sha256
    assert name == "ubl" or inside == first


def test_an_invoice_that_cannot_be_carried_says_why(run, tmp_path):
    invoice = factories.make_issued_invoice(
        factories.make_customer(), ("Sensor", "3", "411.5005"), currency="KWD", number="SO-2026-00043"
    )
    number = invoice.number
    session().rollback()
    result = run(number, "--format", "cii", "--output", tmp_path / "x.xml")
    assert result.exit_code == 1
    assert "is a PDF only. Amounts in KWD have 3 decimals" in result.stderr


def test_what_has_no_document_is_refused(run, tmp_path):
    customer = factories.make_customer()
    with unit_of_work():
        services.register_history_invoice(
            "R-1", customer.id, issued_on=NOW.date(), due_on=NOW.date(), currency="EUR", gross=1, actor=ACTOR, now=NOW
        )
    for number, words in (("R-1", "no document"), ("INV-2026-00009", "no invoice INV-2026-00009")):
        result = run(number, "--format", "pdf", "--output", tmp_path / "x.pdf")
        assert result.exit_code == 1
        assert words in result.stderr


def test_a_path_that_cannot_be_written_is_said(run, tmp_path):
    _invoice_id, number = _issued()
    result = run(number, "--format", "pdf", "--output", tmp_path / "missing" / "x.pdf")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert run(number, "--format", "docx", "--output", "x").exit_code == 2
