"""An empty place to restore into, and what a database holds, in words that both engines share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from tests.book import open_app
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
