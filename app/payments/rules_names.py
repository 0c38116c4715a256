"""Knows how alike two parties' names are, as banks write them: cut off, in capitals, in another order of words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from app.kernel.references import name_key

ALIKE = 0.7  # below it a name is no evidence
SAME = 0.95  # two spellings of one name
LIKE_WORDS = 0.84
MOST_BEARERS = 200  # a word that more parties bear tells nobody apart
MOST_FOUND = 8
_SHORTEST = 3


class NameHit(NamedTuple):
    """A customer whose name is like the one asked for; `likeness` 0 to 1."""

    customer_id: int
    likeness: float


@lru_cache(maxsize=50_000)
def words_of(name: str) -> tuple[str, ...]:
    """The telling words of a name; ``MUELLER`` and ``Müller`` are one word."""
    return tuple(re.sub(r"(?<=[aou])e", "", word) for word in name_key(name).split())


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


class NameIndex:
    """Customers by the words of their names, so that one is found without looking at all."""

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._words: dict[int, tuple[str, ...]] = {}
        self._bearers: defaultdict[str, list[int]] = defaultdict(list)
        for customer_id, name in names:
            self._words[customer_id] = words_of(name)
            for key in {_key(word) for word in words_of(name)}:
                self._bearers[key].append(customer_id)

    def find(self, name: str) -> list[NameHit]:
        """The most alike first; nobody below ALIKE."""
        words = words_of(name)
        borne = sorted((self._bearers[key] for word in words if (key := _key(word)) in self._bearers), key=len)
        near = {one for bearers in borne[:2] if len(bearers) <= MOST_BEARERS for one in bearers}
        hits = [NameHit(one, name_likeness(words, self._words[one])) for one in near]
        alike = [hit for hit in hits if hit.likeness >= ALIKE]
        return sorted(alike, key=lambda hit: (-hit.likeness, hit.customer_id))[:MOST_FOUND]


def _key(word: str) -> str:
    """What a word and its cut or misspelt end have in common."""
    return word[:4]
