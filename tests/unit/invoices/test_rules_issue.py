"""Faults are told in words a person knows."""

import pytest

from app.invoices.rules_issue import say_field


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("lines[2].description", "The description of line 3"),
        ("lines[0].taxes[1].reason", "The reason of line 1"),
        ("allowances[0].reason", "The reason of allowance 1"),
        ("buyer.name", "The customer's name"),
        ("buyer.address.postal_code", "The customer's postal code"),
        ("seller.vat_id", "The company's VAT id"),
        ("footer", "The footer"),
    ],
)
def test_a_field_is_called_by_its_name(path, words):
    assert say_field(path) == words
