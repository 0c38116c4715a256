"""Guards the database itself keeps: rows that may not change, on both engines."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """A trigger that refuses changes. `when` is SQL over OLD and NEW; empty means always."""

    table: str
    on: str  # "UPDATE", "DELETE" or "INSERT"
    name: str
    message: str
    when: str = ""

    def create(self, dialect: str) -> list[str]:
        """The statements that create the trigger."""
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
        return [
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} {give_back} END $$",
            f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]


_guards: dict[str, Guard] = {}


def guard_table(table: str, *, message: str, on: Iterable[str] = ("UPDATE", "DELETE"), when: str = "") -> None:
    """Declares that the table refuses these changes (beside its model)."""
    for change in on:
        name = f"guard_{table}_{change.lower()}"
        _guards[name] = Guard(table, change, name, message, when)


def list_guards() -> list[Guard]:
    return list(_guards.values())
