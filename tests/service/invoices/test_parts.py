"""Orders billed in parts: deposits, quantities and percentages come to the order, its net to the cent."""

from collections import Counter
from datetime import date
from decimal import Decimal
from random import Random

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.models import Invoice, Scope
from app.invoices.queries_parts import list_deducting, read_creditable
from app.invoices.rules_reasons import CreditReason
from app.invoices.services.choose import MoreThanOrdered, NothingChosen, PercentWrong
from app.invoices.services.credit import CreditedAlready, DepositDeducted, MoreThanInvoiced, MoreThanLeft
from app.invoices.services.deposits import DepositTooLarge, DepositWrong
from app.invoices.services.drafts import BilledAlready, CreditDraftFixed
from app.invoices.services.issue import IsCreditNote
from app.invoices.services.parts import DepositDrafted
from app.kernel.errors import BadInput
from app.orders.models import Order
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW

DAY = date(2026, 11, 22)
VAT_7 = {"name": "VAT 7", "category": "S", "kind": "percent", "rate": "7"}


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer()


def draft(order, **part):
    with unit_of_work():
        return services.draft_invoice(order.id, actor=ACTOR, now=NOW, part=services.Part(**part) if part else None)


def deposit(order, **share):
    with unit_of_work():
        return services.draft_deposit(order.id, actor=ACTOR, now=NOW, **share)


def issue(made):
    with unit_of_work():
        return services.issue_invoice(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def credit(invoice, **said):
    with unit_of_work():
        data = services.CreditData(reason_code=CreditReason.RETURNED, **said)
        return services.draft_credit(invoice.id, data, actor=ACTOR, now=NOW)


def issue_credit(made):
    with unit_of_work():
        return services.issue_credit(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def two_taxes(customer, *lines):
    order = factories.make_plain_order(customer, *lines)
    with unit_of_work():
        again = session().get_one(Order, order.id)
        for line in again.lines[1::2]:
            line.taxes = [VAT_7]
        return again


def breakdown(invoices):
    sums = Counter()
    for made in invoices:
        for row in session().get_one(Invoice, made.id).taxes:
            sums[row.name, "base"] += row.base
            sums[row.name, "tax"] += row.tax
    return sums


def nets(sums):
    return {name: base for (name, what), base in sums.items() if what == "base"}


def test_deposit_partials_and_final_are_the_order_at_each_tax(customer):
    chance = Random(4711)
    for number in range(8):
        prices = [f"{chance.randrange(1, 9999) / 100:.2f}" for _ in range(3)]
        lines = [(f"Part {n}", str(chance.randrange(3, 40)), price) for n, price in enumerate(prices)]
        order, twin = (two_taxes(customer, *lines) for _ in "ab")
        whole = issue(draft(twin))
        made = [issue(deposit(order, percent=Decimal(chance.randrange(5, 60))))]
        made.append(issue(draft(order, percent=Decimal(chance.randrange(5, 40)), title="Design approved")))
        made.append(issue(draft(order, quantities={order.lines[number % 3].id: Decimal("1.1")})))
        made.append(issue(draft(order)))
        assert [one.scope for one in made] == [Scope.DEPOSIT, Scope.PARTIAL, Scope.PARTIAL, Scope.FINAL]
        assert nets(breakdown(made)) == nets(breakdown([whole]))
        assert abs(sum(one.gross_total for one in made) - whole.gross_total) <= 8  # each rounds its own taxes
        moved = [line for one in made[:-1] for line in one.lines if line.allowance or line.charge]
        assert moved == []  # cents belong to the last part alone
        assert session().get_one(Order, order.id).billed_net == whole.net_total
        with pytest.raises(BilledAlready):
            draft(order)
    assert {one.invariant.code for one in verify(NOW, ROWS).broken} & {"I1", "I12", "I15", "I47"} == set()


def test_a_deposit_is_deducted_once_and_free_again_when_its_invoice_is_credited(customer):
    order = factories.make_plain_order(customer)  # 1,000.00 + 190.00
    asked = deposit(order, percent=Decimal(30))
    with pytest.raises(DepositDrafted):
        draft(order)
    issue(asked)
    part = issue(draft(order, quantities={order.lines[0].id: Decimal(1)}))
    assert (part.net_total, part.scope) == (250_00, Scope.PARTIAL)  # the rest can still carry the deposit
    final = issue(draft(order))
    assert (final.net_total, final.scope) == (450_00, Scope.FINAL)
    assert [line.net for line in final.lines] == [750_00, -300_00]
    assert [one.id for one in list_deducting(asked.id)] == [final.id]
    with pytest.raises(DepositDeducted, match=final.number):
        credit(asked)
    with unit_of_work():
        services.credit_invoice(final.id, "Wrong address", issued_on=DAY, actor=ACTOR, now=NOW)
    again = issue(draft(order))
    assert (again.net_total, again.scope) == (450_00, Scope.FINAL)


@pytest.mark.parametrize(
    ("share", "error"),
    [
        ({"percent": Decimal(101)}, PercentWrong),
        ({"percent": Decimal(0)}, PercentWrong),
        ({"amount": 0}, DepositWrong),
        ({}, DepositWrong),
        ({"amount": 1_000_01}, DepositTooLarge),
    ],
)
def test_a_deposit_asks_for_a_part_of_the_order(customer, share, error):
    order = factories.make_plain_order(customer)
    with pytest.raises(error):
        deposit(order, **share)


def test_never_more_than_ordered_over_drafts_and_deposits_together(customer):
    order = factories.make_plain_order(customer)
    line = order.lines[0].id
    draft(order, quantities={line: Decimal(3)})
    for part, error in (
        ({"quantities": {line: Decimal(2)}}, MoreThanOrdered),
        ({"quantities": {}}, NothingChosen),
        ({"quantities": {line: Decimal(-1)}}, MoreThanOrdered),
        ({"percent": Decimal(50)}, MoreThanOrdered),
    ):
        with pytest.raises(error):
            draft(order, **part)
    with pytest.raises(DepositTooLarge, match=r"Only 250.00 EUR"):
        deposit(order, percent=Decimal(30))


def test_credit_by_quantity_and_by_value_never_exceeds_the_invoice(customer):
    order = two_taxes(customer, ("Sensor", "3", "0.335"), ("Book", "2", "10"))
    invoice = issue(draft(order))
    sensor, book = (line.id for line in invoice.lines)
    first = issue_credit(credit(invoice, scope=Scope.LINES, quantities={sensor: Decimal(1)}))
    assert (first.number, first.snapshot["type_code"]) == ("CN-2026-00001", "381")
    assert first.gross_total > 0
    with pytest.raises(MoreThanInvoiced, match="2"):
        credit(invoice, scope=Scope.LINES, quantities={sensor: Decimal(3)})
    with pytest.raises(CreditedAlready):
        credit(invoice)
    group = next(iter(credit_groups(invoice, "7")))
    waiting = credit(invoice, scope=Scope.AMOUNT, amounts={group: 15_00})
    with pytest.raises(MoreThanLeft, match=r"15.00 EUR is more than the 5.00 EUR"):
        credit(invoice, scope=Scope.AMOUNT, amounts={group: 15_00})  # a draft counts too
    with pytest.raises(MoreThanLeft):
        credit(invoice, scope=Scope.LINES, quantities={book: Decimal(2)})
    issue_credit(waiting)
    issue_credit(credit(invoice, scope=Scope.LINES, quantities={sensor: Decimal(2)}))
    issue_credit(credit(invoice, scope=Scope.AMOUNT, amounts={group: 5_00}))
    notes = session().query(Invoice).filter_by(original_id=invoice.id).all()
    assert nets(breakdown(notes)) == nets(breakdown([invoice]))
    assert sum(note.amount_due for note in notes) == invoice.gross_total
    assert {one.invariant.code for one in verify(NOW, ROWS).broken} & {"I1", "I5", "I12", "I48"} == set()
    with pytest.raises(CreditedAlready):
        credit(invoice, scope=Scope.AMOUNT, amounts={group: 1})


def credit_groups(invoice, rate):
    groups = read_creditable(session().get_one(Invoice, invoice.id)).groups
    return [group for group in groups if f'"rate":"{rate}"' in group]


def test_drafts_of_credit_notes_give_nothing_back_and_have_their_own_way_to_be_issued(customer):
    order = factories.make_plain_order(customer)
    invoice = issue(draft(order))
    waiting = credit(invoice)
    with pytest.raises(BilledAlready):
        draft(order)
    with pytest.raises(IsCreditNote):
        issue(waiting)
    data = services.DraftData(payment_terms="30 days")
    with pytest.raises(CreditDraftFixed), unit_of_work():
        services.update_draft(waiting.id, data, version=1, actor=ACTOR, now=NOW)


def test_a_reason_is_a_code_or_words(customer):
    invoice = issue(draft(factories.make_plain_order(customer)))
    with pytest.raises(BadInput), unit_of_work():
        services.draft_credit(invoice.id, services.CreditData(), actor=ACTOR, now=NOW)
    assert credit(invoice, reason="box was wet").reason == "Goods returned: box was wet"


def test_a_correction_is_a_credit_note_and_a_draft_in_its_place(customer):
    order = factories.make_plain_order(customer)
    invoice = issue(draft(order))
    with unit_of_work():
        note, again = services.correct_invoice(invoice.id, "", issued_on=DAY, actor=ACTOR, now=NOW)
    assert (note.gross_total, note.reason) == (invoice.gross_total, "Wrong invoice")
    assert (again.replaces_id, again.gross_total, again.number) == (invoice.id, invoice.gross_total, None)
    with pytest.raises(BilledAlready):
        draft(order)
    assert issue(again).snapshot["part"]["replaces"]["number"] == invoice.number
