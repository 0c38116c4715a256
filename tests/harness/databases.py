"""Fresh databases of both engines, each a copy of one that was built once per worker."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy import create_engine

from app.db.schema import create_all
from tests.harness.postgres import Cluster, ensure_cluster
from tests.harness.session import Run, only_one

EngineName = Literal["sqlite", "postgresql"]
ENGINES: tuple[EngineName, ...] = ("sqlite", "postgresql")
POSTGRESQL_TEMPLATE = "schema_template"


class Database(Protocol):
    """One database of this worker, at one address, as good as new after every `renew`."""

    @property
    def url(self) -> str: ...

    def renew(self) -> None: ...


@dataclass(frozen=True)
class SqliteDatabase:
    """A file; the pristine copy stands beside it."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "tillpaid.sqlite3"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    @cached_property
    def _pristine(self) -> Path:
        path = self.folder / "pristine.sqlite3"
        engine = create_engine(f"sqlite:///{path}")
        create_all(engine)
        engine.dispose()
        return path

    def renew(self) -> None:
        for suffix in ("-journal", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self._pristine, self.path)


@dataclass(frozen=True)
class PostgresqlDatabase:
    """A database of the run's cluster; the first worker that needs it builds the template."""

    run: Run
    name: str

    @cached_property
    def _cluster(self) -> Cluster:
        cluster = ensure_cluster(self.run)
        with only_one(self.run, "postgres-template"):
            if not cluster.has(POSTGRESQL_TEMPLATE):
                _build_template(cluster)
        return cluster

    @property
    def url(self) -> str:
        return self._cluster.url(self.name)

    def renew(self) -> None:
        self._cluster.create(self.name, POSTGRESQL_TEMPLATE)


def _build_template(cluster: Cluster) -> None:
    """Built under another name first, so that a failure leaves no half of a template."""
    cluster.create("schema_draft")
    engine = create_engine(cluster.url("schema_draft"))
    create_all(engine)
    engine.dispose()
    cluster.create(POSTGRESQL_TEMPLATE, "schema_draft")


def make_database(engine: EngineName, run: Run, *, name: str = "") -> Database:
    """A database for this worker. A different `name` is a different database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if engine == "postgresql":
        return PostgresqlDatabase(run, f"test_{worker}_{name}" if name else f"test_{worker}")
    return SqliteDatabase(Path(tempfile.mkdtemp(prefix=f"{name or 'sqlite'}-{worker}-", dir=run.folder)))


def make_empty(engine: EngineName, run: Run, folder: Path) -> str:
    """The address of a database without any schema."""
    if engine == "sqlite":
        return f"sqlite:///{folder / 'empty.sqlite3'}"
    name = f"empty_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    ensure_cluster(run).create(name)
    return ensure_cluster(run).url(name)
