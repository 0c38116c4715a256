"""Stores the statements of a file: entries that nobody knew, their details, and where each statement has which entry.

The database gets as many statements for ten thousand entries as for one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.db.bulk import insert_for_ids, insert_rows
from app.payments.models_bank import BankStatement, LineState, StatementEntry, StatementLine, StatementPlace
from app.payments.queries_bank import Known, find_entry_ids, list_known
from app.payments.rules_bank import Booking, Frame, digest_of, fingerprint_of, marks_of, pair
from app.payments.rules_details import ITEMISED
from app.payments.services_details import make_room
from app.payments.statements.model import BankFile, Detail, Entry, Statement

MOVES_NOTHING = "The amount is 0."


@dataclass(frozen=True)
class Booked:
    """A stored statement of an account, how many of its entries were new, and how many known ones got details."""

    account: str
    statement_id: int
    new: int
    detailed: int = 0


@dataclass(frozen=True)
class _Place:
    """An entry of a statement, new or known, by what makes it unique."""

    key: tuple[str, str, int]  # account, fingerprint, ordinal
    entry: Entry
    digest: str
    is_new: bool


def book(file_id: int, file: BankFile, accounts: Sequence[str]) -> list[Booked]:
    """Stores all statements of a file, each of the account at its place; the caller holds the lock of imports."""
    shelves = {account: _Shelf(account, file, accounts) for account in dict.fromkeys(accounts)}
    plans = [
        shelves[account].place(
            statement, Frame(("this file", place), file_id, file.format, *_ends(statement), _since(statement))
        )
        for place, (statement, account) in enumerate(zip(file.statements, accounts, strict=True))
    ]
    heads = zip(file.statements, accounts, plans, strict=True)
    rows = [_statement_row(file_id, file, place, *head) for place, head in enumerate(heads, start=1)]
    ids = insert_for_ids(BankStatement, rows)
    entry_ids = {shelf.key_of(one): one.entry_id for shelf in shelves.values() for one in shelf.stored}
    stored = frozenset(entry_ids)
    new = [(statement_id, one) for statement_id, plan in zip(ids, plans, strict=True) for one in plan if one.is_new]
    insert_rows(StatementEntry, [_entry_row(statement_id, one) for statement_id, one in new])
    entry_ids |= find_entry_ids(ids)
    insert_rows(StatementLine, _line_rows((entry_ids[one.key], one.entry) for _, one in new))
    known = {entry_ids[one.key]: one.entry for plan in plans for one in reversed(plan) if one.key in stored}
    detailed = make_room(known)
    insert_rows(StatementLine, _line_rows(detailed, first=2))
    with_details = {entry_id for entry_id, _ in detailed}
    insert_rows(
        StatementPlace,
        [
            {"statement_id": statement_id, "position": position, "line": one.entry.line, "entry_id": entry_ids[one.key]}
            for statement_id, plan in zip(ids, plans, strict=True)
            for position, one in enumerate(plan, start=1)
        ],
    )
    return [
        Booked(
            account, statement_id, sum(one.is_new for one in plan),
            sum(entry_ids[one.key] in with_details for one in plan),
        )
        for account, statement_id, plan in zip(accounts, ids, plans, strict=True)
    ]  # fmt: skip


class _Shelf:
    """What is booked on one account in the days of a file: `stored` before it, and what its statements add."""

    def __init__(self, account: str, file: BankFile, accounts: Sequence[str]) -> None:
        self.account = account
        own = [one for one, ours in zip(file.statements, accounts, strict=True) if ours == account]
        days = [entry.booked_on for statement in own for entry in statement.booked]
        self.stored = list_known(account, min(days), max(days)) if days else []
        self.known = list(self.stored)
        self.counts = Counter(one.booking.fingerprint for one in self.known)

    def key_of(self, known: Known) -> tuple[str, str, int]:
        return self.account, known.booking.fingerprint, known.ordinal

    def place(self, statement: Statement, frame: Frame) -> list[_Place]:
        """Each entry of the statement, known or with the next ordinal of its day and amount."""
        incoming = [_booking(entry, frame) for entry in statement.booked]
        paired = pair(incoming, [one.booking for one in self.known])
        places = []
        for position, (entry, booking) in enumerate(zip(statement.booked, incoming, strict=True)):
            is_new = position not in paired
            known = self._add(booking) if is_new else self.known[paired[position]]
            places.append(_Place(self.key_of(known), entry, booking.digest, is_new))
        return places

    def _add(self, booking: Booking) -> Known:
        self.counts[booking.fingerprint] += 1
        self.known.append(Known(0, self.counts[booking.fingerprint], booking))
        return self.known[-1]


def _ends(statement: Statement) -> tuple[int | None, int | None]:
    """Opening and closing, where both are known."""
    if statement.opening is None or statement.closing is None:
        return None, None
    return statement.opening.amount, statement.closing.amount


def _since(statement: Statement) -> date | None:
    """The first day of what it booked."""
    return min((entry.booked_on for entry in statement.booked), default=None)


def _booking(entry: Entry, frame: Frame) -> Booking:
    marks = marks_of((one.end_to_end_id, one.party_account) for one in entry.details)
    return Booking(fingerprint_of(entry), frame, plain(entry.bank_reference), digest_of(entry), marks)


def _statement_row(
    file_id: int, file: BankFile, position: int, statement: Statement, account: str, plan: Sequence[_Place]
) -> dict[str, Any]:
    days = [entry.booked_on for entry in statement.booked]
    days += [one.on for one in (statement.opening, statement.closing) if one and one.on]
    return {
        "file_id": file_id,
        "position": position,
        "format": file.format,
        "account": account,
        "currency": statement.currency,
        "reference": plain(statement.reference),
        "opening": statement.opening.amount if statement.opening else None,
        "closing": statement.closing.amount if statement.closing else None,
        "adds_up": statement.adds_up,
        "entries": len(plan),
        "credits": statement.credits,
        "debits": statement.debits,
        "new": sum(one.is_new for one in plan),
        "since": min(days, default=None),
        "until": max(days, default=None),
    }


def _entry_row(statement_id: int, one: _Place) -> dict[str, Any]:
    account, fingerprint, ordinal = one.key
    return {
        "statement_id": statement_id,
        "account": account,
        "fingerprint": fingerprint,
        "ordinal": ordinal,
        "booked_on": one.entry.booked_on,
        "value_on": one.entry.value_on,
        "amount": one.entry.amount,
        "currency": one.entry.currency,
        "code": plain(one.entry.code),
        "text": plain(one.entry.text),
        "bank_reference": plain(one.entry.bank_reference),
        "is_reversal": one.entry.is_reversal,
        "digest": one.digest,
    }


def _line_rows(entries: Iterable[tuple[int, Entry]], first: int = 1) -> list[dict[str, Any]]:
    return [
        {"entry_id": entry_id, "position": position, **_line_row(detail)}
        for entry_id, entry in entries
        for position, detail in enumerate(entry.details or (Detail(amount=entry.amount),), start=first)
    ]


def _line_row(detail: Detail) -> dict[str, Any]:
    """What moves no money is nothing to match, and neither is what the bank took by its own word."""
    ignored = ITEMISED if detail.is_charge else "" if detail.amount else MOVES_NOTHING
    return {
        "amount": detail.amount,
        "remittance": plain(detail.remittance),
        "reference": plain(detail.reference),
        "end_to_end_id": plain(detail.end_to_end_id),
        "mandate_id": plain(detail.mandate_id),
        "party_name": plain(detail.party_name),
        "party_account": plain(detail.party_account),
        "return_reason": plain(detail.return_reason),
        "state": LineState.IGNORED if ignored else LineState.OPEN,
        "ignored_reason": ignored,
    }


def plain(text: str) -> str:
    """Without what does not print: a bank's file may hold anything, a database and a page may not."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text).strip()
