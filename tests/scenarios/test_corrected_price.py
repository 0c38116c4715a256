"""The story of an invoice at a wrong price: credited, its order amended and invoiced anew in one step."""

from datetime import date
from decimal import Decimal

import pytest

from app.company.services_rates import set_rate
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import queries, services
from app.invoices.queries_parts import list_credit_notes
from app.invoices.rules_reasons import CreditReason
from app.invoices.services.choose import MoreThanOrdered
from app.invoices.services.correct import BeyondOnePerson
from app.orders.models import Order
from app.orders.queries_amendments import list_amendments
from app.orders.rules_amend import DiscountOutOfRange, PriceNegative
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW

DAY = date(2026, 11, 22)


def correct(invoice, *changes, reason_code=CreditReason.PRICE):
    """`changes`: of each line what is to differ."""
    lines = [
        services.CorrectedLine(
            line_id=line.id, **{"quantity": line.quantity, "unit_price": line.unit_price, **change}
        )
        for line, change in zip(invoice.lines, changes, strict=True)
    ]  # fmt: skip
    with unit_of_work():
        return services.correct_invoice(
            invoice.id, "as agreed", issued_on=DAY, actor=ACTOR, now=NOW, reason_code=reason_code, lines=lines
        )


def broken():
    return {one.invariant.code for one in verify(NOW, ROWS).broken} & {
        "I1",
        "I12",
        "I15",
        "I18",
        "I19",
        "I20",
        "I23",
        "I47",
    }


def test_order_credit_note_and_new_invoice_agree_after_a_wrong_price(app):
    factories.make_company()
    invoice = factories.make_issued_invoice(
        factories.make_customer(language="de"), ("Sensor", "4", "250"), ("Cable", "10", "3.5"), issued_on=DAY
    )
    note, draft = correct(
        invoice,
        {"unit_price": Decimal("240"), "quantity": Decimal(3)},
        {"discount_percent": Decimal(10)},
    )
    assert note.gross_total == invoice.gross_total
    assert (note.reason, note.reason_shown) == (
        "Niedrigerer Preis vereinbart: as agreed", "Lower price agreed: as agreed",
    )  # fmt: skip
    assert [line.net for line in draft.lines] == [720_00, 31_50]

    # The order says the same, with the reason; what the smaller quantity leaves is still to be invoiced
    order = session().get_one(Order, invoice.order_id)
    assert order.net_total == 960_00 + 31_50
    [amendment] = list_amendments(order.id)
    assert amendment.reason == f"{invoice.number} corrected: Lower price agreed: as agreed"
    assert list(queries.remaining_quantities(order).values()) == [1, 0]
    with unit_of_work():
        again = services.issue_invoice(draft.id, DAY, actor=ACTOR, now=NOW, send=False)
        rest = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
        rest = services.issue_invoice(rest.id, DAY, actor=ACTOR, now=NOW, send=False)
    assert (again.net_total, rest.net_total) == (751_50, 240_00)
    assert session().get_one(Order, order.id).billed_net == order.net_total
    assert broken() == set()


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        ({"unit_price": Decimal(100)}, BeyondOnePerson, "over the limit of 10 %"),
        ({"unit_price": Decimal(-1)}, PriceNegative, "lines[0].unit_price"),
        ({"discount_percent": Decimal(101)}, DiscountOutOfRange, "lines[0].discount_percent"),
        ({"quantity": Decimal(5)}, MoreThanOrdered, "lines[0].quantity"),
    ],
)
def test_a_correction_that_is_refused_leaves_everything_as_it_was(app, change, refusal, words):
    factories.make_company()
    invoice = factories.make_issued_invoice(factories.make_customer(), issued_on=DAY)
    with pytest.raises(refusal) as refused:
        correct(invoice, change)
    assert words in f"{refused.value} {getattr(refused.value, 'field', '')}"
    assert queries.find_credit_note(invoice.id) is None
    assert list_credit_notes(invoice.id) == []
    assert list_amendments(invoice.order_id) == []


def test_a_price_in_another_currency_is_compared_with_the_limit_at_the_rate_of_the_day(app):
    factories.make_company(amendment_percent="50", amendment_amount="100")
    invoice = factories.make_issued_invoice(
        factories.make_customer(), ("Sensor", "4", "250"), issued_on=DAY, currency="USD"
    )
    with pytest.raises(BeyondOnePerson, match="no rate for USD"):
        correct(invoice, {"unit_price": Decimal(220)})
    with unit_of_work():
        set_rate("USD", date(2026, 11, 20), "1.25", actor=ACTOR, now=NOW)
    with pytest.raises(
        BeyondOnePerson, match=r"140\.00 USD, worth 112\.00 EUR, is 12\.00 EUR over the limit of 100\.00"
    ):
        correct(invoice, {"unit_price": Decimal(215)})
    _note, draft = correct(invoice, {"unit_price": Decimal(220)})
    assert draft.net_total == session().get_one(Order, invoice.order_id).net_total == 880_00


def test_an_invoice_of_no_order_takes_the_typed_values(app):
    factories.make_company()
    line = services.PlanLine(
        description="Maintenance", quantity=Decimal(1), unit_price=Decimal(200), taxes=[factories.VAT_19]
    )
    data = services.PlanData(
        customer_id=factories.make_customer().id, title="Maintenance", currency="EUR", starts_on=DAY, lines=(line,)
    )
    with unit_of_work():
        services.make_plan(data, actor=ACTOR, now=NOW)
        services.propose_periods(DAY, now=NOW)
    with unit_of_work():
        made = services.draft_period(1, actor=ACTOR, now=NOW)
        invoice = services.issue_invoice(made.id, DAY, actor=ACTOR, now=NOW, send=False)
    _note, draft = correct(invoice, {"unit_price": Decimal("199.99"), "quantity": Decimal(6)})
    assert (draft.order_id, draft.net_total) == (None, 6 * 199_99)
