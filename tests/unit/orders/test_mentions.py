"""Who a comment mentions."""

from __future__ import annotations

import pytest

from app.orders.rules_mentions import Person, find_mentions

PEOPLE = (
    Person(1, "Anna Weber", "anna.weber@firm.example"),
    Person(2, "Chloé Martin", "marketing@firm.example"),
    Person(3, "Ben Kurz", "ben@firm.example"),
    Person(4, "Ben Lang", "ben@other.example"),
)


@pytest.mark.parametrize(
    ("text", "people", "unknown"),
    [
        ("no one at all", [], []),
        ("@anna.weber, look", [1], []),
        ("look, @Anna.Weber.", [1], []),
        ("(@marketing) and @chloé.martin and @MARKETING", [2], []),
        ("@ben", [], ["@ben"]),
        ("@ben@other.example and @ben.kurz", [4, 3], []),
        ("write to anna.weber@firm.example", [], []),
        ("@nobody @nobody @anna.weber", [1], ["@nobody"]),
        ("3 @ 5 EUR @", [], []),
        ("@" * 5000 + "anna.weber", [1], []),
    ],
)
def test_a_mention_is_an_address_or_a_name_that_fits_one_person(text, people, unknown):
    found = find_mentions(text, PEOPLE)
    assert [person.id for person in found.people] == people
    assert list(found.unknown) == unknown
