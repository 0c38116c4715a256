"""The checklist at the gate: what blocks, what only warns, and where it is put right."""

from dataclasses import replace

import pytest

from app.deals.rules_fields import CATEGORIES
from app.deals.rules_gate import TAXES, Cure, Facts, Weight, blockers, list_checks
from app.kernel.supplies import Parties, Place

COMPLETE = Facts(
    country="DE", has_address=True, billing_email="ap@x.example", vat_id="DE136695976", po_number="PO 1",
    payment_terms="30 days", currency="EUR", categories=frozenset({"S"}), lacking_reason=(),
)  # fmt: skip


def weights(**changes):
    return {
        item.label: item.weight for item in list_checks(replace(COMPLETE, **changes)) if item.weight is not Weight.OK
    }


def test_a_complete_deal_has_nothing_to_look_at():
    assert weights() == {}


@pytest.mark.parametrize(
    ("changes", "label", "weight"),
    [
        ({"billing_email": ""}, "Billing e-mail", Weight.WARNS),
        ({"has_address": False}, "Billing address", Weight.WARNS),
        ({"vat_id": ""}, "VAT id", Weight.WARNS),
        ({"vat_id": "", "categories": frozenset({"S", "K"})}, "VAT id", Weight.BLOCKS),
        ({"vat_id": "", "categories": frozenset({"AE"})}, "VAT id", Weight.BLOCKS),
        ({"is_ahead": True}, "Closed in the future", Weight.WARNS),
        ({"po_number": ""}, "Purchase order", Weight.WARNS),
        ({"twins": ("D-9",)}, "Perhaps a duplicate", Weight.WARNS),
        ({"payment_terms": "soon"}, "Payment terms", Weight.BLOCKS),
        ({"lacking_reason": ((2, "E"),)}, "Tax", Weight.BLOCKS),
        ({"currency": "KWD"}, "Currency", Weight.WARNS),
    ],
)
def test_each_thing_that_is_missing_has_its_weight(changes, label, weight):
    assert weights(**changes) == {label: weight}


def test_the_gate_names_each_line_without_a_reason_for_no_tax():
    (item,) = blockers(list_checks(replace(COMPLETE, lacking_reason=((2, "E"), (5, "O")))))
    assert "“Reason for no tax” is empty: line 2 (E); line 5 (O)." in item.hint


@pytest.mark.parametrize(
    ("categories", "said"),
    [
        ({"S"}, "VAT is charged"),
        ({"K"}, "Intra-EU supply, no VAT"),
        ({"Z", "S"}, "VAT is charged; Zero rated"),
    ],
)
def test_how_the_lines_are_taxed_is_said_in_words(categories, said):
    (item,) = [item for item in list_checks(replace(COMPLETE, categories=frozenset(categories))) if item.label == "Tax"]
    assert item.hint == said


def test_every_tax_category_of_a_deal_has_its_words():
    assert set(TAXES) == CATEGORIES


def test_outside_the_union_nobody_needs_a_vat_id():
    assert weights(country="US", vat_id="") == {}


def test_what_blocks_says_what_to_do_and_where():
    (item,) = blockers(list_checks(replace(COMPLETE, vat_id="", categories=frozenset({"K"}))))
    assert (item.cure, "VAT id" in item.hint) == (Cure.CUSTOMER, True)


def _parties(country, vat_id, *deliveries):
    return Parties(Place("DE"), "DE136695976", Place(country), vat_id, tuple(map(Place, deliveries)))


@pytest.mark.parametrize(
    ("category", "parties", "weight", "country"),
    [
        ("K", _parties("DE", "DE136695976"), Weight.BLOCKS, "DE"),
        ("K", _parties("CH", "CHE107787577MWST"), Weight.BLOCKS, "CH"),
        ("G", _parties("FR", "FR40303265045"), Weight.BLOCKS, "FR"),
        ("G", _parties("FR", "FR40303265045", "US"), Weight.OK, ""),
        ("AE", _parties("DE", "DE136695976"), Weight.WARNS, "DE"),
        ("K", _parties("FR", "FR40303265045"), Weight.OK, ""),
    ],
)
def test_a_supply_that_does_not_go_where_it_says_names_its_lines_and_the_country(category, parties, weight, country):
    facts = replace(COMPLETE, lines=((1, "S"), (2, category), (3, category)), parties=parties)
    (item,) = [item for item in list_checks(facts) if item.code == "tax"]
    assert item.weight is weight
    if weight is not Weight.OK:
        assert item.hint.startswith(f"Line 2, 3: {category} (")
        assert item.hint.count(category) == 1
        assert f" {country}" in item.hint
