"""Parts of a document add up to it, net and tax, to the cent."""

from decimal import Decimal
from fractions import Fraction
from random import Random

from app.invoices.rules import TaxKey
from app.invoices.rules_parts import MOST_MOVED, fit
from app.kernel.money import round_half_away

RATES = (Fraction(19), Fraction(7), Fraction(0), Fraction(21, 4))


def tax_of(nets):
    return {
        TaxKey(f"VAT {rate}", "S", Decimal(0), None): round_half_away(net * rate / 100)
        for net, rate in zip(nets, RATES, strict=True)
    }


def test_many_parts_and_the_rest_make_the_tax_of_the_whole():
    chance = Random(20261122)
    for _ in range(300):
        whole = [chance.randrange(0, 50_000) for _ in RATES]
        left, tax_left = list(whole), dict(tax_of(whole))
        for _ in range(chance.randrange(1, 5)):
            wanted = [chance.randrange(0, net + 1) for net in left]
            nets = fit(wanted, left, tax_left, tax_of)
            assert all(0 <= net <= most for net, most in zip(nets, left, strict=True))
            assert all(abs(net - asked) <= MOST_MOVED for net, asked in zip(nets, wanted, strict=True))
            left = [most - net for most, net in zip(left, nets, strict=True)]
            tax_left = {key: tax - tax_of(nets)[key] for key, tax in tax_left.items()}
            assert tax_of(left) == tax_left
    # without moving anything, thirds of 0.06 at 19 % come to 0.00 of tax three times
    assert fit([0, 0, 0, 0], [6, 0, 0, 0], tax_of([6, 0, 0, 0]), tax_of) == [0, 0, 0, 0]


def test_all_or_nothing_does_not_move():
    assert fit([0, 700, 3, 0], [9, 700, 3, 0], tax_of([9, 700, 3, 0]), tax_of) == [0, 700, 3, 0]
