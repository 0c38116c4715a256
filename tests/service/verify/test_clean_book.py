"""A book in order gives no finding, whatever has happened in it."""

from __future__ import annotations

from app.verify import verify
from tests.book import NOW, Book


def findings(now=NOW):
    return [
        (verdict.invariant.code, found.what, found.detail)
        for verdict in verify(now).broken
        for found in verdict.findings
    ]


def test_a_book_in_which_everything_has_happened_is_clean(book: Book):
    assert findings() == []


def test_an_empty_database_is_clean(app):
    assert findings() == []
