"""When a customer's credit does not carry another order."""

import pytest

from app.orders.rules_credit import Exposure, find_objections

FREE = Exposure("EUR", 800_000, 440_000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"limit": 1_240_000}, []),
        (
            {"limit": 1_239_999},
            [
                (
                    "Exposure 12,400.00 EUR is over the limit of 12,399.99 EUR "
                    "(open 8,000.00 EUR, not yet billed 4,400.00 EUR)."
                )
            ],
        ),
        ({"limit": 0, "receivable": 0, "unbilled": 0}, []),
        (
            {"limit": 9_999_999, "other_currencies": ("JPY", "USD")},
            ["The limit is in EUR, and there is business in JPY, USD."],
        ),
        ({"other_currencies": ("USD",)}, []),
        ({"days_past_due": 30, "allowed_days": 30}, []),
        (
            {"days_past_due": 31, "allowed_days": 30},
            ["The oldest open invoice is 31 days past due, 30 are allowed."],
        ),
        ({"days_past_due": 400}, []),
    ],
)
def test_an_order_waits_only_for_what_speaks_against_it(changes, said):
    facts = {"currency": "EUR", "receivable": FREE.receivable, "unbilled": FREE.unbilled, **changes}
    assert find_objections(Exposure(**facts)) == said
