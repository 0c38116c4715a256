"""The story of a held order: credit holds it from the start, and no path moves it until finance lets it go."""

import csv
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app import worker
from app.cli import main
from app.db.base import session
from app.invoices.models import Invoice
from app.jobs import MOVING
from app.kernel import clock
from app.orders.models import Order, OrderState
from app.orders.queries_holds import list_holds
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import sign_in
from tests.harness.pages import words_of

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ROW = {
    "deal_id": "D-1", "closed_on": "2026-11-20", "customer": "Nordlicht Logistik GmbH", "country": "DE",
    "currency": "EUR", "po_number": "PO 7", "item": "Pump", "quantity": "10", "unit_price": "100", "tax_rate": "19",
}  # fmt: skip


@pytest.fixture
def at(monkeypatch):
    def set_clock(instant):
        monkeypatch.setattr(clock, "now", lambda: instant)
        return instant

    return set_clock


@pytest.fixture
def run(settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))

    def invoke(*words):
        return CliRunner().invoke(main, [*map(str, words)])

    return invoke


def write_deal(path, **changes):
    row = {**ROW, **changes}
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([list(row), list(row.values())])
    return path


class Books:
    """What the story looks up, each time in a context of its own."""

    def __init__(self, app) -> None:
        self.app = app

    def standing(self):
        """What a move would change: states of orders and tasks, and documents."""
        with self.app.app_context():
            orders = [order.state for order in session().scalars(select(Order).order_by(Order.id))]
            invoices = session().scalar(select(func.count()).select_from(Invoice))
            return orders, [task.state for task in list_tasks_of(1)], invoices

    def open_tasks(self):
        with self.app.app_context():
            return [task.id for task in list_tasks_of(1) if task.state is TaskState.OPEN]

    def hold(self, order_id):
        with self.app.app_context():
            (hold,) = list_holds(order_id)
            return hold.id, hold.reason, hold.review_on


def test_credit_holds_an_order_on_every_path_until_finance_lets_it_go(app, client, run, at, tmp_path):
    # Monday: a customer with a limit of 500 euros orders for 1,000, 1,190 with tax
    at(MONDAY)
    books = Books(app)
    with app.app_context():
        factories.make_company(now=MONDAY)
        factories.make_customer(credit_limit=50_000, now=MONDAY)
    assert run("deals", "import", write_deal(tmp_path / "deals.csv"), "--source", "crm").exit_code == 0
    sign_in(client, "admin")
    assert client.post("/deals/1/accept").status_code == 302
    hold_id, reason, review_on = books.hold(1)
    assert "Exposure 1,190.00 EUR is over the limit of 500.00 EUR" in reason
    assert review_on == date(2026, 11, 24)
    before = books.standing()

    # The page, many at once, an invoice ahead of time: all are told why
    open_tasks = books.open_tasks()
    refused = client.post(f"/tasks/{open_tasks[0]}/finish", data={"version": "1"})
    assert (refused.status_code, "is on hold: Exposure 1,190.00 EUR" in words_of(refused.text)) == (409, True)
    many = client.post("/tasks/bulk", data={"action": "finish", "ids": open_tasks})
    assert words_of(many.text).count("Release the hold first.") == len(open_tasks)
    draft = client.post("/invoices/draft", data={"order_id": "1", "ahead_of_fulfilment": "1"})
    assert (draft.status_code, "is on hold" in words_of(draft.text)) == (409, True)
    client.post("/invoices/issue-orders", data={"ids": ["1"], "confirmed": "1"})

    # The command line: the same deal, now cheaper, is reported and not applied; the worker moves nothing either
    again = run("deals", "import", write_deal(tmp_path / "cheaper.csv", unit_price="10"), "--source", "crm")
    assert "changed" in again.output
    worker.run_once(app, MONDAY)
    assert books.standing() == before

    # A second deal of the same customer, imported and accepted, waits as well
    second = write_deal(tmp_path / "more.csv", deal_id="D-2", po_number="PO 8", unit_price="110")
    assert run("deals", "import", second, "--source", "crm").exit_code == 0
    assert client.post("/deals/2/accept").status_code == 302
    assert "Exposure 2,499.00 EUR" in books.hold(2)[1]

    # Tuesday: a clerk may not decide about credit, finance may, and work goes on
    at(TUESDAY)
    sign_in(client, "clerk")
    assert client.post(f"/orders/holds/{hold_id}/release", data={"reason": "Please"}).status_code == 403
    sign_in(client, "finance")
    assert client.post(f"/orders/holds/{hold_id}/release", data={"reason": "They paid in advance"}).status_code == 302
    while waiting := books.open_tasks():
        for task in waiting:
            assert client.post(f"/tasks/{task}/finish").status_code == 302
    assert books.standing()[0] == [OrderState.FULFILLED, OrderState.IN_PROGRESS]
    with app.app_context():
        assert {one.invariant.code for one in verify(TUESDAY, ROWS).broken} <= MOVING  # the worker rests on Tuesday
