"""What parts of an invoice in another currency are worth, against what it says of itself."""

from datetime import date
from decimal import Decimal
from random import Random

from app.company.rules_rates import Rate
from app.payments.rules_exchange import Exchange
from app.payments.rules_worth import Said, follow

DAY = date(2026, 11, 20)


def test_however_an_invoice_is_paid_in_parts_they_come_to_what_it_says_and_each_is_hardly_off():
    random = Random(7)
    for _ in range(300):
        rate = Rate("EUR", "USD", Decimal(str(round(random.uniform(0.5, 2), 4))), DAY, "ecb")
        total = random.randrange(100, 1_000_000)
        said = Said(total, rate.to_base(total) + random.choice((-1, 0, 1)))  # its taxes were rounded one by one
        cuts = sorted(random.sample(range(1, total), random.randrange(1, 12)))
        parts = [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]
        (_, whole), *worths = follow(enumerate([total, *(-part for part in parts)]), rate, said)
        assert whole.amount == said.company_total
        assert sum(worth.amount for _, worth in worths) == -said.company_total
        for part, (_, worth) in zip(parts, worths, strict=True):
            assert abs(worth.amount + rate.to_base(part)) <= 2


def test_a_document_that_comes_to_nothing_is_followed_at_its_rate():
    rate = Rate("EUR", "USD", Decimal("1.25"), DAY, "ecb")
    assert [worth.amount for _, worth in follow([(1, 100)], rate, Said(0, 0))] == [80]


def test_the_difference_is_the_value_at_the_payment_less_that_at_the_invoice():
    for at_payment, difference in ((103_18, 3_18), (98_49, -1_51), (None, None)):
        assert Exchange("EUR", "USD", DAY, 100_00, at_payment).difference == difference
