"""How a late discount falls on the rates of an invoice, and how names are written for banks."""

import pytest

from app.payments.rules_credit_transfer import plain
from app.payments.rules_settling import split_by_tax


@pytest.mark.parametrize(
    ("amount", "breakdown"), [(119, [(1000, 190)]), (100, [(1000, 190), (1000, 70), (500, 0)]), (1, [(10, 2), (9, 1)])]
)
def test_the_parts_add_up_and_keep_the_rates(amount, breakdown):
    shares = split_by_tax(amount, breakdown)
    assert sum(share.net + share.tax for share in shares) == amount
    for share in shares:
        base, tax = breakdown[share.row]
        assert abs(share.tax * (base + tax) - (share.net + share.tax) * tax) < base + tax


@pytest.mark.parametrize(
    ("text", "written"),
    [("Müller & Söhne", "Muller + Sohne"), ("Łódź <A>", "Lodz A"), ("北京", "-"), ("x" * 80, "x" * 70)],
)
def test_banks_get_letters_they_take(text, written):
    assert plain(text, 70) == written
