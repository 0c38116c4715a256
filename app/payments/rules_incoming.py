"""Knows which open items a payment is for: every way that has reasons, with a score, and whether one is certain.

Evidence of three kinds is added up: what the text names, how well the amount fits, and who paid. Certain is only what
two kinds say independently while nothing contradicts, and no other way fits as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.payments.rules import Share
from app.payments.rules_book import Book, MatchLine
from app.payments.rules_certainty import Weighed, find_doubt
from app.payments.rules_evidence import Evidence, gather
from app.payments.rules_proposals import Policy, Proposal
from app.payments.rules_remittance import Reading
from app.payments.rules_ways import Way, list_ways

MOST_PROPOSALS = 6
READINGS = {
    Reading.REFERENCE: ("structured reference", 60),
    Reading.EXACT: ("number in remittance", 55),
    Reading.RESPACED: ("number in remittance, written otherwise", 50),
    Reading.SHORT: ("number in remittance, shortened", 42),
    Reading.REPAIRED: ("number in remittance, with misread letters", 38),
    Reading.BARE: ("counter of the number in remittance", 25),
}


def propose_incoming(line: MatchLine, book: Book, policy: Policy) -> list[Proposal]:
    """The ways to place money that came in, best first; the first says what keeps it waiting."""
    evidence = gather(line, book)
    best = [one for one in _weigh_all(evidence, book, policy) if one[0] > 0]
    doubt = find_doubt(best[0][2], best[0][0], best[1:], evidence, book) if best else ""
    return [
        Proposal(
            score=points, reasons=tuple(reasons), customer_id=way.customer_id, shares=way.shares,
            deduction=way.deduction, is_certain=place == 0 and not doubt, doubt=doubt if place == 0 else "",
        )
        for place, (points, reasons, way) in enumerate(best)
    ]  # fmt: skip


def _weigh_all(evidence: Evidence, book: Book, policy: Policy) -> Sequence[Weighed]:
    """The best first, of those that come to the same only the best."""
    weighed = sorted(
        ((*_weigh(way, evidence), way) for way in list_ways(evidence, book, policy)),
        key=lambda one: (-one[0], one[2].rank, len(one[2].shares)),
    )
    kept: dict[tuple[int, tuple[Share, ...]], Weighed] = {}
    for one in weighed:
        kept.setdefault((one[2].customer_id, tuple(sorted(one[2].shares))), one)
    return list(kept.values())[:MOST_PROPOSALS]


def _weigh(way: Way, evidence: Evidence) -> tuple[int, list[str]]:
    words, named, unnamed = way.fit.value
    points, reasons = 0, []
    if way.reading is not None:
        found, points = READINGS[way.reading]
        reasons.append(found)
    elif way.by_order:
        points = 30
        reasons.append("order in remittance")
    payer, who = evidence.weigh_payer(way.customer_id)
    points += (named if way.reading is not None or way.by_order else unnamed) + payer - min(way.rank, 5)
    return points, [*reasons, *(way.words or (words,)), *who]
