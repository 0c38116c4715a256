"""Knows what money that went out may be: a payment that came back, what the bank took, or a refund of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from app.payments.rules_book import Book, EarlierPayment, MatchLine
from app.payments.rules_evidence import Evidence, gather
from app.payments.rules_proposals import Action, Policy, Proposal

_RETURNED = re.compile(
    r"return|retour|r[uü]e?ck(?:last|gabe|ruf|zahl|buch)|reject|unpaid|impay|bounced|devol|zwrot|storno|reversal|chargeback",
    re.IGNORECASE,
)
_CHARGED = re.compile(
    r"\b(?:fees?|charges?|commission|entgelt\w*|geb[uü]e?hr\w*|kontof[uü]e?hrung\w*|frais|comisi\w+|prowizj\w+|op[lł]at\w+"
    r"|spesen|interest|zinsen)\b",
    re.IGNORECASE,
)
_REFUNDED = re.compile(r"refund|erstattung|gutschrift|rembours|reembolso|credit note|overpa|CN-", re.IGNORECASE)
_CHARGE_CODES = re.compile(r"CHRG|NCHG|FEES|COMM|INTR")
TIE = 15


def says_returned(text: str) -> bool:
    """Whether it has words of something that came back."""
    return bool(_RETURNED.search(text))


def propose_outgoing(line: MatchLine, book: Book, policy: Policy) -> list[Proposal]:
    """What a line that took money out may be, best first."""
    evidence = gather(line, book)
    found = [*_reversals(evidence, book, policy), *_charges(line), *_refunds(evidence)]
    best = sorted(found, key=lambda one: -one.score)[:6]
    return [_settled(best), *best[1:]] if best else []


def _settled(best: list[Proposal]) -> Proposal:
    """The first, not certain where another is as good."""
    first, is_tie = best[0], len(best) > 1 and best[1].score > best[0].score - TIE
    if not (first.is_certain and is_tie):
        return first
    return replace(first, is_certain=False, doubt="another payment fits as well")


def _reversals(evidence: Evidence, book: Book, policy: Policy) -> Iterator[Proposal]:
    line = evidence.line
    says_so = line.is_return
    if not says_so and not says_returned(line.remittance):
        return
    readings = [*evidence.mentions.numbers, *evidence.mentions.tokens]
    named = book.payments_on(readings)
    paid = dict.fromkeys([*named, *(one for each in evidence.customers for one in book.payments_of(each))])
    for payment in paid:
        if proposal := _reversal(payment, payment in named, says_so, evidence, policy):
            yield proposal


def _reversal(
    payment: EarlierPayment, is_named: bool, says_so: bool, evidence: Evidence, policy: Policy
) -> Proposal | None:  # fmt: skip
    line = evidence.line
    more = -line.amount - payment.amount
    if payment.currency != line.currency or payment.received_on > line.booked_on or not 0 <= more <= policy.usual_fee:
        return None
    points, reasons = evidence.weigh_payer(payment.customer_id)
    points += 35 if more == 0 else 20
    reasons.insert(0, "exact amount" if more == 0 else "amount with a fee of the bank")
    if is_named:
        points += 45
        reasons.insert(0, "number in remittance")
    if says_so:
        points += 15
        reasons.insert(0, f"returned: {line.return_reason}" if line.return_reason else "taken back by the bank")
    doubt = _doubt(payment, is_named, says_so, more, evidence)
    return Proposal(
        action=Action.REVERSE, score=max(1, min(100, points)), reasons=tuple(reasons), customer_id=payment.customer_id,
        payment_id=payment.payment_id, is_certain=not doubt, doubt=doubt,
    )  # fmt: skip


def _doubt(payment: EarlierPayment, is_named: bool, says_so: bool, more: int, evidence: Evidence) -> str:
    """What keeps a reversal waiting for a person."""
    if other := evidence.contradiction(payment.customer_id):
        return other
    if more:
        return "the bank’s fee is in it"
    if not is_named:
        return "no number is named"
    return "" if says_so else "the bank does not say that it came back"


def _charges(line: MatchLine) -> Iterator[Proposal]:
    by_code = bool(_CHARGE_CODES.search(line.code))
    if line.return_reason or not (by_code or _CHARGED.search(line.remittance)):
        return
    reasons = ("code of a bank charge",) if by_code else ("words of a bank charge",)
    score = 60 + 30 * by_code - 30 * bool(line.party_account)
    yield Proposal(action=Action.CHARGE, score=score, reasons=reasons, customer_id=None)


def _refunds(evidence: Evidence) -> Iterator[Proposal]:
    if evidence.line.return_reason or evidence.line.is_reversal:
        return
    says_so = bool(_REFUNDED.search(evidence.line.remittance))
    for customer_id in evidence.customers[:3]:
        points, reasons = evidence.weigh_payer(customer_id)
        points += 35 if says_so else 10
        if points > 0:
            reasons = ["words of a refund", *reasons] if says_so else reasons
            yield Proposal(
                action=Action.REFUND, score=min(100, points), reasons=tuple(reasons), customer_id=customer_id
            )
