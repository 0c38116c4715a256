"""What a policy lets go, how a late discount falls on the rates of an invoice, and how names are written for banks."""

from decimal import Decimal

import pytest

from app.payments.rules_credit_transfer import plain
from app.payments.rules_settling import DeductionCode, Gone, Policy, measure_gone, split_by_tax

POLICY = Policy(5_00, Decimal(1), "EUR", {DeductionCode.TOLERANCE, DeductionCode.BANK_FEE})


@pytest.mark.parametrize(
    ("amount", "gone", "whole", "goes"),
    [
        (4_75, Gone(), 479_87, True),
        (4_75, Gone(4_75, 4_75), 479_87, False),  # asked for once more
        (4, Gone(4_75, 4_75), 479_87, True),  # 4.79 of 479.87 are within 1 %
        (5, Gone(4_75, 4_75), 479_87, False),
        (2_50, Gone(2_50, 0), 1000_00, True),  # another instalment's counts for the amount,
        (2_51, Gone(2_50, 0), 1000_00, False),
        (1_00, Gone(4_00, 0), 100_00, True),  # but not for the share
        (1_00, Gone(4_00, 1), 100_00, False),
    ],
)
def test_a_policy_measures_all_that_went_however_often_it_is_asked(amount, gone, whole, goes):
    assert POLICY.allows(amount, gone=gone, of=whole, currency="EUR", code=DeductionCode.BANK_FEE) is goes


def test_what_is_gone_is_counted_for_the_invoice_and_for_its_instalment():
    amounts = {(7, 1): 1_00, (7, 2): 2_00, (8, 2): 4_00}
    assert [measure_gone(amounts, 7, 2), measure_gone(amounts, 9, 1)] == [Gone(3_00, 2_00), Gone()]


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
    ("text", "country", "written"),
    [
        ("Müller & Söhne", "DE", "Mueller + Soehne"), ("KÄMMEREI Öl", "AT", "KAEMMEREI Oel"),
        ("A\N{COMBINING DIAERESIS}rzte", "CH", "Aerzte"), ("Åkesson & Söner", "SE", "Akesson + Soner"),
        ("Łódź <A>", "PL", "Lodz A"), ("北京", "DE", "-"), ("x" * 80, "FR", "x" * 70),
    ],
)  # fmt: skip
def test_banks_get_letters_they_take(text, country, written):
    assert plain(text, 70, f"{country}00") == written
