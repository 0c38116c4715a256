"""Countries: the list is the one that Babel names, and tax offices' codes are understood."""

import pytest
from babel import Locale

from app.kernel.countries import COUNTRIES, EU, UnknownCountry, parse_country


def test_every_country_has_a_name_and_the_union_has_27():
    names = Locale("en").territories
    assert all(code in names for code in COUNTRIES)
    assert len(EU) == 27
    assert EU <= COUNTRIES


def test_tax_offices_codes_are_understood():
    assert [parse_country(text) for text in (" de ", "EL", "UK")] == ["DE", "GR", "GB"]


@pytest.mark.parametrize("text", ["", "XX", "Germany", "ZZ", "EU", "D", None, "=1"])
def test_what_is_no_country_is_refused(text):
    with pytest.raises(UnknownCountry):
        parse_country(text)
