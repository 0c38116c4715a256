"""Knows when money that came in is a refund of ours that came back: its reference, its account, its very amount."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from app.kernel.money import to_minor, write_money
from app.payments.rules_book import MatchLine, SentRefund
from app.payments.rules_outgoing import says_returned
from app.payments.rules_proposals import Action, Proposal
from app.payments.rules_refund_marks import is_same_name

_NAMED = re.compile(r"\bREFUND-(\d{1,18})\b")


class Fit(enum.IntEnum):
    """How surely a line of its amount is the refund."""

    PROVEN = 3  # the end-to-end id and the account say so
    NAMED = 2
    LIKELY = 1  # from the payee's account, or by its name, and it is known that something came back
    POSSIBLE = 0  # from the payee's account


class Found(NamedTuple):
    refund: SentRefund
    fit: Fit
    doubt: str


MOST_KEPT = Decimal(50)
SCORES = {Fit.PROVEN: 100, Fit.NAMED: 90, Fit.LIKELY: 85, Fit.POSSIBLE: 50}


def name_refund(refund_id: int) -> str:
    """What the bank is given and passes on."""
    return f"REFUND-{refund_id}"


def read_refunds(end_to_end_id: str, remittance: str) -> set[int]:
    """The refunds a line names; the end-to-end id comes first."""
    return {int(one) for one in _NAMED.findall(end_to_end_id) or _NAMED.findall(remittance)}


def fit_refunds(line: MatchLine) -> list[Found]:
    """Which of the refunds of its amount, or of a little more, the line may be, the surest first."""
    named = read_refunds(line.end_to_end_id, line.remittance)
    among = [one for one in line.refunds if not named or one.refund_id in named]
    found = [one for refund in among if (one := _fit(line, refund, named))]
    return sorted(found, key=lambda one: (-one.fit, one.refund.refund_id))


def most_kept(amount: int, currency: str) -> int:
    """What a bank may keep of a refund of `amount` minor units that it sends back."""
    return min(amount // 2, to_minor(MOST_KEPT, currency))


def _fit(line: MatchLine, refund: SentRefund, named: Collection[int]) -> Found | None:
    is_payee = line.party_account == refund.iban
    came_back = line.is_return or says_returned(line.remittance)
    if refund.kept:
        is_back = refund.refund_id in named and (came_back or refund.is_marked)
        return Found(refund, Fit.NAMED, "the bank kept a part") if is_back else None
    if named:
        if line.end_to_end_id != name_refund(refund.refund_id):
            return Found(refund, Fit.NAMED, "only the text names the refund")
        if not is_payee:
            return Found(refund, Fit.NAMED, "another account than the payee’s" if line.party_account else "no account")
        return Found(refund, Fit.PROVEN, "")
    if is_payee:
        return Found(refund, Fit.LIKELY if came_back or refund.is_marked else Fit.POSSIBLE, "no reference is named")
    is_like = came_back and not line.party_account and _bears_name(line, refund)
    return Found(refund, Fit.LIKELY, "no account and no reference is named") if is_like else None


def _bears_name(line: MatchLine, refund: SentRefund) -> bool:
    return bool(line.party_name) and any(is_same_name(line.party_name, name) for name in refund.names)


def add_refunds(line: MatchLine, found: Sequence[Proposal]) -> list[Proposal]:
    """What is proposed, with the refunds that may have come back: where one is likely, nothing else goes by itself."""
    back = fit_refunds(line)
    offers = [_propose(one, line) for one in back]
    if not back or back[0].fit is Fit.POSSIBLE:
        return [*found, *offers]
    others = [replace(one, is_certain=False, doubt="a refund may have come back") for one in found]
    return [*offers, *others]


def _propose(one: Found, line: MatchLine) -> Proposal:
    reasons = ["end-to-end id"] if one.fit is Fit.PROVEN else ["names the refund"] if one.fit is Fit.NAMED else []
    if kept := one.refund.kept:
        reasons.append(f"less {write_money(kept, line.currency)}")
    else:
        reasons.append("exact amount")
    if one.fit is not Fit.NAMED:
        reasons.append("account of the payee" if line.party_account else "same name")
    if one.refund.is_marked:
        reasons.append("marked as come back already: nothing is counted twice")
    return Proposal(
        action=Action.REFUND_BACK, score=SCORES[one.fit], reasons=tuple(reasons), customer_id=one.refund.customer_id,
        refund_id=one.refund.refund_id, is_certain=not one.doubt, doubt=one.doubt,
    )  # fmt: skip
