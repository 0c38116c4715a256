"""What a reminder says, in the words of its language."""

from __future__ import annotations

import pytest

from app.followup.texts import ENGLISH, GERMAN


@pytest.mark.parametrize(
    ("texts", "days", "said"),
    [(ENGLISH, 1, "1 day"), (ENGLISH, 14, "14 days"), (GERMAN, 1, "1 Tag"), (GERMAN, 14, "14 Tage")],
)
def test_an_age_is_said_in_the_right_number(texts, days, said):
    assert texts.age_of(days) == said
