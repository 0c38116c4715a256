"""How a database gets to the present schema: one transaction, one process at a time, guards last."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import TypeDecorator

from app.db.base import Base, is_sqlite
from app.db.schema import load_models
from app.db.triggers import list_guards
from app.kernel.errors import RuleError

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
COMPARISON: dict[str, Any] = {"compare_type": True, "compare_server_default": False}
VERSION_TABLE = "alembic_version"
LOCK_TIMEOUT_MS = 15_000
ADVISORY_LOCK = 7_414_552_051  # any number, the same in every process


class NewerDatabase(RuleError):
    """The database was made by a newer Tillpaid (schema {revision}). Install that version, or restore a backup."""


class BrokenReferences(RuleError):
    """The upgrade was undone: {count} rows would refer to rows that do not exist, the first in table {table}."""


def upgrade(engine: Engine) -> bool:
    """Creates or upgrades the schema; whether there was anything to do. Raises NewerDatabase and BrokenReferences."""
    load_models()
    with _alone(engine) as connection:
        if not needs_upgrade(connection):
            return False
        _drop_guards(connection)
        _build(connection)
        _check_references(connection)
        _create_guards(connection)
        return True


def rebuild(
    engine: Engine,
    revision: str,
    *,
    fill: Callable[[Connection], None],
    finish: Callable[[Connection], None],
) -> None:
    """Puts other rows in the place of everything, in one transaction: all or nothing.

    `fill` meets empty tables as of `revision` (empty: those of the models), `finish` the present schema; the guards
    come last. Raises BrokenReferences.
    """
    load_models()
    with _alone(engine) as connection:
        if not is_sqlite(engine):
            connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": str(LOCK_TIMEOUT_MS)})
        _drop_guards(connection)
        _drop_tables(connection)
        _build(connection, revision)
        fill(connection)
        _build(connection)
        finish(connection)
        _check_references(connection)
        _create_guards(connection)


def is_known(revision: str) -> bool:
    """Whether this version can read a database of that revision; the empty one is that of the models."""
    return not revision or revision in {script.revision for script in _scripts().walk_revisions()}


def stamp(connection: Connection) -> None:
    """Says that this database, built from the models, has the newest revision."""
    if _scripts().get_heads():
        MigrationContext.configure(connection).stamp(_scripts(), "heads")


def needs_upgrade(connection: Connection) -> bool:
    """Whether `upgrade` would change anything. Raises NewerDatabase."""
    present, heads = set(read_revisions(connection)), set(_scripts().get_heads())
    known = {script.revision for script in _scripts().walk_revisions()}
    if unknown := present - known:
        raise NewerDatabase(revision=min(unknown))
    return present != heads or _read_guards(connection) != _expected_guards(connection)


def read_revisions(connection: Connection) -> tuple[str, ...]:
    """The schema's revision as the database knows it; empty for an empty database."""
    return MigrationContext.configure(connection).get_current_heads()


def list_differences(connection: Connection) -> list[str]:
    """What in the database's tables, columns, indexes and guards is not as the models say."""
    load_models()
    context = MigrationContext.configure(connection, opts=COMPARISON)
    expected, found = _expected_guards(connection), _read_guards(connection)
    with warnings.catch_warnings():  # of a constraint that was added without a look at the rows, it warns in vain
        warnings.filterwarnings("ignore", message="Can't validate argument 'dialect_options'", category=SAWarning)
        differences = compare_metadata(context, target_metadata())
    return [
        *map(str, differences),
        *(f"guard {name} is not as the code says" for name in sorted(_names(expected.items() ^ found.items()))),
    ]


def write_revision(engine: Engine, message: str) -> Path | None:
    """Writes the migration from the newest version to the models, None when they agree; the engine's database is empty.

    It gets no guards: those of a table that the models know alone could not be made.
    """
    load_models()
    with _alone(engine) as connection:
        if _scripts().get_heads():
            command.upgrade(_config(connection), "head")
        written = command.revision(_config(connection), message, autogenerate=True, process_revision_directives=_skip)
    return Path(written.path) if written and not isinstance(written, list) else None


# --- for migrations/env.py --------------------------------------------------------------------------------------------


def target_metadata() -> MetaData:
    load_models()
    return Base.metadata


def render_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own column types are written as what the database sees, so that versions do not depend on them."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


# --- inside -----------------------------------------------------------------------------------------------------------


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction in which no other process upgrades, and in which SQLite lets tables be built again."""
    with engine.connect() as connection:
        if is_sqlite(engine):
            _set_foreign_keys(connection, on=False)
        try:
            with connection.execution_options(tillpaid_writes=True).begin():
                if not is_sqlite(engine):
                    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
                yield connection
        finally:
            if is_sqlite(engine):
                _set_foreign_keys(connection, on=True)


def _build(connection: Connection, revision: str = "head") -> None:
    if revision and _scripts().get_heads():
        command.upgrade(_config(connection), revision)
    else:
        Base.metadata.create_all(connection)
        stamp(connection)


def _drop_tables(connection: Connection) -> None:
    present = MetaData()
    present.reflect(connection)
    present.drop_all(connection)


def _set_foreign_keys(connection: Connection, *, on: bool) -> None:
    """Straight to the driver: SQLite ignores this inside a transaction, and SQLAlchemy would begin one."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        if orphans:
            raise BrokenReferences(count=len(orphans), table=orphans[0][0])


def _drop_guards(connection: Connection) -> None:
    """Those the database has, whatever made them."""
    for name, (table, _text) in _read_guards(connection).items():
        if connection.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text(f'DROP TRIGGER {name} ON "{table}"'))
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}()"))


def _create_guards(connection: Connection) -> None:
    for guard in list_guards():
        for statement in guard.create(connection.dialect.name):
            connection.execute(text(statement))


def _expected_guards(connection: Connection) -> dict[str, tuple[str, str]]:
    """Name to table and text, spelled as `_read_guards` finds it."""
    created = ((guard, guard.create(connection.dialect.name)) for guard in list_guards())
    first = {guard.name: (guard.table, statements[0]) for guard, statements in created if statements}
    if connection.dialect.name == "sqlite":
        return first
    return {name: (table, function.split("$$")[1]) for name, (table, function) in first.items()}


def _read_guards(connection: Connection) -> dict[str, tuple[str, str]]:
    if connection.dialect.name == "sqlite":
        query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = """
            SELECT tgname, relname, prosrc FROM pg_trigger
            JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal"""
    return {name: (table, body) for name, table, body in connection.execute(text(query))}


def _names(guards: Iterable[tuple[str, tuple[str, str]]]) -> set[str]:
    return {name for name, _table_and_text in guards}


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _skip(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """No file when nothing differs."""
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []
