"""The book, written once per worker and engine: tests look at it, or change it and roll back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.db.base import db, session
from config import Settings
from tests.book import Book, open_app, write_book
from tests.harness import databases
from tests.harness.session import Run


@pytest.fixture(scope="session")
def find_book(test_run: Run) -> Callable[[databases.EngineName], Book]:
    """`find_book("sqlite")`: the book of an engine, without opening its context."""
    written: dict[str, Book] = {}

    def find(engine: databases.EngineName) -> Book:
        if engine not in written:
            database = databases.make_database(engine, test_run, name="book")
            database.renew()
            # the workers of a run share its folder, and on SQLite the name of the file
            instance = Path(tempfile.mkdtemp(prefix=f"{engine}-book-", dir=test_run.folder))
            settings = Settings.model_validate(
                {"TILLPAID_INSTANCE_DIR": instance, "database_url": database.url, "smtp_url": ""}
            )
            with open_app(settings) as app:
                written[engine] = write_book(app, instance)
        return written[engine]

    return find


@pytest.fixture
def book(engine_name: databases.EngineName, find_book: Callable[[databases.EngineName], Book]) -> Iterator[Book]:
    """The book of this engine, with its application's context open. Whatever a test writes is rolled back."""
    found = find_book(engine_name)
    with found.app.app_context():
        yield found
        session().rollback()
        db.session.remove()
