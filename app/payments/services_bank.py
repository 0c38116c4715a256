"""Takes what a bank file says into the books: each file all or none, each booking once, however often it is said.

Imports wait for each other, so that the same file handed in twice at once, or two files of one day, stay one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.audit.services import record
from app.company.queries import business_today
from app.db.base import session
from app.db.sequences import draw_numbers
from app.documents.services import store_document
from app.kernel.errors import Conflict, RuleError
from app.kernel.texts import clean_line
from app.payments import queries_bank as queries
from app.payments.models_bank import FileStatus, StatementFile
from app.payments.rules_bank import Problem, find_ours, list_problems, list_remarks
from app.payments.services_aside import keep_itemised
from app.payments.services_booking import book
from app.payments.statements.model import BankFile, Format, Statement

IMPORTS = "bank_import"  # the counter whose row lock orders all who import


class FileNotHeld(RuleError):
    """This file is not in quarantine; there is nothing to decide."""


class FileChanged(Conflict):
    """Somebody decided on this file in the meantime. Look at it again."""


@dataclass(frozen=True)
class HandedIn:
    """A file as it was handed in, and what it says; `content` is kept unless nobody can read it."""

    name: str
    sha256: str
    byte_size: int
    content: bytes
    said: BankFile | Problem


@dataclass
class StatementVerdict:
    """A statement, and how many of its entries were new."""

    statement: Statement
    account: str
    statement_id: int = 0
    new: int = 0

    @property
    def already_known(self) -> int:
        return len(self.statement.booked) - self.new


@dataclass
class FileVerdict:
    """What became of a file; `status` as the command line says it."""

    name: str
    status: str
    file_id: int | None = None
    format: Format | None = None
    statements: list[StatementVerdict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    hindrances: list[Problem] = field(default_factory=list)  # of a dry run: why a file without faults would wait
    gaps: list[str] = field(default_factory=list)  # where a statement before one of its may be missing


def import_file(file: HandedIn, *, actor: str, now: datetime, today: date | None = None) -> FileVerdict:
    """Stores a file and what it says, or keeps it aside and says why. Nothing is stored twice, nothing is repaired.

    The same bytes again are `already_imported`, or tried again where they were not. What the bank booked long after
    `today`, which is that of the company unless it is said, waits.
    """
    draw_numbers(IMPORTS, count=0)
    known = queries.find_by_sha256(file.sha256)
    if known is not None and known.status == FileStatus.IMPORTED:
        return _verdict(file, "already_imported", known.id)
    if isinstance(file.said, Problem):
        faults = [file.said, *file.said.others]
        row = _keep_file(known, file, FileStatus.REJECTED, faults, actor=actor, now=now)
        return _verdict(file, "rejected", row.id, faults)
    accounts = queries.list_our_accounts()
    ours = [find_ours(statement.account, accounts) for statement in file.said.statements]
    problems = list_problems(file.said.statements, ours, today=today or business_today(now))
    remarks = [] if problems else list_remarks(file.said.statements)
    status = FileStatus.QUARANTINED if problems else FileStatus.IMPORTED
    row = _keep_file(known, file, status, problems or remarks, actor=actor, now=now)
    verdict = _verdict(file, status.value, row.id, problems or remarks)
    if not problems:
        booked = book(row.id, file.said, [one.number for one in ours if one])
        for said, done in zip(verdict.statements, booked, strict=True):
            said.account, said.statement_id, said.new = done.account, done.statement_id, done.new
        if detailed := sum(one.detailed for one in booked):
            record("bank_file.detailed", actor=actor, now=now, object_kind="bank_file", object_id=row.id,
                   name=row.name, count=detailed)  # fmt: skip
        if charged := keep_itemised(row.id, actor=actor, now=now):
            record("bank_file.charged", actor=actor, now=now, object_kind="bank_file", object_id=row.id,
                   name=row.name, count=charged)  # fmt: skip
    record(
        f"bank_file.{status.value}", actor=actor, now=now, object_kind="bank_file", object_id=row.id, name=row.name,
        entries=sum(len(one.statement.booked) for one in verdict.statements),
        new=sum(one.new for one in verdict.statements),
    )  # fmt: skip
    return verdict


def dismiss_file(file_id: int, *, reason: str, version: int, actor: str, now: datetime) -> StatementFile:
    """Says that a file in quarantine is not needed. Raises FileNotHeld, FileChanged, TextMissing."""
    queries.get_file(file_id)
    draw_numbers(IMPORTS, count=0)
    file = session().get_one(StatementFile, file_id, with_for_update=True, populate_existing=True)
    if file.status != FileStatus.QUARANTINED:
        raise FileNotHeld
    if file.version != version:
        raise FileChanged
    file.dismissed_reason = clean_line(reason, "reason", required=True)
    file.status, file.version = FileStatus.DISMISSED, file.version + 1
    record(
        "bank_file.dismissed", actor=actor, now=now, object_kind="bank_file", object_id=file.id, name=file.name,
        reason=file.dismissed_reason,
    )  # fmt: skip
    return file


def _verdict(file: HandedIn, status: str, file_id: int, problems: Sequence[Problem] = ()) -> FileVerdict:
    if isinstance(file.said, Problem):
        return FileVerdict(file.name, status, file_id, None, [], list(problems))
    statements = [StatementVerdict(one, one.account) for one in file.said.statements]
    return FileVerdict(file.name, status, file_id, file.said.format, statements, list(problems))


def _keep_file(
    known: StatementFile | None,
    file: HandedIn,
    status: FileStatus,
    problems: Sequence[Problem],
    *,
    actor: str,
    now: datetime,
) -> StatementFile:
    said: list[dict[str, Any]] = [problem.as_json() for problem in problems]
    form = file.said.format if isinstance(file.said, BankFile) else None
    row = known or StatementFile(
        sha256=file.sha256, name=clean_name(file.name), byte_size=file.byte_size, received_at=now, received_by=actor,
        version=0,
    )  # fmt: skip
    row.status, row.problems, row.format, row.version = status, said, form, row.version + 1
    row.dismissed_reason = ""
    session().add(row)
    session().flush()
    if status != FileStatus.REJECTED or any(problem.needs_profile for problem in problems):
        store_document(
            owner_kind=queries.FILE_OWNER, owner_id=row.id, kind=queries.FILE_KIND, name=row.name,
            media_type="application/octet-stream", content=file.content, now=now,
        )  # fmt: skip
    return row


def clean_name(name: str) -> str:
    """A file's name without folders and without what does not print."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable())[-200:].strip() or "file"
