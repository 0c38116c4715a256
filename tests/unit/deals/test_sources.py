"""Exports of other sales systems: recognised by their columns, mapped as far as they go, never guessed."""

import pytest

from app.deals.rules import parse_deals

ADDED = ",country,tax_rate"

EXPORTS = {
    "hubspot": (
        "Record ID,Deal Name,Deal Stage,Close Date,Amount,Currency,Deal owner,Associated Company",
        "901,Pilot,Closed won,2026-11-02 14:05,1500.00,EUR,Ada,Nordlicht GmbH",
    ),
    "salesforce": (
        "Opportunity Name,Account Name,Stage,Close Date,Amount,Opportunity ID,Opportunity Currency",
        "Pilot,Nordlicht GmbH,Closed Won,2026-11-02,1500.00,0068d00000,EUR",
    ),
    "pipedrive": (
        "Deal - ID,Deal - Title,Deal - Value,Deal - Currency,Deal - Status,Deal - Won time,Deal - Organization",
        "77,Pilot,1500,EUR,Won,2026-11-02 14:05:00,Nordlicht GmbH",
    ),
    "zoho": (
        "Record Id,Deal Name,Account Name,Closing Date,Stage,Amount,Currency",
        "zcrm_1,Pilot,Nordlicht GmbH,2026-11-02,Closed Won,1500,EUR",
    ),
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_with_the_columns_it_lacks_added_becomes_a_deal(kind):
    header, row = EXPORTS[kind]
    parsed = parse_deals(f"{header}{ADDED}\n{row},DE,19\n".encode())
    assert (parsed.kind, parsed.problems) == (kind, [])
    (deal,) = parsed.deals
    assert (deal.customer, deal.currency, deal.net_total, deal.lines[0].item) == (
        "Nordlicht GmbH",
        "EUR",
        150_000,
        "Pilot",
    )
    assert deal.closed_on.isoformat() == "2026-11-02"


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_an_export_does_not_carry_is_named_and_never_made_up(kind):
    header, row = EXPORTS[kind]
    parsed = parse_deals(f"{header}\n{row}\n".encode())
    assert parsed.deals == []
    assert {"country is missing.", "tax_rate is missing."} <= set(parsed.problems[0].reasons)


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_deal_that_is_not_won_is_refused(kind):
    header, row = EXPORTS[kind]
    for won in ("Closed won", "Closed Won", "Won"):
        row = row.replace(f",{won},", ",Negotiation,")
    parsed = parse_deals(f"{header}{ADDED}\n{row},DE,19\n".encode())
    assert "not won" in " ".join(parsed.problems[0].reasons)


def test_a_column_of_ours_goes_before_a_translated_one():
    header, row = EXPORTS["hubspot"]
    parsed = parse_deals(f"{header}{ADDED},item,quantity,unit_price\n{row},DE,19,Sensor,3,500\n".encode())
    assert (parsed.deals[0].lines[0].item, parsed.deals[0].lines[0].quantity) == ("Sensor", 3)
