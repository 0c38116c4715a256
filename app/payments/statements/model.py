"""Knows what a bank's file says, whatever its format: statements, what the bank booked, and the details to match."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date

from app.kernel.errors import BadInput


class Format(enum.StrEnum):
    """The formats we read, as the command line names them."""

    CAMT_052 = "camt.052"
    CAMT_053 = "camt.053"
    CAMT_054 = "camt.054"
    MT940 = "mt940"
    OFX = "ofx"
    BAI2 = "bai2"
    CSV = "csv"


class Unreadable(BadInput):
    """{reason}"""  # always with `line` (from 1), or 0 where no line can be named; `others` may follow


class ProfileMissing(Unreadable):
    """{reason}"""  # a table that a person can explain to us


@dataclass(frozen=True, slots=True)
class Balance:
    """What stood in the account at the end of a day; minor units, below 0 when overdrawn."""

    amount: int
    currency: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a statement can be shown and nobody can check it."""

    reason: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One transaction inside what the bank booked: what is matched. `amount` as in the entry, + came in, - went out.

    `reference` is a structured creditor reference (ISO 11649 RF, Swiss QRR), without spaces; `party_*` who paid us or
    was paid; `return_reason` the ISO 20022 code of a returned payment, such as AC04. With `is_charge` it is what the
    bank took for the others. `is_turned`: who it is stands in the other's place, where it was not always looked for.
    """

    amount: int
    remittance: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    party_name: str = ""
    party_account: str = ""
    return_reason: str = ""
    is_charge: bool = False
    is_turned: bool = False

    @property
    def known_party(self) -> tuple[str, str]:
        """What a booking is known again by, so that one stored before still is."""
        return ("", "") if self.is_turned else (self.party_name, self.party_account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the bank booked in one line; minor units, + came in, - went out.

    It has at least one detail; a batch booking has several. They add up to `amount`, what the bank took among them.
    `is_reversal` takes an earlier booking back; `is_pending` is announced but not booked, and not counted as money.
    """

    line: int  # of the file, from 1
    booked_on: date
    value_on: date | None
    amount: int
    currency: str
    details: tuple[Detail, ...]
    bank_reference: str = ""
    code: str = ""  # the bank's transaction code, such as PMNT/RCDT/ESCT or NTRF
    text: str = ""
    is_reversal: bool = False
    is_pending: bool = False
    remark: str = ""  # what of it is left out, and why
    fault: str = ""  # why it can be shown and not booked: nothing of its file is

    @property
    def is_explained(self) -> bool:
        """Whether its details make its amount, to the cent."""
        return not self.details or sum(one.amount for one in self.details) == self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One account's statement. Balances are None where the format or the file has none.

    `fault` is set where a balance is missing that the format demands.
    `controls_agree` says whether the file's own control totals hold (BAI2), None where it has none.
    """

    line: int
    account: str  # IBAN or account number as the file has it, without spaces
    currency: str
    reference: str = ""  # the bank's number of this statement
    opening: Balance | None = None
    closing: Balance | None = None
    entries: tuple[Entry, ...] = ()
    controls_agree: bool | None = None
    fault: Fault | None = None

    @property
    def booked(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.is_pending)

    @property
    def credits(self) -> int:
        return sum(entry.amount for entry in self.booked if entry.amount > 0)

    @property
    def debits(self) -> int:
        """What went out, as an amount above 0."""
        return -sum(entry.amount for entry in self.booked if entry.amount < 0)

    @property
    def adds_up(self) -> bool | None:
        """Whether opening + entries = closing; None where a balance is missing, unless a control total is wrong."""
        if self.controls_agree is False:
            return False
        if self.opening is None or self.closing is None:
            return None
        currencies = {self.opening.currency, self.closing.currency, *(entry.currency for entry in self.booked)}
        return len(currencies) == 1 and self.opening.amount + self.credits - self.debits == self.closing.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """Everything one file says."""

    format: Format
    statements: tuple[Statement, ...] = field(default=())
