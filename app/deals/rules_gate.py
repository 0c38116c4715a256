"""Knows the life of a deal at the gate, and what must be there before Operations takes it over."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.kernel.countries import EU
from app.kernel.errors import BadInput
from app.kernel.money import minor_digits
from app.kernel.payment_terms import accept_terms
from app.kernel.supplies import Parties, list_doubtful, list_misplaced
from app.kernel.texts import counted
from app.kernel.vat_ids import is_of_country

# Intra-community supply and reverse charge: the buyer's VAT id must stand on the invoice (EN 16931 BR-IC-3, BR-AE-3)
NEEDS_VAT_ID = frozenset({"K", "AE"})
TAXES = {
    "S": "VAT is charged",
    "Z": "Zero rated",
    "E": "Exempt from VAT",
    "AE": "Reverse charge, the customer owes the VAT",
    "K": "Intra-EU supply, no VAT",
    "G": "Export, no VAT",
    "O": "Outside the scope of VAT",
}


# automatic check -> what it is called until somebody calls it otherwise
CHECKS = {
    "billing_email": "Billing e-mail",
    "billing_address": "Billing address",
    "vat_id": "VAT id",
    "po_number": "Purchase order",
    "terms": "Payment terms",
    "tax": "Tax",
}


class Weight(enum.StrEnum):
    OK = "ok"
    WARNS = "warns"
    BLOCKS = "blocks"


class Cure(enum.StrEnum):
    """Where the thing is put right."""

    DEAL = "deal"
    CUSTOMER = "customer"
    LOOK = "look"  # nothing to put right, only to look at
    TICK = "tick"  # a person says that it is there
    FILE = "file"  # a person attaches it


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checklist looks at."""

    country: str
    has_address: bool
    billing_email: str
    vat_id: str
    po_number: str
    payment_terms: str
    currency: str
    categories: frozenset[str]
    lacking_reason: tuple[tuple[int, str], ...]  # lines by position, with their category, without why no tax is charged
    lines: tuple[tuple[int, str], ...] = ()  # by position, with their category
    parties: Parties | None = None  # None: there is no company yet
    twins: tuple[str, ...] = ()  # deals that may be the same one
    is_ahead: bool = False  # closed after today
    claimed_vat_id: str = ""  # what the deal says, where the customer has none
    foreign_vat_id: bool = False  # of another country on purpose
    other_name: tuple[str, str] | None = None  # what the deal calls its customer, and what it is called


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the checklist: a sentence that says what to do, and where."""

    label: str
    weight: Weight
    hint: str = ""
    cure: Cure = Cure.CUSTOMER
    code: str = ""
    ticked_by: str = ""
    ticked_at: datetime | None = None


def list_checks(facts: Facts) -> list[Item]:
    """The checklist of a deal, in the order people read it."""
    checked = (_email, _address, _vat_id, _po_number, _terms, _taxes)
    named = [replace(check(facts), code=code) for code, check in zip(CHECKS, checked, strict=True)]
    return [*_closed_on(facts), *_other_name(facts), *_twins(facts), *named, *_currency(facts)]


def blockers(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.weight is Weight.BLOCKS]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with a deal next, and why."""

    text: str
    reason: str = ""


def next_step(items: Sequence[Item], twins: Sequence[str]) -> Step:
    """What a waiting deal needs: to be completed, compared with what may be its twin, or accepted."""
    if missing := blockers(items):
        return Step("Complete it", missing[0].label + (f" and {len(missing) - 1} more" if missing[1:] else ""))
    if twins:
        return Step("Compare it", f"perhaps {', '.join(twins[:3])} again")
    warnings = sum(item.weight is Weight.WARNS for item in items)
    return Step("Accept it", counted(warnings, "warning") if warnings else "nothing is missing")


def _closed_on(facts: Facts) -> list[Item]:
    if not facts.is_ahead:
        return []
    return [Item("Closed in the future", Weight.WARNS, "A deal is closed on its day or before. Correct it.", Cure.DEAL)]


def _twins(facts: Facts) -> list[Item]:
    if not facts.twins:
        return []
    hint = f"Compare it with {', '.join(facts.twins[:3])} before you accept it."
    return [Item("Perhaps a duplicate", Weight.WARNS, hint, Cure.LOOK)]


def _other_name(facts: Facts) -> list[Item]:
    if facts.other_name is None:
        return []
    said, matched = facts.other_name
    hint = f"The file says {said}; matched by VAT id to {matched}. Make sure that it is the same company."
    return [Item("Customer", Weight.WARNS, hint, Cure.LOOK)]


def _email(facts: Facts) -> Item:
    if facts.billing_email:
        return Item("Billing e-mail", Weight.OK, facts.billing_email)
    return Item("Billing e-mail", Weight.WARNS, "Invoices cannot be mailed without one. Add it to the customer.")


def _address(facts: Facts) -> Item:
    if facts.has_address:
        return Item("Billing address", Weight.OK)
    return Item("Billing address", Weight.WARNS, "An invoice shows street, postal code and city. Add them.")


def _vat_id(facts: Facts) -> Item:
    if not (facts.foreign_vat_id or is_of_country(facts.vat_id, facts.country)):
        what = f"{facts.vat_id} is not of the customer's country {facts.country}"
        return Item("VAT id", Weight.BLOCKS, f"{what}. Correct it, or say on the customer that this is meant.")
    if facts.vat_id:
        return Item("VAT id", Weight.OK, facts.vat_id)
    if facts.categories & NEEDS_VAT_ID:
        return Item("VAT id", Weight.BLOCKS, "Reverse charge and intra-EU lines need the customer's VAT id.")
    if facts.claimed_vat_id:
        hint = f"{facts.claimed_vat_id} fails its check digits. Ask the customer for the right one and add it."
        return Item("VAT id", Weight.WARNS, hint)
    if facts.country in EU:
        return Item("VAT id", Weight.WARNS, "Businesses in the EU have one. Add it, unless this is a private person.")
    return Item("VAT id", Weight.OK, "Not needed outside the EU.")


def _po_number(facts: Facts) -> Item:
    if facts.po_number:
        return Item("Purchase order", Weight.OK, facts.po_number, Cure.DEAL)
    return Item("Purchase order", Weight.WARNS, "Many customers only pay invoices that name their order.", Cure.DEAL)


def _terms(facts: Facts) -> Item:
    try:
        accept_terms(facts.payment_terms)
    except BadInput as refusal:
        return Item("Payment terms", Weight.BLOCKS, str(refusal), Cure.DEAL)
    return Item("Payment terms", Weight.OK, facts.payment_terms, Cure.DEAL)


def _taxes(facts: Facts) -> Item:
    if facts.lacking_reason:
        lines = "; ".join(f"line {position} ({category})" for position, category in facts.lacking_reason)
        hint = f"“Reason for no tax” is empty: {lines}. Without it no invoice can be issued. Write it."
        return Item("Tax", Weight.BLOCKS, hint, Cure.DEAL)
    if facts.parties and (misplaced := list_misplaced(facts.lines, facts.parties)):
        return Item("Tax", Weight.BLOCKS, _by_sentence(misplaced), Cure.DEAL)
    if facts.parties and (doubtful := list_doubtful(facts.lines, facts.parties)):
        return Item("Tax", Weight.WARNS, f"{_by_sentence(doubtful)} Make sure that the law says so.", Cure.DEAL)
    return Item(
        "Tax", Weight.OK, "; ".join(words for code, words in TAXES.items() if code in facts.categories), Cure.DEAL
    )


def _by_sentence(said: Sequence[tuple[int, str]]) -> str:
    """What is said of the lines, each sentence once."""
    lines: dict[str, list[str]] = {}
    for position, sentence in said:
        lines.setdefault(sentence, []).append(str(position))
    return " ".join(f"Line {', '.join(places)}: {sentence}" for sentence, places in lines.items())


def _currency(facts: Facts) -> list[Item]:
    if minor_digits(facts.currency) <= 2:
        return []
    hint = f"{facts.currency} has more than two decimals: the invoice will be a plain PDF, as EN 16931 cannot carry it."
    return [Item("Currency", Weight.WARNS, hint, Cure.DEAL)]
