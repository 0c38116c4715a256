"""Deals in JSON: a list of deals with lines, exact numbers, junk refused."""

import json
from decimal import Decimal

import pytest

from app.deals.rules import DealsFileRefused, parse_deals
from app.kernel.errors import BadInput

DEAL = {
    "deal_id": "D-1", "closed_on": "2026-11-02", "customer": "Nordlicht GmbH", "country": "DE", "currency": "EUR",
    "lines": [{"item": "Sensor", "quantity": 4, "unit_price": "12.345", "tax_rate": 19}],
}  # fmt: skip
LINE = DEAL["lines"][0]


def parse(*deals: object):
    return parse_deals(json.dumps(list(deals), indent=1).encode(), "deals.json")


def test_a_list_of_deals_is_read_the_same_as_csv():
    (deal,) = parse(DEAL).deals
    assert (deal.external_id, deal.customer, deal.lines[0].unit_price) == ("D-1", "Nordlicht GmbH", Decimal("12.345"))
    assert (deal.lines[0].tax_category, deal.net_total) == ("S", 4938)


def test_json_numbers_stay_exact():
    text = json.dumps([DEAL]).replace('"12.345"', "0.1")
    assert parse_deals(text.encode()).deals[0].lines[0].unit_price == Decimal("0.1")


def test_the_list_may_stand_under_deals():
    assert len(parse_deals(json.dumps({"deals": [DEAL]}).encode()).deals) == 1


@pytest.mark.parametrize("indent", [None, 1])
def test_a_deal_is_named_by_its_place_in_the_list_and_its_reference(indent):
    wrong = [{**DEAL, "deal_id": "D-2", "country": "??"}, {**DEAL, "deal_id": "D-1"}]
    parsed = parse_deals(json.dumps([DEAL, *wrong], indent=indent).encode())
    assert parsed.row_word == "deal"
    assert [(problem.line, problem.deal_id) for problem in parsed.problems] == [(2, "D-2"), (3, "D-1")]
    assert parsed.problems[1].reasons == ("deal_id stands twice: the first is deal 1 of the list.",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"deal_id": ""}, "deal_id is missing"),
        ({"deal_id": True}, "deal_id is missing"),
        ({"deal_id": None}, "deal_id is missing"),
        ({"deal_id": ["x"]}, "deal_id is missing"),
        ({"lines": "none"}, "lines is missing"),
        ({"lines": []}, "no lines"),
        ({"lines": ["x"]}, "not an object"),
        ({"lines": [LINE, LINE]}, "repeats"),
        ({"lines": [{**LINE, "quantity": -1}]}, "above 0"),
        ({"lines": [{**LINE, "quantity": True}]}, "not a plain number"),
        ({"lines": [{**LINE, "quantity": [1]}]}, "not a plain number"),
        ({"lines": [{**LINE, "unit_price": "1,5"}]}, "decimal comma"),
        ({"lines": [{**LINE, "item": {"name": "x"}}]}, "plain text"),
        ({"customer": "=cmd()"}, "formula"),
        ({"closed_on": 20261102}, "not a date"),
        ({"currency": ["EUR"]}, "not a currency"),
        ({"country": {}}, "not a country"),
    ],
)
def test_a_deal_that_cannot_be_one_is_rejected_with_its_reason(changes, said):
    parsed = parse({**DEAL, **changes})
    assert parsed.deals == []
    assert said in " ".join(parsed.problems[0].reasons)


def test_an_id_that_stands_twice_is_refused():
    parsed = parse(DEAL, DEAL)
    assert len(parsed.deals) == 1
    assert "stands twice" in parsed.problems[0].reasons[0]


def test_names_nobody_knows_are_reported():
    parsed = parse({**DEAL, "mood": 1, "lines": [{**LINE, "sku": "x"}]})
    assert parsed.unknown_columns == ("mood", "lines.sku")


@pytest.mark.parametrize(
    "text",
    [
        "[", "{}", '{"a": [1]}', "[{]", '[{"deal_id": "x", "n": NaN}]', "[" * 100_000, '[{"a":' * 50_000, "[]",
        '[{"deal_id": "x", "lines": [', '[{"n": ' + "9" * 5000 + "}]", "[1, 2",
    ],
)  # fmt: skip
def test_junk_is_refused_or_named_but_never_breaks(text):
    try:
        parsed = parse_deals(text.encode(), "deals.json")
    except BadInput:
        return
    assert parsed.deals == []
    assert parsed.problems


def test_a_number_beyond_all_measure_is_refused_quickly():
    text = json.dumps([DEAL]).replace('"quantity": 4', '"quantity": 1e999999')
    assert "not a plain number" in parse_deals(text.encode()).problems[0].reasons[0]


def test_a_file_without_deals_is_refused():
    with pytest.raises(DealsFileRefused, match="no deals"):
        parse_deals(b" [ ] ", "deals.json")


def test_json_in_utf16_is_read():
    assert len(parse_deals(json.dumps([DEAL]).encode("utf-16"), "x").deals) == 1
