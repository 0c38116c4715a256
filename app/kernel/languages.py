"""Knows in which languages customers are written to, and where English writes the month first."""

from __future__ import annotations

LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "pl": "Polish"}
OF_COUNTRY = {"DE": "de", "AT": "de", "CH": "de", "LI": "de", "FR": "fr", "ES": "es", "PL": "pl"}
MONTH_FIRST = frozenset({"US"})


def locale_at(locale: str, country: str) -> str:
    """The locale a company of this country writes in: English of the United States has dates of its own."""
    return "en_US" if locale.startswith("en") and country in MONTH_FIRST else locale
