"""The Swiss QR-bill on paper: the prescribed words and places, a code that says the payload, and never over a text."""

from __future__ import annotations

import re

import pypdfium2
import pytest
import segno
from pikepdf import pdfa

from app.company.services_texts import TextsData
from app.invoices.einvoice.build import build_semantic
from app.invoices.einvoice.cii import write_cii
from app.invoices.mails import write_mail
from app.invoices.pdf import draw
from app.invoices.rules_swiss import find_bill
from tests import factories

SWISS = {
    "name": "Alpenblick Messtechnik AG", "street": "Bahnhofstrasse 12", "postal_code": "8001", "city": "Zürich",
    "country": "CH", "currency": "CHF", "iban": "CH9300762011623852957", "bic": "", "vat_id": "CHE-116.281.710 MWST",
    "bank_name": "Musterbank", "account_holder": "",
}  # fmt: skip
QR_IBAN = "CH4431999123000889012"
BUYER = {"name": "Seeland Käse AG", "country": "CH", "street": "Seeweg 3", "postal_code": "2502", "city": "Biel"}
MM = 72 / 25.4
WORDS = {
    "de": ("Zahlteil", "Empfangsschein", "Annahmestelle", "Vor der Einzahlung abzutrennen"),
    "fr": ("Section paiement", "Récépissé", "Point de dépôt", "A détacher avant le versement"),
    "en": ("Payment part", "Receipt", "Acceptance point", "Separate before paying in"),
    "es": ("Payment part", "Receipt"),
    "pl": ("Payment part", "Receipt"),
}


def _invoice(*lines, currency="CHF", language="de", payment_terms="30 days", **company):
    factories.make_company(**SWISS | company)
    customer = factories.make_customer(**BUYER, language=language)
    lines = lines or (("Sensor", "4", "120.50"),)
    return factories.make_issued_invoice(customer, *lines, currency=currency, payment_terms=payment_terms)


def _texts(page):
    """(text, bottom, top) of each piece of a page, in millimetres from its foot."""
    text = page.get_textpage()
    boxes = (text.get_rect(at) for at in range(text.count_rects()))
    return [(text.get_text_bounded(*box), box[1] / MM, box[3] / MM) for box in boxes]


@pytest.mark.parametrize(("language", "qr_iban"), [(language, QR_IBAN) for language in WORDS] + [("de", "")])
def test_the_bill_stands_at_the_foot_of_the_last_page_in_a_prescribed_language(app, language, qr_iban, tmp_path):
    invoice = _invoice(language=language, qr_iban=qr_iban)
    content = draw(invoice.snapshot, None)
    with pypdfium2.PdfDocument(content) as document:
        said = document[len(document) - 1].get_textpage().get_text_bounded()
        assert [word for word in WORDS[language] if word not in said] == []
        assert ("CH44 3199 9123 0008 8901 2" in said, "RF" in said) == (bool(qr_iban), not qr_iban)
        assert said.count("\n573.58\r") >= 2
        _require_code(document[len(document) - 1], find_bill(invoice.snapshot).payload)
    file = tmp_path / "bill.pdf"
    file.write_bytes(content)
    assert pdfa.validate_written(file, "3b").passed
    assert draw(invoice.snapshot, None) == content


def test_the_account_stands_beside_instalments_because_the_bill_is_for_the_first_alone(app):
    invoice = _invoice(payment_terms="50% 30 days, 50% 60 days", qr_iban=QR_IBAN)
    with pypdfium2.PdfDocument(draw(invoice.snapshot, None)) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    assert all(word in pages[0] for word in ("Rate 2", "Bankverbindung", "CH44 3199 9123 0008 8901 2"))
    assert "Zahlteil" in pages[-1]
    assert "\n286.79\r" in pages[-1]


def test_no_word_of_our_address_is_broken_where_it_stands_small_at_the_head(app):
    said = {"email": "accounts-receivable@alpenblick.example", "website": "https://www.alpenblick.example"}
    invoice = _invoice(**said, street="Lange Bahnhofstrasse am Park 112", phone="+41 44 123 45 67")
    with pypdfium2.PdfDocument(draw(invoice.snapshot, None)) as document:
        lines = [text for text, _bottom, _top in _texts(document[0])]
    for whole in ("receivable@alpenblick.example", "https://www.alpenblick.example", "Seite 1 von 1"):
        assert [line for line in lines if whole in line], whole


def _require_code(page, payload):
    """The picture's modules, but for those beneath the cross, are those of the payload."""
    picture = page.render(scale=8).to_pil().convert("L")
    matrix = segno.make(payload, error="M", boost_error=False, micro=False, encoding="utf-8").matrix
    step = 46 * MM * 8 / len(matrix)
    left, top = 67 * MM * 8, picture.height - (105 - 17) * MM * 8
    middle, hidden = len(matrix) / 2, 3.5 / 46 * len(matrix) + 1
    wrong = [
        (x, y)
        for y, row in enumerate(matrix)
        for x, is_dark in enumerate(row)
        if max(abs(x + 0.5 - middle), abs(y + 0.5 - middle)) > hidden
        and (picture.getpixel((int(left + (x + 0.5) * step), int(top + (y + 0.5) * step))) < 128) != bool(is_dark)
    ]
    assert wrong == []


@pytest.mark.parametrize("count", [1, 3, 8, 12, 30])
def test_the_bill_never_stands_over_another_text(app, count):
    invoice = _invoice(*((f"Sensor {at}", "1", "100") for at in range(count)))
    with pypdfium2.PdfDocument(draw(invoice.snapshot, None)) as document:
        pages = [_texts(page) for page in document]
    *_, last = pages
    assert [text for text, _bottom, _top in last if "Zahlteil" in text]
    assert [text for text, bottom, top in last if bottom < 105 < top] == []
    beneath = " ".join(text for text, _bottom, top in last if top < 105)
    assert ("Sensor" in beneath, "Seite" in beneath, "Bahnhofstrasse" in beneath) == (False, False, True)
    above = " ".join(text for text, bottom, _top in last if bottom > 105)
    assert above.count(f"Seite {len(pages)} von {len(pages)}") == 1
    assert (len(pages) == 1) == (count <= 3)


def test_the_european_code_stays_where_the_bill_is_not_for(app):
    invoice = _invoice(currency="EUR", iban="DE89370400440532013000")
    assert find_bill(invoice.snapshot) is None
    with pypdfium2.PdfDocument(draw(invoice.snapshot, None)) as document:
        assert "QR-Code" in document[0].get_textpage().get_text_bounded()


@pytest.mark.parametrize(
    ("currency", "home", "account", "reference", "codes"),
    [
        ("CHF", "CH", QR_IBAN, "000000000000000002026000014", ("slip",)),
        ("CHF", "DE", QR_IBAN, "000000000000000002026000014", ("slip",)),
        ("EUR", "LI", SWISS["iban"], "RF76INV202600001", ("slip",)),
        ("EUR", "DE", SWISS["iban"], "INV-2026-00001", ("bank", "epc")),
    ],
)
def test_paper_mail_and_xml_name_one_account_and_one_reference(app, currency, home, account, reference, codes):
    factories.make_company(**SWISS | {"qr_iban": QR_IBAN})
    customer = factories.make_customer(**BUYER | {"country": home, "einvoice": "factur-x"}, language="de")
    snapshot = factories.make_issued_invoice(customer, ("Sensor", "4", "120.50"), currency=currency).snapshot
    assert snapshot["payment"]["iban"] == account
    with pypdfium2.PdfDocument(draw(snapshot, None)) as document:
        paper = "".join(page.get_textpage().get_text_bounded() for page in document)
    mail = write_mail(snapshot, TextsData())
    for said in (paper, mail.text, mail.html, write_cii(build_semantic(snapshot)).decode()):
        bare = re.sub(r"\s", "", said)
        assert [iban for iban in (QR_IBAN, SWISS["iban"]) if iban in bare] == [account]
        assert reference in bare
    shown = {"slip": "Zahlteil" in paper, "bank": "Bankverbindung" in paper, "epc": "per QR-Code" in paper}
    assert tuple(name for name, is_there in shown.items() if is_there) == codes


def test_a_document_of_before_the_account_was_decided_keeps_what_it_said(app):
    snapshot = {name: said for name, said in _invoice(currency="EUR").snapshot.items() if name != "payment"}
    assert find_bill(snapshot).kind == "SCOR"
    assert build_semantic(snapshot).account.remittance == snapshot["number"]
