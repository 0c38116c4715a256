"""What a reminder says, in the words of its language."""

from __future__ import annotations

from datetime import date

import pytest

from app.followup.texts import ENGLISH, FRENCH, GERMAN, say_day


@pytest.mark.parametrize(
    ("texts", "days", "said"),
    [(ENGLISH, 1, "1 day"), (ENGLISH, 14, "14 days"), (GERMAN, 1, "1 Tag"), (GERMAN, 14, "14 Tage")],
)
def test_an_age_is_said_in_the_right_number(texts, days, said):
    assert texts.age_of(days) == said


@pytest.mark.parametrize(
    ("locale", "day", "said"),
    [("fr", 1, "1er décembre 2026"), ("fr", 11, "11 décembre 2026"), ("de", 1, "1. Dezember 2026"),
     ("en_GB", 1, "1 December 2026"), ("en_US", 1, "December 1, 2026"), ("pl", 1, "1 grudnia 2026")],
)  # fmt: skip
def test_a_day_in_a_sentence_is_written_as_its_language_does(locale, day, said):
    assert say_day(date(2026, 12, day), locale) == said.replace(" ", "\u00a0")


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH])
def test_what_follows_a_greeting_begins_with_a_capital_in_english_and_french(texts):
    assert [tone.opening for tone in texts.tones.values() if not tone.opening[0].isupper()] == []
