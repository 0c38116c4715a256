"""Knows how alike two parties' names are, as banks write them: cut off, in capitals, in another order of words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from app.kernel.references import name_key, whole_name_key
from app.payments.rules_spellings import in_latin, is_other_script, sounds_of

ALIKE = 0.7  # below it a name is no evidence
SAME = 0.95  # two spellings of one name
BY_SOUND = 0.9  # the most that sound alone says
SOUND_KEY = 2
LIKE_WORDS = 0.84
MOST_BEARERS = 200  # a word that more parties bear tells nobody apart
MOST_FOUND = 8
_SHORTEST = 3


class NameHit(NamedTuple):
    """A customer whose name is like the one asked for; `likeness` 0 to 1, `is_same`: to the letter and legal form."""

    customer_id: int
    likeness: float
    is_same: bool


@lru_cache(maxsize=50_000)
def words_of(name: str) -> tuple[str, ...]:
    """The telling words of a name; ``MUELLER`` and ``Müller`` are one word."""
    return tuple(_without_umlauts(name_key(name)).split())


def _without_umlauts(key: str) -> str:
    return re.sub(r"(?<=[aou])e", "", key)


def name_likeness(left: Sequence[str], right: Sequence[str]) -> float:
    """How much of both names is the same, by letters: 1 for the same words in any order."""
    whole = sum(map(len, left)) + sum(map(len, right))
    rest, same = list(right), 0.0
    for word in left:
        best = max(rest, key=lambda other: _word_likeness(word, other), default=None)
        if best is not None and (likeness := _word_likeness(word, best)):
            same += likeness * (len(word) + len(best))
            rest.remove(best)
    return same / whole if whole else 0.0


@lru_cache(maxsize=100_000)
def _word_likeness(left: str, right: str) -> float:
    """A word that the bank cut off counts as the word, a slip of the pen nearly."""
    if left == right:
        return 1.0
    if min(len(left), len(right)) < _SHORTEST:
        return 0.0
    if left.startswith(right) or right.startswith(left):
        return 0.95
    likeness = SequenceMatcher(None, left, right, autojunk=False).ratio()
    return likeness if likeness >= LIKE_WORDS else 0.0


@lru_cache(maxsize=50_000)
def spellings_of(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a name, and of one in another script its words in Latin letters too."""
    if not is_other_script(name):
        return (words_of(name),)
    return words_of(name), words_of(in_latin(name))


def _whole_of(name: str) -> set[str]:
    """The name with its legal form, and of one in another script in Latin letters too; never empty ones."""
    written = {name, in_latin(name)} if is_other_script(name) else {name}
    return {_without_umlauts(whole_name_key(one)) for one in written} - {""}


class NameIndex:
    """Customers by the words of their names, so that one is found without looking at all."""

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._spellings: dict[int, tuple[tuple[str, ...], ...]] = {}
        self._bearers: defaultdict[str, list[int]] = defaultdict(list)
        self._namesakes: defaultdict[str, list[int]] = defaultdict(list)  # by their whole names
        self._sounding: defaultdict[str, list[int]] = defaultdict(list)  # only names of another script
        for customer_id, name in names:
            spellings = self._spellings[customer_id] = spellings_of(name)
            for whole in _whole_of(name):
                self._namesakes[whole].append(customer_id)
            for key in {_key(word) for words in spellings for word in words}:
                self._bearers[key].append(customer_id)
            for key in {sound[:SOUND_KEY] for words in spellings[1:] for sound in sounds_of(words)}:
                self._sounding[key].append(customer_id)

    def find(self, name: str) -> list[NameHit]:
        """Who has this very name, then the most alike first; nobody below ALIKE."""
        spellings, same = spellings_of(name), self._find_same(name)
        near = same.union(*(_near(words, self._bearers) for words in spellings))
        likeness = {one: self._likeness(spellings, one) for one in near}
        for one, by_sound in self._find_by_sound(spellings[-1]) if self._sounding else ():
            likeness[one] = max(by_sound, likeness.get(one, 0))
        alike = [NameHit(one, how, one in same) for one, how in likeness.items() if how >= ALIKE or one in same]
        return sorted(alike, key=lambda hit: (not hit.is_same, -hit.likeness, hit.customer_id))[:MOST_FOUND]

    def _find_same(self, name: str) -> set[int]:
        """The bearers of exactly this name; one that more bear than are found tells nobody apart."""
        same = {one for whole in _whole_of(name) for one in self._namesakes.get(whole, ())}
        return same if len(same) <= MOST_FOUND else set()

    def _likeness(self, spellings: Sequence[Sequence[str]], customer_id: int) -> float:
        return max(name_likeness(words, own) for words in spellings for own in self._spellings[customer_id])

    def _find_by_sound(self, words: Sequence[str]) -> Iterator[tuple[int, float]]:
        """Who is written so in no Latin spelling, and yet may be meant: alike, and never the same."""
        sounds = sounds_of(words)
        for one in _near([sound[:SOUND_KEY] for sound in sounds], self._sounding):
            yield one, min(BY_SOUND, name_likeness(sounds, sounds_of(self._spellings[one][-1])))


def _near(words: Sequence[str], bearers: Mapping[str, list[int]]) -> set[int]:
    """Who bears one of the two most telling words."""
    borne = sorted((bearers[key] for word in words if (key := _key(word)) in bearers), key=len)
    return {one for some in borne[:2] if len(some) <= MOST_BEARERS for one in some}


def _key(word: str) -> str:
    """What a word and its cut or misspelt end have in common."""
    return word[:4]
