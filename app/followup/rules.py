"""Knows whom to remind, at which level, and which rule holds a reminder back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.kernel.texts import short_day


@dataclass(frozen=True)
class Level:
    """A step of the dunning procedure, reached when an instalment is `days_past_due` days old."""

    level: int
    name: str
    days_past_due: int


@dataclass(frozen=True)
class Procedure:
    """The levels in ascending order, and the least number of days between two notices on one instalment."""

    levels: tuple[Level, ...]
    days_between: int

    def next_level(self, last: int) -> Level | None:
        """The level after `last` (0 = never reminded), None after the final one."""
        return next((level for level in self.levels if level.level > last), None)


@dataclass(frozen=True)
class OverdueItem:
    """An instalment past its due date. `open` in minor units; `last_level` 0 = never reminded."""

    customer_id: int
    invoice_id: int
    number: str
    instalment: int
    due_on: date
    currency: str
    open: int
    days_past_due: int
    last_level: int = 0
    last_notice_on: date | None = None


@dataclass(frozen=True)
class Debtor:
    """What the rules must know of a customer. `unapplied` is minor units on account by currency, >= 0."""

    customer_id: int
    name: str
    email: str
    phone: str = ""
    language: str = "en"
    no_chase_until: date | None = None
    no_chase_reason: str = ""
    unapplied: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedItem:
    """An instalment in a notice: at `level`, and `step` is that level where this notice takes it there."""

    item: OverdueItem
    level: int
    step: int | None


@dataclass(frozen=True)
class PlannedNotice:
    """What a customer would be told in one currency."""

    debtor: Debtor
    currency: str
    level: int
    items: tuple[ListedItem, ...]

    @property
    def amount(self) -> int:
        """Minor units open on the listed instalments."""
        return sum(listed.item.open for listed in self.items)


@dataclass(frozen=True)
class Held:
    """An instalment not chased although overdue: which rule says so, why, and until when if that is known."""

    item: OverdueItem
    rule: str
    reason: str
    until: date | None = None


@dataclass(frozen=True)
class Plan:
    """All notices of a business date and everything held back, each in a stable order."""

    on: date
    notices: tuple[PlannedNotice, ...]
    held: tuple[Held, ...]


def plan(on: date, items: Iterable[OverdueItem], debtors: Mapping[int, Debtor], procedure: Procedure) -> Plan:
    """Decides the follow-up of one business date.

    A customer gets one mail when at least one instalment reaches its next level; the mail then lists every overdue
    instalment that no rule holds back. A level is never skipped and never repeated.
    """
    notices: list[PlannedNotice] = []
    held: list[Held] = []
    for customer_id, owed in sorted(_by_customer(items).items()):
        of_customer, kept_back = plan_customer(on, owed, debtors[customer_id], procedure)
        notices.extend(of_customer)
        held.extend(kept_back)
    return Plan(on, tuple(notices), tuple(held))


def plan_customer(
    on: date, items: Sequence[OverdueItem], debtor: Debtor, procedure: Procedure
) -> tuple[list[PlannedNotice], list[Held]]:
    """The notices of one customer, one per currency, and what is held back."""
    held = [hold for item in items if (hold := hold_for_customer(on, item, debtor))]
    held += hold_for_unapplied_cash(_without(items, held), debtor)
    chased = _without(items, held)
    listed = [_list_item(on, item, procedure) for item in chased]
    waiting = [hold for item in chased if (hold := hold_for_spacing(on, item, procedure))]
    if not any(entry.step for entry in listed):
        return [], held + waiting
    return _notices_by_currency(debtor, listed), held + waiting


def hold_for_customer(on: date, item: OverdueItem, debtor: Debtor) -> Held | None:
    """Rules that stop every reminder to a customer."""
    if debtor.no_chase_until and on <= debtor.no_chase_until:
        reason = debtor.no_chase_reason or "asked not to be chased"
        return Held(item, "no_chase", reason, debtor.no_chase_until)
    if not debtor.email:
        return Held(item, "no_email", f"{debtor.name} has no billing e-mail address: add one, or call")
    return None


def hold_for_unapplied_cash(items: Sequence[OverdueItem], debtor: Debtor) -> list[Held]:
    """Holds the oldest instalments that money already on account would pay in full."""
    left = dict(debtor.unapplied)
    held = []
    for item in sorted(items, key=_by_age):
        if 0 < item.open <= left.get(item.currency, 0):
            left[item.currency] -= item.open
            held.append(Held(item, "unapplied_cash", "money on account would pay this: allocate it first"))
    return held


def hold_for_spacing(on: date, item: OverdueItem, procedure: Procedure) -> Held | None:
    """The next level is reached, but the last notice is too recent."""
    following = procedure.next_level(item.last_level)
    if following is None or item.last_notice_on is None or item.days_past_due < following.days_past_due:
        return None
    free_on = item.last_notice_on + timedelta(days=procedure.days_between)
    if on >= free_on:
        return None
    reason = f"reminded on {short_day(item.last_notice_on)}; the next notice may go on {short_day(free_on)}"
    return Held(item, "spacing", reason, free_on - timedelta(days=1))


def next_step(on: date, item: OverdueItem, procedure: Procedure) -> int | None:
    """The level this instalment reaches on this date, None where it stays where it is."""
    following = procedure.next_level(item.last_level)
    if following is None or item.days_past_due < following.days_past_due:
        return None
    return None if hold_for_spacing(on, item, procedure) else following.level


def _list_item(on: date, item: OverdueItem, procedure: Procedure) -> ListedItem:
    step = next_step(on, item, procedure)
    return ListedItem(item, step or item.last_level, step)


def _notices_by_currency(debtor: Debtor, listed: Sequence[ListedItem]) -> list[PlannedNotice]:
    by_currency: dict[str, list[ListedItem]] = defaultdict(list)
    for entry in sorted(listed, key=lambda entry: _by_age(entry.item)):
        by_currency[entry.item.currency].append(entry)
    # One mail has one tone: that of the highest level any instalment reaches with it
    level = max(entry.step or 0 for entry in listed)
    return [PlannedNotice(debtor, currency, level, tuple(entries)) for currency, entries in sorted(by_currency.items())]


def _by_customer(items: Iterable[OverdueItem]) -> dict[int, list[OverdueItem]]:
    grouped: dict[int, list[OverdueItem]] = defaultdict(list)
    for item in items:
        grouped[item.customer_id].append(item)
    return grouped


def _by_age(item: OverdueItem) -> tuple[date, str, int]:
    return item.due_on, item.number, item.instalment


def _without(items: Sequence[OverdueItem], held: Sequence[Held]) -> list[OverdueItem]:
    kept_back = {(hold.item.invoice_id, hold.item.instalment) for hold in held}
    return [item for item in items if (item.invoice_id, item.instalment) not in kept_back]
