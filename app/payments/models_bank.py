"""Our bank accounts, the files of the bank, and what they say was booked. What the bank said never changes."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson, EnumText
from app.payments.statements.model import Format


class BankAccount(Model):
    """An account of ours beside the one on our documents. `also_as` is how else its bank writes the number."""

    __tablename__ = "bank_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # IBAN or account number, without spaces
    also_as: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    currency: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class FileStatus(enum.StrEnum):
    IMPORTED = "imported"
    QUARANTINED = "quarantined"  # kept and shown, its entries are not in the books
    REJECTED = "rejected"  # unreadable; the bytes are not kept
    DISMISSED = "dismissed"  # somebody decided that it is not needed


class StatementFile(Model):
    """A file that was handed in, once by its bytes; the document under (owner "statement_file", id) holds them."""

    __tablename__ = "statement_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    byte_size: Mapped[int]
    format: Mapped[Format | None] = mapped_column(EnumText(Format))
    status: Mapped[FileStatus] = mapped_column(EnumText(FileStatus))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(CanonicalJson)  # line and reason of each
    dismissed_reason: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    received_at: Mapped[datetime]
    received_by: Mapped[str]


class BankStatement(Model):
    """One account's statement in an imported file; minor units. No balances where the format has none."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        Index("ix_bank_statement_file", "file_id", "position"),
        Index("ix_bank_statement_account", "account", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("statement_file.id"))
    position: Mapped[int]  # in the file, from 1
    format: Mapped[Format] = mapped_column(EnumText(Format))
    account: Mapped[str]  # the number our own account goes by
    currency: Mapped[str]
    reference: Mapped[str]
    opening: Mapped[int | None]
    closing: Mapped[int | None]
    adds_up: Mapped[bool | None]
    entries: Mapped[int]
    credits: Mapped[int]
    debits: Mapped[int]
    new: Mapped[int]  # entries nobody knew before
    since: Mapped[date | None]
    until: Mapped[date | None]


class StatementEntry(Model):
    """What the bank booked, once however many files say so. `ordinal` counts equal fingerprints from 1."""

    __tablename__ = "statement_entry"
    __table_args__ = (
        UniqueConstraint("account", "fingerprint", "ordinal"),
        Index("ix_statement_entry_booked_on", "account", "booked_on"),
        Index("ix_statement_entry_day", "booked_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id"))  # the first that said so
    account: Mapped[str]
    fingerprint: Mapped[str]
    ordinal: Mapped[int]
    booked_on: Mapped[date]
    value_on: Mapped[date | None]
    amount: Mapped[int]  # minor units, + came in, - went out
    currency: Mapped[str]
    code: Mapped[str]
    text: Mapped[str]
    bank_reference: Mapped[str]
    is_reversal: Mapped[bool]
    digest: Mapped[str]  # of everything the file says about it


class StatementPlace(Model):
    """That a statement has an entry, and on which line of its file; overlapping statements share entries."""

    __tablename__ = "statement_place"
    __table_args__ = (
        UniqueConstraint("statement_id", "position"),
        UniqueConstraint("entry_id", "statement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id"))
    position: Mapped[int]  # in the statement, from 1
    line: Mapped[int]
    entry_id: Mapped[int] = mapped_column(ForeignKey("statement_entry.id"))


class LineState(enum.StrEnum):
    OPEN = "open"
    MATCHED = "matched"
    IGNORED = "ignored"


class StatementLine(Model):
    """One detail of an entry: what is matched. Its facts never change, its state does."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("entry_id", "position"),
        Index("ix_statement_line_state", "state", "id"),
        Index("ix_statement_line_amount", "amount", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("statement_entry.id"))
    position: Mapped[int]  # in the entry, from 1
    amount: Mapped[int]
    remittance: Mapped[str]
    reference: Mapped[str]
    end_to_end_id: Mapped[str]
    mandate_id: Mapped[str]
    party_name: Mapped[str]
    party_account: Mapped[str]
    return_reason: Mapped[str]
    state: Mapped[LineState] = mapped_column(EnumText(LineState), default=LineState.OPEN)
    ignored_reason: Mapped[str] = mapped_column(default="", server_default="")
    refusal: Mapped[str] = mapped_column(default="", server_default="")  # why what was certain could not be placed
    proposed_at: Mapped[datetime | None]  # when matching last looked
    paired_with: Mapped[int | None]  # the line that takes this one back, or that it takes back
    version: Mapped[int] = mapped_column(default=1, server_default="1")


SAID = "what the bank said never changes"
_FACTS = (
    "id", "entry_id", "position", "amount", "remittance", "reference", "end_to_end_id", "mandate_id", "party_name",
    "party_account", "return_reason",
)  # fmt: skip
for _table in ("bank_statement", "statement_entry", "statement_place"):
    guard_table(_table, message=SAID)
guard_table("statement_line", message=SAID, on=("DELETE",))
guard_table(
    "statement_line", message=SAID, on=("UPDATE",), when=" OR ".join(f"OLD.{one} <> NEW.{one}" for one in _FACTS)
)
guard_table("statement_file", message="files that were handed in stay", on=("DELETE",))
guard_table("statement_file", message="an imported file never changes", on=("UPDATE",), when="OLD.status = 'imported'")
