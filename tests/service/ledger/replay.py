"""Plays random streams of events against the services and asks what the ledger says of any day as known at any moment.

Each answer is compared with a book that was written beside it (replay_book). Invoices are written as issued rows and
posted as issuing posts them, credit notes do what announcing and posting one does: the slow checks of documents have
their own tests. Everything else goes through the services people use. Nothing of a stream stays in the database.
"""

from __future__ import annotations

import pickle
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.followup.queries_account import DoesNotAddUp, read_statement
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.kernel.errors import TillpaidError
from app.kernel.money import format_decimal
from app.ledger import queries as ledger
from app.ledger import services as posting
from app.ledger.models import EntryKind, LedgerEntry
from app.ledger.models_periods import ClosedPeriod
from app.ledger.queries_checks import list_broken_snapshots
from app.ledger.services import NewEntry
from app.ledger.services_periods import close_period, reopen_period
from app.payments import queries, services
from app.payments.aging import read_aging, read_aging_of_customers
from app.payments.models import Allocation, Payment
from app.payments.queries_early import list_discounts
from app.payments.services_discount import renew_discount
from tests.service.ledger.replay_book import Book, Key, Money, Refused, Sale, WriteOff, balance

ACTOR = "user:1"
FIRST = date(2024, 11, 4)
DAYS = 730
CURRENCIES = ("EUR", "EUR", "JPY", "USD")
MOST_FAULTS = 5


@dataclass
class Tally:
    """What a run came to."""

    streams: int = 0
    events: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    questions: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.streams += other.streams
        self.events += other.events
        self.refused += other.refused
        self.questions += other.questions
        self.faults += other.faults

    def __str__(self) -> str:
        return (
            f"{self.streams} streams, {self.events.total()} events, {self.refused.total()} refused, "
            f"{self.questions} questions, {len(self.faults)} differences"
        )


def play_stream(seed: int, customers: list[int], events: int = 22) -> Tally:
    """One stream of events with questions in between and at its end."""
    with unit_of_work() as current:
        stream = Stream(random.Random(seed), customers)
        try:
            stream.play(events)
        finally:
            current.rollback()
    stream.tally.faults = [f"stream {seed}: {fault}" for fault in stream.tally.faults[:MOST_FAULTS]]
    return stream.tally


class Stream:
    def __init__(self, chance: random.Random, customers: list[int]) -> None:
        self.chance, self.customers = chance, customers
        self.book, self.tally = Book(), Tally(streams=1)
        self.now = datetime(FIRST.year, FIRST.month, FIRST.day, 8, tzinfo=UTC)
        self.kept: list[tuple[date, datetime, Any]] = []  # answers that may not change any more

    @property
    def today(self) -> date:
        return self.now.date()

    # --- playing ----------------------------------------------------------------------------------------------------

    def play(self, events: int) -> None:
        kinds = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
        for number in range(events):
            self._pass_time(events)
            self._try(self.chance.choice(kinds) if number > 2 else "issue")
            if number % 6 == 5 and self.book.instant:
                self._ask(self._some_day(), self.book.instant, keep=True)
        moments = sorted({line.recorded for line in self.book.lines}) or [self.now]
        for _ in range(4):
            known_at = self.chance.choice(moments) - timedelta(microseconds=self.chance.randrange(2))
            self._ask(self._some_day(), known_at)
        for as_of, known_at, answer in self.kept:
            self._expect(f"{as_of} known at {known_at}, asked again", self._answer(as_of, known_at), answer)
        self._expect("snapshots", list_broken_snapshots(), [])
        for customer_id in self.customers:
            with self._expect_no(DoesNotAddUp):
                self._follow_statement(customer_id)

    def _pass_time(self, events: int) -> None:
        ahead = self.chance.randrange(1, 2 * DAYS // events)
        self.now = self.now.replace(hour=self.chance.randrange(7, 20)) + timedelta(days=ahead)
        if self.chance.random() < 0.1:  # the clock is set back
            self.now -= timedelta(hours=5 if self.now.hour > 12 else 1)

    def _some_day(self) -> date:
        return FIRST + timedelta(days=self.chance.randrange(-5, (self.today - FIRST).days + 60))

    def _earlier(self, most: int = 120) -> date:
        """Today, or a day that is back-dated; never before the first."""
        back = 0 if self.chance.random() < 0.4 else self.chance.randrange(most)
        return max(FIRST, self.today - timedelta(days=back))

    def _try(self, kind: str) -> None:
        """One event on both sides: what one refuses the other has to refuse, and a refused one leaves no trace."""
        steps: Steps | None = getattr(self, f"_{kind}")()
        if steps is None:
            return
        before, traces = pickle.dumps(self.book), _traces()
        if kind not in UNRECORDED:
            self.book.tick(self.now)
        ours, noted = _attempt(steps[0], Refused)
        savepoint = session().begin_nested()
        theirs, made = _attempt(steps[1], TillpaidError)
        if not ours and not theirs:
            savepoint.commit()
            self.tally.events[kind] += 1
            self._link(noted, made)
            return
        savepoint.rollback()
        self.book = pickle.loads(before)  # noqa: S301 - what was written a moment ago
        self.tally.refused[theirs or ours] += 1
        self._expect(
            f"{kind} on {self.now}: refused by the house {theirs!r}, by the book {ours!r}", theirs != "", ours != ""
        )
        self._expect(f"what a refused {kind} leaves", _traces(), traces)

    def _link(self, noted: Any, made: Any) -> None:
        """Tells the book under which ids the house keeps what both wrote."""
        if isinstance(noted, Money):
            noted.id = made.id
            self.book.moneys[made.id] = self.book.moneys.pop(0)
            noted, made = noted.placed, queries.list_live_allocations(made.id)
        if isinstance(noted, WriteOff):
            noted.position = made
        if isinstance(noted, list):
            self._expect(
                "placed on", [(row.effective_on, row.amount) for row in made], [(p.on, p.amount) for p in noted]
            )
            for placed, row in zip(noted, made, strict=True):
                placed.id = row.id
                self.tally.events["discount"] += bool(placed.let_off)

    # --- events: what the book does, and what the house does ----------------------------------------------------------

    def _issue(self) -> Steps:
        currency, customer = self.chance.choice(CURRENCIES), self.chance.choice(self.customers)
        issued_on = self._earlier()
        count = self.chance.choice((1, 1, 1, 2, 3))
        parts = [
            (self.chance.randrange(1, 900), issued_on + timedelta(days=self.chance.randrange(60))) for _ in range(count)
        ]
        gross = sum(amount for amount, _ in parts)
        discount = None
        if gross > 50 and self.chance.random() < 0.3:
            discount = (gross - gross // 50, issued_on + timedelta(days=self.chance.choice((10, 200))))
        invoice_id = len(self.book.sales) + 1
        sale = Sale(invoice_id, customer, currency, issued_on, parts, discount)
        return lambda: self.book.issue(sale), lambda: _store(sale, self.now)

    def _pay(self) -> Steps:
        sale = self._some_sale()
        customer, currency = (sale.customer, sale.currency) if sale else (self.customers[0], "EUR")
        amount = self._some_amount(sale)
        money = Money(0, customer, currency, self._earlier(), amount)
        wanted = self.chance.choice(("oldest", None, None, "this"))
        shares = (
            [(key, min(amount, part)) for key, (part, _) in zip(sale.keys, sale.parts, strict=True)] if sale else []
        )
        shares = _fit(shares, amount) if wanted == "this" else self._oldest(money) if wanted == "oldest" else []

        def ours() -> Money:
            self.book.receive(money)
            self.book.place(money, shares)
            return money

        return ours, lambda: services.record_payment(
            customer, amount, currency=currency, received_on=money.received_on,
            allocations="oldest" if wanted == "oldest" else [(*key, part) for key, part in shares],
            actor=ACTOR, now=self.now,
        )  # fmt: skip

    def _pay_early(self) -> Steps | None:
        """Exactly what an early discount asks for, in parts on what is open."""
        sales = [sale for sale in self.book.sales.values() if sale.discount and sale.issued_on <= self.today]
        if not sales:
            return None
        sale = self.chance.choice(sales)
        amount, until = sale.discount or (0, self.today)
        money = Money(0, sale.customer, sale.currency, min(until, self.today), amount)
        shares = _fit([(key, balance(self.book.changes(key), date.max)) for key in sale.keys], amount)

        def ours() -> Money:
            self.book.receive(money)
            self.book.place(money, shares)
            return money

        return ours, lambda: services.record_payment(
            sale.customer, amount, currency=sale.currency, received_on=money.received_on,
            allocations=[(*key, part) for key, part in shares], actor=ACTOR, now=self.now,
        )  # fmt: skip

    def _place(self) -> Steps | None:
        return self._allocate(1)

    def _split(self) -> Steps | None:
        return self._allocate(4)

    def _allocate(self, most: int) -> Steps | None:
        money = self._some_money()
        if money is None:
            return None
        owed = [
            key for sale in self.book.sales.values() for key in sale.keys
            if (sale.customer, sale.currency) == (money.customer, money.currency) or self.chance.random() < 0.03
        ]  # fmt: skip
        keys = self.chance.sample(owed, min(len(owed), most))
        left = balance(money.free(), date.max)
        shares = []
        for key in keys:
            room = min(left, balance(self.book.changes(key), date.max)) + (self.chance.random() < 0.1)
            if room > 0:
                shares.append((key, room if self.chance.random() < 0.5 else self.chance.randrange(1, room + 1)))
                left -= shares[-1][1]
        on = self._earlier(300) if self.chance.random() < 0.3 else None
        if not shares:
            return None
        return lambda: self.book.place(money, shares, on), lambda: services.allocate(
            money.id, [(*key, amount) for key, amount in shares], on=on, actor=ACTOR, now=self.now
        )

    def _undo(self) -> Steps | None:
        placed = [one for money in self.book.moneys.values() for one in money.placed]
        if not placed:
            return None
        one = self.chance.choice(placed)
        on = None if self.chance.random() < 0.5 else one.on + timedelta(days=self.chance.randrange(-2, 40))
        day = max(self.today, one.on) if on is None else on
        return lambda: self.book.undo(one, day), lambda: services.undo_allocation(
            one.id, reason="Mistaken", on=on, actor=ACTOR, now=self.now
        )

    def _reverse(self) -> Steps | None:
        money = self._some_money()
        if money is None:
            return None
        on = self._earlier(60) if self.chance.random() < 0.5 else None
        return lambda: self.book.reverse(money, self.today, on), lambda: services.reverse_payment(
            money.id, reason="Bounced", on=on, actor=ACTOR, now=self.now
        )

    def _credit_in_full(self) -> Steps | None:
        untouched = [sale for sale in self.book.sales.values() if not sale.credited]
        return self._credit(self.chance.choice(untouched), None) if untouched else None

    def _credit_part(self) -> Steps | None:
        rests = [sale for sale in self.book.sales.values() if sale.credited < sale.gross]
        if not rests:
            return None
        let_off = [sale for sale in rests if any(one.let_off for one in self.book.placed_on(sale))]
        sale = self.chance.choice(let_off or rests)
        return self._credit(sale, self.chance.randrange(1, sale.gross - sale.credited + 1))

    def _credit(self, sale: Sale, amount: int | None) -> Steps:
        on = max(sale.issued_on, self._earlier(40))

        def theirs() -> Any:
            more: dict[str, Any] = {"actor": ACTOR, "now": self.now}
            known = set(session().scalars(select(Allocation.id)))
            services.free_invoice(sale.id, on=on, reason="Credited", amount=amount, **more)
            posting.credit(
                f"invoice:{sale.id}", sale.gross if amount is None else amount, customer_id=sale.customer,
                currency=sale.currency, effective_on=on, reason="invoice:0", **more,
            )  # fmt: skip
            renew_discount(sale.id, on, **more)
            self.tally.events["discount of a credited invoice"] += bool(list_discounts(sale.id))
            added = select(Allocation).where(Allocation.undoes.is_(None), Allocation.id.not_in(known))
            return session().scalars(added.order_by(Allocation.id)).all()

        return lambda: self.book.credit(sale, amount, on), theirs

    def _write_off(self) -> Steps | None:
        sale = self._some_sale()
        if sale is None:
            return None
        key = self.chance.choice(sale.keys)
        amount = max(1, self.chance.choice((1, balance(self.book.changes(key), date.max))))
        off = WriteOff(0, key, amount, self._earlier(90))

        def ours() -> WriteOff:
            self.book.write_off(off)
            return off

        entry = NewEntry(
            kind=EntryKind.WRITE_OFF, effective_on=off.on, customer_id=sale.customer, currency=sale.currency,
            amount=-amount, reason="write-off", document=f"invoice:{key[0]}", instalment=key[1],
        )  # fmt: skip
        return ours, lambda: posting.post([entry], actor=ACTOR, now=self.now)[0].position

    def _write_on(self) -> Steps | None:
        if not self.book.write_offs:
            return None
        off = self.chance.choice(self.book.write_offs)
        on = off.on + timedelta(days=self.chance.randrange(-2, 60))
        return lambda: self.book.write_on(off, on), lambda: posting.reverse(
            off.position, effective_on=on, reason="write-on", actor=ACTOR, now=self.now
        )

    def _snapshot(self) -> Steps:
        as_of, known_at = self._some_day(), self.book.instant or self.now
        first = self.today.replace(day=1) - timedelta(days=1)
        back = first.replace(day=1) - timedelta(days=1)

        def theirs() -> None:
            answer = self._answer(as_of, known_at)
            if self.chance.random() < 0.3:
                posting.ensure_snapshots(first, self.now)
            else:
                posting.take_snapshot(self.chance.choice((first, back)), self.now)
            self._expect(f"{as_of} after a snapshot", self._answer(as_of, known_at), answer)

        return lambda: None, theirs

    def _close(self) -> Steps:
        up_to = self.today - timedelta(days=self.chance.randrange(1, 120))
        return lambda: self.book.close(up_to), lambda: close_period(
            up_to, "", today=self.today, actor=ACTOR, now=self.now
        )

    def _reopen(self) -> Steps | None:
        newest = select(ClosedPeriod.id).where(ClosedPeriod.reopened_at.is_(None)).order_by(ClosedPeriod.id.desc())
        closing_id = session().scalar(newest.limit(1))
        if closing_id is None:
            return None
        return self.book.reopen, lambda: reopen_period(closing_id, "Late", actor=ACTOR, now=self.now)

    # --- choosing -----------------------------------------------------------------------------------------------------

    def _some_sale(self) -> Sale | None:
        return self.chance.choice(list(self.book.sales.values())) if self.book.sales else None

    def _some_money(self) -> Money | None:
        return self.chance.choice(list(self.book.moneys.values())) if self.book.moneys else None

    def _some_amount(self, sale: Sale | None) -> int:
        exact = [sale.gross, sale.parts[0][0]] if sale else []
        if sale and sale.discount:
            exact.append(sale.discount[0])
        return self.chance.choice([*exact, self.chance.randrange(1, 2000)])

    def _oldest(self, money: Money) -> list[tuple[Key, int]]:
        owed = [
            (self.book.due_on(key), sale.issued_on, key) for sale in self.book.sales.values() for key in sale.keys
            if (sale.customer, sale.currency) == (money.customer, money.currency)
        ]  # fmt: skip
        rooms = [(key, balance(self.book.changes(key), date.max)) for _, _, key in sorted(owed)]
        return _fit(rooms, money.amount)

    # --- asking -------------------------------------------------------------------------------------------------------

    def _ask(self, as_of: date, known_at: datetime, *, keep: bool = False) -> None:
        answer = self._answer(as_of, known_at)
        aging, standing, totals = answer
        about = f"as of {as_of} known at {known_at}"
        expected, expected_totals = self.book.standing(as_of, known_at)
        self.tally.questions += 1
        self._expect(f"aging {about}", aging, self.book.aging(as_of, known_at))
        items = {key: amount for key, amount in expected.items() if key[2]}
        self._expect(f"open items {about}", standing, items)
        self._expect(f"receivable {about}", totals, expected_totals)
        by_currency: Counter[str] = Counter()
        for (_, currency), row in aging.items():
            by_currency[currency] += sum(row[:6]) - row[6]
        self._expect(f"buckets less unapplied {about}", +by_currency, +Counter(totals))
        if keep:
            self.kept.append((as_of, known_at, answer))

    def _answer(self, as_of: date, known_at: datetime) -> Any:
        table = read_aging(as_of, known_at)
        aging = {
            (row.customer_id, row.currency): (*row.aging.buckets.values(), row.aging.unapplied)
            for row in table.customer_rows
        }
        standing = {
            (row.customer_id, row.currency, (int(row.invoice.removeprefix("R-")), row.instalment)): row.open
            for row in table.open_rows
        }
        quick = read_aging_of_customers(as_of, known_at)
        about = f"customers as of {as_of} known at {known_at}"
        self._expect(about, (quick.customer_rows, quick.totals), (table.customer_rows, table.totals))
        return aging, standing, ledger.receivable(as_of, known_at)

    def _follow_statement(self, customer_id: int) -> None:
        """A statement of account stands, after the rows of any day, where a statement to that day closes."""
        until = self.today + timedelta(days=60)
        for account in read_statement(customer_id, FIRST, until).accounts:
            day = self.chance.choice([line.on for line in account.lines] or [until])
            stands = account.opening + sum(line.amount for line in account.lines if line.on <= day)
            to_day = read_statement(customer_id, FIRST, day).accounts
            closing = next((one.closing for one in to_day if one.currency == account.currency), 0)
            self._expect(f"statement of {customer_id} after {day} in {account.currency}", stands, closing)

    @contextmanager
    def _expect_no(self, refusal: type[Exception]) -> Iterator[None]:
        try:
            yield
        except refusal as said:
            self.tally.faults.append(str(said))

    def _expect(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            self.tally.faults.append(f"{what}: {found!r} instead of {expected!r}"[:600])


Steps = tuple[Callable[[], Any], Callable[[], Any]]
UNRECORDED = ("snapshot", "close")
WEIGHTS = {
    "issue": 5, "pay": 6, "pay_early": 2, "place": 5, "split": 4, "undo": 3, "reverse": 1, "credit_in_full": 1,
    "credit_part": 2, "write_off": 2, "write_on": 1, "snapshot": 3, "close": 1, "reopen": 1,
}  # fmt: skip


def _attempt(step: Callable[[], Any], refusal: type[Exception]) -> tuple[str, Any]:
    """The name of the refusal, or nothing and what came out."""
    try:
        return "", step()
    except refusal as said:
        return type(said).__name__, None


def _traces() -> tuple[Any, ...]:
    counts = [
        select(func.max(column)).scalar_subquery() for column in (LedgerEntry.position, Payment.id, AuditEntry.id)
    ]
    return tuple(session().execute(select(*counts, select(func.count(Allocation.id)).scalar_subquery())).one())


def _fit(rooms: list[tuple[Key, int]], amount: int) -> list[tuple[Key, int]]:
    shares = []
    for key, room in rooms:
        if (share := min(room, amount)) > 0:
            shares.append((key, share))
            amount -= share
    return shares


def _store(sale: Sale, now: datetime) -> None:
    """An issued invoice as its row and its entries."""
    promise = None
    if sale.discount:
        payable, until = sale.discount
        amounts = {"payable": payable, "discount_net": sale.gross - payable, "discount_tax": 0}
        promise = {name: format_decimal(amount, sale.currency) for name, amount in amounts.items()}
        promise["until"] = until.isoformat()
    session().add(
        Invoice(
            id=sale.id, state=InvoiceState.ISSUED, kind=InvoiceKind.INVOICE, number=f"R-{sale.id}",
            due_on=sale.parts[-1][1], customer_id=sale.customer, currency=sale.currency, issued_on=sale.issued_on,
            issued_at=now, gross_total=sale.gross, amount_due=sale.gross, created_at=now, created_by=ACTOR,
            snapshot={"currency": sale.currency, "payment_terms": "", "early_discount": promise},
        )
    )  # fmt: skip
    session().flush()
    entries = [
        NewEntry(
            kind=EntryKind.INSTALMENT, effective_on=sale.issued_on, customer_id=sale.customer, currency=sale.currency,
            amount=amount, reason=f"invoice:{sale.id}", document=f"invoice:{sale.id}", instalment=number, due_on=due_on,
        )
        for number, (amount, due_on) in enumerate(sale.parts, 1)
    ]  # fmt: skip
    posting.post(entries, actor=ACTOR, now=now)
