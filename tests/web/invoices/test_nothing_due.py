"""An invoice over nothing asks for nothing, on paper, in the mail, in the XML, on its page: no bank, day or code."""

import pypdfium2
import pytest

from app.company.services_texts import TextsData
from app.db.unit_of_work import unit_of_work
from app.invoices.einvoice.codes import Syntax
from app.invoices.einvoice_files import find_broken_rules, make_einvoice
from app.invoices.mails import write_mail
from app.invoices.pdf import draw
from app.invoices.services import draft_invoice
from tests import factories
from tests.einvoices import content, line
from tests.factories import ACTOR, NOW
from tests.harness.pages import words_of

pytestmark = pytest.mark.usefixtures("today")
IBAN = "DE89370400440532013000"
TERMS = "2% discount 10 days, 50% 14 days, 50% 30 days"
ASKED = ("DE89", "Musterbank", "QR", "2 %", "22.12.2026", "6.12.2026")
SENTENCES = {
    "en": "Nothing is to be paid.",
    "de": "Es ist nichts zu zahlen.",
    "fr": "Rien n’est à payer.",
    "es": "No hay nada que pagar.",
    "pl": "Nie ma nic do zapłaty.",
}


@pytest.mark.parametrize(("language", "terms"), [*((language, "0 days") for language in SENTENCES), ("de", TERMS)])
def test_paper_and_mail_say_that_nothing_is_to_be_paid_and_ask_for_nothing(app, language, terms):
    factories.make_company(iban=IBAN, bank_name="Musterbank")
    customer = factories.make_customer(language=language)
    snapshot = factories.make_issued_invoice(customer, ("Sample", "4", "0"), payment_terms=terms).snapshot
    with pypdfium2.PdfDocument(draw(snapshot, None)) as document:
        paper = "".join(page.get_textpage().get_text_bounded() for page in document)
    mail = write_mail(snapshot, TextsData())
    for said in (paper, mail.text, mail.html):
        words = " ".join(said.split())
        assert SENTENCES[language] in words
        assert [
            asked for asked in ("DE89", "Musterbank", "QR", "2 %", "22.12.2026", "6.12.2026") if asked in words
        ] == []


@pytest.mark.parametrize("einvoice", ["factur-x", "xrechnung-cii", "xrechnung-ubl", "peppol"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_xml_of_nothing_keeps_the_official_rules_and_names_no_account_and_no_day(app, einvoice, language):
    free = content(line(discount_percent="100"), einvoice=einvoice, language=language, terms=TERMS)
    for syntax in Syntax:
        assert find_broken_rules(free, syntax) == []
        xml = make_einvoice(free, syntax).content.decode()
        assert "0.00</ram:DuePayableAmount>" in xml or ">0.00</cbc:PayableAmount>" in xml
        assert SENTENCES[language] in xml
        assert [asked for asked in (IBAN, "DueDate", "SKONTO", "2026-12") if asked in xml] == []


def test_the_page_says_it_instead_of_a_day_and_so_does_the_question_before_issue(client, app):
    with app.app_context():
        factories.make_company()
        order = factories.make_plain_order(factories.make_customer(), ("Sample", "4", "0"))
        invoice = factories.make_issued_invoice(factories.make_customer("Other"), ("Sample", "4", "0"))
        with unit_of_work():
            draft_id, invoice_id = draft_invoice(order.id, actor=ACTOR, now=NOW).id, invoice.id
    factories.sign_in(client, "finance")
    page = words_of(client.get(f"/invoices/{invoice_id}").text)
    assert "Due nothing is to be paid" in page
    asked = words_of(client.get(f"/invoices/{draft_id}").text)
    assert "0.00 EUR is owed by Nordlicht Logistik GmbH: nothing is to be paid" in asked
    assert (", due" in asked, "Instalments" in asked) == (False, False)
