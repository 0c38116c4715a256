"""Knows in which languages an invoice, credit note or its mail is written."""

from __future__ import annotations

from collections.abc import Mapping

from app.invoices.texts_de import GERMAN
from app.invoices.texts_en import ENGLISH
from app.invoices.texts_es import SPANISH
from app.invoices.texts_fr import FRENCH
from app.invoices.texts_pl import POLISH
from app.invoices.texts_words import Texts

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "pl": POLISH}
COPY_WORDS = {"en": "Copy", "de": "Kopie", "fr": "Copie", "es": "Copia", "pl": "Kopia"}


def written_language(language: str) -> str:
    """The language a customer gets: theirs, or English where theirs is not written yet."""
    return language if language in LANGUAGES else "en"


def texts_for(language: str) -> Texts:
    return LANGUAGES[written_language(language)]


def copy_word(language: str) -> str:
    """What a mail that is sent again begins with."""
    return COPY_WORDS.get(language, COPY_WORDS["en"])
