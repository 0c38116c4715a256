"""Knows what makes a refund look wrong: who gets it, whether its account is known, and who else it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from app.payments.rules_names import SAME, name_likeness, words_of

LONGEST_PAYEE = 70


@dataclass(frozen=True, slots=True)
class Payee:
    """A refund with what is known of its account: `others` pay from it, `asked` were to be paid to it as well."""

    beneficiary: str
    customer: str
    is_known: bool
    others: Collection[str] = ()
    asked: Collection[str] = ()


def find_marks(payee: Payee) -> list[str]:
    """Sentences for whoever approves; empty where money goes back to where it came from."""
    return list(_find(payee))


def _find(payee: Payee) -> Iterator[str]:
    if not is_same_name(payee.beneficiary, payee.customer):
        yield f"The payee is not the customer, {payee.customer}."
    if not payee.is_known:
        yield "No payment of this customer came from this account."
    if payee.others:
        yield f"From this account {', '.join(sorted(payee.others))} pays."
    if asked := [name for name in sorted(payee.asked) if not is_same_name(name, payee.beneficiary)]:
        yield f"Another refund to this account names {', '.join(asked)}."


def format_iban(iban: str) -> str:
    """In groups of four, as people compare it."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def is_same_name(one: str, other: str) -> bool:
    """Two spellings of one name; a bank cuts off long ones."""
    left, right = words_of(one[:LONGEST_PAYEE]), words_of(other[:LONGEST_PAYEE])
    return name_likeness(left, right) >= SAME if left and right else one.casefold() == other.casefold()
