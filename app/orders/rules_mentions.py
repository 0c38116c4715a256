"""Knows how people are mentioned in a comment: @ and the part of the address before its @, or the name with dots."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# An @ inside a word is an address that somebody quotes, and mentions nobody
_MENTION = re.compile(r"(?<![\w.+-])@([\w.+'-]+(?:@[\w.-]+)?)")
MOST_MENTIONS = 50


@dataclass(frozen=True)
class Person:
    """Somebody who can be mentioned."""

    id: int
    name: str
    email: str

    @property
    def short(self) -> str:
        """How this person is mentioned in short."""
        return local_part(self.email)


@dataclass(frozen=True)
class Mentions:
    """The people a text mentions, each once, and the words after an @ that are nobody or more than one."""

    people: tuple[Person, ...] = ()
    unknown: tuple[str, ...] = ()


def local_part(email: str) -> str:
    return email.partition("@")[0]


def find_mentions(text: str, people: Iterable[Person]) -> Mentions:
    """Who is meant, in the order of the text; what fits two people is as unknown as what fits none."""
    known = _by_word(people)
    found: dict[int, Person] = {}
    unknown: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        word = match[1].rstrip(".-'")
        meant = known.get(word.casefold(), {})
        if len(meant) == 1 and len(found) < MOST_MENTIONS:
            found |= meant
        elif word:
            unknown[f"@{word}"] = None
    return Mentions(tuple(found.values()), tuple(unknown))


def _by_word(people: Iterable[Person]) -> Mapping[str, dict[int, Person]]:
    known: dict[str, dict[int, Person]] = defaultdict(dict)
    for person in people:
        name = ".".join(person.name.split())
        for word in {person.email.casefold(), person.short.casefold(), name.casefold()} - {""}:
            known[word][person.id] = person
    return known
