"""A password is long and not to be guessed from who one is; nothing else is asked of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.rules_common_passwords import COMMON_PASSWORDS
from app.auth.rules_passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, find_weakness, normalize_password

ADA = {"email": "ada.byron@feinwerk.example", "name": "Ada Byron"}


@pytest.mark.parametrize(
    "password",
    [
        "seven ducks over the harbour",
        "purple monkeys at noon",
        "korrekthestbatteri-häft",
        "ξύλινο άλογο στην Τροία",
        "aaaa bbbb cccc d",
        "k7mp-x2fd-9wqa-h3zt",
        "  spaces count too  ",
        "x1" * 3 + "unusual7",
        "the byron family dances at dawn",
        "z" + "kq9v" * 31 + "www",
    ],
)
def test_a_good_password_is_taken(password):
    assert find_weakness(password, **ADA) == ""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "at least 12"),
        ("short", "at least 12"),
        ("eleven char", "at least 12"),
        ("x" * 129, "at most 128"),
        ("aaaaaaaaaaaaaaa", "first that are guessed"),
        ("121212121212", "first that are guessed"),
        ("passwordpassword", "first that are guessed"),
        ("Password123456", "first that are guessed"),
        ("123456password", "first that are guessed"),
        ("P A S S W O R D 1 2 3", "first that are guessed"),
        ("qwertyuiop12345", "first that are guessed"),
        ("1234567890123", "first that are guessed"),
        ("letmein-letmein", "first that are guessed"),
        ("CorrectHorseBatteryStaple", "first that are guessed"),
        ("Administrator2026", "first that are guessed"),
        ("abcdefghijklmnop", "first that are guessed"),
        ("ada.byron@feinwerk.example", "your name or e-mail"),
        ("AdaByron2026!", "your name or e-mail"),
        ("adabyron-1815", "your name or e-mail"),
        ("feinwerk 1234", "your name or e-mail"),
        ("............", "first that are guessed"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password, reason):
    assert reason in find_weakness(password, **ADA)


def test_length_is_counted_in_characters_of_the_normal_form():
    assert SHORTEST_PASSWORD == 12
    assert LONGEST_PASSWORD == 128
    assert normalize_password("ﬁ①Ａ") == "fi1A"


@given(st.text(max_size=200))
def test_any_text_is_judged(text):
    assert isinstance(find_weakness(text, **ADA), str)


@given(st.text(max_size=60))
def test_normal_form_is_stable(text):
    once = normalize_password(text)
    assert normalize_password(once) == once


def test_the_list_is_in_the_form_that_is_compared():
    assert all(word.isalnum() and word == word.casefold() for word in COMMON_PASSWORDS)
    assert len(COMMON_PASSWORDS) > 150
