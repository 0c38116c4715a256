"""A supply without tax is one only by where it goes."""

import pytest

from app.kernel.supplies import Parties, Place, list_doubtful, list_misplaced

HOME = Place("DE", "10115")


def said(category, country, vat_id="", *deliveries, seller=HOME, seller_vat_id="DE136695976", rule=list_misplaced):
    buyer = country if isinstance(country, Place) else Place(country)
    places = tuple(one if isinstance(one, Place) else Place(one) for one in deliveries)
    return rule([(2, category)], Parties(seller, seller_vat_id, buyer, vat_id, places))


GB = {"seller": Place("GB"), "seller_vat_id": "GB980780684"}
XI = {"seller": Place("GB", "BT1 1AA"), "seller_vat_id": "XI980780684"}
CH = {"seller": Place("CH"), "seller_vat_id": "CHE107787577MWST"}


@pytest.mark.parametrize(
    ("category", "rest", "company"),
    [
        ("K", ("FR", "FR40303265045"), {}),
        ("K", ("GR", "EL094259216"), {}),
        ("K", ("GB", "XI980780684"), {}),
        ("K", ("MC", "FR40303265045"), {}),
        ("K", ("CH", "FR40303265045", "FR"), {}),  # registered abroad
        ("K", ("DE", "FR40303265045", "FR"), {}),
        ("K", ("FR", "FR40303265045", "IT"), {}),  # a chain
        ("K", ("FR", "FR40303265045", "DE", "FR"), {}),  # which address is not known
        ("K", ("GB", "XI980780684", "GB"), {}),
        ("K", ("IE", "IE6388047V"), XI),
        ("G", ("CH",), {}),
        ("G", ("GB", "XI980780684"), {}),
        ("G", ("FR", "FR40303265045", "US"), {}),
        ("G", (Place("ES", "35001"),), {}),  # the Canary Islands
        ("G", ("DE",), CH),
        ("G", ("DE",), GB),
        ("AE", ("DE", "DE136695976"), {}),
        ("S", ("DE", "DE136695976"), {}),
    ],
)
def test_what_goes_where_its_category_says_is_fine(category, rest, company):
    assert said(category, *rest, **company) == []


@pytest.mark.parametrize(
    ("category", "rest", "company", "words"),
    [
        ("K", ("DE", "DE136695976"), {}, "DE136695976 is of DE, the company’s own"),
        ("K", ("DE",), {}, "the customer is in DE"),
        ("K", ("CH", "CHE107787577MWST"), {}, "the customer is in CH"),
        ("K", ("FR", "FR40303265045", "DE"), {}, "the delivery address is in DE"),
        ("K", ("FR", "FR40303265045", "CH"), {}, "the delivery address is in CH"),
        ("K", (Place("ES", "35001"),), {}, "the customer is in ES"),
        ("K", ("GR", "EL094259216"), {"seller": Place("GR"), "seller_vat_id": "EL094259216"}, "is of GR"),
        ("K", ("MC", "FR40303265045"), {"seller": Place("FR"), "seller_vat_id": "FR83404833048"}, "is of FR"),
        ("K", ("DE", "DE136695976"), CH, "the company is in CH"),
        ("K", ("DE", "DE136695976"), GB, "the company is in GB"),
        ("G", ("FR", "FR40303265045"), {}, "the customer is in FR"),
        ("G", ("DE",), {}, "the customer is in DE"),
        ("G", ("MC",), {}, "the customer is in MC"),
        ("G", (Place("GB", "BT1 1AA"),), {}, "the customer is in GB"),
        ("G", ("CH", "", "FR"), {}, "the delivery address is in FR"),
        ("G", ("LI",), CH, "the customer is in LI"),
    ],
)
def test_what_goes_elsewhere_is_named_with_the_country(category, rest, company, words):
    ((line, sentence),) = said(category, *rest, **company)
    assert line == 2
    assert sentence.startswith(f"{category} (")
    assert words in sentence


def test_reverse_charge_at_home_is_to_be_looked_at():
    ((_, sentence),) = said("AE", "DE", "DE136695976", rule=list_doubtful)
    assert "in DE as the company is" in sentence
    assert said("AE", "GB", "XI980780684", rule=list_doubtful, **GB)
    assert not said("AE", "FR", "FR40303265045", rule=list_doubtful)
    assert not said("K", "DE", rule=list_doubtful)
