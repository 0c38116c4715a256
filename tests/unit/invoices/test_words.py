"""Words that depend on what stands beside them: units, reasons for no tax, and dates nobody wrote."""

import pytest

from app.company.identifiers import ColourTooLight, check_colour
from app.invoices.paper_dates import due_label, first_due, lacks_supply, say_far_supply, supply_note
from app.invoices.paper_payment import list_sentences
from app.invoices.paper_writer import Writer
from app.invoices.texts_exempt import exemption, is_standard_reason
from app.invoices.texts_units import print_unit

UNITS = (
    ("years", "6", ("6 years", "6 Jahre", "6 ans", "6 años", "6 lat")),
    ("day", "1", ("1 day", "1 Tag", "1 jour", "1 día", "1 dzień")),
    ("Tage", "2", ("2 days", "2 Tage", "2 jours", "2 días", "2 dni")),
    ("hour", "1.5", ("1.5 hours", "1.5 Stunden", "1.5 heure", "1.5 horas", "1.5 godziny")),
    ("pcs", "-1", ("-1 pc", "-1 Stk.", "-1 pce", "-1 ud.", "-1 szt.")),
    ("licence", "3", ("3 licences", "3 Lizenzen", "3 licences", "3 licencias", "3 licencje")),
    ("kg", "2", ("2 kg",) * 5),
    ("Wagenladung", "2", ("2 Wagenladung",) * 5),
)


def test_units_follow_the_language_and_the_quantity():
    for unit, quantity, said in UNITS:
        printed = tuple(
            f"{quantity} {print_unit(unit, quantity, language)}" for language in ("en", "de", "fr", "es", "pl")
        )
        assert printed == said


def test_a_reason_that_says_no_more_than_its_category_is_known():
    known = [("G", "Export outside the EU"), ("K", "Innergemeinschaftliche Lieferung."), ("AE", "reverse  charge")]
    assert all(is_standard_reason(*one) for one in known)
    own = [("G", "Reverse charge"), ("AE", "Article 196 of 2006/112/EC"), ("E", "§ 4 Nr. 21 UStG"), ("S", "export")]
    assert not any(is_standard_reason(*one) for one in own)


BARE = {"kind": "invoice", "delivered_on": None, "language": "de", "lines": [{}], "due_on": "2027-01-31"}
PERIOD = {"from": "2026-11-01", "until": "2026-11-30"}


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({}, True),
        ({"delivered_on": "2026-11-02"}, False),
        ({"service_period": PERIOD}, False),
        ({"part": {"scope": "deposit"}}, False),
        ({"kind": "credit_note"}, False),
        ({"lines": [{"order": {"delivered_on": "2026-11-02"}}]}, False),
    ],
)
def test_a_day_of_supply_nobody_wrote_is_the_invoice_date(change, lacks):
    assert lacks_supply({**BARE, **change}) is lacks
    assert supply_note({**BARE, **change}) == (["Leistungsdatum entspricht Rechnungsdatum."] if lacks else [])


@pytest.mark.parametrize(
    ("delivered", "said"),
    [
        ("1990-01-01", "more than a year before"),
        ("2025-11-20", "more than a year before"),
        ("2031-01-01", "more than 60 days after"),
        ("2027-01-22", "more than 60 days after"),
        ("2025-11-21", ""),
        ("2026-11-22", ""),
        ("2027-01-21", ""),
        (None, ""),
    ],
)
def test_a_day_of_delivery_far_off_is_to_be_looked_at(delivered, said):
    draft = {**BARE, "issued_on": "2026-11-22", "delivered_on": delivered}
    assert said in say_far_supply(draft)
    assert bool(say_far_supply(draft)) == bool(said)
    assert not say_far_supply({**draft, "kind": "credit_note"})


def test_the_first_instalment_says_when_an_invoice_falls_due():
    parts = [{"due_on": "2026-12-07"}, {"due_on": "2027-01-31"}]
    owed = {**BARE, "totals": {"amount_due": "1.00"}}
    assert first_due({**owed, "instalments": parts}) == "2026-12-07"
    assert first_due({**owed, "instalments": parts, "totals": {"amount_due": "0.00"}}) == ""
    assert due_label({**BARE, "instalments": parts}, "Fällig am") == "Erste Rate fällig"
    assert due_label({**BARE, "instalments": parts[1:]}, "Fällig am") == "Fällig am"


def test_a_colour_too_light_for_paper_is_refused():
    with pytest.raises(ColourTooLight, match="#ffe100 is too light"):
        check_colour("#FFE100")
    assert check_colour("#ff0000") == "#ff0000"


EARLY = {"until": "2026-12-02", "payable": "7161.84", "discount_net": "122.82", "discount_tax": "23.34"}
SENTENCES = (
    (
        "en",
        "If paid by 2 Dec 2026: 2 % discount (146.16 EUR), amount to pay 7,161.84 EUR",
        "after that net by 22 Dec 2026",
    ),
    (
        "de",
        "Bei Zahlung bis 02.12.2026: 2 % Skonto (146,16 EUR), Zahlbetrag 7.161,84 EUR",
        "danach netto bis 22.12.2026",
    ),
    (
        "fr",
        "Pour un règlement au plus tard le 02/12/2026 : escompte de 2 % (146,16 EUR), montant à régler 7 161,84 EUR",
        "ensuite net au plus tard le 22/12/2026",
    ),
    (
        "es",
        "Si pagan hasta el 02/12/2026: descuento por pronto pago del 2 % (146,16 EUR), importe a pagar 7.161,84 EUR",
        "después, neto hasta el 22/12/2026",
    ),
    (
        "pl",
        "Przy płatności do 02.12.2026: skonto 2% (146,16 EUR), do zapłaty 7 161,84 EUR",
        "później pełna kwota do 22.12.2026",
    ),
)


def test_an_early_discount_is_said_in_one_sentence_with_the_last_day():
    parts = [{"due_on": "2026-12-22", "amount": "7308.00"}]
    for language, early, last in SENTENCES:
        snapshot = {
            "kind": "invoice", "language": language, "issued_on": "2026-11-22", "early_discount": EARLY,
            "payment_terms": "2% 10 days, 30 days", "instalments": parts, "totals": {"amount_due": "7308.00"},
        }  # fmt: skip
        (sentence,) = list_sentences(snapshot, Writer(language, "EUR", language.upper()))
        assert (
            sentence.replace("\u00a0", " ").replace("\u202f", " ")
            == f"{early}{' ' if language == 'fr' else ''}; {last}."
        )
    (sentence,) = list_sentences(snapshot | {"language": "de", "instalments": parts * 2}, Writer("de", "EUR", "DE"))
    assert sentence.endswith("7.161,84\u00a0EUR.")


@pytest.mark.parametrize(
    ("category", "language", "home", "said"),
    [
        ("K", "de", "DE", "steuerfreie innergemeinschaftliche Lieferung (§ 4 Nr. 1 Buchst. b UStG)"),
        ("K", "de", "AT", "steuerfreie innergemeinschaftliche Lieferung (Art. 138 Richtlinie 2006/112/EG)"),
        ("G", "en", "DE", "VAT exempt export (Art. 146 Directive 2006/112/EC)"),
        ("G", "de", "CH", "steuerfreie Ausfuhrlieferung"),
        ("K", "pl", "DE", "wewnątrzwspólnotowa dostawa towarów, zwolniona z VAT (art. 138 dyrektywy 2006/112/WE)"),
        ("G", "fr", "FR", "exportation exonérée de TVA (art. 262, I du CGI)"),
        ("K", "es", "DE", "entrega intracomunitaria exenta de IVA (art. 138 de la Directiva 2006/112/CE)"),
        ("E", "pl", "DE", "zwolnione z VAT"),
    ],
)
def test_an_exemption_names_its_article_where_the_sellers_law_has_one(category, language, home, said):
    assert exemption(category, language, home) == said
