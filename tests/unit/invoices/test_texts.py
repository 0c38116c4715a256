"""What documents and reminders say: every language says everything, and fills in the same places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from string import Template

import pytest

from app.followup import texts as followup
from app.invoices import texts as invoices
from app.invoices import texts_parts
from app.invoices.paper_writer import Writer
from app.kernel.languages import LANGUAGES

CATALOGS = {
    "documents": invoices.LANGUAGES,
    "parts": texts_parts.PART_TEXTS,
    "reminders": followup.LANGUAGES,
}
# How a language is written, and where it may say nothing
FORMAL = {"locale", "day", "percent", "colon"}


def _said(texts, path=""):
    """Every text of a catalog by its path, through its mappings and the tones of a reminder."""
    if isinstance(texts, str):
        yield path, texts
    elif isinstance(texts, Mapping):
        for name, inner in texts.items():
            yield from _said(inner, f"{path}.{name}")
    elif is_dataclass(texts):
        for field in fields(texts):
            if field.name not in FORMAL:
                yield from _said(getattr(texts, field.name), f"{path}.{field.name}")


@pytest.mark.parametrize("name", CATALOGS)
def test_every_language_says_everything_with_the_same_places(name):
    catalog = CATALOGS[name]
    assert set(catalog) == set(LANGUAGES)
    english = dict(_said(catalog["en"]))
    for language in LANGUAGES:
        said = dict(_said(catalog[language]))
        assert said.keys() == english.keys(), language
        assert [path for path, text in said.items() if not text.strip()] == [], language
        for path, text in said.items():
            places = set(Template(text).get_identifiers())
            assert Template(text).is_valid(), (language, path)
            assert places == set(Template(english[path]).get_identifiers()), (language, path)


@pytest.mark.parametrize(
    ("language", "home", "money", "day", "percent"),
    [
        ("en", "DE", "1,234.50 EUR", "5 Nov 2026", "19 %"),
        ("en", "US", "1,234.50 EUR", "Nov 5, 2026", "19 %"),
        ("de", "DE", "1.234,50 EUR", "05.11.2026", "19 %"),
        ("fr", "FR", "1 234,50 EUR", "05/11/2026", "19 %"),
        ("es", "ES", "1.234,50 EUR", "05/11/2026", "19 %"),
        ("pl", "PL", "1 234,50 EUR", "05.11.2026", "19%"),
    ],
)
def test_amounts_dates_and_percents_are_written_as_people_of_the_language_do(language, home, money, day, percent):
    writer = Writer(language, "EUR", home)
    said = [writer.money("1234.50"), writer.day("2026-11-05"), writer.percent("19")]
    assert [text.replace("\u00a0", " ").replace("\u202f", " ") for text in said] == [money, day, percent]
