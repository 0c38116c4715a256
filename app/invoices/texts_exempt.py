"""Knows which reasons for no tax say no more than the standard wording of their category."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Template
from typing import Any

from app.invoices.texts import LANGUAGES, texts_for, written_language
from app.kernel.countries import EU
from app.kernel.taxes import REASON_BY_LAW

# What people and earlier systems write besides the wordings of our catalogs
USUAL = {
    "Z": ("zero rated", "zero rate", "0 %"),
    "E": ("exempt", "vat exempt", "tax exempt"),
    "AE": ("reverse charge", "vat reverse charge", "reverse charge of vat"),
    "K": (
        "intra-community supply", "intra-community delivery", "intra-eu supply", "innergemeinschaftliche lieferung",
        "wewnątrzwspólnotowa dostawa towarów",
    ),
    "G": ("export", "export outside the eu", "export delivery", "ausfuhrlieferung", "eksport towarów"),
    "O": ("outside the scope of vat", "not subject to vat", "out of scope"),
}  # fmt: skip

# Where the exemption stands: in the Directive, or in the seller's own law for its own language
DIRECTIVE = {
    "en": "Art. $article Directive 2006/112/EC",
    "de": "Art. $article Richtlinie 2006/112/EG",
    "fr": "art. $article de la directive 2006/112/CE",
    "es": "art. $article de la Directiva 2006/112/CE",
    "pl": "art. $article dyrektywy 2006/112/WE",
}
ARTICLES = {"K": "138", "G": "146"}
OWN_LAW = {
    ("de", "DE"): {"K": "§ 4 Nr. 1 Buchst. b UStG", "G": "§ 4 Nr. 1 Buchst. a UStG"},
    ("fr", "FR"): {"K": "art. 262 ter, I du CGI", "G": "art. 262, I du CGI"},
    ("es", "ES"): {"K": "art. 25 de la Ley 37/1992", "G": "art. 21 de la Ley 37/1992"},
}


def reason_of(tax: Mapping[str, Any], language: str) -> str:
    """Why this tax is not charged: as somebody wrote it, else the wording of its category where the law gives one."""
    category = tax.get("category") or "S"
    return tax.get("reason") or (texts_for(language).exempt[category] if category in REASON_BY_LAW else "")


def exemption(category: str, language: str, home: str) -> str:
    """The wording of a category, with the article that frees it where the seller is of a country of the EU."""
    written = written_language(language)
    wording = texts_for(written).exempt.get(category, "")
    if category not in ARTICLES or home not in EU:
        return wording
    directive = Template(DIRECTIVE[written]).substitute(article=ARTICLES[category])
    return f"{wording} ({OWN_LAW.get((written, home), {}).get(category, directive)})"


def is_standard_reason(category: str, reason: str) -> bool:
    """Whether it is what the document says anyway, in its own language."""
    return _plain(reason) in _standard(category)


@cache
def _standard(category: str) -> frozenset[str]:
    wordings = (texts.exempt.get(category, "") for texts in LANGUAGES.values())
    return frozenset(map(_plain, [*wordings, *USUAL.get(category, ())]))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
