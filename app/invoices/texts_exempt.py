"""Knows which reasons for no tax say no more than the standard wording of their category."""

from __future__ import annotations

from functools import cache

from app.invoices.texts import LANGUAGES

# What people and earlier systems write besides the wordings of our catalogs
USUAL = {
    "Z": ("zero rated", "zero rate", "0 %"),
    "E": ("exempt", "vat exempt", "tax exempt"),
    "AE": ("reverse charge", "vat reverse charge", "reverse charge of vat"),
    "K": ("intra-community supply", "intra-community delivery", "intra-eu supply"),
    "G": ("export", "export outside the eu", "export delivery", "steuerfreie ausfuhrlieferung"),
    "O": ("outside the scope of vat", "not subject to vat", "out of scope"),
}


def is_standard_reason(category: str, reason: str) -> bool:
    """Whether it is what the document says anyway, in its own language."""
    return _plain(reason) in _standard(category)


@cache
def _standard(category: str) -> frozenset[str]:
    wordings = (texts.exempt.get(category, "") for texts in LANGUAGES.values())
    return frozenset(map(_plain, [*wordings, *USUAL.get(category, ())]))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
