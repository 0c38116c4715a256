"""The one place that knows Flask-SQLAlchemy: the declarative base, the engine options and the session."""

import time
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Date, Engine, Integer, MetaData, Text, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.types import ScaledDecimal, UtcInstant

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_MS = 15_000
WRITER_ASKS_AGAIN_MS = 3
WAL_SAFE_SQLITE = (3, 51, 3)


class Base(DeclarativeBase):
    registry = registry(
        type_annotation_map={
            datetime: UtcInstant,
            date: Date,
            Decimal: ScaledDecimal(6),
            str: Text,
            # SQLite only counts up by itself on INTEGER PRIMARY KEY
            int: BigInteger().with_variant(Integer, "sqlite"),
        },
        metadata=MetaData(naming_convention=NAMING),
    )


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def session() -> Session:
    """The session of the current application context."""
    return db.session()


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def connect_database(app: Flask, database_url: str) -> None:
    """Binds the application to its database and prepares each new connection."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(database_url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def _engine_options(database_url: str) -> dict[str, Any]:
    # an error names the statement, not the values: those are personal and would land in the log
    if database_url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    return {"hide_parameters": True, "pool_pre_ping": True, "pool_size": 8, "max_overflow": 8}


def prepare_engine(engine: Engine) -> None:
    """SQLite: our own BEGIN (the driver's hides IMMEDIATE), foreign keys on, every commit on disk."""
    if not is_sqlite(engine):
        return
    event.listen(engine, "connect", _prepare_sqlite_connection)
    event.listen(engine, "begin", _begin_sqlite)


def _prepare_sqlite_connection(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    import sqlite3

    connection.isolation_level = None
    cursor = connection.cursor()
    # Below 3.51.3 the WAL reset fault can lose commits when two connections write
    journal = "WAL" if sqlite3.sqlite_version_info >= WAL_SAFE_SQLITE else "TRUNCATE"
    for pragma in (f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    if connection.get_execution_options().get("tillpaid_writes", False):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN DEFERRED")


def _begin_writing(connection: Any) -> None:
    """Asks every few milliseconds: SQLite asks ten times a second, and misses the pauses of a busy writer for long."""
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        for left in reversed(range(int(BUSY_TIMEOUT_MS / WRITER_ASKS_AGAIN_MS))):
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if "locked" not in str(error.orig) or not left:
                    raise
                time.sleep(WRITER_ASKS_AGAIN_MS / 1000)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
