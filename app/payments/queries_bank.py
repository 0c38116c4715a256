"""Finds our bank accounts, the files of the bank, and what is known to be booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Select, func, select

from app.company.queries import find_company
from app.db.base import session
from app.kernel.errors import NotFound
from app.payments.models_bank import (
    BankAccount,
    BankStatement,
    LineState,
    StatementEntry,
    StatementFile,
    StatementLine,
    StatementPlace,
)
from app.payments.rules_bank import Booking, Frame, OurAccount, marks_of

FILE_OWNER, FILE_KIND = "statement_file", "original"


class AccountUnknown(NotFound):
    """There is no such bank account."""


class FileUnknown(NotFound):
    """There is no such bank file."""


def list_our_accounts() -> list[OurAccount]:
    """Those added under Settings, and the one our documents name; its QR-IBAN is another way to write it."""
    rows = session().scalars(select(BankAccount).order_by(BankAccount.id)).all()
    ours = [
        OurAccount(row.number, row.name, row.currency, tuple(filter(None, row.also_as.split())), row.active)
        for row in rows
    ]
    company = find_company()
    if company is not None and company.iban and company.iban not in {one.number for one in ours}:
        other = (company.qr_iban,) if company.qr_iban else ()
        ours.append(OurAccount(company.iban, company.bank_name or company.name, company.currency, other))
    return ours


def list_spellings() -> dict[str, str]:
    """Our accounts in use, by every way in which their banks write them."""
    ours = [one for one in list_our_accounts() if one.is_active]
    return {written: one.number for one in ours for written in (one.number, *one.also_as)}


def select_accounts() -> Select[BankAccount]:
    return select(BankAccount)


def get_account(account_id: int) -> BankAccount:
    found = session().get(BankAccount, account_id)
    if found is None:
        raise AccountUnknown
    return found


def select_files() -> Select[StatementFile]:
    return select(StatementFile)


def get_file(file_id: int) -> StatementFile:
    found = session().get(StatementFile, file_id)
    if found is None:
        raise FileUnknown
    return found


def find_by_sha256(sha256: str) -> StatementFile | None:
    return session().scalars(select(StatementFile).where(StatementFile.sha256 == sha256)).one_or_none()


def list_statements(file_id: int) -> list[BankStatement]:
    """The statements of an imported file, as they stand in it."""
    chosen = select(BankStatement).where(BankStatement.file_id == file_id).order_by(BankStatement.position)
    return list(session().scalars(chosen))


def select_entries(file_id: int) -> Select[Any]:
    """The places of a file's statements with their entries."""
    chosen: Any = (
        select(StatementPlace, StatementEntry)
        .join(StatementEntry, StatementEntry.id == StatementPlace.entry_id)
        .join(BankStatement, BankStatement.id == StatementPlace.statement_id)
        .where(BankStatement.file_id == file_id)
    )
    return cast(Select[Any], chosen)


def list_lines(entry_ids: Collection[int]) -> dict[int, list[StatementLine]]:
    """The lines of these entries, by entry."""
    found: dict[int, list[StatementLine]] = defaultdict(list)
    chosen = select(StatementLine).where(StatementLine.entry_id.in_(entry_ids))
    for line in session().scalars(chosen.order_by(StatementLine.entry_id, StatementLine.position)):
        found[line.entry_id].append(line)
    return found


def count_open(file_ids: Collection[int]) -> dict[int, int]:
    """How many lines that came in with each file still wait, by file."""
    counted = (
        select(BankStatement.file_id, func.count())
        .join(StatementEntry, StatementEntry.statement_id == BankStatement.id)
        .join(StatementLine, StatementLine.entry_id == StatementEntry.id)
        .where(BankStatement.file_id.in_(file_ids), StatementLine.state == LineState.OPEN)
        .group_by(BankStatement.file_id)
    )
    return {row[0]: row[1] for row in session().execute(counted)}


# --- what is known already ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A booking that is stored: its entry, its ordinal, and what tells it apart."""

    entry_id: int
    ordinal: int
    booking: Booking


def list_known(account: str, since: date, until: date) -> list[Known]:
    """What is booked on an account between two days, in the order in which it became known. Two questions in all."""
    entry, statement = StatementEntry, BankStatement
    within = (entry.account == account, entry.booked_on.between(since, until))
    rows = session().execute(
        select(
            entry.id, entry.ordinal, entry.fingerprint, entry.bank_reference, entry.digest, statement.id,
            statement.file_id, statement.format, statement.opening, statement.closing,
            func.min(entry.booked_on).over(partition_by=statement.id),
        )
        .join(statement, statement.id == entry.statement_id)
        .where(*within)
        .order_by(entry.id)
    ).all()  # fmt: skip
    named: dict[int, list[tuple[str, str]]] = defaultdict(list)
    lines = select(StatementLine.entry_id, StatementLine.end_to_end_id, StatementLine.party_account)
    for row in session().execute(lines.join(entry, entry.id == StatementLine.entry_id).where(*within)) if rows else ():
        named[row[0]].append((row[1], row[2]))
    return [_known(row, named[row[0]]) for row in rows]


def find_entry_ids(statement_ids: Collection[int]) -> dict[tuple[str, str, int], int]:
    """The entries that came in with these statements, by account, fingerprint and ordinal."""
    entry = StatementEntry
    chosen = select(entry.account, entry.fingerprint, entry.ordinal, entry.id)
    rows = session().execute(chosen.where(entry.statement_id.in_(statement_ids)))
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _known(row: Sequence[Any], named: list[tuple[str, str]]) -> Known:
    entry_id, ordinal, fingerprint, reference, digest, statement_id, file_id, form, opening, closing, since = row
    frame = Frame(statement_id, file_id, form, opening, closing, since)
    return Known(entry_id, ordinal, Booking(fingerprint, frame, reference, digest, marks_of(named)))
