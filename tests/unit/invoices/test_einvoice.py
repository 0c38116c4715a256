"""The e-invoice without anybody's rules but ours: what is carried, what is missing, and sums to the cent."""

from copy import deepcopy
from decimal import Decimal

import pytest

from app.invoices.einvoice.build import build_semantic
from app.invoices.einvoice.check import find_einvoice_faults, find_obstacles, is_carried
from app.invoices.einvoice.cii import write_cii
from app.invoices.einvoice.codes import EN16931, PEPPOL_3, XRECHNUNG_3, Syntax, specification_of, unit_code
from app.invoices.einvoice.ubl import write_ubl
from app.invoices.paper import einvoice_words
from app.invoices.texts import LANGUAGES
from app.kernel.einvoices import is_address
from tests.einvoices import ADDRESS, BANK, BUYER, SELLER, SHAPES, content, line, make, tax

FIXED = tax(kind="fixed_per_unit", amount="0.25") | {"rate": None}
NOT_CARRIED = [
    (lambda: content(currency="KWD"), "3 decimals"),
    (lambda: content(line("4", "12.35", tax(), tax("S", "2", name="City"))), "Line 1 has 2 taxes"),
    (lambda: content(line("4", "12.35", FIXED)), "tax per unit"),
    (lambda: content(allowances=({"amount": "5", "taxes": []},)), "Allowance 1 has no taxes"),
    (lambda: content(line("1", "5", tax("O")), line()), "outside the scope of VAT"),
    (lambda: content(*[line("1", "0.13")] * 3, tax_rounding="line"), "Rounded line by line"),
]


@pytest.mark.parametrize(("made", "said"), NOT_CARRIED)
def test_what_the_standard_cannot_carry_says_why_and_is_asked_for_nothing_more(made, said):
    document = made()
    assert said in " ".join(find_obstacles(document))
    assert not is_carried(document)
    assert find_einvoice_faults(document) == []


def test_every_shape_is_carried_and_lacks_nothing():
    for name in SHAPES:
        for wanted in ("factur-x", "xrechnung-cii", "peppol"):
            document = make(name, einvoice=wanted)
            assert (find_obstacles(document), find_einvoice_faults(document)) == ([], []), (name, wanted)
    assert not is_carried(make("plain", einvoice="none"))
    before_formats = make("plain")
    del before_formats["einvoice"]
    assert not is_carried(before_formats)


def seller_of(country, **more):
    return SELLER | {"country": country} | more


GERMAN = BUYER | {"country": "DE", "vat_id": "DE136695976", "address": ADDRESS | {"country": "DE"}}
MISSING = [
    ("factur-x", {"seller": SELLER | {"vat_id": "", "tax_number": "", "registration": ""}}, {"seller.vat_id"}),
    ("factur-x", {"buyer": BUYER | {"vat_id": "00743110157"}}, {"buyer.vat_id"}),
    ("factur-x", {"lines": [line("4", "12.35", tax("K"))], "delivered_on": None}, {"delivered_on"}),
    ("factur-x", {"lines": [line("4", "12.35", tax("G"))], "seller": SELLER | {"vat_id": ""}}, {"seller.vat_id"}),
    ("factur-x", {"buyer_reference": "", "bank": BANK | {"iban": ""}}, set()),
    ("xrechnung-cii", {"buyer_reference": ""}, {"buyer_reference"}),
    ("xrechnung-ubl", {"seller": SELLER | {"contact_name": "", "phone": "-"}}, {"seller.contact_name", "seller.phone"}),
    ("xrechnung-cii", {"bank": BANK | {"iban": ""}}, {"seller.iban"}),
    ("xrechnung-cii", {"buyer": BUYER | {"address": ADDRESS | {"city": ""}}}, {"buyer.address.city"}),
    ("xrechnung-cii", {"buyer": BUYER | {"endpoint_id": "", "billing_email": ""}}, {"buyer.endpoint_id"}),
    ("peppol", {"buyer": BUYER | {"endpoint_id": ""}}, {"buyer.endpoint_id"}),
    ("peppol", {"buyer_reference": "", "po_number": ""}, {"buyer_reference"}),
    ("peppol", {"currency": "XCG"}, {"currency"}),
    ("peppol", {"buyer": BUYER | {"endpoint_id": "4000001000013"}}, {"buyer.endpoint_id"}),
    ("peppol", {"buyer": GERMAN, "seller": SELLER | {"contact_name": ""}}, {"seller.contact_name"}),
    ("peppol", {"buyer": GERMAN | {"address": ADDRESS | {"country": "DE", "city": ""}}}, {"buyer.address.city"}),
    ("peppol", {"buyer": GERMAN, "buyer_reference": ""}, {"buyer_reference"}),
    ("peppol", {"seller": seller_of("NL", registration="KvK 1")}, {"seller.registration"}),
    ("peppol", {"seller": seller_of("NL", registration="12345678")}, set()),
    ("peppol", {"seller": seller_of("DK", registration="")}, {"seller.registration"}),
    ("peppol", {"seller": seller_of("SE", registration="5560360793", tax_number="556036")}, {"seller.tax_number"}),
    ("peppol", {"seller": seller_of("SE", registration="556036079", tax_number="")}, {"seller.registration"}),
    ("peppol", {"seller": seller_of("IT", tax_number="27/123")}, {"seller.tax_number"}),
    ("peppol", {"seller": seller_of("GR")}, {"buyer.einvoice"}),
]


@pytest.mark.parametrize(("wanted", "changes", "fields"), MISSING)
def test_what_a_format_lacks_is_named_by_its_field(wanted, changes, fields):
    said = dict(changes)
    document = content(*said.pop("lines", ()), einvoice=wanted, **said)
    assert {fault.field for fault in find_einvoice_faults(document)} == fields


@pytest.mark.parametrize(
    ("scheme", "good", "bad"),
    [
        ("0088", "4000001000005", "4000001000004"),
        ("0192", "991825827", "991825828"),
        ("0184", "DK12345678", "1234567"),
        ("0208", "0202239951", "0202239952"),
        ("0007", "5560360793", "5560360794"),
        ("9944", "NL123456789B12", "123456789B12"),
        ("9930", "DE136695976", "DE 136695976"),
        ("9925", "BE0403170701", "FR0403170701"),
        ("0060", "anything", ""),
    ],
)
def test_an_address_has_the_form_of_its_scheme(scheme, good, bad):
    assert is_address(scheme, good)
    assert not bad or not is_address(scheme, bad)


def test_a_currency_without_decimals_says_a_price_that_gives_the_line():
    document = content(line("0.333", "100"), currency="JPY", einvoice="peppol")
    item = build_semantic(document, PEPPOL_3).items[0]
    assert (item.price, item.base_quantity, item.net) == ("33", "0.333", "33")


def test_a_discount_xrechnung_cannot_write_is_said_in_words_alone():
    with_cents, finer = (content(terms=f"{share}% 10, net 30", einvoice="xrechnung-cii") for share in ("2.5", "2.125"))
    assert "#SKONTO#TAGE=10#PROZENT=2.50#" in build_semantic(with_cents, XRECHNUNG_3).terms
    assert "SKONTO" not in build_semantic(finer, XRECHNUNG_3).terms
    paid = content(terms="2% 10, net 30", einvoice="xrechnung-cii", prepaid="10")
    assert "BASISBETRAG=58.79" in build_semantic(paid, XRECHNUNG_3).terms


def test_a_cent_more_in_any_sum_is_caught_even_where_the_official_rules_are_lenient():
    document = make("allowance and charge", prepaid="3", rounding_step="0.05")
    assert find_einvoice_faults(document) == []
    places = [("totals", name) for name in document["totals"]]
    places += [("lines", 0, "net"), ("allowances", 0, "amount"), ("charges", 0, "amount")]
    places += [("instalments", 0, "amount"), ("tax_breakdown", 0, "tax"), ("tax_breakdown", 0, "base")]
    for *path, name in places:
        wrong = deepcopy(document)
        part = wrong
        for step in path:
            part = part[step]
        part[name] = str(Decimal(part[name]) + Decimal("0.01"))
        assert find_einvoice_faults(wrong) or find_obstacles(wrong), (*path, name)
    both = deepcopy(document)  # a tax 0.01 off with totals that agree passes every official rule
    moved = ((both["tax_breakdown"][0], ["tax"]), (both["totals"], ["tax_total", "gross_total", "amount_due"]))
    for part, names in moved:
        part.update({name: str(Decimal(part[name]) + Decimal("0.01")) for name in names})
    both["instalments"][0]["amount"] = both["totals"]["amount_due"]
    assert [fault.field for fault in find_einvoice_faults(both)] == ["tax_breakdown"]


def test_equal_snapshots_give_equal_bytes_and_text_is_escaped():
    for write in (write_cii, write_ubl):
        written = [write(build_semantic(make("plain"))) for _ in range(2)]
        assert written[0] == written[1]
        assert b"Piano 2 &amp; &lt;3&gt;" in written[0]
        assert b"<ram:CountrySubDivisionName" not in written[0]


def test_the_format_decides_specification_terms_and_addresses():
    assert [specification_of("xrechnung-cii", syntax) for syntax in Syntax] == [XRECHNUNG_3, EN16931]
    assert [specification_of("peppol", syntax) for syntax in Syntax] == [EN16931, PEPPOL_3]
    discount = make("discount")
    assert build_semantic(discount, XRECHNUNG_3).terms.endswith("#SKONTO#TAGE=10#PROZENT=2.00#\n")
    assert "#" not in build_semantic(discount, EN16931).terms
    parts = build_semantic(made := make("instalments"), EN16931, einvoice_words(made))
    assert parts.due_on == "2026-12-07"
    assert "Instalment 2: 31 Dec 2026, 41.15 EUR" in parts.terms
    mail = build_semantic(content(buyer=BUYER | {"endpoint_id": "", "endpoint_scheme": ""})).buyer.endpoint
    assert (mail.address, mail.scheme) == ("ap@nordlicht.example", "EM")
    outside = build_semantic(make("outside VAT"))
    assert (outside.seller.vat_id, outside.buyer.vat_id) == ("", "")


def test_units_have_the_code_of_their_word():
    words = {"pcs": "C62", "": "C62", " Std. ": "HUR", "kg": "KGM", "row": "ZZ"}
    assert {word: unit_code(word) for word in words} == words


def test_vat_in_the_companys_currency_is_said_in_both_syntaxes_and_a_cent_more_is_caught():
    document = make("dollars of a company in euro")
    semantic = build_semantic(document)
    assert (semantic.tax_currency, semantic.tax_in_tax_currency) == ("EUR", "10.61")
    assert b'<ram:TaxTotalAmount currencyID="EUR">10.61<' in write_cii(semantic)
    assert b'<cbc:TaxAmount currencyID="EUR">10.61<' in write_ubl(semantic)
    for change in ({"tax_total": "10.62"}, {"taxes": ["8.66", "1.94"]}, {"rate": "1.09"}):
        wrong = document | {"company_amounts": document["company_amounts"] | change}
        assert [fault.field for fault in find_einvoice_faults(wrong)] == ["company_amounts"]


@pytest.mark.parametrize("einvoice", ["factur-x", "xrechnung-cii", "xrechnung-ubl", "peppol"])
def test_deposits_and_the_invoice_replaced_are_referred_to_and_a_deposit_has_its_type_where_it_may(einvoice):
    final = make("final less deposits, in place of another", einvoice=einvoice)
    deposit = make("deposit", einvoice=einvoice)
    for syntax, write in {Syntax.CII: write_cii, Syntax.UBL: write_ubl}.items():
        specification = specification_of(einvoice, syntax)
        written = write(build_semantic(final, specification)).decode()
        assert [written.count(one["number"]) for one in final["preceding"]] == [1, 1, 1]
        type_code = "380" if "xrechnung" in specification else "386"
        assert f"TypeCode>{type_code}<" in write(build_semantic(deposit, specification)).decode()


def test_english_terms_say_days_and_amounts_as_on_paper_however_they_were_typed():
    for typed, said in (("30 Tage netto", "Please pay 58.79 EUR"), ("2% 10, net 30", "2 % discount (1.18 EUR)")):
        document = content(terms=typed)
        terms = build_semantic(document, EN16931, einvoice_words(document)).terms.replace("\u00a0", " ")
        assert said in terms
        assert typed not in terms


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Please pay"), ("de", "Bitte zahlen Sie"), ("pl", "Prosimy o zapłatę"), ("fr", "Merci")],
)
def test_the_terms_are_said_in_the_language_of_the_document(language, said):
    document = {**make("plain"), "language": language}
    terms = build_semantic(document, EN16931, einvoice_words(document)).terms
    assert said in terms
    assert "30 days" not in terms


def test_instalments_are_called_so_in_the_language_of_the_document_before_the_discount_xrechnung_spells():
    document = content(terms="2% discount 10 days, 50% 14 days, 50% 30 days", einvoice="xrechnung-cii", language="de")
    terms = build_semantic(document, XRECHNUNG_3, einvoice_words(document)).terms.replace("\u00a0", " ")
    said, *parts, discount, end = terms.split("\n")
    assert said.startswith("Bei Zahlung bis 02.12.2026: 2 % Skonto")
    assert parts == ["Rate 1: 06.12.2026, 29,40 EUR", "Rate 2: 22.12.2026, 29,39 EUR"]
    assert (discount, end) == ("#SKONTO#TAGE=10#PROZENT=2.00#", "")


def test_what_changes_an_amount_is_named_in_the_language_of_the_document():
    lines = (line(discount_percent="10", allowance="1.00", charge="2.00"), line(allowance="0.01"))
    free = {"amount": "1", "reason": "", "taxes": [tax()]}
    document = content(*lines, allowances=(free,), charges=(free,))
    document["lines"][1]["is_rest"] = True
    named = {}
    for language in LANGUAGES:
        said = {**document, "language": language}
        made = build_semantic(said, EN16931, einvoice_words(said))
        adjustments = [*made.adjustments, *(one for item in made.items for one in item.adjustments)]
        named[language] = [one.reason for one in adjustments]
    assert named["en"] == ["Allowance", "Charge", "Discount", "Allowance", "Charge", "Rounding of earlier parts"]
    assert named["de"] == ["Nachlass", "Zuschlag", "Rabatt", "Nachlass", "Zuschlag", "Rundung früherer Teile"]
    assert [language for language in LANGUAGES if language != "en" and "Discount" in named[language]] == []
