"""An empty place to restore into, and what a database holds, in words that both engines share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from app.backup import back_up, restore
from app.db.base import db, session
from config import Settings
from tests.book import NOW, Book, open_app
from tests.harness.databases import EngineName, make_empty
from tests.harness.session import Run


@pytest.fixture
def open_empty(test_run: Run, tmp_path: Path) -> Iterator[Callable[[EngineName], Flask]]:
    """`open_empty("postgresql")`: an application on an empty database, with its context open."""
    with ExitStack() as stack:

        def open_one(engine: EngineName) -> Flask:
            instance = tmp_path / "elsewhere"
            instance.mkdir(exist_ok=True)
            url = make_empty(engine, test_run, instance)
            settings = Settings.model_validate({"TILLPAID_INSTANCE_DIR": instance, "database_url": url, "smtp_url": ""})
            return stack.enter_context(open_app(settings))

        yield open_one


@pytest.fixture(scope="session")
def _backups(
    find_book: Callable[[EngineName], Book], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[EngineName, str], dict[str, bytes]]:
    """The files of a backup of the book, made once: content by suffix."""

    @cache
    def make(engine: EngineName, kind: str) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("backups")
        book = find_book(engine)
        with book.app.app_context():
            path = back_up(folder / "backup", db.engine, portable=kind == "portable", now=NOW).path
            session().rollback()
            db.engine.dispose()
        if kind == "copy" and engine == "postgresql":
            path = _as_copy(path, book.app.extensions["tillpaid_settings"], folder)
        return {suffix: path.with_name(path.name + suffix).read_bytes() for suffix in ("", ".sha256")}

    return make


def _as_copy(path: Path, settings: Settings, folder: Path) -> Path:
    """A PostgreSQL book as a backup of SQLite."""
    with open_app(settings.model_copy(update={"database_url": f"sqlite:///{folder / 'way.sqlite3'}"})):
        restore(path, instance=folder, now=NOW)
        return back_up(folder / "copy", db.engine, portable=False, now=NOW).path


@pytest.fixture
def portable(engine_name: EngineName, _backups: Callable[[EngineName, str], dict[str, bytes]], tmp_path: Path) -> Path:
    """A portable backup of the book, to be spoilt at will."""
    return _write(tmp_path / "backup.zip", _backups(engine_name, "portable"))


@pytest.fixture
def copy(engine_name: EngineName, _backups: Callable[[EngineName, str], dict[str, bytes]], tmp_path: Path) -> Path:
    """A backup of the SQLite kind, whatever the engine of the test."""
    return _write(tmp_path / "backup.sqlite3", _backups(engine_name, "copy"))


def _write(path: Path, contents: dict[str, bytes]) -> Path:
    for suffix, content in contents.items():
        path.with_name(path.name + suffix).write_bytes(content)
    return path
