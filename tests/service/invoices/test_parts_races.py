"""Two people bill one order, credit one invoice or approve one period at once: it happens once."""

from datetime import date
from decimal import Decimal

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import queries, services
from app.invoices.models import Invoice, Scope
from app.invoices.models_recurring import RecurringPeriod
from app.invoices.queries_parts import read_creditable
from app.invoices.rules_reasons import CreditReason
from app.invoices.services.orders import BelowDeposits, require_not_below_invoiced
from app.kernel.errors import BadInput, Conflict, RuleError
from app.orders.queries import get_order
from tests import factories
from tests.factories import ACTOR, NOW, VAT_19
from tests.service.payments.test_races import at_once

DAY = date(2026, 11, 22)
ROUNDS = 3
PART = services.Part(percent=Decimal(60))


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer()


def safely(act):
    """What the act returns; what it refuses is returned too, and undone with the rest."""

    def run():
        try:
            return act()
        except (BadInput, Conflict) as refusal:
            raise RuleError(str(refusal)) from refusal

    return run


def test_one_order_drafted_twice_at_once_is_on_one_draft(app, customer):
    for _ in range(ROUNDS):
        order_id = factories.make_plain_order(customer).id
        acts = [lambda o=order_id: services.draft_invoice(o, actor=ACTOR, now=NOW, part=PART).id] * 2
        outcomes = at_once(app, *(safely(act) for act in acts))
        assert sorted(isinstance(one, RuleError) for one in outcomes) == [False, True]
        assert sum(queries.remaining_quantities(get_order(order_id)).values()) == Decimal("1.6")


def test_one_invoice_credited_twice_at_once_is_never_credited_beyond_itself(app, customer):
    for _ in range(ROUNDS):
        invoice_id = factories.make_issued_invoice(customer).id
        line_id = session().get_one(Invoice, invoice_id).lines[0].id
        data = services.CreditData(
            scope=Scope.LINES, reason_code=CreditReason.RETURNED, quantities={line_id: Decimal(3)}
        )

        def credit(invoice_id=invoice_id, data=data):
            made = services.draft_credit(invoice_id, data, actor=ACTOR, now=NOW)
            return services.issue_credit(made.id, DAY, actor=ACTOR, now=NOW, send=False).id

        outcomes = at_once(app, safely(credit), safely(credit))
        assert sorted(isinstance(one, RuleError) for one in outcomes) == [False, True]
        assert read_creditable(session().get_one(Invoice, invoice_id)).quantities == {line_id: Decimal(1)}


def test_one_period_approved_twice_and_proposed_twice_at_once_is_one_invoice(app, customer):
    line = services.PlanLine(description="Hosting", quantity=Decimal(1), unit_price=Decimal(10), taxes=[VAT_19])
    data = services.PlanData(
        customer_id=customer.id, title="Hosting", currency="EUR", starts_on=DAY, most_periods=ROUNDS, lines=(line,),
        lead_days=366,
    )  # fmt: skip
    with unit_of_work():
        services.make_plan(data, actor=ACTOR, now=NOW)
    proposals = at_once(app, *[lambda: services.propose_periods(DAY, now=NOW)] * 3)
    assert sorted(proposals) == [0, 0, ROUNDS]
    periods = [row.id for row in session().query(RecurringPeriod)]
    for period_id in periods:
        acts = [lambda p=period_id: services.draft_period(p, actor=ACTOR, now=NOW).id] * 2
        outcomes = at_once(app, *(safely(act) for act in acts))
        assert sorted(isinstance(one, RuleError) for one in outcomes) == [False, True]
    assert session().query(Invoice).count() == ROUNDS


def test_an_order_cannot_be_amended_below_its_deposits(customer):
    order = factories.make_plain_order(customer)  # 4 x 250.00
    line = order.lines[0].id
    with unit_of_work():
        services.draft_deposit(order.id, percent=Decimal(50), actor=ACTOR, now=NOW)
    require_not_below_invoiced(order.id, {line: Decimal(2)})
    with pytest.raises(BelowDeposits, match=r"250\.00 EUR, less than its deposits: 500\.00 EUR on draft"):
        require_not_below_invoiced(order.id, {line: Decimal(1)})
