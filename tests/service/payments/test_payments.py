"""Money that came in: where it is put, what is left of it, and how it is taken back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.audit.queries import list_entries_of, list_timeline
from app.customers.queries import CustomerUnknown
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.followup.queries_card import read_card
from app.invoices.models import Invoice, Scope
from app.invoices.queries import InvoiceUnknown, position_of
from app.invoices.services import CreditData, credit_invoice, draft_credit, issue_credit
from app.kernel.money import UnknownCurrency
from app.kernel.texts import TextMissing
from app.ledger import queries as ledger
from app.ledger.models import LedgerEntry
from app.ledger.services_periods import close_period
from app.payments import queries, rules, services, services_placing
from app.payments.models import Payment
from app.payments.queries import PaymentState
from app.payments.queries_unapplied import read_unapplied
from app.verify import verify
from tests.book import ROWS
from tests.factories import ACTOR, make_company, make_customer, make_issued_invoice, make_open_invoice, make_payment

TODAY = date(2026, 11, 22)
RECEIVED = date(2026, 10, 5)


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def open_of(invoice, as_of=None):
    return ledger.open_amount(f"invoice:{invoice.id}", as_of=as_of)


def unapplied(customer, as_of=TODAY):
    return -ledger.on_account(as_of, customer_id=customer.id).get((customer.id, "EUR"), 0)


def allocate(payment, *shares, now, **more):
    with unit_of_work():
        return services.allocate(payment.id, list(shares), actor=ACTOR, now=now, **more)


def undo(allocation, *, now, **more):
    with unit_of_work():
        return services.undo_allocation(allocation.id, reason="mistaken", actor=ACTOR, now=now, **more)


# --- recording ------------------------------------------------------------------------------------------------------


def test_money_settles_the_oldest_due_first_and_the_rest_stays_unapplied(customer):
    young = make_open_invoice(customer, 50_00, due_on=date(2026, 10, 20))
    old = make_open_invoice(customer, 70_00, due_on=date(2026, 10, 10))
    payment = make_payment(customer, 130_00)
    assert (open_of(old), open_of(young), unapplied(customer)) == (0, 0, 10_00)
    assert queries.amount_left(payment.id) == 10_00
    assert payment.number == "PAY-2026-00001"
    placed = queries.list_placed_shares(payment.id)
    assert [(share.number, share.allocation.amount) for share in placed] == [(old.number, 70_00), (young.number, 50_00)]


def test_money_counts_from_its_day_and_never_before_the_invoice(customer):
    invoice = make_open_invoice(customer, 50_00, issued_on=date(2026, 10, 20), due_on=date(2026, 11, 20))
    make_payment(customer, 50_00, received_on=RECEIVED)
    assert unapplied(customer, RECEIVED - timedelta(days=1)) == 0
    assert unapplied(customer, RECEIVED) == 50_00
    assert unapplied(customer, date(2026, 10, 20)) == 0
    assert open_of(invoice, date(2026, 10, 20)) == 0
    assert ledger.list_open_items(RECEIVED) == []


def test_instalments_of_one_invoice_are_settled_one_by_one(customer):
    invoice = make_issued_invoice(customer, payment_terms="50% 10 days, remainder 40 days")
    make_payment(customer, 700_00, received_on=TODAY)
    assert [ledger.open_amount(f"invoice:{invoice.id}", number) for number in (1, 2)] == [0, 490_00]


def test_only_the_same_currency_is_settled(customer):
    dollars = make_open_invoice(customer, 50_00, currency="USD")
    make_payment(customer, 50_00)
    assert open_of(dollars) == 50_00
    assert unapplied(customer) == 50_00


def test_money_may_stay_unapplied_on_purpose(customer):
    invoice = make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00, allocations=None)
    assert (open_of(invoice), queries.amount_left(payment.id)) == (50_00, 50_00)


def test_the_same_payment_of_a_source_is_recorded_once(customer):
    make_open_invoice(customer, 80_00)
    first = make_payment(customer, 50_00, source="bank", external_id="e-1")
    again = make_payment(customer, 50_00, source="bank", external_id="e-1")
    assert again.id == first.id
    with pytest.raises(services.PaymentTaken):
        make_payment(customer, 50_01, source="bank", external_id="e-1")
    assert session().scalars(select(LedgerEntry.kind).where(LedgerEntry.kind == "receipt")).all() == ["receipt"]


@pytest.mark.parametrize(
    ("facts", "refusal", "field"),
    [
        ({"amount": 0}, rules.NotPositive, "amount"),
        ({"amount": -1}, rules.NotPositive, "amount"),
        ({"amount": 10**19}, services.AmountTooLarge, "amount"),
        ({"currency": "XXX"}, UnknownCurrency, "currency"),
        ({"received_on": TODAY + timedelta(days=1)}, services.NotReceivedYet, "received_on"),
    ],
)
def test_money_that_cannot_be_is_refused_and_nothing_is_written(facts, refusal, field, customer):
    with pytest.raises(refusal) as refused:
        make_payment(customer, **{"amount": 10_00, **facts})
    assert refused.value.field == field
    assert ledger.last_position() == 0
    assert make_payment(customer, 1_00).number == "PAY-2026-00001"


def test_a_customer_must_exist(customer, now):
    with pytest.raises(CustomerUnknown), unit_of_work():
        services.record_payment(99, 1, currency="EUR", received_on=RECEIVED, actor=ACTOR, now=now)


# --- allocating -----------------------------------------------------------------------------------------------------


def test_unapplied_money_is_placed_later_and_counts_from_when_both_were_there(customer, now):
    payment = make_payment(customer, 50_00)
    invoice = make_open_invoice(customer, 30_00, issued_on=date(2026, 10, 12), due_on=date(2026, 11, 12))
    [placed] = allocate(payment, (invoice.id, 1, 30_00), now=now)
    assert placed.effective_on == date(2026, 10, 12)
    assert (open_of(invoice), queries.amount_left(payment.id)) == (0, 20_00)


def test_money_is_placed_again_only_from_the_day_it_was_free_again(customer, now):
    """No past day may show one sum of money on two invoices."""
    one, other = make_open_invoice(customer, 50_00), make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00, allocations=[(one.id, 1, 50_00)])
    undo(queries.list_live_allocations(payment.id)[0], on=date(2026, 11, 1), now=now)
    [placed] = allocate(payment, (other.id, 1, 50_00), now=now)
    assert placed.effective_on == date(2026, 11, 1)
    assert [open_of(one, day) + open_of(other, day) for day in (RECEIVED, date(2026, 11, 1), TODAY)] == [50_00] * 3


def test_a_day_may_be_given_on_which_the_money_was_there(customer, now):
    invoice = make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00, allocations=None)
    with pytest.raises(services_placing.NotOpenOn):
        allocate(payment, (invoice.id, 1, 50_00), on=RECEIVED - timedelta(days=1), now=now)
    [placed] = allocate(payment, (invoice.id, 1, 50_00), on=date(2026, 10, 31), now=now)
    assert placed.effective_on == date(2026, 10, 31)


@pytest.fixture
def strangers(customer):
    """An invoice of another customer, one in dollars, one settled, one open."""
    other = make_customer("Südwind Handel AG")
    settled = make_open_invoice(customer, 10_00, due_on=date(2026, 9, 2))
    make_payment(customer, 10_00)
    return {
        "other": make_open_invoice(other, 50_00),
        "dollars": make_open_invoice(customer, 50_00, currency="USD"),
        "settled": settled,
        "open": make_open_invoice(customer, 50_00),
    }


@pytest.mark.parametrize(
    ("shares", "refusal"),
    [
        ([("other", 1, 1)], services_placing.OtherCustomer),
        ([("dollars", 1, 1)], services_placing.OtherCurrency),
        ([("settled", 1, 1)], services_placing.MoreThanOpen),
        ([("open", 1, 50_01)], services_placing.MoreThanOpen),
        ([("open", 2, 1)], services_placing.NotOwed),
        ([("open", 1, 40_01)], services_placing.MoreThanLeft),
        ([("open", 1, 0)], rules.NotPositive),
        ([("open", 1, 5), ("open", 1, 5)], rules.PlacedTwice),
        ([], rules.NothingToPlace),
    ],
)
def test_money_is_not_put_where_it_does_not_belong(shares, refusal, strangers, customer, now):
    payment = make_payment(customer, 60_00 if refusal is services_placing.MoreThanOpen else 40_00, allocations=None)
    before = ledger.last_position()
    with pytest.raises(refusal):
        allocate(payment, *((strangers[name].id, number, amount) for name, number, amount in shares), now=now)
    assert ledger.last_position() == before
    assert queries.list_allocations(payment.id) == []


def test_an_unknown_invoice_payment_or_allocation_is_said_so(customer, now):
    payment = make_payment(customer, 40_00)
    with pytest.raises(InvoiceUnknown):
        allocate(payment, (99, 1, 1), now=now)
    with pytest.raises(queries.PaymentUnknown), unit_of_work():
        services.allocate(99, [(1, 1, 1)], actor=ACTOR, now=now)
    with pytest.raises(queries.AllocationUnknown), unit_of_work():
        services.undo_allocation(99, reason="x", actor=ACTOR, now=now)


# --- taking back ----------------------------------------------------------------------------------------------------


def test_an_undone_allocation_opens_the_invoice_from_today_and_leaves_the_past(customer, now):
    invoice = make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00)
    undone = undo(queries.list_live_allocations(payment.id)[0], now=now)
    assert (undone.effective_on, undone.amount) == (TODAY, -50_00)
    assert open_of(invoice, TODAY - timedelta(days=1)) == 0
    assert (open_of(invoice), unapplied(customer), queries.amount_left(payment.id)) == (50_00, 50_00, 50_00)


def test_the_past_is_corrected_too_when_somebody_asks_for_it(customer, now):
    invoice = make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00)
    later = now + timedelta(hours=1)
    undo(queries.list_live_allocations(payment.id)[0], on=RECEIVED, now=later)
    assert open_of(invoice, RECEIVED) == 50_00
    assert ledger.list_open_items(RECEIVED, now) == []  # what was known then stays readable


def test_an_allocation_is_taken_back_once_and_not_before_it_was_made(customer, now):
    make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00)
    [allocation] = queries.list_live_allocations(payment.id)
    with pytest.raises(services.UndoneTooEarly):
        undo(allocation, on=RECEIVED - timedelta(days=1), now=now)
    undone = undo(allocation, now=now)
    for row in (allocation, undone):
        with pytest.raises(services.UndoneAlready):
            undo(row, now=now)
    with pytest.raises(TextMissing), unit_of_work():
        services.undo_allocation(allocation.id, reason=" ", actor=ACTOR, now=now)


def test_a_bounced_payment_leaves_everything_owed_again(customer, now):
    invoices = [make_open_invoice(customer, 50_00), make_open_invoice(customer, 50_00)]
    payment = make_payment(customer, 120_00)
    with unit_of_work():
        reversal = services.reverse_payment(payment.id, reason="returned by the bank", actor=ACTOR, now=now)
        assert reversal.reversed_on == TODAY
    assert [open_of(invoice) for invoice in invoices] == [50_00, 50_00]
    assert (unapplied(customer), queries.amount_left(payment.id)) == (0, 0)
    assert unapplied(customer, TODAY - timedelta(days=1)) == 20_00
    for again in (
        lambda: services.reverse_payment(payment.id, reason="again", actor=ACTOR, now=now),
        lambda: services.allocate(payment.id, [(invoices[0].id, 1, 1)], actor=ACTOR, now=now),
    ):
        with pytest.raises(services.PaymentIsReversed), unit_of_work():
            again()


def test_a_payment_is_not_reversed_before_its_money_was_last_moved(customer, now):
    make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00)
    undo(queries.list_live_allocations(payment.id)[0], on=date(2026, 11, 1), now=now)
    with pytest.raises(services.UndoneTooEarly), unit_of_work():
        services.reverse_payment(payment.id, reason="bounced", on=date(2026, 10, 31), actor=ACTOR, now=now)
    with unit_of_work():
        services.reverse_payment(payment.id, reason="bounced", on=date(2026, 11, 1), actor=ACTOR, now=now)
    assert unapplied(customer, date(2026, 11, 1)) == 0


def test_undo_restores_every_figure_exactly(customer, now):
    """Placing and taking back leaves today as if nothing had been, however often."""
    invoices = [make_open_invoice(customer, amount) for amount in (30_00, 40_00, 50_00)]
    payment = make_payment(customer, 100_00, allocations=None)
    before = ([open_of(invoice) for invoice in invoices], unapplied(customer))
    for _ in range(3):
        allocate(payment, *((invoice.id, 1, 20_00) for invoice in invoices), now=now)
        for allocation in queries.list_live_allocations(payment.id):
            undo(allocation, now=now)
    assert ([open_of(invoice) for invoice in invoices], unapplied(customer)) == before


# --- reading --------------------------------------------------------------------------------------------------------


def test_payments_are_found_by_what_is_left_of_them(customer, now):
    make_open_invoice(customer, 60_00)
    placed = make_payment(customer, 50_00)
    partly = make_payment(customer, 50_00)
    free = make_payment(customer, 50_00)
    gone = make_payment(customer, 50_00)
    with unit_of_work():
        services.reverse_payment(gone.id, reason="bounced", actor=ACTOR, now=now)
    expected = {
        PaymentState.APPLIED: placed,
        PaymentState.PARTLY_APPLIED: partly,
        PaymentState.UNAPPLIED: free,
        PaymentState.REVERSED: gone,
    }
    for state, payment in expected.items():
        assert session().scalars(queries.filter_payments(states=[state])).all() == [payment]
    unplaced = queries.filter_payments(states=[PaymentState.PARTLY_APPLIED, PaymentState.UNAPPLIED])
    assert session().scalars(unplaced.order_by(Payment.id)).all() == [partly, free]
    assert queries.amounts_left([placed.id, partly.id, free.id, gone.id]) == {
        placed.id: 0, partly.id: 40_00, free.id: 50_00,
    }  # fmt: skip


def test_the_list_is_filtered_by_words_customer_currency_and_days(customer):
    other = make_customer("Südwind Handel AG")
    first = make_payment(customer, 1_00, remittance="RG 4711/2026", received_on=date(2026, 10, 1))
    second = make_payment(other, 2_00, currency="USD", received_on=date(2026, 10, 2))
    find = lambda **filters: session().scalars(queries.filter_payments(**filters)).all()  # noqa: E731
    assert find(query="4711") == [first]
    assert find(query="südwind") == find(query=second.number) == find(customer_id=other.id) == [second]
    assert find(currency="EUR") == find(until=date(2026, 10, 1)) == [first]
    assert find(since=date(2026, 10, 2)) == [second]
    assert find(query="100%") == []


def test_every_step_stands_on_the_timelines(customer, now):
    invoice = make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00)
    undo(queries.list_live_allocations(payment.id)[0], now=now)
    with unit_of_work():
        services.reverse_payment(payment.id, reason="bounced", actor=ACTOR, now=now)
    steps = ["payment.reversed", "payment.allocation_undone", "payment.allocated", "payment.recorded"]
    assert [entry.action for entry in list_entries_of("payment", payment.id)] == steps
    of_invoice = [entry.action for entry in list_timeline(invoice_id=invoice.id)]
    assert of_invoice[:2] == ["payment.allocation_undone", "payment.allocated"]
    assert [entry.action for entry in list_timeline(customer_id=customer.id)][:4] == steps


@pytest.mark.parametrize("table", ["payment", "allocation", "payment_reversal"])
def test_the_database_itself_keeps_payments_as_they_were(table, customer, now):
    make_open_invoice(customer, 50_00)
    payment = make_payment(customer, 50_00)
    with unit_of_work():
        services.reverse_payment(payment.id, reason="bounced", actor=ACTOR, now=now)
    column = "reason" if table != "payment" else "remittance"
    for change in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError, match="append-only"), unit_of_work() as current:
            current.execute(text(change))


@pytest.mark.parametrize("credited_on", [TODAY, TODAY - timedelta(days=10)])
def test_the_money_on_a_credited_invoice_comes_back_to_its_payment(customer, credited_on, now):
    invoice = make_issued_invoice(customer, issued_on=TODAY - timedelta(days=10))
    payment = make_payment(customer, invoice.amount_due + 5_00, received_on=TODAY - timedelta(days=4))
    with unit_of_work():
        credit_invoice(invoice.id, reason="Returned", issued_on=credited_on, actor=ACTOR, now=now)
    assert queries.amount_left(payment.id) == payment.amount
    assert ledger.list_open_items(TODAY) == []
    assert position_of(invoice, TODAY).standing == "credited"
    assert [verdict.invariant.code for verdict in verify(now, ROWS).broken if verdict.invariant.code != "I13"] == []


@pytest.mark.parametrize(("closed", "counts_from"), [(None, RECEIVED), (date(2026, 10, 31), date(2026, 11, 1))])
def test_what_stays_placed_on_a_partly_credited_invoice_keeps_the_day_it_was_paid(customer, now, closed, counts_from):
    """Unless that day's books are closed; what the credit frees was placed until then."""
    invoice = make_issued_invoice(customer, issued_on=date(2026, 9, 1))
    payment = make_payment(customer, invoice.amount_due, received_on=RECEIVED)
    with unit_of_work():
        if closed:
            close_period(closed, "month end", today=TODAY, actor=ACTOR, now=now)
        [line] = session().get_one(Invoice, invoice.id).lines
        quarter = CreditData(scope=Scope.LINES, reason="Returned", quantities={line.id: Decimal(1)})
        draft = draft_credit(invoice.id, quarter, actor=ACTOR, now=now)
        note = issue_credit(draft.id, TODAY, actor=ACTOR, now=now)
    live = queries.list_live_allocations_on(invoice.id)
    rest = invoice.amount_due - abs(note.amount_due)
    assert 0 < rest < invoice.amount_due
    assert [(one.amount, one.effective_on) for one in live] == [(rest, counts_from)]
    assert queries.amount_left(payment.id) == payment.amount - rest == unapplied(customer)
    assert [(open_of(invoice, day), unapplied(customer, day)) for day in (RECEIVED, TODAY - timedelta(1))] == [
        (0, 0)
    ] * 2
    assert read_card(customer.id, TODAY).standings["EUR"].days_late == (counts_from - invoice.due_on).days
    assert read_unapplied([payment], TODAY)[payment.id].since == TODAY
    assert [verdict.invariant.code for verdict in verify(now, ROWS).broken if verdict.invariant.code != "I13"] == []


DISCOUNT = "2% 10, net 30"


@pytest.mark.parametrize(
    ("days", "short", "left"),
    [
        (10, 23_80, 0),  # on the last day, exactly what the invoice asks for then
        (10, 23_79, 0),  # a cent more than asked
        (10, 23_81, 23_81),  # a cent less
        (11, 23_80, 23_80),  # a day late
    ],
)
def test_who_pays_what_an_invoice_asks_for_in_time_owes_nothing_more(customer, now, days, short, left):
    issued_on = TODAY - timedelta(days=20)
    invoice = make_issued_invoice(customer, issued_on=issued_on, payment_terms=DISCOUNT)
    assert invoice.amount_due == 1190_00
    payment = make_payment(customer, 1190_00 - short, received_on=issued_on + timedelta(days=days))
    assert open_of(invoice) == left
    assert [verdict.invariant.code for verdict in verify(now, ROWS).broken if verdict.invariant.code != "I13"] == []
    # Taken back, the invoice is open in full again: the discount was for this payment
    undo(queries.list_allocations(payment.id)[0], now=now)
    assert open_of(invoice) == 1190_00
