"""Our own words on documents: written per language, tried in a preview, and said by the next invoice and its mail."""

from __future__ import annotations

import base64
import io
import re

import pypdfium2
import pytest
from PIL import Image

from app.company.queries_texts import find_texts
from app.company.rules_texts import MOST_FOOT_LINES
from app.db.unit_of_work import unit_of_work
from app.invoices.einvoice.build import build_semantic
from app.invoices.paper import einvoice_words, lay_out
from app.invoices.queries import list_sent
from app.invoices.services import credit_invoice
from app.invoices.texts import LANGUAGES
from tests import factories
from tests.factories import sign_in

WORDS = {
    "footer": "Merci de votre confiance.",
    "subject": "Votre facture $number",
    "opening": "Voici la facture $number de $amount, à régler avant le $due.",
    "closing": "Bien à vous, $company",
}


@pytest.fixture
def admin(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "admin")
    return client


def _save(client, language="fr", **changes):
    return client.post(f"/settings/texts/{language}", data={"version": "0", **WORDS, **changes})


def test_an_invoice_and_its_mail_say_our_own_words_in_the_customers_language(admin):
    assert _save(admin).status_code == 302
    assert admin.get("/settings/texts").location.endswith("/settings/texts/en")
    with admin.application.app_context():
        french = factories.make_issued_invoice(factories.make_customer(language="fr"))
        german = factories.make_issued_invoice(factories.make_customer("Other", language="de"))
        mail, other = list_sent(french.id)[0], list_sent(german.id)[0]
        assert french.snapshot["footer"] == WORDS["footer"]
        assert mail.subject == f"Votre facture {french.number}"
        assert f"Voici la facture {french.number} de 1\u00a0190,00 EUR, à régler avant le" in mail.body_text
        assert "Bien à vous, Feinwerk Sensorik GmbH" in mail.body_text
        assert other.subject.startswith("Rechnung")
        assert german.snapshot["footer"] == ""


def test_a_credit_note_and_its_mail_have_words_of_their_own(admin):
    words = {"credit_subject": "Votre avoir $number", "credit_opening": "Voici l’avoir $number de $amount."}
    assert _save(admin, **words).status_code == 302
    shown = re.sub(r"\s+", " ", admin.post("/settings/texts/fr/preview", data={**WORDS, **words}).text)
    assert "Votre avoir CN-0000-00001" in shown
    assert "Votre facture INV-0000-00001" in shown
    with admin.application.app_context():
        invoice = factories.make_issued_invoice(factories.make_customer(language="fr"))
        with unit_of_work():
            day, reason = invoice.issued_on, "Retour"
            note = credit_invoice(invoice.id, reason, issued_on=day, actor=factories.ACTOR, now=factories.NOW)
        mail = list_sent(note.id)[0]
        assert mail.subject == f"Votre avoir {note.number}"
        assert f"Voici l’avoir {note.number} de 1\u00a0190,00 EUR." in mail.body_text
        assert WORDS["opening"][:10] not in mail.body_text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": "Facture $numero"}, "Subject</a>: $numero is not filled in"),
        ({"opening": "It is $amount.total or $ 5"}, "Opening</a>: a $ begins a place"),
        ({"credit_opening": "For $nobody"}, "Opening of a credit note</a>: $nobody is not filled in"),
        ({"closing": "x" * 1001}, "Closing is longer than 1000 characters"),
        ({"footer": "x" * 1001}, "Text at the foot of invoices is longer than 1000 characters"),
        ({"version": "7"}, "Somebody else changed these texts"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(admin, changes, message):
    refused = _save(admin, **changes)
    assert refused.status_code in {409, 422}
    assert message in refused.text
    with admin.application.app_context():
        assert find_texts("fr") is None


def _picture(answer):
    found = re.search(r'src="data:image/png;base64,([^"]+)"', answer.text)
    return Image.open(io.BytesIO(base64.b64decode(found.group(1)))) if found else None


def test_the_preview_follows_the_form_before_anything_is_saved(admin):
    answer = admin.post("/settings/texts/pl/preview", data={**WORDS, "closing": "Do widzenia"})
    assert "Do widzenia" in answer.text
    assert "856,21" in answer.text
    assert _picture(answer).size == (893, 1263)
    red = admin.post("/settings/texts/de/preview", data={"accent_colour": "#ff0000"})
    reds = [
        red for red, green, blue in _picture(red).convert("RGB").get_flattened_data() if red > 200 and green < 60 > blue
    ]
    assert len(reds) > 500
    with admin.application.app_context():
        assert find_texts("pl") is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"accent_colour": "red"}, "colour"),
        ({**WORDS, "subject": "$what"}, "$what is not filled in"),
        ({"logo": (io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "logo.png")}, "logo cannot be read"),
    ],
)
def test_the_preview_says_what_is_wrong(admin, data, message):
    answer = admin.post("/settings/texts/en/preview", data=data, content_type="multipart/form-data")
    assert (answer.status_code, _picture(answer)) == (200, None)
    assert message in answer.text


def test_languages_nobody_writes_have_no_page(admin):
    assert admin.get("/settings/texts/xx").status_code == 404
    sign_in(admin, "finance")
    assert admin.get("/settings/texts/en").status_code == 403


def test_a_credit_note_has_a_foot_of_its_own_and_an_invoice_a_sentence_on_its_terms(admin):
    words = {"terms": "Intérêts de retard : 10 %.", "credit_footer": "Avoir sans échéance."}
    assert "$due is not filled in. The places are $number, $amount, $name and $company" in (
        _save(admin, credit_opening="Due $due").text
    )
    assert _save(admin, **words).status_code == 302
    with admin.application.app_context():
        french = factories.make_issued_invoice(factories.make_customer(language="fr"))
        german = factories.make_issued_invoice(factories.make_customer("Other", language="de"))
        for invoice, terms, foot in ((french, words["terms"], words["credit_footer"]), (german, "", "")):
            with unit_of_work():
                note = credit_invoice(
                    invoice.id, "Retour", issued_on=invoice.issued_on, actor=factories.ACTOR, now=factories.NOW
                )
            assert (note.snapshot["footer"], "terms_sentence" in note.snapshot) == (foot, False)
            assert invoice.snapshot.get("terms_sentence", "") == terms
            assert (terms in lay_out(invoice.snapshot).payment) == bool(terms)
            assert terms in build_semantic(invoice.snapshot, words=einvoice_words(invoice.snapshot)).terms


def test_the_preview_shows_the_bank_account_that_was_typed(admin):
    swiss = {"iban": "CH93 0076 2011 6238 5295 7", "qr_iban": "CH4431999123000889012", "account_holder": "Feinwerk AG"}
    opened = admin.post("/settings/texts/de/example.pdf", data=swiss)
    with pypdfium2.PdfDocument(opened.data) as document:
        said = document[0].get_textpage().get_text_bounded()
    for shown in ("Zahlteil", "CH44 3199 9123 0008 8901 2", "Feinwerk AG"):  # in francs, as the QR-IBAN is for
        assert shown in said
    plain = admin.post("/settings/texts/de/example.pdf", data=swiss | {"qr_iban": ""})
    with pypdfium2.PdfDocument(plain.data) as document:
        said = document[0].get_textpage().get_text_bounded()
    assert ("Zahlteil" in said, "CH93 0076 2011 6238 5295 7" in said) == (True, True)
    usual = admin.post("/settings/texts/de/example.pdf", data={"iban": "DE89370400440532013000"})
    with pypdfium2.PdfDocument(usual.data) as document:
        assert "Zahlteil" not in document[0].get_textpage().get_text_bounded()
    refused = admin.post("/settings/texts/de/preview", data=swiss | {"iban": "DE89370400440532013000"})
    assert "begins with CH or LI" in refused.text
    mixed = swiss | {"iban": "DE89370400440532013000", "accent_colour": "#2f45c5", "version": "1"}
    saved = admin.post("/settings/bank", data=mixed)
    assert (saved.status_code, "begins with CH or LI" in saved.text) == (422, True)


def test_a_credited_invoice_is_sent_again_with_a_warning_and_asks_for_no_money(admin):
    assert _save(admin, language="de", opening="Bitte zahlen Sie $amount.", subject="", closing="").status_code == 302
    with admin.application.app_context():
        invoice = factories.make_issued_invoice(factories.make_customer(language="de"))
        with unit_of_work():
            note = credit_invoice(
                invoice.id, "Retoure", issued_on=invoice.issued_on, actor=factories.ACTOR, now=factories.NOW
            ).number
    assert "This invoice is credited in full" in admin.get("/invoices/1").text
    assert admin.post("/invoices/1/send").status_code == 302
    with admin.application.app_context():
        mail = list_sent(1)[-1]
        asked = [word for word in ("Bitte zahlen", "IBAN", "Fällig", "Zu zahlen") if word in mail.body_text]
        assert (mail.edition, asked) == (2, [])
        assert f"mit {note} vollständig storniert" in mail.body_text


@pytest.mark.parametrize(
    "terms", ["30 days", "30% deposit, 70% 30 days", "2% discount 10 days, 50% deposit, 50% 30 days"]
)
@pytest.mark.parametrize("iban", ["", "DE89370400440532013000"])
def test_the_parts_of_a_mail_stand_one_empty_line_apart(app, terms, iban):
    factories.make_company(iban=iban)
    invoice = factories.make_issued_invoice(factories.make_customer(language="en"), payment_terms=terms)
    text = list_sent(invoice.id)[0].body_text
    assert "\n\n\n" not in text
    assert ("\n\nPlease pay" in text) == (terms == "30 days")
    assert ("\n\nBank details" in text) == bool(iban)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_foot_that_is_kept_stands_on_the_one_page_of_the_example(admin, language):
    foot = "\n".join(f"Line {number}" for number in range(MOST_FOOT_LINES))
    opened = admin.post(f"/settings/texts/{language}/example.pdf", data={"subject": "", "footer": foot})
    with pypdfium2.PdfDocument(opened.data) as document:
        assert len(document) == 1
        assert f"Line {MOST_FOOT_LINES - 1}" in document[0].get_textpage().get_text_bounded()
