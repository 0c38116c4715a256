"""A VAT id leads to its customer only where the country agrees, and another name is said."""

import pytest

from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.deals.intake import register_file
from app.deals.queries_gate import checklist
from app.deals.rules import ParsedFile
from app.deals.rules_gate import Weight
from app.deals.services import DealIncomplete, accept_deal
from tests import factories
from tests.factories import ACTOR, NOW, parsed_deal

FRENCH = "FR40303265045"


@pytest.fixture(autouse=True)
def brosse(app):
    factories.make_company(language="de")
    return factories.make_customer("Brosse & Fils SARL", country="FR", vat_id=FRENCH, city="Lyon")


def take_in(**said):
    with unit_of_work():
        file = ParsedFile([parsed_deal(**said)], [])
        (row,) = register_file(file, source="file", actor=ACTOR, now=NOW)
    return row


def items(deal):
    return {item.label: item for item in checklist(deal, NOW.date())}


def test_a_deal_whose_country_is_not_that_of_its_vat_id_is_rejected_with_the_field():
    row = take_in(customer="Neu again GmbH", country="DE", vat_id=FRENCH)
    assert row.status == "rejected"
    assert row.reasons[0].startswith(f"vat_id: {FRENCH} is of France, the customer of the file is in DE.")


def test_a_vat_id_of_the_right_country_that_belongs_to_a_customer_in_another_names_it(brosse):
    factories.make_customer("Filiale", country="DE", vat_id="FR83404833048", foreign_vat_id=True)
    row = take_in(customer="Filiale", country="FR", vat_id="FR83404833048")
    assert row.status == "rejected"
    assert "(Filiale) in DE, the customer of the file is in FR" in row.reasons[0]


def test_another_name_with_the_same_country_is_matched_and_said_at_the_gate(brosse):
    deal = factories.make_deal(customer="Neu again GmbH", country="FR", vat_id=FRENCH)
    assert deal.customer_id == brosse.id
    item = items(deal)["Customer"]
    assert item.weight is Weight.WARNS
    assert item.hint.startswith("The file says Neu again GmbH; matched by VAT id to Brosse & Fils SARL.")
    same = factories.make_deal("D-2", customer="BROSSE & Fils SARL", country="FR", vat_id=FRENCH)
    assert "Customer" not in items(same)


def test_monaco_has_the_vat_of_france(brosse):
    assert take_in(customer="Brosse & Fils SARL", country="MC", vat_id=FRENCH).status == "created"


@pytest.mark.parametrize(
    ("country", "vat_id", "is_fine"), [("DE", "FR83404833048", False), ("GR", "EL094259216", True)]
)
def test_a_new_customer_with_a_vat_id_of_another_country_is_incomplete_at_the_gate(country, vat_id, is_fine):
    deal = factories.make_deal(customer="New", country=country, vat_id=vat_id)
    item = items(deal)["VAT id"]
    assert (item.weight is Weight.OK) == is_fine
    if not is_fine:
        assert f"{vat_id} is not of the customer's country DE" in item.hint
        with pytest.raises(DealIncomplete, match=vat_id), unit_of_work():
            accept_deal(deal.id, actor=ACTOR, now=NOW)
        with unit_of_work():
            get_customer(deal.customer_id).foreign_vat_id = True
        assert items(deal)["VAT id"].weight is Weight.OK


@pytest.mark.parametrize(("country", "language"), [("US", "en"), ("JP", "en"), ("AT", "de"), ("PL", "pl")])
def test_a_customer_from_a_file_is_written_to_in_the_language_of_its_country_or_in_english(country, language):
    deal = factories.make_deal(customer="New", country=country, vat_id="")
    assert get_customer(deal.customer_id).language == language
