"""What is left to be invoiced is listed until an invoice asks for it, also after corrections and credit notes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.audit.queries import list_timeline
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.models import Invoice, Scope
from app.invoices.queries_waiting import Waiting, select_to_invoice
from app.invoices.rules_reasons import CreditReason
from app.orders.models import Order
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW

DAY = date(2026, 11, 22)


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer()


def fulfilled(customer, *lines):
    order = factories.make_plain_order(customer, *lines)
    with unit_of_work():
        again = session().get_one(Order, order.id)
        again.state, again.fulfilled_on = "fulfilled", DAY
    return session().get_one(Order, order.id)


def issue(order_id, **part):
    with unit_of_work():
        part = services.Part(**part) if part else None
        made = services.draft_invoice(order_id, actor=ACTOR, now=NOW, part=part, ahead_of_fulfilment=True)
    return issue_draft(made)


def issue_draft(made):
    with unit_of_work():
        return services.issue_invoice(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def correct(invoice, quantity):
    with unit_of_work():
        said = services.CorrectedLine(
            line_id=invoice.lines[0].id, quantity=Decimal(quantity), unit_price=invoice.lines[0].unit_price
        )
        return services.correct_invoice(invoice.id, "", issued_on=DAY, actor=ACTOR, now=NOW, lines=[said])[1]


def credit(invoice, **quantities):
    with unit_of_work():
        data = services.CreditData(reason_code=CreditReason.RETURNED, **quantities)
        made = services.draft_credit(invoice.id, data, actor=ACTOR, now=NOW)
    with unit_of_work():
        return services.issue_credit(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def waiting(kind=Waiting.NEVER):
    return [row.number for row in session().execute(select_to_invoice(kind))]


def test_a_correction_leaves_the_order_in_the_list_while_something_is_not_invoiced(customer):
    half = fulfilled(customer, ("Sensor", "10", "20"))
    assert waiting() == [half.number]
    again = correct(issue(half.id, percent=Decimal(50)), 5)
    issue_draft(again)
    assert waiting() == [half.number]
    issue(half.id)
    assert waiting() == []
    smaller = fulfilled(customer, ("Cable", "10.8", "20"))
    correct(issue(smaller.id), 8)
    assert waiting() == [smaller.number]
    assert [one for one in verify(NOW, ROWS).broken if one.invariant.code in {"I12", "I15", "I48"}] == []


def test_what_is_credited_waits_apart_until_it_is_invoiced_again(customer):
    order = fulfilled(customer, ("Sensor", "10", "20"))
    invoice = issue(order.id)
    credit(invoice, scope=Scope.LINES, quantities={invoice.lines[0].id: Decimal(4)})
    assert (waiting(), waiting(Waiting.CREDITED)) == ([], [order.number])
    issue(order.id)
    assert (waiting(), waiting(Waiting.CREDITED)) == ([], [])
    actions = [entry.action for entry in list_timeline(order_id=order.id, limit=30)]
    assert actions.count("invoice.credit_drafted") == 1


def test_an_order_has_one_final_invoice_unless_another_takes_its_place(customer):
    order = fulfilled(customer, ("Sensor", "10", "20"))
    issue(order.id, quantities={order.lines[0].id: Decimal(2)})
    final = issue(order.id)
    same = issue_draft(correct(final, 8))
    assert (final.scope, same.scope) == (Scope.FINAL, Scope.FINAL)
    smaller = issue_draft(correct(same, 5))
    later = issue(order.id)
    assert (smaller.scope, later.scope) == (Scope.PARTIAL, Scope.REST)


@pytest.mark.parametrize(
    ("lines", "discount", "first", "said"),
    [
        (("37", "189.00"), 0, "18.5", (349650, 0)),
        (("4.8", "1180"), 10, "0.8", (84960, 0)),
        (("3", "0.335"), 0, "1", (34, 0)),
    ],
)
def test_a_part_is_its_own_quantity_times_price_and_the_last_takes_the_rest(customer, lines, discount, first, said):
    order = fulfilled(customer, ("Sensor", *lines))
    with unit_of_work():
        session().get_one(Order, order.id).lines[0].discount_percent = Decimal(discount)
    part = issue(order.id, quantities={order.lines[0].id: Decimal(first)})
    assert (part.lines[0].net, part.lines[0].allowance + part.lines[0].charge) == said
    invoice = issue(fulfilled(customer, ("Sensor", *lines)).id)
    note = credit(invoice, scope=Scope.LINES, quantities={invoice.lines[0].id: Decimal(first)})
    if not discount:
        assert (note.lines[0].net, note.lines[0].allowance + note.lines[0].charge) == said
    rest = credit(invoice, scope=Scope.LINES, quantities={invoice.lines[0].id: Decimal(lines[0]) - Decimal(first)})
    assert note.net_total + rest.net_total == invoice.net_total
    assert note.amount_due + rest.amount_due == invoice.gross_total


def test_deposits_and_replaced_invoices_are_named_in_what_follows(customer):
    order = fulfilled(customer, ("Sensor", "10", "20"))
    with unit_of_work():
        asked = services.draft_deposit(order.id, percent=Decimal(30), actor=ACTOR, now=NOW)
    asked = issue_draft(asked)
    final = issue(order.id)
    assert asked.snapshot["type_code"] == "386"
    assert [one["number"] for one in final.snapshot["preceding"]] == [asked.number]
    again = issue_draft(correct(final, 10))
    assert [one["number"] for one in again.snapshot["preceding"]] == [asked.number, final.number]
    assert session().get_one(Invoice, again.id).issued_on <= DAY + timedelta(days=1)
