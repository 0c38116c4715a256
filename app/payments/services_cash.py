"""Places lines of the bank: as matching proposes or as a person says, set aside, and taken back exactly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from app.payments.models import Payment, PaymentReversal
from app.payments.models_bank import StatementLine
from app.payments.rules_cash import AsideCode
from app.payments.rules_settling import DeductionCode


def propose_lines(line_ids: Collection[int], *, now: datetime) -> int:
    """Stores what matching proposes for those of the lines that are open, instead of what it did before; how many."""
    raise NotImplementedError


def allocate_certain(line_ids: Collection[int], *, now: datetime) -> int:
    """Places what is certain, if the company's policy says so; a refused one stays open with the reason."""
    raise NotImplementedError


def accept(
    line_id: int,
    *,
    customer_id: int,
    shares: Sequence[tuple[int, int, int]],
    deduction: tuple[int, int, int, DeductionCode | str] | None = None,  # invoice, instalment, amount, code
    version: int,
    actor: str,
    now: datetime,
) -> Payment:
    """Raises LineUnknown, LineChanged, LineNotOpen, NotIncoming and what `record_payment`, `propose_deduction` do."""
    raise NotImplementedError


def set_aside(
    line_id: int, *, reason_code: AsideCode, note: str = "", version: int, actor: str, now: datetime
) -> StatementLine:
    """Raises LineUnknown, LineChanged, LineNotOpen, TextMissing."""
    raise NotImplementedError


def take_up_again(line_id: int, *, version: int, actor: str, now: datetime) -> StatementLine:
    """A line that was set aside is open again. Raises LineUnknown, LineChanged, LineNotAside."""
    raise NotImplementedError


def reverse_by_line(
    line_id: int, *, payment_id: int, charge: int = 0, version: int, actor: str, now: datetime
) -> PaymentReversal:
    """Raises LineUnknown, LineChanged, LineNotOpen, NotOutgoing, OtherAmount and what `reverse_payment` raises."""
    raise NotImplementedError


def undo_line(line_id: int, *, reason: str, version: int, actor: str, now: datetime) -> StatementLine:
    """Raises LineUnknown, LineChanged, LineNotMatched, MoneyGone, TextMissing."""
    raise NotImplementedError
