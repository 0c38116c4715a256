"""Knows how a name of another script reads in Latin letters, and what is left of it however somebody spelt it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

_FIRST_OTHER = "\u0370"  # Greek; what stands before it is Latin with its marks
# What two letters say together, and the endings and articles that are written but not said
_TOGETHER = {"γγ": "ng", "γκ": "gk", "γχ": "nch", "αυ": "av", "ευ": "ev", "ου": "ou", "ة": "", "ى": "a"}
_ARTICLE = re.compile(r"\b(?:ال|لل)")
_SAID_ALIKE = (
    ("shch", "s"), ("sch", "s"), ("sh", "s"), ("kh", "k"), ("ch", "k"), ("x", "k"), ("q", "k"), ("ts", "c"),
    ("tz", "c"), ("ph", "f"), ("gk", "g"), ("b", "v"),
)  # fmt: skip
_NOT_TELLING = re.compile(r"[aeiouyjhw]")
_DOUBLED = re.compile(r"(.)(?=\1)")
_ARTICLES = {"al", "el"}
SHORTEST_SOUND = 5  # fewer consonants are anybody's


def is_other_script(name: str) -> bool:
    return not name.isascii() and any(mark >= _FIRST_OTHER and mark.isalpha() for mark in name)


@lru_cache(maxsize=10_000)
def in_latin(name: str) -> str:
    """As a bank writes it that knows Latin letters only: ``Ελληνική Ηλιακή`` is ``elliniki iliaki``."""
    bare = "".join(mark for mark in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(mark))
    bare = _ARTICLE.sub("", bare)
    for written, said in _TOGETHER.items():
        bare = bare.replace(written, said)
    return anyascii(bare).replace("'", "")


def sounds_of(words: Iterable[str]) -> tuple[str, ...]:
    """The consonants of each word, those said alike as one; Arabic and Hebrew write no others. Too few say nothing."""
    sounds = tuple(sound for word in words if word not in _ARTICLES and (sound := _sound_of(word)))
    return sounds if sum(map(len, sounds)) >= SHORTEST_SOUND else ()


@lru_cache(maxsize=50_000)
def _sound_of(word: str) -> str:
    for written, said in _SAID_ALIKE:
        word = word.replace(written, said)
    return _DOUBLED.sub("", _NOT_TELLING.sub("", word))
