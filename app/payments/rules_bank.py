"""Knows when two bank files speak of one booking, whose account a statement is of, and what holds a file back."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

from app.kernel.money import MAX_MINOR, format_decimal, is_currency
from app.payments.statements.model import Entry, Format, Statement

LARGEST_FILE = 50 * 1024 * 1024
LARGEST_REQUEST = 2 * LARGEST_FILE + 1024 * 1024  # so that one that is too large leaves room for the others
BOOKED_AHEAD = timedelta(days=5)  # a bank books the next working day before a long weekend
LONGEST_APART = timedelta(days=3653)  # ten years: one of the two days was written or read wrong
MOST_REMARKS = 20
# What banks write where they have nothing to say
NO_REFERENCE = frozenset({"", "NONREF", "NONE", "NOTPROVIDED", "NOTAVAILABLE", "NOTSUPPLIED", "UNKNOWN", "0"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file is not in the books, or what of it is left out; `line` of the file, or 0 where none can be named.

    `needs_profile` is of a CSV that a person can explain to us, so its bytes are kept till then. `others` are what
    else is wrong with the same file.
    """

    reason: str
    line: int = 0
    needs_profile: bool = False
    others: tuple[Problem, ...] = ()

    @property
    def place(self) -> str:
        """The line, to be put before the reason; where the file begins it helps nobody."""
        return place_of(self.line)

    def as_json(self) -> dict[str, str | int | None]:
        return {"line": self.line or None, "reason": self.reason}


def place_of(line: int | None) -> str:
    return f"Line {line}: " if line and line > 1 else ""


# --- accounts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OurAccount:
    """An account of ours: its number, other ways to write it, its currency ("" is any)."""

    number: str
    name: str
    currency: str = ""
    also_as: tuple[str, ...] = ()
    is_active: bool = True


def compact(number: str) -> str:
    return re.sub(r"[^0-9A-Z/]", "", number.upper())


def find_ours(written: str, accounts: Iterable[OurAccount]) -> OurAccount | None:
    """The account a statement names, however its bank writes the number."""
    fitting = (
        one for one in accounts if any(_is_same(compact(written), compact(n)) for n in (one.number, *one.also_as))
    )
    return next(fitting, None)


def _is_same(written: str, number: str) -> bool:
    """As it is, with a currency at its end, beside a bank code, or as the national part of an IBAN."""
    if not written or not number:
        return False
    if number in (written, written.rpartition("/")[2]) or (written[:-3] == number and is_currency(written[-3:])):
        return True
    if not re.match(r"[A-Z]{2}\d{2}[0-9A-Z]{10,}$", number):
        return False
    national, (bank, slash, account) = number[4:], written.partition("/")
    if not slash:
        return written == national
    own = national.removeprefix(bank)
    return bool(bank) and own != national and own.lstrip("0") == account.lstrip("0")


# --- what holds a file back ---------------------------------------------------------------------------------------


def list_problems(
    statements: Sequence[Statement], accounts: Sequence[OurAccount | None], *, today: date
) -> list[Problem]:
    """Why these statements, each of the account at its place, cannot go into the books; nothing is ever repaired."""
    pairs = list(zip(statements, accounts, strict=True))
    of_accounts = _fold(problem for pair in pairs for problem in _list_account_problems(*pair))
    return of_accounts + [problem for one in statements for problem in _list_own_problems(one, today)]


def _list_account_problems(statement: Statement, account: OurAccount | None) -> Iterator[Problem]:
    if not compact(statement.account):
        reason = "The file names no account. Ask your bank for one that says whose statement it is."
        yield Problem(reason, statement.line)
    elif account is None:
        reason = f"Account {statement.account} is none of ours. Add it under Settings, Bank accounts, and try again."
        yield Problem(reason, statement.line)
    elif not account.is_active:
        reason = f"Account {account.number} is closed. Open it again under Settings, Bank accounts, and try again."
        yield Problem(reason, statement.line)
    elif account.currency and statement.currency != account.currency:
        reason = f"The statement is in {statement.currency}, account {account.number} in {account.currency}."
        yield Problem(reason, statement.line)


def _list_own_problems(statement: Statement, today: date) -> Iterator[Problem]:
    yield from list_faults(statement)
    ahead = next((entry for entry in statement.booked if entry.booked_on > today + BOOKED_AHEAD), None)
    if ahead is not None:
        reason = f"An entry is booked on {ahead.booked_on}, and today is {today}. Try again when that day has come."
        yield Problem(reason, ahead.line)


def _fold(problems: Iterable[Problem]) -> list[Problem]:
    """The same reason of many statements once, at the first of them, with how many they are."""
    lines: dict[str, list[int]] = defaultdict(list)
    for one in problems:
        lines[one.reason].append(one.line)
    return [
        Problem(reason if len(found) == 1 else f"{reason} ({len(found)} statements)", found[0])
        for reason, found in lines.items()
    ]


def list_remarks(statements: Iterable[Statement]) -> list[Problem]:
    """What is left out of statements that go into the books all the same."""
    said = (Problem(entry.remark, entry.line) for one in statements for entry in one.entries if entry.remark)
    return list(islice(said, MOST_REMARKS))


def find_unbookable(statements: Iterable[Statement]) -> Problem | None:
    """The first entry that nobody can book, with all others: it refuses its file, as what cannot be read does."""
    found = [Problem(one.fault, one.line) for each in statements for one in each.booked if one.fault]
    return replace(found[0], others=tuple(found[1:])) if found else None


def list_faults(statement: Statement) -> Iterator[Problem]:
    """What is wrong with a statement by itself, whosever it is."""
    foreign = next((entry for entry in statement.booked if entry.currency != statement.currency), None)
    if foreign is not None:
        reason = f"An entry in {foreign.currency} stands in a statement in {statement.currency}."
        yield Problem(reason, foreign.line)
    unexplained = next((entry for entry in statement.entries if not entry.is_explained), None)
    if unexplained is not None:
        yield Problem("The details of an entry do not make its amount.", unexplained.line)
    if statement.fault is not None:
        yield Problem(statement.fault.reason, statement.fault.line)
    if any(abs(amount) > MAX_MINOR for amount in _amounts(statement)):
        yield Problem("An amount is too large to be kept.", statement.line)
    elif statement.adds_up is False and (foreign is None or statement.controls_agree is False):
        yield Problem(_say_difference(statement), statement.line)
    yield from _list_strays(statement)


def _list_strays(statement: Statement) -> Iterator[Problem]:
    newest = max((entry.booked_on for entry in statement.booked), default=date.min)
    old = next((entry for entry in statement.booked if entry.booked_on + LONGEST_APART < newest), None)
    if old is not None:
        reason = f"An entry is booked on {old.booked_on}, ten years before others. Check its date at your bank."
        yield Problem(reason, old.line)


def _amounts(statement: Statement) -> Iterator[int]:
    yield from (balance.amount for balance in (statement.opening, statement.closing) if balance)
    for entry in statement.entries:
        yield entry.amount
        yield from (detail.amount for detail in entry.details)


def _say_difference(statement: Statement) -> str:
    opening, closing = statement.opening, statement.closing
    if opening is None or closing is None or statement.controls_agree is False:
        return "Its control totals are not those of its entries."
    if {opening.currency, closing.currency} != {statement.currency}:
        return "The balances are in another currency than the statement."
    moved = statement.credits - statement.debits
    said = [format_decimal(one, statement.currency) for one in (opening.amount, moved, opening.amount + moved)]
    wanted = format_decimal(closing.amount, statement.currency)
    return f"It does not add up: opening {said[0]} and entries {said[1]} make {said[2]}, but the file says {wanted}."


# --- one booking or two -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """A statement as its balances place it. `key` names it, `file` the file it stands in."""

    key: Hashable
    file: Hashable
    format: Format
    opening: int | None
    closing: int | None
    since: date | None = None  # its first day, where it is known

    def begins_after(self, other: Frame) -> bool:
        return self.since is not None and other.since is not None and self.since > other.since

    @property
    def moves(self) -> bool:
        return self.opening is not None and self.closing is not None and self.opening != self.closing


@dataclass(frozen=True, slots=True)
class Booking:
    """What a file says of one booking that could tell it from another of the same day and amount."""

    fingerprint: str
    frame: Frame
    bank_reference: str
    digest: str
    marks: frozenset[str] = field(default_factory=frozenset)  # end-to-end ids ("e:...") and accounts ("a:...")


def fingerprint_of(entry: Entry) -> str:
    """The day, the amount and the currency: all that every format says alike."""
    return f"{entry.booked_on.isoformat()} {entry.amount} {entry.currency}"


def digest_of(entry: Entry) -> str:
    """Of the words the file has for it, whatever their order, so that a better reader still gives the same."""
    texts = [entry.text]
    for one in (each for each in entry.details if not each.is_charge):  # its words are ours
        texts += [one.remittance, one.reference, one.end_to_end_id, one.mandate_id, *one.known_party]
    words = sorted(re.findall(r"\w+", " ".join(texts).upper()))
    return hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest()[:32]


def marks_of(ids: Iterable[tuple[str, str]]) -> frozenset[str]:
    """From pairs of end-to-end id and account of who paid or was paid."""
    pairs = [(said.upper().strip(), compact(account)) for said, account in ids]
    ends = {f"e:{said}" for said, _ in pairs if said not in NO_REFERENCE}
    return frozenset(ends | {f"a:{account}" for _, account in pairs if account})


def pair(incoming: Sequence[Booking], known: Sequence[Booking]) -> dict[int, int]:
    """Which bookings of a statement are known ones: place in `known` by place in `incoming`, each used once.

    The n-th of equal lines is the n-th known one. The bank's own reference decides where both have one; then all the
    words, unless the balances put the other statement before this one; then, between formats, that nothing differs.
    """
    if not incoming:
        return {}
    frame = incoming[0].frame
    before = list_before(frame, [one.frame for one in known])
    free: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(known):
        if not (one.frame.file == frame.file and one.frame.opening != frame.opening):
            free[one.fingerprint].append(place)
    groups: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(incoming):
        if one.fingerprint in free:
            groups[one.fingerprint].append(place)
    paired: dict[int, int] = {}
    for name, places in groups.items():
        paired |= _pair_group(incoming, known, places, free[name], before)
    return paired


def list_before(frame: Frame, known: Iterable[Frame]) -> set[Hashable]:
    """The statements of its format that end where it, or one of these, begins. None when it may be known itself."""
    frames = {one.key: one for one in known if one.format == frame.format and one.moves}
    if not frame.moves or any((one.opening, one.closing) == (frame.opening, frame.closing) for one in frames.values()):
        return set()
    ending: dict[int | None, list[Frame]] = defaultdict(list)
    for one in frames.values():
        ending[one.closing].append(one)
    found: set[Hashable] = set()
    at = [frame]
    while at:
        later = at.pop()
        for one in ending.get(later.opening, ()):
            if one.key not in found and not one.begins_after(later):  # else the balances are the same by chance
                found.add(one.key)
                at.append(one)
    return found


def _pair_group(
    incoming: Sequence[Booking], known: Sequence[Booking], places: list[int], free: list[int], before: set[Hashable]
) -> dict[int, int]:
    """The bookings of one day and amount, by the strongest evidence first."""
    paired: dict[int, int] = {}
    used: set[int] = set()

    def join(key: Callable[[Booking], Hashable | None], allowed: Callable[[Booking], bool] = lambda _one: True) -> None:
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for place in reversed([one for one in free if one not in used and allowed(known[one])]):
            if (name := key(known[place])) is not None:
                waiting[name].append(place)
        for place in (one for one in places if one not in paired):
            if (name := key(incoming[place])) is not None and waiting.get(name):
                paired[place] = waiting[name].pop()
                used.add(paired[place])

    join(lambda one: (reference, one.digest) if (reference := _reference(one)) else None)
    join(_reference)
    # one of the two has no reference, and the words of one format are the same however often it is fetched
    join(
        lambda one: None if _reference(one) else (one.frame.format, one.digest), lambda one: one.frame.key not in before
    )
    _join_formats(incoming, known, places, free, paired, used)
    return paired


def _reference(one: Booking) -> str | None:
    text = one.bank_reference.upper().strip()
    return None if text in NO_REFERENCE else text


def _join_formats(
    incoming: Sequence[Booking],
    known: Sequence[Booking],
    places: list[int],
    free: list[int],
    paired: dict[int, int],
    used: set[int],
) -> None:
    """Two formats word a booking differently: it is one unless both name ends or accounts, and others."""
    others = [one for one in free if one not in used and known[one].frame.format != incoming[places[0]].frame.format]
    by_mark: dict[str, list[int]] = defaultdict(list)
    for other in others:
        for mark in known[other].marks:
            by_mark[mark].append(other)
    for is_marked in (True, False):
        for place in (one for one in places if one not in paired):
            own = incoming[place].marks
            candidates = (other for mark in sorted(own) for other in by_mark[mark]) if is_marked else iter(others)
            fitting = (one for one in candidates if one not in used and not _differ(own, known[one].marks))
            if (found := next(fitting, None)) is not None:
                paired[place] = found
                used.add(found)


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    for kind in ("e:", "a:"):
        mine, theirs = ({mark for mark in marks if mark.startswith(kind)} for marks in (one, other))
        if mine and theirs and not mine & theirs:
            return True
    return False
