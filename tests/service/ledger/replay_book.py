"""The receivables kept the simplest way: every fact is a line with two dates, and each answer adds all lines up.

Shares no arithmetic with the product, so that a mistake in one shows against the other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

Key = tuple[int, int]  # invoice, instalment
EDGES = (0, 30, 60, 90, 120)


class Refused(Exception):
    """The rules of the house say no."""


class Line(NamedTuple):
    recorded: datetime
    on: date
    customer: int
    currency: str
    key: Key | None  # None: on account
    amount: int


@dataclass
class Sale:
    """An issued invoice; `discount` is (payable, until)."""

    id: int
    customer: int
    currency: str
    issued_on: date
    parts: list[tuple[int, date]]
    discount: tuple[int, date] | None = None
    credited: int = 0
    taken_off: int = 0  # by credits, and not left on account

    @property
    def gross(self) -> int:
        return sum(amount for amount, _ in self.parts)

    @property
    def keys(self) -> list[Key]:
        return [(self.id, number) for number in range(1, len(self.parts) + 1)]


@dataclass
class Money:
    id: int
    customer: int
    currency: str
    received_on: date
    amount: int
    reversed_on: date | None = None
    placed: list[Placed] = field(default_factory=list)

    def free(self) -> list[tuple[date, int]]:
        found = [(self.received_on, self.amount)]
        for one in self.placed:
            found.append((one.on, -one.amount))
            if one.undone_on:
                found.append((one.undone_on, one.amount))
        return found if self.reversed_on is None else [*found, (self.reversed_on, -self.amount)]


@dataclass
class Placed:
    """An allocation, and what it let the customer off: (instalment, amount)."""

    id: int
    money: Money
    key: Key
    amount: int
    on: date
    let_off: list[tuple[Key, int]] = field(default_factory=list)
    let_off_on: date = date.min
    undone_on: date | None = None


@dataclass
class WriteOff:
    position: int
    key: Key
    amount: int
    on: date
    undone: bool = False


def balance(changes: list[tuple[date, int]], day: date) -> int:
    return sum(amount for on, amount in changes if on <= day)


def lowest(changes: list[tuple[date, int]], day: date) -> int:
    """The smallest balance of that day and all that follow."""
    return min(balance(changes, each) for each in {day, *(on for on, _ in changes if on > day)})


class Book:
    """What happened so far in one stream of events."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.sales: dict[int, Sale] = {}
        self.moneys: dict[int, Money] = {}
        self.write_offs: list[WriteOff] = []
        self.closings: list[date] = []
        self.instant: datetime | None = None

    # --- writing ----------------------------------------------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        """What is recorded never goes back, whatever the clock says."""
        self.instant = now if self.instant is None else max(self.instant, now)

    def write(self, sale_or_money: Sale | Money, key: Key | None, on: date, amount: int) -> None:
        if self.closings and on <= max(self.closings):
            raise Refused
        assert self.instant
        self.lines.append(Line(self.instant, on, sale_or_money.customer, sale_or_money.currency, key, amount))

    def issue(self, sale: Sale) -> None:
        self.sales[sale.id] = sale
        for key, (amount, _) in zip(sale.keys, sale.parts, strict=True):
            self.write(sale, key, sale.issued_on, amount)

    def receive(self, money: Money) -> None:
        self.moneys[money.id] = money
        self.write(money, None, money.received_on, -money.amount)

    def place(self, money: Money, shares: list[tuple[Key, int]], on: date | None = None) -> list[Placed]:
        if money.reversed_on:
            raise Refused
        made = [self._place_one(money, key, amount, on) for key, amount in shares]
        for sale_id in {one.key[0] for one in made}:
            last = [one for one in made if one.key[0] == sale_id][-1]
            self._let_off(last, last.on)
        return made

    def _place_one(self, money: Money, key: Key, amount: int, on: date | None) -> Placed:
        sale = self.sales[key[0]]
        if (sale.customer, sale.currency) != (money.customer, money.currency):
            raise Refused
        day = self.first_day(money.free(), self.changes(key), amount, on or self._since(money, sale))
        if day is None or (on is not None and day != on):
            raise Refused
        placed = Placed(0, money, key, amount, day)
        money.placed.append(placed)
        self._settle(placed, day, -1)
        return placed

    def _since(self, money: Money, sale: Sale) -> date:
        return self._first_open(max(money.received_on, sale.issued_on))

    def _first_open(self, day: date) -> date:
        closed = max(self.closings, default=date.min)
        return day if day > closed else date.fromordinal(closed.toordinal() + 1)

    @staticmethod
    def first_day(free: list[tuple[date, int]], owed: list[tuple[date, int]], amount: int, since: date) -> date | None:
        days = sorted({since, *(on for on, _ in (*free, *owed) if on > since)})
        return next((day for day in days if min(lowest(free, day), lowest(owed, day)) >= amount), None)

    def _settle(self, one: Placed, on: date, sign: int) -> None:
        self.write(one.money, one.key, on, sign * one.amount)
        self.write(one.money, None, on, -sign * one.amount)

    @staticmethod
    def _saving(sale: Sale, owed: int) -> int:
        saved = (sale.gross - sale.discount[0]) * owed if sale.discount else 0
        return (2 * saved + sale.gross) // (2 * sale.gross)

    def _let_off(self, last: Placed, on: date) -> None:
        sale = self.sales[last.key[0]]
        owed = sale.gross - sale.taken_off
        if sale.discount is None or owed <= 0:
            return
        until = sale.discount[1]
        payable = owed - self._saving(sale, owed)
        rests = [(key, lowest(self.changes(key), on)) for key in sale.keys]
        standing, left = self.placed_on(sale), sum(rest for _, rest in rests)
        in_time = sum(one.amount for one in standing if one.money.received_on <= until)
        if left and sum(one.amount for one in standing) + left == owed and in_time >= payable:
            last.let_off, last.let_off_on = [(key, rest) for key, rest in rests if rest], on
            for key, rest in last.let_off:
                self.write(last.money, key, on, -rest)

    def placed_on(self, sale: Sale) -> list[Placed]:
        """What stands on it as paid, in the order in which the money came."""
        moneys = self.moneys.values()
        live = [one for money in moneys for one in money.placed if one.key[0] == sale.id and one.undone_on is None]
        return sorted(live, key=lambda one: (one.money.received_on, one.money.id, one.id))

    def _take_back_discount(self, sale: Sale, on: date) -> None:
        for one in (one for money in self.moneys.values() for one in money.placed if one.key[0] == sale.id):
            for key, amount in one.let_off:
                self.write(one.money, key, max(on, one.let_off_on), amount)
            one.let_off = []

    def undo(self, one: Placed, on: date) -> None:
        if one.undone_on or on < one.on:
            raise Refused
        one.undone_on = on
        self._take_back_discount(self.sales[one.key[0]], on)
        self._settle(one, on, +1)

    def reverse(self, money: Money, today: date, on: date | None) -> None:
        dates = [date_ for one in money.placed for date_ in (one.on, one.undone_on) if date_]
        newest = max([money.received_on, *dates])
        day = max(today, newest) if on is None else on
        if money.reversed_on or day < newest:
            raise Refused
        for one in money.placed:
            if one.undone_on is None:
                self.undo(one, day)
        self.write(money, None, day, money.amount)
        money.reversed_on = day

    def credit(self, sale: Sale, amount: int | None, on: date) -> list[Placed]:
        """Returns what was placed again, whose ids only the product knows."""
        again = self._free(sale, amount, on)
        rest = sale.gross if amount is None else amount
        for key in sale.keys:
            share = min(rest, max(0, lowest(self.changes(key), on)))
            if share:
                self.write(sale, key, on, -share)
                rest -= share
                sale.taken_off += share
        if rest:
            self.write(sale, None, on, -rest)
        sale.credited += sale.gross if amount is None else amount
        in_time = [one for one in self.placed_on(sale) if sale.discount and one.money.received_on <= sale.discount[1]]
        if in_time:
            self._let_off(in_time[-1], max(on, in_time[-1].on))
        return again

    def _free(self, sale: Sale, amount: int | None, on: date) -> list[Placed]:
        live = self.placed_on(sale)
        if amount is not None:
            owed = sale.gross - sale.taken_off - amount
            placed = [one for money in self.moneys.values() for one in money.placed if one.key[0] == sale.id]
            had = sum(part for one in placed for _, part in one.let_off)
            self._take_back_discount(sale, on)
            amount += min(had, self._saving(sale, owed)) if owed > 0 else 0
        chosen = []
        missing = sale.gross if amount is None else amount - self.open_of(sale)
        while live and (amount is None or missing > 0):
            chosen.append(live.pop())
            missing -= chosen[-1].amount
        for one in chosen[:-1] if amount is not None else chosen:
            self.undo(one, max(on, one.on))
        return self._free_part(sale, chosen[-1], amount, on) if amount is not None and chosen else []

    def _free_part(self, sale: Sale, last: Placed, amount: int, on: date) -> list[Placed]:
        """What stays placed counts from the day it counted from, unless that is closed."""
        rest = self.open_of(sale) + last.amount - amount
        if rest <= 0:
            self.undo(last, max(on, last.on))
            return []
        since = self._first_open(last.on)
        self.undo(last, since)
        parts = [rest, last.amount - rest] if since < on else [rest]
        placed = [self._place_one(last.money, last.key, part, since) for part in parts]
        for one in placed[1:]:
            self.undo(one, max(on, since))
        return placed

    def write_off(self, off: WriteOff) -> None:
        sale = self.sales[off.key[0]]
        if off.on < sale.issued_on or lowest(self.changes(off.key), off.on) < off.amount:
            raise Refused
        self.write(sale, off.key, off.on, -off.amount)
        self.write_offs.append(off)

    def write_on(self, off: WriteOff, on: date) -> None:
        if off.undone or on < off.on:
            raise Refused
        self.write(self.sales[off.key[0]], off.key, on, off.amount)
        off.undone = True

    def close(self, up_to: date) -> None:
        if self.closings and up_to <= max(self.closings):
            raise Refused
        self.closings.append(up_to)

    def reopen(self) -> None:
        self.closings.pop()

    # --- asking -----------------------------------------------------------------------------------------------------

    def changes(self, key: Key) -> list[tuple[date, int]]:
        return [(line.on, line.amount) for line in self.lines if line.key == key]

    def open_of(self, sale: Sale) -> int:
        return sum(line.amount for line in self.lines if line.key and line.key[0] == sale.id)

    def standing(
        self, as_of: date, known_at: datetime
    ) -> tuple[dict[tuple[int, str, Key | None], int], dict[str, int]]:
        """What every instalment and account comes to, and the total by currency."""
        sums: dict[tuple[int, str, Key | None], int] = defaultdict(int)
        totals: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if line.on <= as_of and line.recorded <= known_at:
                sums[line.customer, line.currency, line.key] += line.amount
                totals[line.currency] += line.amount
        return {key: amount for key, amount in sums.items() if amount}, dict(totals)

    def aging(self, as_of: date, known_at: datetime) -> dict[tuple[int, str], tuple[int, ...]]:
        """(customer, currency) -> not due, the five buckets, unapplied."""
        rows: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * 7)
        for (customer, currency, key), amount in self.standing(as_of, known_at)[0].items():
            if key is None:
                rows[customer, currency][6] -= amount
            else:
                late = (as_of - self.due_on(key)).days
                rows[customer, currency][sum(late > edge for edge in EDGES)] += amount
        return {key: tuple(row) for key, row in rows.items()}

    def due_on(self, key: Key) -> date:
        return self.sales[key[0]].parts[key[1] - 1][1]
