"""Knows which line of the bank takes back which: the same money the other way, of the same payer or with its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.payments.rules_book import MatchLine, Opposite
from app.payments.rules_names import ALIKE, name_likeness, words_of
from app.payments.rules_proposals import Action, Proposal
from app.payments.rules_refund_marks import is_same_name

MOST = 3
PROVEN, SURE, WEAK = 100, 90, 45
NO_IDS = frozenset({"NOTPROVIDED", "NONREF"})
_WORDS = re.compile(r"\w{4,}")
_SAID_OF_RETURNS = frozenset({"storno", "return", "returned", "reversal", "lastschrift", "gutschrift", "notprovided"})


def add_returned(line: MatchLine, found: Sequence[Proposal]) -> list[Proposal]:
    """What is proposed, with the line that takes this one back or is taken back: then nothing goes by itself."""
    pairs = _settled(sorted(_pairs(line), key=lambda one: -one.score)[:MOST])
    if not pairs:
        return list(found)
    proven = {one.payment_id for one in pairs if one.score == PROVEN}
    found = [one for one in found if one.payment_id is None or one.payment_id not in proven]
    named = {one.payment_id for one in found if one.payment_id is not None}
    fresh = [one for one in pairs if one.payment_id is None or one.payment_id not in named]
    waits = [replace(one, is_certain=False, doubt=_doubt(one, line)) for one in found] if len(fresh) else list(found)
    return [*(one for one in fresh if one.score >= SURE), *waits, *(one for one in fresh if one.score < SURE)]


def _settled(pairs: list[Proposal]) -> list[Proposal]:
    """A creditor may use one end-to-end id for every debit: then nothing tells which one came back."""
    if sum(one.is_certain for one in pairs) < 2:
        return pairs
    return [replace(one, is_certain=False, doubt="another payment has this id") for one in pairs]


def _doubt(one: Proposal, line: MatchLine) -> str:
    return one.doubt or ("an open line is of the same amount" if line.is_return else "a return of this amount is open")


def _pairs(line: MatchLine) -> Iterator[Proposal]:
    for other in line.opposites:
        if (alike := _likeness(line, other)) is None:
            continue
        score, reasons = (SURE, [alike]) if alike else (WEAK, ["nothing but the amount says so"])
        if other.payment_id is None:
            said = f"takes back a line of {_day(other)}" if line.is_return else f"taken back by a line of {_day(other)}"
            yield Proposal(
                action=Action.CANCEL, score=score, reasons=(said, *reasons), customer_id=None,
                other_line_id=other.line_id,
            )  # fmt: skip
        else:
            is_proven = _has_same_id(line, other)
            if is_proven:
                score, reasons = PROVEN, ["same end-to-end id", *reasons]
            yield Proposal(
                action=Action.REVERSE, score=score, reasons=(f"takes back a line of {_day(other)}", *reasons),
                customer_id=other.customer_id, payment_id=other.payment_id, is_certain=is_proven,
            )  # fmt: skip


def _has_same_id(line: MatchLine, other: Opposite) -> bool:
    """Beside the same amount, account and name the strongest sign there is."""
    if not line.end_to_end_id or line.end_to_end_id in NO_IDS or line.end_to_end_id != other.end_to_end_id:
        return False
    mandates = {line.mandate_id, other.mandate_id} - {""}
    is_same = line.party_account == other.party_account and is_same_name(line.party_name, other.party_name)
    return is_same and bool(line.party_account or line.party_name) and len(mandates) < 2


def _day(other: Opposite) -> str:
    return f"{other.booked_on.day} {other.booked_on:%b}"


def _likeness(line: MatchLine, other: Opposite) -> str | None:
    """Why the two belong together; empty where one of them names nobody, None where they name different payers."""
    if line.party_account and line.party_account == other.party_account:
        return "same account"
    if name_likeness(words_of(line.party_name), words_of(other.party_name)) >= ALIKE:
        return "same name"
    mine, theirs = _words(line), _words(other)
    shared = mine & theirs
    if shared and (shared in (mine, theirs) or any(map(_has_figure, shared))):
        return "same remittance"
    return None if line.party_name and other.party_name else ""


def _has_figure(word: str) -> bool:
    return any(mark.isdigit() for mark in word)


def _words(one: MatchLine | Opposite) -> set[str]:
    text = f"{one.remittance} {one.reference} {one.end_to_end_id}".lower()
    return set(_WORDS.findall(text)) - _SAID_OF_RETURNS
