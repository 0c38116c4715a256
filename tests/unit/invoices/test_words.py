"""Words that depend on what stands beside them: units, reasons for no tax, and dates nobody wrote."""

import pytest

from app.company.identifiers import ColourTooLight, check_colour
from app.invoices.paper_dates import due_label, first_due, lacks_supply, supply_note
from app.invoices.texts_exempt import is_standard_reason
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


def test_the_first_instalment_says_when_an_invoice_falls_due():
    parts = [{"due_on": "2026-12-07"}, {"due_on": "2027-01-31"}]
    assert first_due({**BARE, "instalments": parts}) == "2026-12-07"
    assert due_label({**BARE, "instalments": parts}, "Fällig am") == "Erste Rate fällig"
    assert due_label({**BARE, "instalments": parts[1:]}, "Fällig am") == "Fällig am"


def test_a_colour_too_light_for_paper_is_refused():
    with pytest.raises(ColourTooLight, match="#ffe100 is too light"):
        check_colour("#FFE100")
    assert check_colour("#ff0000") == "#ff0000"
