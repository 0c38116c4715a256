"""The whole schema, from the models: tables, indexes and guards."""

from importlib import import_module
from pathlib import Path

from sqlalchemy import Engine, text

from app.db.base import Base
from app.db.triggers import list_guards

WINGS = Path(__file__).resolve().parents[1]


def load_models() -> None:
    """Imports every wing's models, so that the metadata is whole."""
    import_module("app.db.sequences")
    import_module("app.db.slots")
    for path in sorted(WINGS.glob("*/models*.py")):
        import_module(f"app.{path.parent.name}.{path.stem}")


def create_all(engine: Engine) -> None:
    """Creates every table and guard in an empty database, which then has the newest revision."""
    from app.db.upgrade import stamp

    load_models()
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        for guard in list_guards():
            for statement in guard.create(engine.dialect.name):
                connection.execute(text(statement))
        stamp(connection)
