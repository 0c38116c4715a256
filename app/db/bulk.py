"""Knows how SQLite takes in hundreds of thousands of rows at once without going to the disk in between."""

from app.db.base import session


def expect_many_rows() -> None:
    """Lets this connection keep what it changes in memory until the commit.

    With its small cache SQLite writes pages out early, and each time makes the journal safe first: an import of
    100,000 invoices then waits for the disk for minutes. Other engines need nothing.
    """
    connection = session().connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size = -524288")  # KB
