"""The realised exchange difference, against fractions."""

from datetime import date
from decimal import Decimal

from app.company.rules_rates import Rate
from app.payments.rules_exchange import compare

DAY = date(2026, 11, 20)


def _rate(text):
    return Rate("EUR", "USD", Decimal(text), DAY, "ecb") if text else None


def test_the_difference_is_the_value_at_the_payment_less_that_at_the_invoice():
    cases = (
        (108_34, "1.0834", "1.0834", 0),
        (108_34, "1.0834", "1.05", 3_18),  # 103.18 came for 100.00: a gain
        (108_34, "1.0834", "1.1", -1_51),
        (-108_34, "1.0834", "1.1", 1_51),  # undone
        (108_34, "1.0834", "", None),  # no rate: nothing is guessed
    )
    for amount, invoiced, paid, difference in cases:
        found = compare(amount, invoiced=_rate(invoiced), paid=_rate(paid), received_on=DAY)
        assert found.difference == difference, (amount, paid)
