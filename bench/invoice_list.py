"""The invoice list page at 10,000 and at 100,000 invoices: CPU per request, statements per request, and the ratio.

    script/bench invoice_list [--small N] [--large N] [--rounds N]

Two scratch SQLite databases get the same kind of three years (see `aging`), posted with month snapshots. A person of
finance signs in and opens the first page, an old page by its cursor, and a customer's invoices, in turn on both.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app import create_app
from app.auth.services import add_user
from app.company.services import CompanyData, set_up_company
from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.db.upgrade import upgrade
from app.kernel import clock
from bench.aging import build_entries, invent_sales, post_as_known, store_documents
from config import Settings

GOAL = 1.2
ACTOR = "system:bench"
ADDRESS, PASSWORD = "finance@bench.example.com", "a long enough word for a bench"
COMPANY = CompanyData(
    name="Bench GmbH", street="Weg 1", postal_code="20457", city="Hamburg", country="DE", email="a@bench.example.com"
)
# Searches that fill a page at either size: what is compared is the table, not how many rows are drawn
PAGES = ("/invoices", "/invoices?q=Customer+7", "/invoices?q=INV-7")


@contextmanager
def signed_in(folder: Path, invoices: int) -> Iterator[FlaskClient]:
    """A browser of finance before a database of so many invoices."""
    folder.mkdir()
    app = create_app(Settings.model_validate({"TILLPAID_INSTANCE_DIR": folder, "database_url": ""}))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        _fill(invoices)
    client = app.test_client()
    answer = client.post("/login", data={"email": ADDRESS, "password": PASSWORD}, headers={"Sec-Fetch-Site": "none"})
    assert answer.status_code == 302, f"sign-in answered {answer.status_code}"
    yield client
    with app.app_context():
        db.engine.dispose()


def _fill(invoices: int) -> None:
    upgrade(db.engine)
    with unit_of_work():
        set_up_company(COMPANY, actor=ACTOR, now=clock.now())
        add_user(ADDRESS, "finance", password=PASSWORD, actor=ACTOR, now=clock.now())
    sales = invent_sales(invoices)
    with unit_of_work():
        store_documents(sales)
    post_as_known(build_entries(sales))
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")


def cpu_of(client: FlaskClient, address: str) -> float:
    start = time.process_time()
    answer = client.get(address)
    seconds = time.process_time() - start
    assert answer.status_code == 200, f"{address} answered {answer.status_code}"
    return seconds


def statements_of(client: FlaskClient, address: str) -> int:
    sent = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    engine = _engine(client.application)
    event.listen(engine, "before_cursor_execute", note)
    client.get(address)
    event.remove(engine, "before_cursor_execute", note)
    return len(sent)


def _engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


def compare_page(
    name: str, small: tuple[FlaskClient, str], large: tuple[FlaskClient, str], rounds: int
) -> tuple[float, bool]:
    """Prints both medians of a page; returns their ratio, and whether both sizes ask the database alike often."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):  # in turn, so that a busy machine slows both alike
        for found, visit in zip(seconds, (small, large), strict=True):
            found.append(cpu_of(*visit))
    few, many = (median(found[3:]) for found in seconds)
    asked = statements_of(*small), statements_of(*large)
    print(
        f"{name:<28} {few * 1000:7.2f} ms {many * 1000:7.2f} ms CPU, ratio {many / few:5.2f}; "
        f"statements {asked[0]} and {asked[1]}"
    )
    return many / few, asked[0] == asked[1]


def compare(small: FlaskClient, large: FlaskClient, rounds: int) -> float:
    """Prints both medians per page and returns the worst ratio."""
    ratios = []
    for address in PAGES:
        ratio, _is_alike = compare_page(address, (small, address), (large, address), rounds)
        ratios.append(ratio)
    return max(ratios)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="bench-list-") as folder, ExitStack() as both:
        small = both.enter_context(signed_in(Path(folder) / "small", options.small))
        large = both.enter_context(signed_in(Path(folder) / "large", options.large))
        print(f"invoice list at {options.small:,} and {options.large:,} invoices, median of {options.rounds - 3}")
        worst = compare(small, large, options.rounds)
    print(f"worst ratio {worst:.2f}   goal <= {GOAL}   {'met' if worst <= GOAL else 'NOT MET'}")
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
