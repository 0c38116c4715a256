"""Knows what a line of a statement may be: the ways to place it, best first, each explained."""

from __future__ import annotations

from app.payments.rules_book import Book, MatchLine
from app.payments.rules_incoming import propose_incoming
from app.payments.rules_outgoing import propose_outgoing
from app.payments.rules_proposals import Action, Deduction, Policy, Proposal

__all__ = ["Action", "Book", "Deduction", "MatchLine", "Policy", "Proposal", "propose"]

USUAL = Policy()


def propose(line: MatchLine, book: Book, policy: Policy = USUAL) -> list[Proposal]:
    """Nothing where nothing speaks for any way. Money that came in by a correction of the bank is left to a person."""
    if line.amount > 0:
        return [] if line.is_reversal else propose_incoming(line, book, policy)
    return propose_outgoing(line, book, policy) if line.amount < 0 else []
