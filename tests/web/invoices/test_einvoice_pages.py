"""The e-invoice on the pages: what is missing and where to mend it, what is refused, and what is handed out."""

import pytest

from app.company.queries import get_company
from app.customers.queries import get_customer
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import read_content
from app.documents.xml_rules import RuleFinding
from app.invoices import einvoice_files, queries, services
from app.invoices.documents import ensure_document
from app.invoices.einvoice_pdf import read_einvoice
from app.invoices.models import InvoiceState
from app.invoices.services.issue import ChangedSinceChecked
from app.kernel.einvoices import NothingButPdf, check_mailing
from app.outbox.queries import list_missing_documents
from tests import factories
from tests.factories import ACTOR, NOW, sign_in


@pytest.fixture
def finance(client, app):
    with app.app_context():
        factories.make_company(phone="", registration="HRB 1")
        sign_in(client, "finance")
        yield client


def _draft(*, order=None, **customer):
    made = factories.make_plain_order(factories.make_customer(**customer), **(order or {}))
    with unit_of_work():
        draft = services.draft_invoice(made.id, actor=ACTOR, now=NOW)
    return draft.id


def test_a_draft_says_what_its_format_lacks_and_where_to_mend_it(finance):
    draft = _draft(einvoice="xrechnung-ubl", billing_email="")
    page = finance.get(f"/invoices/{draft}").text
    assert "cannot be issued yet" in page
    for words in ("contact for invoices", "phone number", "Leitweg-ID", "electronic address or e-mail"):
        assert words in page
    assert "Ask an administrator." in page  # finance does not change the settings
    for link in ("/customers/1/edit#endpoint_id", f"/invoices/{draft}/edit#buyer_reference"):
        assert f'href="{link}"' in page
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"}).status_code == 422
    assert queries.get_invoice(draft).state is InvoiceState.DRAFT


def test_what_cannot_be_carried_is_issued_as_a_plain_pdf_and_says_why(finance):
    draft = _draft(order={"currency": "KWD"})
    page = finance.get(f"/invoices/{draft}").text
    assert "PDF only, without an e-invoice." in page
    assert "3 decimals" in page
    finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"})
    assert queries.get_invoice(draft).state is InvoiceState.ISSUED
    assert finance.get(f"/invoices/{draft}/einvoice.cii.xml").status_code == 409
    assert read_einvoice(read_content(ensure_document(draft, "pdf", NOW))) is None


def test_the_official_rules_speak_before_a_number_is_drawn(finance, monkeypatch):
    draft = _draft()
    found = [RuleFinding("BR-99", "the moon is not full")]
    with monkeypatch.context() as patch:
        patch.setattr(einvoice_files, "check_xml", lambda *_a, **_k: found)
        refused = finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"})
    assert refused.status_code == 422
    assert "BR-99: the moon is not full" in refused.text
    assert queries.get_invoice(draft).number is None
    session().rollback()
    with pytest.raises(ChangedSinceChecked), unit_of_work():
        services.issue_invoice(draft, issued_on=NOW.date(), actor=ACTOR, now=NOW, checked="another")
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"}).status_code == 302


def test_xrechnung_stands_in_the_pdf_and_both_syntaxes_can_be_had(finance):
    with unit_of_work():
        get_company().contact_name = "Ada Winter"
        get_company().phone = "+49 30 1234560"
    draft = _draft(einvoice="xrechnung-cii", buyer_reference="04011000-12345-34")
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"}).status_code == 302
    pdf = finance.get(f"/invoices/{draft}/document.pdf").data
    answers = {name: finance.get(f"/invoices/{draft}/einvoice.{name}.xml") for name in ("cii", "ubl")}
    assert b"xrechnung_3.0" in answers["cii"].data
    assert b"xrechnung_3.0" not in answers["ubl"].data
    assert answers["cii"].mimetype == "application/xml"
    assert read_einvoice(pdf) == answers["cii"].data
    assert "passed Factur-X" in finance.get(f"/invoices/{draft}").text
    assert finance.get(f"/invoices/{draft}/einvoice.pdf.xml").status_code == 404


@pytest.mark.parametrize(
    ("einvoice", "mailing", "carried", "said"),
    [
        ("factur-x", "pdf", ["pdf"], "the PDF with the XML inside"),
        ("factur-x", "both", ["pdf", "xml"], "the PDF and the XML as a file (CII)"),
        ("factur-x", "xml", ["xml"], "the XML as a file (CII), no PDF"),
        ("none", "pdf", ["pdf"], "the PDF"),
        ("xrechnung-cii", "pdf", ["pdf"], "the PDF with the XML inside"),
        ("xrechnung-ubl", "pdf", ["pdf", "ubl"], "the PDF and the XML as a file (UBL)"),
        ("peppol", "pdf", ["pdf", "ubl"], "the PDF and the XML as a file (UBL)"),
        ("peppol", "xml", ["ubl"], "the XML as a file (UBL), no PDF"),
        ("peppol", "both", ["pdf", "ubl"], "the PDF and the XML as a file (UBL)"),
    ],
)
def test_a_mail_carries_what_the_customer_wants_and_the_page_says_it(finance, einvoice, mailing, carried, said):
    with unit_of_work():
        company = get_company()
        company.endpoint_id, company.endpoint_scheme = "4000001000005", "0088"
        company.contact_name, company.phone = "Ada Winter", "+49 30 1234560"
    wanted = {"endpoint_id": "4000001000012", "endpoint_scheme": "0088", "buyer_reference": "K 1"}
    draft = _draft(einvoice=einvoice, mailing=mailing, **wanted)
    assert f": {said}</span>" in finance.get(f"/invoices/{draft}").text
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"}).status_code == 302
    ensure_document(draft, "pdf", NOW)
    with unit_of_work():
        services.resend_invoice(draft, actor=ACTOR, now=NOW)
    for message in queries.list_sent(draft):
        assert [one.document_kind for one in message.attachments] == carried
        assert not list_missing_documents(message)
    page = finance.get(f"/invoices/{draft}").text
    assert f"<dt>That mail carries</dt><dd>{said}</dd>" in page
    assert f"The mail carries {said}." in page


def test_what_has_no_xml_is_mailed_as_pdf(finance):
    draft = _draft(order={"currency": "KWD"}, mailing="xml")
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"}).status_code == 302
    (message,) = queries.list_sent(draft)
    assert [one.document_kind for one in message.attachments] == ["pdf"]


def test_xml_alone_needs_a_format():
    with pytest.raises(NothingButPdf):
        check_mailing("xml", "none")


@pytest.mark.parametrize(
    ("category", "language", "said"), [("AE", "de", "Steuerschuldnerschaft"), ("G", "en", "export"), ("E", "en", None)]
)
def test_where_the_law_gives_the_reason_for_no_tax_nobody_needs_to_write_it(finance, category, language, said):
    taxes = [{"name": "VAT 0", "category": category, "kind": "percent", "rate": "0"}]
    abroad = {"country": "CH", "vat_id": ""} if category == "G" else {"country": "AT", "vat_id": "ATU13585627"}
    draft = _draft(order={"taxes": taxes}, language=language, city="Wien", **abroad)
    answer = finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"})
    if said is None:  # an exemption has an article of its own
        assert "needs the reason why no tax is charged" in answer.text
    else:
        assert said in queries.get_invoice(draft).snapshot["lines"][0]["taxes"][0]["reason"]
        assert said in queries.get_invoice(draft).taxes[0].reason


def test_a_draft_without_a_buyer_reference_follows_the_customers_until_it_is_issued(finance):
    with unit_of_work():
        get_company().contact_name, get_company().phone = "Ada Winter", "+49 30 1234560"
    draft = _draft(einvoice="xrechnung-cii")
    assert "Leitweg-ID" in finance.get(f"/invoices/{draft}").text
    with unit_of_work():
        get_customer(queries.get_invoice(draft).customer_id).buyer_reference = "04011000-12345-34"
    assert "Leitweg-ID" not in finance.get(f"/invoices/{draft}").text
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"}).status_code == 302
    issued = queries.get_invoice(draft)
    assert (issued.buyer_reference, issued.snapshot["buyer_reference"]) == ("04011000-12345-34",) * 2
