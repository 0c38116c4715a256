"""Knows how a document in another currency says its tax in the company's (2006/112/EC Art. 230), in each language."""

from __future__ import annotations

from collections.abc import Mapping

_TAX_IN_HOME_CURRENCY: Mapping[str, str] = {
    "en": "$tax in $home: $amount (1 $home = $rate $currency on $day, $source)",
    "de": "$tax in $home: $amount (1 $home = $rate $currency am $day, $source)",
    "fr": "$tax en $home : $amount (1 $home = $rate $currency au $day, $source)",
    "es": "$tax en $home: $amount (1 $home = $rate $currency a $day, $source)",
    "pl": "$tax w $home: $amount (1 $home = $rate $currency z dnia $day, $source)",
}
_SOURCES: Mapping[str, Mapping[str, str]] = {
    "ecb": {"en": "ECB", "de": "EZB", "fr": "BCE", "es": "BCE", "pl": "EBC"},
    "hand": {"en": "own rate", "de": "eigener Kurs", "fr": "cours interne", "es": "tipo propio", "pl": "kurs własny"},
}


def tax_text_for(language: str) -> str:
    """With places for $tax, $home, $amount, $rate, $currency, $day and $source."""
    return _TAX_IN_HOME_CURRENCY.get(language, _TAX_IN_HOME_CURRENCY["en"])


def source_text_for(source: str, language: str) -> str:
    texts = _SOURCES.get(source, {})
    return texts.get(language) or texts.get("en", source)
