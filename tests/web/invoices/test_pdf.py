"""The paper: every text as it is printed, in every language and currency, as PDF/A-3b, and always the same bytes."""

import io
import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import pdfa
from PIL import Image

from app.company.logo import render_logo
from app.company.services import set_logo
from app.db.unit_of_work import unit_of_work
from app.documents.services import store_document
from app.invoices import services
from app.invoices.paper import lay_out, runs_right_to_left
from app.invoices.pdf import NothingToDraw, draw, render_invoice
from app.invoices.rules_code import epc_payload
from tests import factories
from tests.factories import ACTOR, NOW, VAT_19

GOLDEN = Path(__file__).parents[2] / "golden" / "invoices"
LINES = (
    ("Vibration sensor VS-200", "4", "120.50"),
    ("Installation on site, with travel and a test report", "2.5", "95"),
)
POLISH = {
    "name": "Łódź Textiles S.A.",
    "country": "PL",
    "street": "ul. Piotrkowska 104",
    "postal_code": "90-926",
    "city": "Łódź",
}
GREEK = {
    "name": "Αθηναϊκή Εμπορική Α.Ε.",
    "country": "GR",
    "street": "Λεωφόρος Συγγρού 120",
    "postal_code": "117 41",
    "city": "Αθήνα",
}
GERMAN = {
    "name": "Müller & Söhne Gerätebau GmbH",
    "street": "Königsallee 7",
    "postal_code": "40212",
    "city": "Düsseldorf",
}
ARABIC = {
    "name": "شركة الخليج للتجارة",
    "country": "KW",
    "street": "شارع الخليج العربي 15",
    "postal_code": "13001",
    "city": "الكويت",
}
EXPORT = [{"name": "VAT", "category": "G", "kind": "percent", "rate": "0", "reason": "Export outside the EU"}]
REVERSE = [{"name": "VAT", "category": "AE", "kind": "percent", "rate": "0", "reason": "Article 196 of 2006/112/EC"}]


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company(registration="Amtsgericht Charlottenburg, HRB 123456", tax_number="27/123/45678")


def _invoice(customer, *lines, **order):
    made = factories.make_customer(**customer)
    return factories.make_issued_invoice(made, *(lines or LINES), **{"number": "SO-2026-00042"} | order)


def _text(content):
    document = pypdfium2.PdfDocument(content)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return "\n----\n".join(pages).replace("\r\n", "\n").replace("\ufffe", "")


def _require_golden(name, text):
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text(), f"the text of {name} changed; if it is right, run again with UPDATE_GOLDEN=1"


def _credit_note(**customer):
    invoice = _invoice(customer, payment_terms="30% 15 days, remainder 30 days")
    with unit_of_work():
        return services.credit_invoice(
            invoice.id, reason="Delivered to the wrong site", issued_on=date(2026, 11, 30), actor=ACTOR, now=NOW
        )


CASES = {
    "polish-eur": lambda: _invoice(POLISH, payment_terms="2% 10, net 30"),
    "german-instalments": lambda: _invoice(
        GERMAN | {"language": "de"}, payment_terms="30% 15 days, remainder 30 days end of month"
    ),
    "greek-jpy": lambda: _invoice(
        GREEK, ("Sensor", "3", "12000"), currency="JPY", payment_terms="immediately", number="SO-2026-00043"
    ),
    "greek-reverse-charge": lambda: _invoice(GREEK | {"vat_id": "EL094259216"}, taxes=REVERSE),
    "arabic-kwd": lambda: _invoice(ARABIC, ("Sensor", "3", "411.5005"), currency="KWD", taxes=EXPORT),
    "credit-note": lambda: _credit_note(**POLISH),
    "credit-note-german": lambda: _credit_note(**GERMAN, language="de"),
    "two-taxes-included": lambda: _invoice(
        POLISH,
        ("Dinner", "2", "59.90"),
        taxes=[
            {**VAT_19, "price_includes": True},
            {"name": "Bottle", "category": "S", "kind": "fixed_per_unit", "amount": "0.25"},
        ],
    ),
    "french": lambda: _invoice(
        GERMAN | {"language": "fr"}, ("Capteur de vibrations", "40", "1120.50"), payment_terms="2% 10, net 30"
    ),
    "spanish-credit-note": lambda: _credit_note(**GERMAN, language="es"),
    "polish-instalments": lambda: _invoice(
        POLISH | {"language": "pl"}, payment_terms="30% 15 days, remainder 30 days end of month"
    ),
    "sixty-lines": lambda: _invoice(GERMAN, *((f"Part {n}", str(n % 7 + 1), f"{n}.25") for n in range(1, 61))),
}


@pytest.mark.parametrize("name", CASES)
def test_the_pdf_says_what_the_invoice_says_and_is_pdf_a(name, tmp_path):
    invoice = CASES[name]()
    made = render_invoice(invoice.id, NOW)
    text = _text(made.content)
    _require_golden(name, text)
    assert invoice.number in text
    assert lay_out(invoice.snapshot).due.value in text
    assert made.name == f"{invoice.number}.pdf"
    assert _faults(made.content, tmp_path) == []


def test_every_page_repeats_the_head_and_counts_on():
    text = _text(render_invoice(CASES["sixty-lines"]().id, NOW).content)
    pages = text.split("\n----\n")
    assert len(pages) > 1
    for place, page in enumerate(pages, 1):
        assert f"Page {place} of {len(pages)}" in page
    assert all("Description" in page for page in pages[:-1])
    assert all("Invoice INV-2026-00001" in page for page in pages)


def test_a_sum_is_carried_over_wherever_a_page_ends_between_lines():
    invoice = CASES["sixty-lines"]()
    pages = _text(render_invoice(invoice.id, NOW).content).split("\n----\n")
    carried = [re.findall(r"(?:Carried over|Brought forward)\s+([\d,.]+) EUR", page) for page in pages]
    assert carried == [["1,080.25"], ["1,080.25", "7,022.25"], ["7,022.25"]]
    net = [Decimal(line["net"]) for line in invoice.snapshot["lines"]]
    assert (sum(net[:23]), sum(net[:59])) == (Decimal("1080.25"), Decimal("7022.25"))


@pytest.mark.parametrize("count", [18, 23, 57])
def test_the_totals_never_stand_on_a_page_without_a_line(count):
    snapshot = CASES["polish-eur"]().snapshot
    lines = [{**snapshot["lines"][0], "position": n, "description": f"Part {n}"} for n in range(1, count + 1)]
    pages = _text(draw({**snapshot, "lines": lines}, None)).split("\n----\n")
    assert len(pages) > 1
    assert [f"Part {count}" in page for page in pages] == ["Net total" in page for page in pages]


def test_names_of_every_script_can_be_found_in_the_text():
    for customer in (POLISH, GREEK, GERMAN, ARABIC):
        made = factories.make_issued_invoice(factories.make_customer(**customer))
        text = _text(render_invoice(made.id, NOW).content)
        for field in ("name", "street", "city"):
            assert customer[field] in text


def test_the_same_snapshot_gives_the_same_bytes():
    invoice = CASES["polish-eur"]()
    assert render_invoice(invoice.id, NOW).content == render_invoice(invoice.id, NOW.replace(year=2030)).content


def test_a_logo_stands_on_the_paper_and_keeps_it_archivable(tmp_path):
    written = io.BytesIO()
    Image.new("RGBA", (300, 90), (47, 69, 197, 128)).save(written, "PNG")
    with unit_of_work():
        logo = store_document(
            owner_kind="company", owner_id=1, kind="logo-1", name="logo.png", media_type="image/png",
            content=render_logo(written.getvalue()), now=NOW,
        )  # fmt: skip
        set_logo(logo.id, actor=ACTOR, now=NOW)
    invoice = CASES["polish-eur"]()
    assert invoice.snapshot["appearance"]["logo"]["sha256"] == logo.sha256
    content = render_invoice(invoice.id, NOW).content
    assert _faults(content, tmp_path) == []
    assert (300, 90) in _pictures(content)


def test_the_pay_code_is_for_euro_and_over_what_falls_due_first():
    euro = CASES["german-instalments"]().snapshot
    payload = epc_payload(euro).split("\n")
    assert payload[:4] == ["BCD", "002", "1", "SCT"]
    assert payload[4:8] == ["COBADEFFXXX", "Feinwerk Sensorik GmbH", "DE89370400440532013000", "EUR256.86"]
    assert payload[-1] == euro["number"]
    assert epc_payload(CASES["greek-jpy"]().snapshot) is None
    assert epc_payload({**euro, "kind": "credit_note"}) is None
    assert epc_payload({**euro, "bank": {**euro["bank"], "iban": ""}}) is None


def test_only_issued_invoices_of_our_own_are_drawn():
    customer = factories.make_customer()
    order = factories.make_plain_order(customer)
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
        old = services.register_history_invoice(
            "R-1", customer.id, issued_on=NOW.date(), due_on=NOW.date(), currency="EUR", gross=1, actor=ACTOR, now=NOW
        )
    for invoice in (draft, old):
        with pytest.raises(NothingToDraw):
            render_invoice(invoice.id, NOW)


@pytest.mark.parametrize(("text", "expected"), [("شركة", True), ("12 שלום", True), ("Acme شركة", False), ("", False)])
def test_the_first_letter_decides_in_which_direction_a_text_runs(text, expected):
    assert runs_right_to_left(text) is expected


def _faults(content, tmp_path):
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    report = pdfa.validate_written(path, "3b")
    # The validator does not know the declared schema of Factur-X: it minds the official samples' metadata as well
    found = [str(fault) for fault in report.findings if "6.6.2.3.1-1" not in str(fault)]
    return found if report.passed or report.findings else ["not approved"]


def _pictures(content):
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {
            (image.width, image.height)
            for page in pdf.pages
            for image in map(pikepdf.PdfImage, page.get_images().values())
        }
