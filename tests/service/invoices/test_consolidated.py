"""One invoice over several orders: each under its own heading, none billed twice, deposits deducted."""

from datetime import date
from decimal import Decimal

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import queries, services
from app.invoices.einvoice.build import build_semantic
from app.invoices.einvoice.cii import write_cii
from app.invoices.einvoice.ubl import write_ubl
from app.invoices.models import Invoice, Scope
from app.invoices.paper import lay_out
from app.invoices.rules_reasons import CreditReason
from app.invoices.services.consolidate import OneOrderOnly, OrdersDiffer
from app.invoices.services.drafts import BilledAlready, OrderNotFulfilled
from app.invoices.services.locks import OrderUnknown, SeveralCustomers
from app.invoices.snapshot import fingerprint_of
from app.kernel.errors import RuleError
from app.orders.models import Order
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW
from tests.service.payments.test_races import at_once

DAY = date(2026, 11, 22)


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer()


def consolidate(*orders):
    with unit_of_work():
        return services.draft_consolidated([order.id for order in orders], actor=ACTOR, now=NOW)


def issue(made):
    with unit_of_work():
        return services.issue_invoice(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def billed(order):
    found = session().get_one(Order, order.id, populate_existing=True)
    return found.billed_net, found.billed_gross


def expect_sound():
    assert [(one.invariant.code, one.findings) for one in verify(NOW, ROWS).broken] == []


def test_each_order_stands_under_its_heading_on_paper_and_in_both_files(customer):
    one = factories.make_plain_order(
        customer, ("Sensor", "3", "33.33"), number="SO-1", po_number="A-1", ordered_on=date(2026, 11, 2)
    )
    two = factories.make_plain_order(
        customer,
        ("Cable", "7", "1.11"),
        ("Plug", "1", "0.07"),
        number="SO-2",
        po_number="",
        ordered_on=date(2026, 11, 9),
    )
    invoice = issue(consolidate(two, one))
    assert (invoice.order_id, invoice.scope, invoice.net_total) == (None, Scope.WHOLE, 99_99 + 7_77 + 7)
    assert (invoice.service_from, invoice.service_until) == (date(2026, 11, 2), date(2026, 11, 9))
    assert sum(line.gross for line in invoice.lines) == invoice.gross_total
    assert billed(one)[0] == 99_99
    assert billed(one)[1] + billed(two)[1] == invoice.gross_total
    assert [line.heading for line in lay_out(invoice.snapshot).lines] == [
        "Order SO-1 · your order A-1 · delivered 2 Nov 2026", "Order SO-2 · delivered 9 Nov 2026", "",
    ]  # fmt: skip
    terms = build_semantic(invoice.snapshot)
    note = b"Order SO-1, Purchase order A-1, Delivered 2026-11-02"
    assert note in write_cii(terms)
    assert note in write_ubl(terms)
    for order in (one, two):
        assert queries.names_of_order(order.id) == [invoice.number]
        with pytest.raises(BilledAlready), unit_of_work():
            services.draft_invoice(order.id, actor=ACTOR, now=NOW)
    expect_sound()


def test_deposits_and_parts_come_off_and_a_credit_frees_what_it_gives_back(customer):
    one = factories.make_plain_order(customer, ("Press", "3", "3333.33"), number="SO-1")
    two = factories.make_plain_order(customer, ("Line", "10", "9.99"), number="SO-2")
    with unit_of_work():
        deposit = services.draft_deposit(one.id, percent=Decimal(30), actor=ACTOR, now=NOW)
    issue(deposit)
    part = services.Part(quantities={two.lines[0].id: Decimal(4)})
    with unit_of_work():
        first = services.draft_invoice(two.id, actor=ACTOR, now=NOW, part=part)
    issue(first)
    invoice = issue(consolidate(one, two))
    assert invoice.scope is Scope.FINAL
    assert [(line.order_id, line.deposit_id) for line in invoice.lines] == [
        (one.id, None), (one.id, deposit.id), (two.id, None),
    ]  # fmt: skip
    assert billed(one)[0] == 9999_99
    assert billed(two)[0] == 99_90
    expect_sound()

    line = next(line for line in invoice.lines if line.order_id == two.id)
    data = services.CreditData(scope=Scope.LINES, reason_code=CreditReason.RETURNED, quantities={line.id: Decimal(2)})
    with unit_of_work():
        note = services.draft_credit(invoice.id, data, actor=ACTOR, now=NOW)
    with unit_of_work():
        services.issue_credit(note.id, DAY, actor=ACTOR, now=NOW, send=False)
    assert billed(two)[0] == 99_90 - 19_98
    with unit_of_work():
        again = services.draft_invoice(two.id, actor=ACTOR, now=NOW)
    assert again.lines[0].quantity == 2
    expect_sound()


def test_what_was_looked_over_is_what_is_issued_wherever_the_deposit_is(customer):
    one, two, three = (factories.make_plain_order(customer, ("Press", "2", "100"), number=f"SO-{n}") for n in (1, 2, 3))
    for order in (one, two):
        with unit_of_work():
            deposit = services.draft_deposit(order.id, percent=Decimal(30), actor=ACTOR, now=NOW)
        issue(deposit)
    draft = consolidate(one, two, three)
    session().expire_all()
    seen = services.preview_issue(draft.id, DAY).content
    session().expire_all()
    with unit_of_work():
        invoice = services.issue_invoice(draft.id, DAY, actor=ACTOR, now=NOW, checked=fingerprint_of(seen))
    assert invoice.net_total == 480_00
    expect_sound()


def test_what_does_not_go_together_is_refused_by_name(customer):
    def plain(number, **said):
        return factories.make_plain_order(said.pop("of", customer), number=number, **said)

    one = plain("SO-1")
    for other, refusal, words in (
        (plain("SO-2", currency="USD"), OrdersDiffer, "SO-1 and SO-2 .* the currency differs .EUR, USD"),
        (plain("SO-3", payment_terms="10 days"), OrdersDiffer, "SO-1 and SO-3 .* the payment terms differ .30 days"),
        (plain("SO-4", state="in_progress"), OrderNotFulfilled, "SO-4"),
        (plain("SO-5", of=factories.make_customer("Other Ltd")), SeveralCustomers, "SO-1 and SO-5"),
        (one, OneOrderOnly, "at least two"),
    ):
        with pytest.raises((refusal), match=words):
            consolidate(one, other)
    with pytest.raises(OrderUnknown), unit_of_work():
        services.draft_consolidated([one.id, 999_999], actor=ACTOR, now=NOW)


def test_two_people_who_draft_over_the_same_orders_at_once_bill_nothing_twice(app, customer):
    orders = [factories.make_plain_order(customer, number=f"SO-{n}").id for n in range(1, 4)]
    for _ in range(3):
        outcomes = at_once(
            app,
            lambda: services.draft_consolidated(orders[:2], actor=ACTOR, now=NOW).id,
            lambda: services.draft_consolidated(orders[1:], actor=ACTOR, now=NOW).id,
            lambda: services.draft_invoice(orders[1], actor=ACTOR, now=NOW).id,
        )
        assert sum(isinstance(one, RuleError) for one in outcomes) == 2, outcomes
        for made in (one for one in outcomes if isinstance(one, int)):
            assert session().get_one(Invoice, made).lines
            with unit_of_work():
                services.delete_draft(made, actor=ACTOR, now=NOW)
