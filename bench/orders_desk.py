"""A department's work list and an order's page at 1,000 and at 100,000 orders: CPU, statements, and the ratio.

    script/bench orders_desk [--small N] [--large N] [--rounds N]

Two scratch SQLite databases get orders of the standard playbook with six tasks each, holders and trail; one in twenty
runs. A member of QA opens the department's list and a clerk the page of a running and of a fulfilled order, in turn on
both databases.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert

from app import create_app
from app.audit.models import AuditEntry
from app.auth.services import add_user
from app.company.services import set_up_company
from app.customers.models import Customer
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.db.upgrade import upgrade
from app.deals.models import Deal, DealState
from app.kernel import clock
from app.orders.models import Order, OrderLine, OrderState
from app.tasks.models import Task, TaskState
from app.tasks.models_holder import OrderHolder
from app.tasks.rules import PLAYBOOKS, STANDARD
from bench.invoice_list import ACTOR, COMPANY, PASSWORD, compare_page
from config import Settings

GOAL = 1.3
ROWS_AT_ONCE = 5_000
CUSTOMERS = 500
EVERY = 20  # one order in so many runs
MEMBER, CLERK = "qa@bench.example.com", "clerk@bench.example.com"
STEPS = PLAYBOOKS[STANDARD][1]
DONE_STEPS = 3  # of a running order


@contextmanager
def database(folder: Path, orders: int) -> Iterator[dict[str, FlaskClient]]:
    """A browser of each person before a database of so many orders."""
    folder.mkdir()
    app = create_app(Settings.model_validate({"TILLPAID_INSTANCE_DIR": folder, "database_url": ""}))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        upgrade(db.engine)
        now = clock.now()
        with unit_of_work():
            set_up_company(COMPANY, actor=ACTOR, now=now)
            add_user(MEMBER, "member", department_code="qa", password=PASSWORD, actor=ACTOR, now=now)
            add_user(CLERK, "clerk", password=PASSWORD, actor=ACTOR, now=now)
        _fill(orders, now)
    clients = {}
    for address in (MEMBER, CLERK):
        client = clients[address] = app.test_client()
        answer = client.post(
            "/login", data={"email": address, "password": PASSWORD}, headers={"Sec-Fetch-Site": "none"}
        )
        assert answer.status_code == 302, f"sign-in answered {answer.status_code}"
    yield clients
    with app.app_context():
        db.engine.dispose()


def _fill(orders: int, now: datetime) -> None:
    with unit_of_work() as current:
        current.execute(insert(Customer), [_customer(number, now) for number in range(1, CUSTOMERS + 1)])
    for start in range(1, orders + 1, ROWS_AT_ONCE):
        numbers = range(start, min(start + ROWS_AT_ONCE, orders + 1))
        with unit_of_work() as current:
            for model, rows in _tables(numbers, orders, now).items():
                current.execute(insert(model), rows)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    session().rollback()


def _tables(numbers: range, orders: int, now: datetime) -> dict[Any, list[dict[str, Any]]]:
    """The rows of these orders; the newest one in so many runs."""
    tables: dict[Any, list[dict[str, Any]]] = {
        Deal: [], Order: [], OrderLine: [], Task: [], OrderHolder: [], AuditEntry: [],
    }  # fmt: skip
    for number in numbers:
        runs = number % EVERY == 0
        opened = now - timedelta(hours=8 * (orders - number) * 1000 / max(orders, 1000) / 10 + 1)
        done = None if runs else opened + timedelta(days=6)
        tables[Deal].append(_deal(number, opened))
        tables[Order].append(_order(number, opened, done))
        tables[OrderLine] += [_line(number, position) for position in (1, 2, 3)]
        tables[Task] += [_task(number, place, opened, runs) for place in range(len(STEPS))]
        tables[OrderHolder] += _holders(number, opened, done)
        tables[AuditEntry] += _trail(number, opened)
    return tables


def _customer(number: int, now: datetime) -> dict[str, Any]:
    name = f"Customer {number}"
    return {
        "id": number, "number": f"C-{number:05d}", "name": name, "name_key": name.lower(), "search_key": name.lower(),
        "country": "DE", "created_at": now,
    }  # fmt: skip


def _deal(number: int, opened: datetime) -> dict[str, Any]:
    return {
        "id": number, "source": "bench", "external_id": f"D-{number}", "fingerprint": str(number),
        "closed_on": opened.date(), "customer_id": number % CUSTOMERS + 1, "currency": "EUR",
        "payment_terms": "30 days", "net_total": 30_000, "content": {}, "state": DealState.ACCEPTED,
        "received_at": opened, "decided_at": opened, "decided_by": ACTOR,
    }  # fmt: skip


def _order(number: int, opened: datetime, done: datetime | None) -> dict[str, Any]:
    return {
        "id": number, "number": f"SO-{number:07d}", "deal_id": number, "customer_id": number % CUSTOMERS + 1,
        "order_type": STANDARD, "currency": "EUR", "payment_terms": "30 days", "ordered_on": opened.date(),
        "due_on": _due(opened, len(STEPS) - 1), "net_total": 30_000, "gross_total": 30_000,
        "opened_at": opened,
        "state": OrderState.IN_PROGRESS if done is None else OrderState.FULFILLED, "fulfilled_at": done,
        "fulfilled_on": done.date() if done else None,
    }  # fmt: skip


def _line(number: int, position: int) -> dict[str, Any]:
    return {
        "order_id": number, "position": position, "item": f"Item {position}", "quantity": 10, "unit_price": 10,
        "taxes": [],
    }  # fmt: skip


def _due(opened: datetime, place: int) -> date:
    return (opened + timedelta(days=STEPS[place].due_after_days)).date()


def _task(number: int, place: int, opened: datetime, runs: bool) -> dict[str, Any]:
    step = STEPS[place]
    state = TaskState.DONE if not runs or place < DONE_STEPS else TaskState.OPEN
    is_done = state is TaskState.DONE
    return {
        "order_id": number, "code": step.code, "position": place + 1, "title": step.title,
        "department_code": step.department, "is_required": step.is_required, "prerequisites": list(step.prerequisites),
        "state": state, "due_on": _due(opened, place), "opened_at": opened,
        "done_at": opened + timedelta(days=1) if is_done else None, "done_by": ACTOR if is_done else None,
    }  # fmt: skip


def _holders(number: int, opened: datetime, done: datetime | None) -> list[dict[str, Any]]:
    middle = opened + timedelta(minutes=30)
    return [
        {"order_id": number, "holder": "department:finance", "since": opened, "until": middle},
        {"order_id": number, "holder": "department:qa", "since": middle, "until": done},
    ]


def _trail(number: int, opened: datetime) -> list[dict[str, Any]]:
    actions = ("order.opened", "order.planned", "task.done", "task.done", "task.done", "order.fulfilled")
    return [
        {
            "at": opened, "actor": ACTOR, "action": action, "object_kind": "order", "object_id": number,
            "order_id": number, "deal_id": number, "detail": {"title": "Check", "number": number, "tasks": 6},
        }
        for action in actions
    ]  # fmt: skip


def compare(small: dict[str, FlaskClient], large: dict[str, FlaskClient], sizes: tuple[int, int], rounds: int) -> bool:
    """Prints both medians per page; whether every ratio is within the goal and no page asks more at the larger size."""
    running = [size // EVERY // 2 * EVERY for size in sizes]
    pages = {
        "my department's list": (MEMBER, ["/tasks?view=department"] * 2),
        "page of a running order": (CLERK, [f"/orders/{number}" for number in running]),
        "page of a fulfilled order": (CLERK, [f"/orders/{number + 1}" for number in running]),
    }
    is_met = True
    for name, (person, addresses) in pages.items():
        ratio, is_alike = compare_page(name, (small[person], addresses[0]), (large[person], addresses[1]), rounds)
        is_met = is_met and ratio <= GOAL and is_alike
    return is_met


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder, ExitStack() as both:
        small = both.enter_context(database(Path(folder) / "small", options.small))
        large = both.enter_context(database(Path(folder) / "large", options.large))
        print(f"orders desk at {options.small:,} and {options.large:,} orders, median of {options.rounds - 3}")
        is_met = compare(small, large, (options.small, options.large), options.rounds)
    print(f"goal: every ratio <= {GOAL}, statements alike   {'met' if is_met else 'NOT MET'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
