"""What may be posted, and what stays true of it: one line of positions, nothing settled beyond what is owed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import NotFound
from app.kernel.money import UnknownCurrency
from app.ledger import queries, services
from app.ledger.models import EntryKind as Kind
from app.ledger.models import LedgerEntry
from app.ledger.services import NewEntry

ACTOR = "user:1"
ISSUED, DUE, PAID = date(2026, 1, 10), date(2026, 2, 9), date(2026, 2, 20)

pytestmark = pytest.mark.usefixtures("app")


def instalment(amount=100_00, *, document="invoice:1", number=1, on=ISSUED, **changes):
    facts = {"customer_id": 7, "currency": "EUR", "due_on": DUE, "reason": document, **changes}
    return NewEntry(kind=Kind.INSTALMENT, effective_on=on, amount=amount, document=document, instalment=number, **facts)


def settlement(amount, *, document="invoice:1", number=1, on=PAID, kind=Kind.SETTLEMENT, **changes):
    facts = {"customer_id": 7, "currency": "EUR", "reason": "allocation:1", **changes}
    return NewEntry(kind=kind, effective_on=on, amount=amount, document=document, instalment=number, **facts)


def on_account(kind, amount, *, on=PAID, **changes):
    facts = {"customer_id": 7, "currency": "EUR", "reason": "payment:1", **changes}
    return NewEntry(kind=kind, effective_on=on, amount=amount, **facts)


def post(*entries, now):
    with unit_of_work():
        return [entry.position for entry in services.post(list(entries), actor=ACTOR, now=now)]


def test_entries_stand_in_one_line_with_the_instant_of_their_recording(now):
    assert post(instalment(), now=now) == [1]
    assert post(on_account(Kind.RECEIPT, -60_00), settlement(-60_00), on_account(Kind.APPLICATION, 60_00), now=now) == [
        2,
        3,
        4,
    ]
    entries = session().scalars(select(LedgerEntry).order_by(LedgerEntry.position)).all()
    assert [entry.recorded_at for entry in entries] == [now] * 4
    assert [entry.due_on for entry in entries] == [DUE, None, DUE, None]
    assert [entry.item for entry in entries] == [1, None, 1, None]
    assert queries.open_amount("invoice:1") == 40_00
    assert queries.receivable(PAID) == {"EUR": 40_00}


def test_recorded_instants_never_go_back_even_when_the_clock_does(now):
    post(instalment(), now=now)
    post(instalment(number=2), now=now - timedelta(hours=1))
    instants = session().scalars(select(LedgerEntry.recorded_at).order_by(LedgerEntry.position)).all()
    assert instants == [now, now]


@pytest.mark.parametrize(
    ("entry", "refusal"),
    [
        (settlement(0), services.ZeroEntry),
        (settlement(-1, currency="XYZ"), UnknownCurrency),
        (settlement(10), services.WrongSide),
        (instalment(-10, number=2), services.WrongSide),
        (on_account(Kind.RECEIPT, 10), services.WrongSide),
        (on_account(Kind.APPLICATION, -10), services.WrongSide),
        (on_account(Kind.SETTLEMENT, -10), services.WrongSide),
        (on_account(Kind.INSTALMENT, 10), services.WrongSide),
        (settlement(-10, kind=Kind.RECEIPT), services.WrongSide),
        (settlement(-10, number=None), services.WrongSide),
        (instalment(10, number=2, due_on=None), services.WrongSide),
        (instalment(), services.InstalmentPosted),
        (settlement(-10, document="invoice:2"), services.UnknownInstalment),
        (settlement(-10, number=2), services.UnknownInstalment),
        (settlement(-10, customer_id=8), services.NotOfThisInstalment),
        (settlement(-10, currency="USD"), services.NotOfThisInstalment),
        (settlement(-10, on=ISSUED - timedelta(days=1)), services.BeforeIssue),
        (settlement(-100_01), services.OverSettled),
        (settlement(-100_01, kind=Kind.CREDIT), services.OverSettled),
        (settlement(-100_01, kind=Kind.WRITE_OFF), services.OverSettled),
    ],
)
def test_what_does_not_belong_in_the_ledger_is_refused_and_leaves_no_gap(entry, refusal, now):
    post(instalment(), now=now)
    with pytest.raises(refusal):
        post(on_account(Kind.RECEIPT, -1), entry, now=now)
    assert queries.last_position() == 1
    assert post(on_account(Kind.RECEIPT, -1), now=now) == [2]


def test_an_instalment_is_never_settled_beyond_its_amount_on_any_day(now):
    """The sum may fit today and still be too much in between: the money was taken back only later."""
    post(instalment(), settlement(-100_00, on=PAID), now=now)
    with unit_of_work():
        services.reverse(2, effective_on=PAID + timedelta(days=30), reason="mistake", actor=ACTOR, now=now)
    with pytest.raises(services.OverSettled):
        post(settlement(-1, on=PAID + timedelta(days=29)), now=now)
    post(settlement(-100_00, on=PAID + timedelta(days=30)), now=now)
    assert queries.open_amount("invoice:1") == 0


def test_undoing_counts_from_its_day_and_the_days_before_keep_what_they_had(now):
    post(instalment(), settlement(-30_00), now=now)
    with unit_of_work():
        undone = services.reverse(2, effective_on=PAID + timedelta(days=5), reason="mistake", actor=ACTOR, now=now)
        assert (undone.kind, undone.amount, undone.reverses) == (Kind.REVERSAL, 30_00, 2)
    assert queries.open_amount("invoice:1", as_of=PAID + timedelta(days=4)) == 70_00
    assert queries.open_amount("invoice:1", as_of=PAID + timedelta(days=5)) == 100_00


@pytest.mark.parametrize(
    ("position", "day", "refusal"),
    [
        (2, PAID - timedelta(days=1), services.ReversedBeforeMade),
        (3, PAID, services.AlreadyReversed),
        (9, PAID, NotFound),
    ],
)
def test_undoing_is_refused_before_the_entry_twice_or_of_nothing(position, day, refusal, now):
    post(instalment(), settlement(-30_00), settlement(-20_00), now=now)
    with unit_of_work():
        services.reverse(3, effective_on=PAID, reason="mistake", actor=ACTOR, now=now)
    with pytest.raises(refusal), unit_of_work():
        services.reverse(position, effective_on=day, reason="again", actor=ACTOR, now=now)


def test_a_credit_takes_what_is_open_in_order_and_leaves_the_rest_on_account(now):
    post(instalment(60_00), instalment(40_00, number=2), settlement(-50_00), now=now)
    with unit_of_work():
        entries = services.credit(
            "invoice:1", 100_00, customer_id=7, currency="EUR", effective_on=PAID, reason="invoice:2", actor=ACTOR,
            now=now,
        )  # fmt: skip
        assert [(entry.instalment, entry.amount) for entry in entries] == [(1, -10_00), (2, -40_00), (None, -50_00)]
    assert queries.open_amount("invoice:1") == 0
    assert queries.on_account(PAID) == {(7, "EUR"): -50_00}


def test_a_credit_dated_before_a_settlement_leaves_room_for_it(now):
    post(instalment(), settlement(-80_00, on=PAID), now=now)
    with unit_of_work():
        services.credit(
            "invoice:1", 100_00, customer_id=7, currency="EUR", effective_on=ISSUED, reason="invoice:2", actor=ACTOR,
            now=now,
        )  # fmt: skip
    assert queries.open_amount("invoice:1", as_of=ISSUED) == 80_00
    assert queries.open_amount("invoice:1") == 0
    assert queries.on_account(ISSUED) == {(7, "EUR"): -80_00}


@pytest.mark.parametrize("change", ["UPDATE ledger_entry SET amount = 1", "DELETE FROM ledger_entry"])
def test_the_database_itself_keeps_the_ledger_append_only(change, now):
    post(instalment(), now=now)
    with pytest.raises(IntegrityError, match="append-only"), unit_of_work() as current:
        current.execute(text(change))


def test_thousands_are_posted_by_the_same_rules(now):
    many = [instalment(100, document=f"invoice:{number}") for number in range(1, 1201)]
    with unit_of_work():
        assert services.post_many(many, actor=ACTOR, now=now) == 1200
    with pytest.raises(services.InstalmentPosted), unit_of_work():
        services.post_many([instalment(100, document="invoice:1200")], actor=ACTOR, now=now)
    assert queries.last_position() == 1200
    assert len(queries.list_open_items(PAID)) == 1200
