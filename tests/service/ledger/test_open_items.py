"""Any date, as known at any moment: snapshots and late entries give what replaying the whole ledger gives."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.unit_of_work import unit_of_work
from app.ledger import queries, rules, services
from app.ledger import queries_checks as checks
from app.ledger.models import EntryKind as Kind
from app.ledger.models import OpenItemSnapshotChange, OpenItemSnapshotRow
from app.ledger.queries import OnAccount, OpenItem
from app.ledger.queries_aging import read_customer_aging
from app.ledger.services import NewEntry

FIRST = date(2026, 1, 5)
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
EARLIEST = START - timedelta(days=1)
ACTOR = "user:1"

pytestmark = pytest.mark.usefixtures("app")


@dataclass
class Book:
    """The same facts, kept the simplest way: one list, added up from the front at each question."""

    lines: list[tuple[datetime, date, tuple, int]] = field(default_factory=list)
    items: list[tuple[OpenItem, date]] = field(default_factory=list)
    settled: list[tuple[int, date, OpenItem, int]] = field(default_factory=list)
    instant: datetime = EARLIEST

    def write(self, now, on, key, amount):
        self.instant = max(self.instant, now)
        self.lines.append((self.instant, on, key, amount))

    def changes(self, item):
        return [(on, amount) for _, on, key, amount in self.lines if key == item[:5]]

    def replay(self, as_of, known_at):
        sums = defaultdict(int)
        for recorded_at, on, key, amount in self.lines:
            if on <= as_of and recorded_at <= known_at:
                sums[key] += amount
        items = sorted(OpenItem(*key, amount) for key, amount in sums.items() if amount and key[2])
        accounts = sorted(OnAccount(key[0], key[1], amount) for key, amount in sums.items() if amount and not key[2])
        return items, accounts


def day(offset):
    return FIRST + timedelta(days=offset)


def issue(book, draw, now):
    on, customer = day(draw(st.integers(0, 150))), draw(st.integers(1, 3))
    currency = draw(st.sampled_from(["EUR", "JPY"]))
    due_on = on + timedelta(days=draw(st.integers(0, 45)))
    amount = draw(st.integers(1, 500))
    document = f"invoice:{len(book.items) + 1}"
    services.post(
        [
            NewEntry(
                kind=Kind.INSTALMENT, effective_on=on, customer_id=customer, currency=currency, amount=amount,
                reason=document, document=document, instalment=1, due_on=due_on,
            )
        ],
        actor=ACTOR, now=now,
    )  # fmt: skip
    book.items.append((OpenItem(customer, currency, document, 1, due_on, amount), on))
    book.write(now, on, (customer, currency, document, 1, due_on), amount)


def receive(book, draw, now):
    on, customer, amount = day(draw(st.integers(0, 170))), draw(st.integers(1, 3)), draw(st.integers(1, 300))
    services.post(
        [
            NewEntry(
                kind=Kind.RECEIPT, effective_on=on, customer_id=customer, currency="EUR", amount=-amount, reason="p"
            )
        ],
        actor=ACTOR,
        now=now,
    )
    book.write(now, on, (customer, "EUR", "", 0, None), -amount)


def settle(book, draw, now):
    if not book.items:
        return
    item, issued_on = draw(st.sampled_from(book.items))
    on = issued_on + timedelta(days=draw(st.integers(0, 90)))
    room = rules.lowest_from(book.changes(item), on)
    if room <= 0:
        return
    amount = draw(st.integers(1, room))
    kind = draw(st.sampled_from([Kind.SETTLEMENT, Kind.CREDIT, Kind.WRITE_OFF]))
    entries = [
        NewEntry(
            kind=kind, effective_on=on, customer_id=item.customer_id, currency=item.currency, amount=-amount,
            reason="a", document=item.document, instalment=1,
        )
    ]  # fmt: skip
    posted = services.post(entries, actor=ACTOR, now=now)
    book.settled.append((posted[0].position, on, item, amount))
    book.write(now, on, item[:5], -amount)


def undo(book, draw, now):
    if not book.settled:
        return
    position, on, item, amount = book.settled.pop(draw(st.integers(0, len(book.settled) - 1)))
    undone_on = on + timedelta(days=draw(st.integers(0, 60)))
    services.reverse(position, effective_on=undone_on, reason="u", actor=ACTOR, now=now)
    book.write(now, undone_on, item[:5], amount)


def snapshot(_book, draw, now):
    month = draw(st.sampled_from(rules.month_ends(FIRST, day(200))))
    services.take_snapshot(month, now)


STEPS = (issue, issue, receive, settle, settle, undo, snapshot)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_date_at_every_moment_equals_a_replay(data):
    with unit_of_work() as current:
        play(data)
        current.rollback()


def play(data):
    book, moments = Book(), [START - timedelta(seconds=1)]
    for number in range(data.draw(st.integers(1, 24))):
        # now and then the clock is set back
        now = START + timedelta(minutes=5 * number - data.draw(st.sampled_from([0, 0, 0, 12])))
        data.draw(st.sampled_from(STEPS))(book, data.draw, now)
        moments.append(book.instant)
    for _ in range(4):
        known_at = data.draw(st.sampled_from(moments)) - timedelta(microseconds=data.draw(st.integers(0, 1)))
        expect_equal(book, day(data.draw(st.integers(-1, 260))), known_at)
    expect_equal(book, date.max, moments[-1])
    assert checks.list_broken_snapshots() == []
    assert checks.list_unmarked_late_entries() == []


def expect_equal(book, as_of, known_at):
    items, accounts = book.replay(as_of, known_at)
    balances = queries.read_balances(as_of, known_at)
    assert sorted(balances.open_items) == items
    assert sorted(balances.on_account) == accounts
    assert sorted(queries.list_open_items(as_of, known_at, customer_id=1)) == [i for i in items if i.customer_id == 1]
    assert sorted(queries.list_open_items(as_of, known_at, currency="JPY")) == [i for i in items if i.currency == "JPY"]
    total, unapplied = sum(item.open for item in items), sum(account.amount for account in accounts)
    assert sum(queries.receivable(as_of, known_at).values()) == total + unapplied


def open_one(document, on, amount, now, *, customer_id=1):
    entry = NewEntry(
        kind=Kind.INSTALMENT, effective_on=on, customer_id=customer_id, currency="EUR", amount=amount, reason=document,
        document=document, instalment=1, due_on=on,
    )  # fmt: skip
    with unit_of_work():
        services.post([entry], actor=ACTOR, now=now)


def test_a_late_entry_is_found_behind_the_snapshot_and_marked(now):
    open_one("invoice:1", FIRST, 100, now)
    with unit_of_work():
        services.take_snapshot(date(2026, 1, 31), now)
    open_one("invoice:2", FIRST, 50, now)
    open_one("invoice:3", date(2026, 2, 1), 7, now)
    assert sorted(item.document for item in queries.list_open_items(date(2026, 1, 31))) == ["invoice:1", "invoice:2"]
    assert [entry.document for entry in queries.list_late_entries(0)] == ["invoice:2"]


def test_what_was_known_then_is_not_changed_by_what_came_later(now):
    open_one("invoice:1", FIRST, 100, now)
    position = queries.last_position()
    with unit_of_work():
        services.take_snapshot(date(2026, 1, 31), now)
    open_one("invoice:2", FIRST, 50, now + timedelta(days=1))
    assert [item.open for item in queries.list_open_items(date(2026, 3, 1), now)] == [100]
    assert [item.open for item in queries.list_open_items(date(2026, 3, 1), up_to=position)] == [100]
    assert queries.list_open_items(date(2026, 3, 1), now - timedelta(seconds=1)) == []


def test_missing_snapshots_are_taken_once_and_again_after_many_late_entries(now, monkeypatch):
    monkeypatch.setattr(queries, "MOST_LATE_ENTRIES", 2)
    open_one("invoice:1", FIRST, 100, now)
    until = date(2026, 3, 31)
    with unit_of_work():
        assert services.ensure_snapshots(until, now) == 3
        assert services.ensure_snapshots(until, now) == 0
    for number in range(2, 5):
        open_one(f"invoice:{number}", date(2026, 2, 10), 10, now)
    assert queries.list_missing_snapshots(until) == [date(2026, 2, 28), date(2026, 3, 31)]
    with unit_of_work():
        assert services.ensure_snapshots(until, now) == 2
    assert checks.list_broken_snapshots() == []


def test_a_snapshot_is_of_a_months_end(now):
    with pytest.raises(services.NoMonthEnd), unit_of_work():
        services.take_snapshot(date(2026, 1, 30), now)


def owed(as_of, **question):
    """Customer -> its receivable, from the sums by age."""
    return {key[0]: aging.receivable for key, aging in read_customer_aging(as_of, **question).items()}


def test_a_day_within_a_closed_month_is_its_snapshot_less_the_days_after_and_the_late_entries(now):
    open_one("invoice:1", FIRST, 100, now)
    open_one("invoice:2", date(2026, 1, 20), 20, now, customer_id=2)
    position = queries.last_position()
    with unit_of_work():
        services.take_snapshot(date(2026, 1, 31), now)
    open_one("invoice:3", date(2026, 1, 12), 3, now)
    open_one("invoice:4", date(2026, 1, 13), 4, now)
    assert [owed(date(2026, 1, day)) for day in (6, 11, 12, 19)] == [{1: 100}, {1: 100}, {1: 103}, {1: 107}]
    assert owed(date(2026, 1, 20)) == {1: 107, 2: 20}
    assert owed(date(2026, 1, 12), up_to=position) == {1: 100}
    assert owed(date(2026, 1, 12), customer_id=2) == owed(date(2026, 1, 20), currency="USD") == {}


@pytest.mark.parametrize(
    ("model", "key"),
    [(OpenItemSnapshotRow, (1, "EUR", 1)), (OpenItemSnapshotChange, (FIRST, 1, "EUR", 1))],
)
def test_a_snapshot_that_lies_is_found(now, model, key):
    open_one("invoice:1", FIRST, 100, now)
    with unit_of_work() as current:
        taken = services.take_snapshot(date(2026, 1, 31), now)
        row = current.get_one(model, (taken.id, *key))
        row.amount = 99
    assert [month for month, _ in checks.list_broken_snapshots()] == [date(2026, 1, 31)]
    with unit_of_work():
        services.rebuild_snapshots(now)
    assert checks.list_broken_snapshots() == []
    assert [item.open for item in queries.list_open_items(date(2026, 2, 1))] == [100]
