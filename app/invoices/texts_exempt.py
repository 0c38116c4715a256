"""Knows which reasons for no tax say no more than the standard wording of their category."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.invoices.texts import LANGUAGES, texts_for

# What people and earlier systems write besides the wordings of our catalogs
USUAL = {
    "Z": ("zero rated", "zero rate", "0 %"),
    "E": ("exempt", "vat exempt", "tax exempt"),
    "AE": ("reverse charge", "vat reverse charge", "reverse charge of vat"),
    "K": ("intra-community supply", "intra-community delivery", "intra-eu supply"),
    "G": ("export", "export outside the eu", "export delivery", "steuerfreie ausfuhrlieferung"),
    "O": ("outside the scope of vat", "not subject to vat", "out of scope"),
}

# The law names the reason of these by itself; an exemption (E) or what is outside VAT (O) has a reason of its own
BY_LAW = frozenset({"AE", "K", "G"})


def reason_of(tax: Mapping[str, Any], language: str) -> str:
    """Why this tax is not charged: as somebody wrote it, else the wording of its category where the law gives one."""
    category = tax.get("category") or "S"
    return tax.get("reason") or (texts_for(language).exempt[category] if category in BY_LAW else "")


def is_standard_reason(category: str, reason: str) -> bool:
    """Whether it is what the document says anyway, in its own language."""
    return _plain(reason) in _standard(category)


@cache
def _standard(category: str) -> frozenset[str]:
    wordings = (texts.exempt.get(category, "") for texts in LANGUAGES.values())
    return frozenset(map(_plain, [*wordings, *USUAL.get(category, ())]))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
