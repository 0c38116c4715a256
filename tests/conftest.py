"""What every test may ask for: an application on a fresh database of either engine, an instant, mail, a browser.

The schema is built once per worker and engine, then copied for each test, which has its own application and folder.
The folder a test stands in decides which engines it meets.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.harness.session import ENVIRONMENT_NAME, Run, begin_run, join_run

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, Page

    from config import Settings
    from tests.harness import databases
    from tests.harness.smtp import SmtpServer

TESTS = Path(__file__).resolve().parent
BOTH_ENGINES = ("service", "scenarios")
ENGINES = ("sqlite", "postgresql")
TEST_SECRET = "a-secret-that-only-the-tests-know-0123456789"

# A slow machine is no mistake of the code: examples have no time limit, and drawing them may take a while
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")

# --- the run --------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[RUN] = begin_run()
        config.stash[ABSENT] = set()


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it for garbage again and again takes a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_unconfigure(config: pytest.Config) -> None:
    if run := config.stash.get(RUN, None):
        run.end()
        os.environ.pop(ENVIRONMENT_NAME, None)


RUN = pytest.StashKey[Run]()
ABSENT = pytest.StashKey[set[str]]()
TOGETHER = "tests/browser/test_every_page.py"  # its tests share a year that takes long to live


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives that file to one worker, first; everything else goes test by test to whoever is free."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER if nodeid.startswith(TOGETHER) else nodeid

    return Scheduling(config, log)


# --- checks against data outside the repository -----------------------------------------------------------------------


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out, and counts, the tests whose data is not here; everything else runs."""
    absent = [item for item in items if not all(map(_is_present, item.iter_markers("outside")))]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in set(absent)]
    names = {item.nodeid for item in absent}
    if hasattr(config, "workeroutput"):
        config.workeroutput["absent"] = sorted(names)
    else:
        config.stash[ABSENT] |= names


def _is_present(mark: pytest.Mark) -> bool:
    return (TESTS.parent / str(mark.args[0])).exists()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[ABSENT] |= set(getattr(node, "workeroutput", {}).get("absent", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if absent := config.stash[ABSENT]:
        terminalreporter.write_line(f"{len(absent)} outside checks not run: their data is not on this machine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """No test is skipped silently: what could not run has failed and says why."""
    return _fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    return _fail_if_skipped((yield))


def _fail_if_skipped(report: Any) -> Any:
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} asked to be skipped, which counts as a failure here: {report.longrepr}"
    return report


# --- databases and the application ----------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" in metafunc.fixturenames:
        folder = metafunc.definition.path.relative_to(TESTS).parts[0]
        metafunc.parametrize("engine_name", ENGINES if folder in BOTH_ENGINES else ENGINES[:1])


@pytest.fixture(scope="session")
def test_run() -> Run:
    return join_run()


@pytest.fixture(scope="session")
def _worker_databases(test_run: Run) -> Callable[[databases.EngineName], databases.Database]:
    from tests.harness import databases

    made: dict[str, databases.Database] = {}

    def find(engine: databases.EngineName) -> databases.Database:
        if engine not in made:
            made[engine] = databases.make_database(engine, test_run)
        return made[engine]

    return find


@pytest.fixture
def settings(
    engine_name: databases.EngineName, _worker_databases: Callable[..., databases.Database], test_run: Run
) -> Settings:
    """Settings that point at a fresh database with the whole schema and at an empty instance folder."""
    from config import Settings

    database = _worker_databases(engine_name)
    database.renew()
    instance = test_run.folder / f"instance-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{engine_name}"
    shutil.rmtree(instance, ignore_errors=True)
    instance.mkdir()
    return Settings.model_validate(
        {
            "tillpaid_env": "development",
            "TILLPAID_INSTANCE_DIR": instance,
            "database_url": database.url,
            "secret_key": TEST_SECRET,
            "public_base_url": "http://tillpaid.test",
            "smtp_url": "",
            "company_time_zone": "Europe/Berlin",
        }
    )


@pytest.fixture
def app(make_app: Callable[..., Flask], request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on the fresh database.

    A context is open, unless the test drives a client or a browser: requests bring their own.
    """
    application = make_app()
    with ExitStack() as stack:
        if not {"client", "live_url"} & set(request.fixturenames):
            stack.enter_context(application.app_context())
        yield application


@pytest.fixture(scope="session")
def _shelf() -> dict[str, list[Shelved]]:
    """Applications with unchanged settings go back here after a test: routes, SQL and templates stay compiled."""
    return {}


@dataclass(frozen=True)
class Shelved:
    """An application and what its two tables held when it was new."""

    application: Flask
    config: dict[str, Any]
    extensions: dict[str, Any]

    def renew(self) -> Flask:
        """Takes back what the last test put into the tables."""
        for table, first in ((self.application.config, self.config), (self.application.extensions, self.extensions)):
            table.clear()
            table.update(first)
        return self.application


@pytest.fixture
def make_app(settings: Settings, test_run: Run, _shelf: dict[str, list[Shelved]]) -> Iterator[Callable[..., Flask]]:
    """`make_app(company_time_zone="Asia/Tokyo")`: an application with other settings, on the same fresh database."""
    from app.db.base import db

    taken: list[tuple[list[Shelved], Shelved]] = []

    def make(**changes: object) -> Flask:
        shelf = [] if changes else _shelf.setdefault(settings.database_url, [])
        shelved = shelf.pop() if shelf else _make_shelved(settings.model_copy(update=changes), test_run)
        taken.append((shelf, shelved))
        return shelved.renew()

    yield make
    for shelf, shelved in taken:
        with shelved.application.app_context():
            db.session.remove()
            db.engine.dispose()
        shelf.append(shelved)


def _make_shelved(settings: Settings, test_run: Run) -> Shelved:
    from jinja2 import FileSystemBytecodeCache

    from app import create_app

    compiled = test_run.folder / "templates"
    compiled.mkdir(exist_ok=True)
    application = create_app(settings)
    application.testing = True
    application.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    return Shelved(application, dict(application.config), dict(application.extensions))


@pytest.fixture
def change_settings(app: Flask, settings: Settings) -> Callable[..., Settings]:
    """`change_settings(smtp_url=smtp_server.url)`: what services read from now on, in this test."""

    def change(**changes: object) -> Settings:
        app.extensions["tillpaid_settings"] = changed = settings.model_copy(update=changes)
        return changed

    return change


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript: keeps cookies, follows what it is told to."""
    return app.test_client()


@pytest.fixture
def now() -> datetime:
    """The instant at which every test takes place: a Sunday morning, 10:00 in Berlin."""
    return datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


# --- mail and browser -----------------------------------------------------------------------------------------------


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A real SMTP server on a free port; see tests/harness/smtp.py for how it can misbehave."""
    from tests.harness.smtp import SmtpServer

    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from tests.harness.browser import open_browser

    with open_browser() as opened:
        yield opened


@pytest.fixture
def live_url(app: Flask) -> Iterator[str]:
    """The application's address while a test drives it with a browser."""
    from tests.harness.browser import serve

    with serve(app) as address:
        yield address


@pytest.fixture
def page(browser: Browser, live_url: str) -> Iterator[Page]:
    """A page of a clean profile, light, at desk width; other sizes through tests.harness.browser.open_context."""
    from tests.harness.browser import open_context

    with open_context(browser, live_url) as context:
        yield context.new_page()
