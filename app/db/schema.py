"""The whole schema, from the models: tables, indexes and guards."""

from importlib import import_module

from sqlalchemy import Engine, text

from app.db.base import Base
from app.db.triggers import list_guards

WINGS_WITH_MODELS = (
    "db", "audit", "documents", "outbox", "auth", "company", "customers", "ledger", "deals",
    "orders", "tasks", "invoices", "payments", "followup", "reports", "desk",
)  # fmt: skip


def load_models() -> None:
    """Imports every wing's models, so that the metadata is whole."""
    import_module("app.db.sequences")
    import_module("app.db.slots")
    for wing in WINGS_WITH_MODELS[1:]:
        try:
            import_module(f"app.{wing}.models")
        except ModuleNotFoundError as error:
            if error.name != f"app.{wing}.models":
                raise


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
