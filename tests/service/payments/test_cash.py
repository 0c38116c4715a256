"""Lines of the bank on both engines: proposed, placed, set aside, reversed, and taken back exactly."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.company.models import Company
from app.db.base import db, session
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.kernel.errors import Conflict
from app.kernel.texts import TextMissing
from app.ledger import queries as ledger
from app.ledger import queries_checks as checks
from app.payments import bank_files, queries_cash, queries_matched, services, services_cash
from app.payments.models_bank import LineState
from app.payments.models_matching import LearnedAccount, RemittanceHabit
from app.payments.models_settling import BankCharge, Deduction
from app.payments.rules_cash import AsideCode, Group, LineKind
from app.payments.rules_settling import DeductionCode, DeductionState
from app.payments.services_deductions import approve_deduction
from app.payments.services_placing import MoreThanOpen
from app.payments.statements.model import Detail
from app.verify import verify
from tests.bank_files import DAY, entry
from tests.book import ROWS
from tests.cash_lines import act, line, take
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice, make_payment
from tests.harness.plans import explain
from tests.harness.statements import count_statements

ACCOUNT = "DE75512108001245126199"
FACTS = {"actor": ACTOR, "now": NOW}
DAYS = [date(2026, 8, 20) + timedelta(days=day) for day in range(100)]


@pytest.fixture
def customer(app):
    make_company(write_off_amount="20.00", write_off_percent="10")
    return make_customer()


def accept(line_id, customer, *shares, **facts):
    return act(services_cash.accept, line_id, customer_id=customer.id, shares=shares, **facts)


def undo(line_id):
    return act(services_cash.undo_line, line_id, reason="mistaken")


def aging():
    """Who owes what on every day, and what is on account."""
    session().rollback()
    items = [sorted((one.document, one.instalment, one.open) for one in ledger.list_open_items(day)) for day in DAYS]
    return [*zip(items, map(ledger.on_account, DAYS), strict=True)]


def expect_books_in_order():
    session().rollback()
    assert [(one.invariant.code, one.findings) for one in verify(NOW, ROWS).broken] == []
    assert checks.list_overdrawn_instalments() == []


def what_is_taught():
    session().rollback()
    accounts = session().execute(
        select(LearnedAccount.customer_id, LearnedAccount.confirmed, LearnedAccount.denied, LearnedAccount.last_used_on)
    )
    habits = session().execute(select(RemittanceHabit.habit, RemittanceHabit.times, RemittanceHabit.last_used_on))
    return sorted(map(tuple, accounts)), sorted(map(tuple, habits))


def by_account(amount, text="", account="", name="", **facts):
    detail = Detail(amount=amount, remittance=text, party_account=account, party_name=name)
    return entry(amount, details=(detail,), **facts)


def test_what_is_certain_is_placed_and_the_rest_waits_with_reasons(app, customer):
    named, other = make_open_invoice(customer, 119_00), make_open_invoice(customer, 70_00)
    ids = take(entry(119_00, named.number), entry(63_00, other.number), entry(5_00, "who knows"), entry(-2_00, "fee"))
    groups = [queries_cash.group_of(line(one)) for one in ids]
    assert groups == [Group.DONE, Group.SUGGESTED, Group.UNKNOWN, Group.SUGGESTED]
    placed = queries_cash.show_line(ids[0])
    assert (placed.payment.amount, placed.payment.recorded_by, placed.match.kind) == (
        119_00, "system:matching", LineKind.SETTLE,
    )  # fmt: skip
    assert ledger.open_amount(f"invoice:{named.id}") == 0
    short = queries_cash.show_line(ids[1])
    assert (short.proposals[0].deduction["amount"], short.proposals[0].reasons[1]) == (7_00, "less a usual bank fee")
    assert [one.invoice_id for one in short.alternatives[customer.id]] == [other.id]
    sums = {(one.group, one.count, one.credits, one.debits) for one in queries_cash.summary(DAY)}
    assert sums == {(Group.DONE, 1, 119_00, 0), (Group.SUGGESTED, 2, 63_00, 2_00), (Group.UNKNOWN, 1, 5_00, 0)}
    assert len(session().execute(queries_cash.list_lines(Group.SUGGESTED, day=DAY)).all()) == 2
    [found] = queries_matched.matches_of(1).values()
    assert [(one["proposal"], one["amount"], one["state"]) for one in found] == [
        (named.number, "119.00", "allocated"), (other.number, "63.00", "proposed"), (None, "5.00", "unknown"),
        ("charge", "-2.00", "proposed"),
    ]  # fmt: skip
    expect_books_in_order()


def test_by_policy_nothing_is_placed_by_itself(app, customer):
    with unit_of_work():
        session().get_one(Company, 1).matching = "off"
    number = make_open_invoice(customer, 119_00).number
    [one] = take(entry(119_00, number))
    assert queries_cash.group_of(line(one)) is Group.SUGGESTED


def test_one_refusal_leaves_its_line_open_with_the_reason(app, customer):
    one, other = make_open_invoice(customer, 119_00), make_open_invoice(customer, 50_00)
    ids = take(entry(119_00, one.number), entry(119_00, one.number, bank_reference="2"), entry(50_00, other.number))
    assert [line(each).state for each in ids] == [LineState.MATCHED, LineState.OPEN, LineState.MATCHED]
    assert "0.00" in line(ids[1]).refusal
    [first, *_] = queries_cash.list_proposals(ids[1:2])[ids[1]]
    assert not first.is_certain  # proposed anew
    expect_books_in_order()


def test_a_batch_of_lines_costs_as_many_statements_as_one(app, customer):
    number = make_open_invoice(customer, 119_00).number
    few = take(*(entry(100 + n, f"{number} x") for n in range(2)), match=False)
    many = take(*(entry(1000 + n, f"{number} x") for n in range(60)), match=False)
    counts = []
    for ids in (few, many):
        with unit_of_work(), count_statements(db.engine) as counted:
            services_cash.propose_lines(ids, now=NOW)
        counts.append(counted.count)
    assert counts[0] == counts[1]


def test_the_lines_of_a_day_are_found_by_the_day(app, customer):
    assert "ix_statement_entry_day" in explain(queries_cash.list_lines(day=DAY))


def test_a_refused_line_is_proposed_anew_with_the_others_of_its_batch(app, customer, monkeypatch):
    invoices = [make_open_invoice(customer, 100_00 + at) for at in range(3)]
    twice = [entry(one.gross_total, one.number, bank_reference=f"{at}") for at in (1, 2) for one in invoices]
    ids, looked_at = take(*twice, match=False), []
    monkeypatch.setattr(bank_files, "PLACED_AT_ONCE", 2)

    def propose(line_ids, *, now):
        looked_at.append(len(line_ids))
        return services_cash.propose_lines(line_ids, now=now)

    monkeypatch.setattr(bank_files, "propose_lines", propose)
    bank_files.match_lines(ids, now=NOW)
    assert looked_at == [6, 3]
    assert [line(one).state is LineState.OPEN for one in ids] == [False] * 3 + [True] * 3


def test_a_person_places_a_short_payment_and_it_teaches(app, customer):
    invoice = make_open_invoice(customer, 100_00)
    [one] = take(by_account(93_00, "thanks", "DE75512108001245126199"))
    payment = accept(one, customer, (invoice.id, 1, 93_00), deduction=(invoice.id, 1, 7_00, "bank_fee"))
    assert (payment.source, payment.external_id, payment.received_on) == ("bank", f"line:{one}", DAY)
    assert ledger.open_amount(f"invoice:{invoice.id}") == 0
    assert session().scalars(select(LearnedAccount.confirmed)).all() == [1]
    assert session().scalars(select(Deduction.state)).all() == [DeductionState.APPROVED]
    [again] = take(by_account(40_00, "thanks", "DE75512108001245126199", bank_reference="2"))
    assert make_open_invoice(customer, 40_00)
    with unit_of_work():
        services_cash.propose_lines([again], now=NOW)
    assert queries_cash.list_proposals([again])[again][0].customer_id == customer.id
    expect_books_in_order()


def test_undo_restores_everything_exactly_on_every_day(app, customer):
    invoices = [make_open_invoice(customer, 100_00), make_open_invoice(customer, 50_00, issued_on=date(2026, 11, 21))]
    ids = take(by_account(150_00, "all", "DE75512108001245126199", on=date(2026, 11, 18)))
    before = aging()
    shares = [(invoices[0].id, 1, 93_00), (invoices[1].id, 1, 50_00)]
    accept(ids[0], customer, *shares, deduction=(invoices[0].id, 1, 7_00, "bank_fee"))
    assert aging() != before
    undo(ids[0])
    assert aging() == before
    assert line(ids[0]).state is LineState.OPEN
    assert what_is_taught() == ([], [])
    again = accept(ids[0], customer, *shares)
    assert again.external_id == f"line:{ids[0]}:2"
    expect_books_in_order()


def test_what_matching_placed_by_a_lesson_is_none_itself_so_undoing_the_decision_forgets_it(app, customer):
    first, second = make_open_invoice(customer, 100_00), make_open_invoice(customer, 50_00)
    [one] = take(by_account(100_00, "thanks", ACCOUNT))
    accept(one, customer, (first.id, 1, 100_00))
    [other] = take(by_account(50_00, second.number, ACCOUNT, on=date(2026, 11, 21)))
    assert line(other).state is LineState.MATCHED
    assert [row[:3] for row in what_is_taught()[0]] == [(customer.id, 1, 0)]
    undo(one)
    assert what_is_taught() == ([], [])
    undo(other)
    assert what_is_taught() == ([], [])


def test_matching_learns_an_account_it_found_by_a_number_until_that_is_undone(app, customer):
    invoices = [make_open_invoice(customer, 100_00 + at) for at in range(3)]
    ids = [take(by_account(100_00 + at, one.number, ACCOUNT))[0] for at, one in enumerate(invoices)]
    assert {line(one).state for one in ids} == {LineState.MATCHED}
    assert [row[:3] for row in what_is_taught()[0]] == [(customer.id, 1, 0)]
    undo(ids[1])
    assert [row[:3] for row in what_is_taught()[0]] == [(customer.id, 1, 0)]
    undo(ids[0])
    assert what_is_taught() == ([], [])


def test_an_account_is_denied_only_while_its_line_stands_for_somebody_else(app, customer):
    invoice, other = make_open_invoice(customer, 100_00), make_customer("Suedstern Papier AG")
    ids = take(*(by_account(100_00, "x", ACCOUNT, on=date(2026, 11, day)) for day in (10, 12)))
    accept(ids[0], customer, (invoice.id, 1, 100_00))
    before = what_is_taught()
    accept(ids[1], customer)
    undo(ids[1])
    assert what_is_taught() == before
    accept(ids[1], other)
    assert [row[:3] for row in what_is_taught()[0]] == [(customer.id, 1, 1), (other.id, 1, 0)]
    undo(ids[1])
    assert what_is_taught() == before


def test_what_a_person_took_back_is_not_placed_by_itself_again(app, customer):
    number = make_open_invoice(customer, 100_00).number
    [one] = take(entry(100_00, number))
    undo(one)
    bank_files.match_lines([one], now=NOW)
    assert line(one).state is LineState.OPEN
    assert "waits: it was taken back once" in queries_cash.list_proposals([one])[one][0].reasons


def test_a_payment_comes_back_with_a_fee_and_undo_brings_it_back(app, customer):
    invoice = make_open_invoice(customer, 100_00)
    paid, back = take(
        entry(100_00, invoice.number, on=date(2026, 11, 10)), entry(-103_50, "strange", on=date(2026, 11, 19))
    )
    before = aging()
    payment_id = queries_cash.find_match(paid).payment_id
    act(services_cash.reverse_by_line, back, payment_id=payment_id, charge=3_50)
    assert ledger.open_amount(f"invoice:{invoice.id}") == 100_00
    expect_books_in_order()
    undo(back)
    assert aging() == before
    assert sum(session().scalars(select(BankCharge.amount))) == 0
    assert queries_cash.find_match(paid).payment_id != payment_id
    expect_books_in_order()
    undo(paid)
    assert ledger.open_amount(f"invoice:{invoice.id}") == 100_00
    expect_books_in_order()


def test_what_a_payment_came_short_by_is_owed_again_when_it_comes_back(app, customer):
    """Agreed to by a second person; undoing the return needs no third."""
    invoice = make_open_invoice(customer, 100_00)
    paid, back = take(entry(70_00, "strange", on=date(2026, 11, 10)), entry(-70_00, "other", on=date(2026, 11, 19)))
    short = (invoice.id, 1, 30_00, DeductionCode.DISCOUNT_LATE)
    accept(paid, customer, (invoice.id, 1, 70_00), deduction=short)
    [waiting] = session().scalars(select(Deduction)).all()
    in_unit_of_work(lambda: approve_deduction(waiting.id, actor="user:second", now=NOW))
    before = aging()
    payment_id = queries_cash.find_match(paid).payment_id
    act(services_cash.reverse_by_line, back, payment_id=payment_id)
    assert ledger.open_amount(f"invoice:{invoice.id}") == 100_00
    assert session().scalars(select(Deduction.state)).all() == [DeductionState.UNDONE]
    expect_books_in_order()
    undo(back)
    assert aging() == before
    known = session().execute(select(Deduction.state, Deduction.decided_by).order_by(Deduction.id)).all()
    assert known == [(DeductionState.UNDONE, "user:second"), (DeductionState.APPROVED, "user:second")]
    expect_books_in_order()


def test_what_is_still_asked_for_ends_with_the_payment_and_is_asked_for_with_it_again(app, customer):
    invoice = make_open_invoice(customer, 100_00)
    paid, back = take(entry(70_00, "strange", on=date(2026, 11, 10)), entry(-70_00, "other", on=date(2026, 11, 19)))
    short = (invoice.id, 1, 30_00, DeductionCode.DISPUTE)
    accept(paid, customer, (invoice.id, 1, 70_00), deduction=short, reason="Two of three came.")
    act(services_cash.reverse_by_line, back, payment_id=queries_cash.find_match(paid).payment_id)
    assert session().scalars(select(Deduction.state)).all() == [DeductionState.REFUSED]
    undo(back)
    states = session().scalars(select(Deduction.state).order_by(Deduction.id)).all()
    assert states == [DeductionState.REFUSED, DeductionState.PROPOSED]
    expect_books_in_order()


def test_a_returned_debit_that_says_so_reverses_by_itself(app, customer):
    invoice = make_open_invoice(customer, 100_00)
    back = Detail(amount=-100_00, remittance=f"RETURN {invoice.number}", return_reason="AC04")
    [paid] = take(entry(100_00, invoice.number, on=date(2026, 11, 10)))
    [returned] = take(entry(-100_00, details=(back,)))
    assert (line(paid).state, line(returned).state) == (LineState.MATCHED, LineState.MATCHED)
    assert queries_cash.find_match(returned).kind is LineKind.REVERSE
    assert ledger.open_amount(f"invoice:{invoice.id}") == 100_00
    expect_books_in_order()


def test_a_line_is_set_aside_with_a_reason_and_taken_up_again(app, customer):
    [one] = take(entry(-4_90, "Account fee"))
    act(services_cash.set_aside, one, reason_code=AsideCode.BANK_CHARGE, note="November")
    assert (line(one).state, line(one).ignored_reason) == (LineState.IGNORED, "Bank charge: November")
    act(services_cash.take_up_again, one)
    assert (line(one).state, line(one).ignored_reason) == (LineState.OPEN, "")
    with pytest.raises(TextMissing):
        act(services_cash.set_aside, one, reason_code=AsideCode.OTHER)
    expect_books_in_order()


def test_what_cannot_be_done_with_a_line_is_said(app, customer):
    invoice, small = make_open_invoice(customer, 100_00), make_open_invoice(customer, 30_00)
    payment_id = make_payment(customer, 20_00, allocations=None).id
    coming, going = take(entry(60_00, "x"), entry(-25_00, "y"))
    share = (invoice.id, 1, 60_00)
    refusals = [
        (Conflict, lambda: accept(coming, customer, share, version=9)),
        (MoreThanOpen, lambda: accept(coming, customer, (small.id, 1, 40_00))),
        (services_cash.NotIncoming, lambda: accept(going, customer)),
        (services_cash.NotOutgoing, lambda: act(services_cash.reverse_by_line, coming, payment_id=payment_id)),
        (services_cash.OtherAmount, lambda: act(services_cash.reverse_by_line, going, payment_id=payment_id)),
        (services_cash.LineNotMatched, lambda: undo(coming)),
        (services_cash.LineNotAside, lambda: act(services_cash.take_up_again, coming)),
        (queries_cash.LineUnknown, lambda: act(services_cash.undo_line, 999, reason="x", version=1)),
    ]
    for error, attempt in refusals:
        with pytest.raises(error):
            attempt()
    placed = accept(coming, customer, share)
    with pytest.raises(services_cash.LineNotOpen):
        act(services_cash.set_aside, coming, reason_code=AsideCode.NOT_OURS)
    with pytest.raises(services_cash.LineNotOpen):
        accept(coming, customer, share)
    with pytest.raises(services.StandsForLine):
        in_unit_of_work(lambda: services.reverse_payment(placed.id, reason="x", **FACTS))
    expect_books_in_order()
