"""Knows what a password must be: long, and not to be guessed from who one is."""

from __future__ import annotations

import unicodedata

from app.auth.rules_common_passwords import COMMON_PASSWORDS
from app.kernel.errors import BadInput

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128  # hashing cost grows with length; nobody types more


class WeakPassword(BadInput):
    """This password cannot be used."""


def normalize_password(password: str) -> str:
    """One spelling of equal-looking characters, so that the same keys work on another machine (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def find_weakness(password: str, *, email: str = "", name: str = "") -> str:
    """Why the password may not be used, in one sentence; empty when it may.

    No rules on kinds of characters: length counts, and that nobody guesses it from who one is.
    """
    plain = normalize_password(password)
    if len(plain) < SHORTEST_PASSWORD:
        return f"Use at least {SHORTEST_PASSWORD} characters. A few words in a row are good."
    if len(plain) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters."
    folded = _letters_and_digits(plain) or plain
    if _is_common(folded):
        return "This password is among the first that are guessed. Use a few words that do not belong together."
    for own in _own_words(email, name):
        if own in folded and len(folded) - len(own) < SHORTEST_PASSWORD // 2:
            return "This password contains your name or e-mail address. Use other words."
    return ""


def _is_common(folded: str) -> bool:
    if len(set(folded)) < 4 or folded in COMMON_PASSWORDS:
        return True
    stem = folded.rstrip("0123456789").lstrip("0123456789")
    return stem in COMMON_PASSWORDS or _is_repeated(folded) or folded in _KEYBOARD or folded in _KEYBOARD[::-1]


_KEYBOARD = "1234567890 qwertyuiop asdfghjkl zxcvbnm 12345678901234567890 abcdefghijklmnopqrstuvwxyz qwertzuiop yxcvbnm"


def _is_repeated(folded: str) -> bool:
    """A short piece written several times, such as abcabcabcabc or passwordpassword."""
    return any(
        len(folded) % size == 0 and folded[:size] * (len(folded) // size) == folded
        for size in range(1, len(folded) // 2 + 1)
    )


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _own_words(email: str, name: str) -> list[str]:
    local, _, domain = email.partition("@")
    words = [email, local, domain.partition(".")[0], name, *name.split()]
    return [word for word in map(_letters_and_digits, words) if len(word) >= 4]
