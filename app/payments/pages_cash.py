"""Reads what the cash desk shows: lines of the bank in three groups, what is proposed for each, and one line whole."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from werkzeug.datastructures import MultiDict

from app.audit.queries import list_entries_of
from app.auth.names import name_actors
from app.customers.models import Customer
from app.customers.queries import find_by_number, names_of, search_customers
from app.db.base import session
from app.invoices.queries import document_name
from app.kernel.errors import BadInput
from app.kernel.money import to_minor
from app.ledger.queries import list_timelines
from app.ledger.queries_periods import closed_until, first_open_day
from app.ledger.rules_periods import first_open
from app.payments import queries
from app.payments import queries_cash as cash
from app.payments.models import Payment
from app.payments.models_bank import BankStatement, LineState, StatementEntry, StatementLine
from app.payments.models_cash import LineMatch, MatchProposal
from app.payments.models_settling import Deduction
from app.payments.queries import PaymentState
from app.payments.queries_bank import list_our_accounts
from app.payments.queries_let_go import discounts_of
from app.payments.queries_matching import list_free_money
from app.payments.queries_returned import amounts_of, name_payments
from app.payments.queries_settling import list_deductions_of, list_gone, list_waiting
from app.payments.rules import OpenInstalment
from app.payments.rules_cash import Group, LineKind, MoreThanCameIn
from app.payments.rules_settling import DeductionCode, DeductionState, measure_gone
from app.payments.services_deductions import read_policy
from app.payments.services_proposing import read_matching_policy
from app.web.arguments import date_argument, id_argument, text_argument, word_argument
from app.web.filters import request_today
from app.web.keyset import Order
from app.web.listing import Page, paginate
from app.web.timeline import build_timeline, list_actors

SHOWN = {Group.SUGGESTED: 30, Group.UNKNOWN: 30, Group.DONE: 15}  # of each group, while all three are shown
IN_ORDER: Order = [(StatementLine.id, "asc")]
NEWEST_FIRST: Order = [(StatementLine.id, "desc")]
MOST_FOUND = 8
MOST_EVENTS = 20
COUNTS = {DeductionState.PROPOSED, DeductionState.APPROVED}
SMALL_FEE = Decimal(25)  # what a bank may take for a return, where the company names less
COMES_BACK_WITHIN = timedelta(days=430)  # a debit can be returned for 13 months


class Days(enum.StrEnum):
    """`?days=open`: whatever is open, of any day."""

    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. No day: everything that is open, or a whole file."""

    group: Group | None
    account: str
    day: date | None
    file_id: int | None
    unread: str = ""  # what stands for a day in the address, and is none

    def select(self, group: Group) -> Select[Any]:
        """The lines of a group; beside what is open of any day, nothing is done."""
        lines = cash.list_lines(group, self.account, self.day)
        if self.file_id is not None:
            of_file = select(BankStatement.id).where(BankStatement.file_id == self.file_id)
            lines = lines.where(StatementEntry.statement_id.in_(of_file))
        return lines


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the list shows it; `best` is what Accept would do."""

    line: StatementLine
    entry: StatementEntry
    group: Group
    best: MatchProposal | None
    match: LineMatch | None
    payment: Payment | None
    came_back: LineMatch | None  # the line with which the bank took the payment back
    counts_from: date | None  # the first open day, where the books of its own are closed
    waits_until: date | None  # the day from which anything can be decided, where it is not booked yet


@dataclass(frozen=True, slots=True)
class Names:
    """What stands behind the ids of some rows."""

    customers: Mapping[int, str]
    invoices: Mapping[int, str]
    actors: Mapping[str, str]
    payments: Mapping[int, str]  # number, day, and the invoices they were put on
    paid: Mapping[int, int]  # what came in with these payments; minor units
    waiting: Collection[int]  # the proposals of which another person has to approve what is let go


@dataclass(frozen=True, slots=True)
class Sums:
    """How many lines there are of each group, and what they come to by currency; minor units, + came in."""

    counts: Mapping[Group, int]
    amounts: Mapping[Group, Mapping[str, int]]
    elsewhere: int  # open lines of other days

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def read_wanted(args: MultiDict[str, str]) -> Wanted:
    """Without a word about days: the newest day the bank has booked."""
    file_id, unread = id_argument(args, "file"), ""
    try:
        day = date_argument(args, "day")
    except BadInput:
        day, unread = None, text_argument(args, "day")[:30]
    if day is None and file_id is None and word_argument(args, "days", Days) is None:
        day = newest_day()
    return Wanted(word_argument(args, "show", Group), text_argument(args, "account"), day, file_id, unread)


def newest_day() -> date | None:
    """The last day until today on which one of our accounts moved; each is one step into the index."""
    entry, today = StatementEntry, request_today()
    newest = [
        session().scalar(select(func.max(entry.booked_on)).where(entry.account == one.number, entry.booked_on <= today))
        for one in list_our_accounts()
    ]
    return max((day for day in newest if day is not None), default=None)


def read_groups(wanted: Wanted, path: str) -> dict[Group, Page]:
    """The chosen group by pages, or the beginning of each; what was done last stands first."""
    groups = [wanted.group] if wanted.group else list(SHOWN)
    if wanted.day is None and wanted.file_id is None and wanted.group is None:
        groups.remove(Group.DONE)
    found = {}
    for group in groups:
        order = NEWEST_FIRST if group is Group.DONE else IN_ORDER
        size: dict[str, Any] = {} if wanted.group else {"size": SHOWN[group], "args": MultiDict()}
        found[group] = paginate(wanted.select(group), order=order, path=path, **size)
    return found


def read_rows(found: Mapping[Group, Page]) -> dict[Group, list[Row]]:
    """The lines of these pages with what is proposed and what was done; three questions for all of them."""
    pairs = [pair for page in found.values() for pair in page.rows]
    ids = [line.id for line, _ in pairs]
    facts = _read_facts(ids)
    return {group: [_row(line, entry, group, facts) for line, entry in page.rows] for group, page in found.items()}


def read_row(line_id: int) -> Row:
    """One line as it stands now. Raises LineUnknown."""
    line = cash.get_line(line_id)
    entry = session().get_one(StatementEntry, line.entry_id)
    return _row(line, entry, cash.group_of(line), _read_facts([line_id]))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is proposed and what was done, by line; by payment, the line with which it came back."""

    proposals: Mapping[int, Sequence[MatchProposal]]
    matches: Mapping[int, tuple[LineMatch, Payment]]
    reversing: Mapping[int, LineMatch]
    closed: date | None  # the books, up to this day


def _read_facts(line_ids: Sequence[int]) -> _Facts:
    matches = cash.list_matches(line_ids)
    paid = [payment.id for _, payment in matches.values()]
    return _Facts(cash.list_proposals(line_ids), matches, cash.list_reversing(paid) if paid else {}, closed_until())


def _row(line: StatementLine, entry: StatementEntry, group: Group, facts: _Facts) -> Row:
    best = next(iter(facts.proposals.get(line.id, ())), None) if line.state is LineState.OPEN else None
    match, payment = facts.matches.get(line.id, (None, None))
    came_back = facts.reversing.get(payment.id) if payment and line.amount > 0 else None
    since = counts_from(line, entry, payment, facts.closed)
    return Row(line, entry, group, best, match, payment, came_back, since, waits_until(line, entry))


def waits_until(line: StatementLine, entry: StatementEntry) -> date | None:
    """The day on which an open line is booked, while that is ahead."""
    return entry.booked_on if line.state is LineState.OPEN and entry.booked_on > request_today() else None


def counts_from(
    line: StatementLine, entry: StatementEntry, payment: Payment | None, closed: date | None
) -> date | None:  # fmt: skip
    """From when money of the line counts, or would: the first open day after its own; None where that is its own."""
    if line.state is LineState.OPEN:
        day = first_open(entry.booked_on, closed)
    else:
        day = payment.received_on if payment and line.amount > 0 else entry.booked_on
    return day if day > entry.booked_on else None


def name_rows(rows: Iterable[Row]) -> Names:
    """The names of customers and people and the numbers of invoices that rows speak of."""
    shown = list(rows)
    return name_parts([row.best for row in shown if row.best], [row.match for row in shown if row.match])


def name_parts(proposals: Iterable[MatchProposal], matches: Iterable[LineMatch]) -> Names:
    proposals, matches = list(proposals), list(matches)
    customers = [one.customer_id for one in proposals if one.customer_id is not None]
    customers += [one.customer_id for one in matches]
    invoices = [share[0] for one in proposals for share in one.shares]
    invoices += [one.deduction["invoice_id"] for one in proposals if one.deduction]
    returned = [one.payment_id for one in proposals if one.payment_id is not None]
    actors = name_actors(one.made_by for one in matches)
    return Names(
        names_of(customers), queries.numbers_of(invoices), actors, name_payments(returned), amounts_of(returned),
        _list_waiting(proposals),
    )  # fmt: skip


def _list_waiting(proposals: Iterable[MatchProposal]) -> set[int]:
    """The proposals among these that let more go than the company's policy allows one person."""
    short = [(one, document_name(one.deduction["invoice_id"]), one.deduction) for one in proposals if one.deduction]
    if not short:
        return set()
    policy, timelines = read_policy(), list_timelines(document for _, document, _ in short)
    amounts = list_gone({owed["invoice_id"] for _, _, owed in short})
    waiting = set()
    for one, document, owed in short:
        code, timeline = DeductionCode(owed["reason"]), timelines.get((document, owed["instalment"]))
        gone = measure_gone(amounts, owed["invoice_id"], owed["instalment"])
        if timeline is None or not policy.allows(
            owed["amount"], gone=gone, of=timeline.whole, currency=timeline.currency, code=code
        ):
            waiting.add(one.id)
    return waiting


def read_sums(wanted: Wanted) -> Sums | None:
    """Of the day, or of everything open; None for a file, which is no day's work."""
    if wanted.file_id is not None:
        return None
    counts: dict[Group, int] = dict.fromkeys(SHOWN, 0)
    amounts: dict[Group, dict[str, int]] = {group: {} for group in SHOWN}
    for one in cash.summary(wanted.day):
        counts[one.group] += one.count
        amounts[one.group][one.currency] = one.credits - one.debits
    still_open = counts[Group.SUGGESTED] + counts[Group.UNKNOWN]
    elsewhere = sum(one.count for one in cash.summary()) - still_open if wanted.day else 0
    return Sums(counts, amounts, elsewhere)


# --- one line -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a line's money could go: the customer it is for, what is open there, and what to begin with."""

    customer: Customer | None
    instalments: Sequence[OpenInstalment]
    proposed: Mapping[tuple[int, int], int]
    on_account: int = 0  # what the customer has with us already; minor units
    waiting: Mapping[tuple[int, int], int] = field(default_factory=dict)  # to be let go once somebody approves


def read_placing(shown: cash.ShownLine, customer_id: int | None) -> Placing:
    """For the customer a person picked, else for the one who is proposed."""
    offers = [one for one in shown.proposals if one.customer_id is not None and one.kind is LineKind.SETTLE]
    if customer_id is None:
        customer_id = offers[0].customer_id if offers else None
    if customer_id is None:
        return Placing(None, (), {})
    found = session().get(Customer, customer_id)
    if found is None:
        return Placing(None, (), {})
    instalments = shown.alternatives.get(customer_id)
    if instalments is None:
        instalments = queries.list_open_instalments(customer_id, shown.entry.currency)
    waiting = list_waiting({one.invoice_id for one in instalments})
    lies = max(0, list_free_money([customer_id]).get((customer_id, shown.entry.currency), 0))
    offer = next((one for one in offers if one.customer_id == customer_id), None)
    if offer is not None:
        return Placing(found, instalments, {(one[0], one[1]): one[2] for one in offer.shares}, lies, waiting)
    exact = [one for one in instalments if one.open == shown.line.amount]
    return Placing(found, instalments, {exact[0].key: exact[0].open} if len(exact) == 1 else {}, lies, waiting)


def find_customers(text: str) -> list[Customer]:
    """Whom a person may mean: by number, or by words of the name."""
    if exact := find_by_number(text):
        return [exact]
    return search_customers(text, limit=MOST_FOUND)


def find_wrong(refusal: Exception, typed: MultiDict[str, str]) -> str:
    """The name of the field a refusal is about; too much in all is said at the last amount that was typed."""
    if isinstance(refusal, MoreThanCameIn):
        amounts = [name for name, text in typed.items() if name.startswith("share-") and text.strip()]
        return amounts[-1] if amounts else ""
    return getattr(refusal, "field", None) or ""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with a line: where its money stands, what was let go, and everything that happened to it."""

    shares: Sequence[queries.PlacedShare]
    discounts: Mapping[int, int]  # allocation -> what it earned for coming early; minor units
    deductions: Sequence[Deduction]
    numbers: Mapping[int, str]  # of the invoices that are paid short
    left: int
    events: Sequence[dict[str, object]]


def read_done(shown: cash.ShownLine) -> Done:
    """What came back has no shares any more."""
    events = list_entries_of("bank_line", shown.line.id, limit=MOST_EVENTS)
    told = list(build_timeline(events, name_actors(list_actors(events)), here="bank_line"))
    payment = shown.payment if shown.match and shown.match.kind is LineKind.SETTLE else None
    if payment is None:
        return Done((), {}, (), {}, 0, told)
    shares = [one for one in queries.list_placed_shares(payment.id) if one.undone is None]
    deductions = [one for one in list_deductions_of(payment.id) if one.state in COUNTS]
    numbers = queries.numbers_of(one.invoice_id for one in deductions)
    discounts = discounts_of(one.allocation.id for one in shares)
    return Done(shares, discounts, deductions, numbers, queries.amount_left(payment.id), told)


@dataclass(frozen=True, slots=True)
class Returned:
    """A payment that may have come back with a line, and what the bank would have taken for it; minor units."""

    payment: Payment
    fee: int


def list_returned(shown: cash.ShownLine, customer_id: int) -> list[Returned]:
    """The customer's payments that come to what went out, but for what a bank takes; the exact ones first."""
    out, entry = -shown.line.amount, shown.entry
    least = out - max(read_matching_policy().usual_fee, to_minor(SMALL_FEE, entry.currency))
    states = (PaymentState.APPLIED, PaymentState.PARTLY_APPLIED, PaymentState.UNAPPLIED, PaymentState.MOVED)
    chosen = queries.filter_payments(
        customer_id=customer_id, currency=entry.currency, states=states,
        since=entry.booked_on - COMES_BACK_WITHIN, until=first_open_day(entry.booked_on),
    ).where(Payment.amount.between(least, out))  # fmt: skip
    best = session().scalars(chosen.order_by(Payment.amount.desc(), Payment.id.desc()).limit(MOST_FOUND))
    return [Returned(payment, out - payment.amount) for payment in best]
