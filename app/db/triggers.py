"""Guards the database itself keeps: rows that may not change, on both engines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Index, Table, UniqueConstraint

from app.db.base import Base


@dataclass(frozen=True)
class Guard:
    """A trigger that refuses changes. `when` is SQL over OLD and NEW; empty means always."""

    table: str
    on: str  # "UPDATE", "DELETE", "INSERT" or, on PostgreSQL, "TRUNCATE"
    name: str
    message: str
    when: str = ""
    only: str = ""  # the one dialect that has such a way around the others

    def create(self, dialect: str) -> list[str]:
        """The statements that create the trigger; none where the dialect does not need it."""
        if self.only not in ("", dialect):
            return []
        return self._create_sqlite() if dialect == "sqlite" else self._create_postgresql()

    def drop(self, dialect: str) -> list[str]:
        if dialect == "sqlite":
            return [f"DROP TRIGGER IF EXISTS {self.name}"]
        return [f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}", f"DROP FUNCTION IF EXISTS {self.name}()"]

    def _create_sqlite(self) -> list[str]:
        condition = f" WHEN {self.when}" if self.when else ""
        refuse = f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        return [f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table}{condition} {refuse}"]

    def _create_postgresql(self) -> list[str]:
        raise_it = f"RAISE EXCEPTION '{self.message}' USING ERRCODE = 'integrity_constraint_violation';"
        body = f"IF {self.when} THEN {raise_it} END IF;" if self.when else raise_it
        give_back = "RETURN OLD;" if self.on == "DELETE" else "RETURN NEW;"
        each = f"FOR EACH {'STATEMENT' if self.on == 'TRUNCATE' else 'ROW'}"
        return [
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} {give_back} END $$",
            f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} {each} EXECUTE FUNCTION {self.name}()",
        ]


_guards: dict[str, Guard] = {}


def guard_table(table: str, *, message: str, on: Iterable[str] = ("UPDATE", "DELETE"), when: str = "") -> None:
    """Declares that the table refuses these changes (beside its model)."""
    for change in on:
        name = f"guard_{table}_{change.lower()}"
        _guards[name] = Guard(table, change, name, message, when)


def list_guards() -> list[Guard]:
    """Every guard, once the models are loaded: those declared, and those against ways around them."""
    return [*_guards.values(), *(other for guard in _guards.values() for other in _ways_around(guard))]


def _ways_around(guard: Guard) -> Iterator[Guard]:
    """TRUNCATE fires no trigger of rows. REPLACE deletes the rows in its way, in SQLite without their triggers."""
    if guard.on != "DELETE":
        return
    # the plus keeps SQLite from taking this condition for the way in: the way in is the key
    table, message, protected = guard.table, guard.message, guard.when.replace("OLD.", "+kept.") or "TRUE"
    yield Guard(table, "TRUNCATE", f"guard_{table}_truncate", message, only="postgresql")
    in_the_way = f"SELECT 1 FROM {table} AS kept WHERE ({_same_key(Base.metadata.tables[table])}) AND {protected}"  # noqa: S608 - our own names
    yield Guard(table, "INSERT", f"guard_{table}_replace", message, f"EXISTS ({in_the_way})", only="sqlite")
    if guard.when:  # else no update passes anyway
        in_the_way += " AND kept.id <> OLD.id"
        yield Guard(table, "UPDATE", f"guard_{table}_replace_update", message, f"EXISTS ({in_the_way})", only="sqlite")


def _same_key(table: Table) -> str:
    """That a kept row has a key of the new one."""
    unique: list[UniqueConstraint | Index] = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    unique += [one for one in table.indexes if one.unique]
    keys = {tuple(column.name for column in one.columns) for one in unique}
    keys.add(tuple(column.name for column in table.primary_key.columns))
    return " OR ".join(" AND ".join(f"kept.{name} = NEW.{name}" for name in key) for key in sorted(keys))
