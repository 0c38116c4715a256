"""Knows what a line of a statement may be: the ways to place it, best first, each explained."""

from __future__ import annotations

from dataclasses import replace

from app.payments.rules_book import Book, MatchLine
from app.payments.rules_incoming import propose_incoming
from app.payments.rules_outgoing import propose_outgoing
from app.payments.rules_proposals import Action, Deduction, Policy, Proposal
from app.payments.rules_refunds_back import add_refunds
from app.payments.rules_returned import add_returned

__all__ = ["Action", "Book", "Deduction", "MatchLine", "Policy", "Proposal", "propose"]

USUAL = Policy()
SURE = 96  # what waits scores below it, what goes by itself not
SAID_AT = 2  # a list shows three reasons: what it is, how it fits, why it waits


def propose(line: MatchLine, book: Book, policy: Policy = USUAL) -> list[Proposal]:
    """Nothing where nothing speaks for any way. Money that came in by a correction of the bank is left to a person."""
    found = add_refunds(line, add_returned(line, _propose(line, book, policy)))
    found = [_hold_back(one, book) for one in found]
    return [_rate(one, line, policy) for one in found[:1]] + [_rank_after(one) for one in found[1:]]


def _propose(line: MatchLine, book: Book, policy: Policy) -> list[Proposal]:
    if line.amount > 0:
        return [] if line.is_reversal else propose_incoming(line, book, policy)
    return propose_outgoing(line, book, policy) if line.amount < 0 else []


def _hold_back(one: Proposal, book: Book) -> Proposal:
    """Money that left a payment cannot come back with it."""
    moved = book.moved(one.payment_id) if one.action is Action.REVERSE else ""
    return replace(one, is_certain=False, doubt=moved) if moved else one


def _rate(one: Proposal, line: MatchLine, policy: Policy) -> Proposal:
    """What a person took back is never certain again; and what waits says why, with a score that tells it apart."""
    is_certain, doubt = one.is_certain, one.doubt
    if is_certain and line.was_taken_back:
        is_certain, doubt = False, "it was taken back once"
    if is_certain and policy.only_propose:
        doubt = "the settings say: only propose"
    reasons = list(one.reasons)
    if doubt:
        reasons.insert(SAID_AT, f"waits: {doubt}")
    score = min(100, max(SURE, one.score)) if is_certain and not doubt else min(SURE - 1, one.score)
    return replace(one, score=score, reasons=tuple(reasons), is_certain=is_certain, doubt=doubt)


def _rank_after(one: Proposal) -> Proposal:
    return replace(one, score=min(SURE - 1, one.score), is_certain=False, doubt="")
