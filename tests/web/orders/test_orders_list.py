"""The list of orders: views, strip, search, paging, export, and how little it asks the database."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.orders.queries import get_order
from app.orders.services import cancel_order
from app.orders.services_deliveries import record_delivery
from tests import factories
from tests.factories import ACTOR, NOW, deal_line, sign_in
from tests.harness.statements import count_statements

pytestmark = pytest.mark.usefixtures("today")

LONG_AGO = NOW - timedelta(days=40)


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "clerk")
    return client


@pytest.fixture
def four(desk):
    """One order on time, one late, one fulfilled, one cancelled, with different money."""
    with desk.application.app_context():
        factories.make_order("ON-TIME", customer="Alpha GmbH", po_number="A-1")
        factories.make_order(
            "LATE", customer="Beta AG", currency="JPY", lines=(deal_line(unit_price="100"),), now=LONG_AGO
        )
        factories.make_fulfilled_order("FULFILLED", customer="Gamma KG")
        cancelled = factories.make_order("CANCELLED", customer="Delta SE")
        with unit_of_work():
            cancel_order(cancelled.id, "The customer went elsewhere", actor=ACTOR, now=NOW)
    return desk


def customers_on(page):
    return {name for name in ("Alpha GmbH", "Beta AG", "Gamma KG", "Delta SE") if name in page}


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("", {"Alpha GmbH", "Beta AG"}),
        ("in_progress", {"Alpha GmbH", "Beta AG"}),
        ("on_time", {"Alpha GmbH"}),
        ("late", {"Beta AG"}),
        ("due_soon", {"Alpha GmbH"}),
        ("fulfilled", {"Gamma KG"}),
        ("cancelled", {"Delta SE"}),
        ("to_approve", set()),
        ("all", {"Alpha GmbH", "Beta AG", "Gamma KG", "Delta SE"}),
    ],
)
def test_a_view_shows_its_orders(four, view, shown):
    assert customers_on(four.get("/orders", query_string={"view": view} if view else {}).text) == shown


def test_the_strip_says_how_many_and_how_much_in_each_currency(four):
    page = re.sub(r"\s+", " ", four.get("/orders").text.replace("\xa0", " "))
    assert re.search(r'view=late".{0,200}>Late</span> <span class="strip-amount">400 JPY', page)
    assert re.search(
        r">On time</span> <span class=\"strip-amount\">49.40 EUR</span> <span class=\"strip-more\">1 order<", page
    )


def test_the_title_and_the_totals_add_up_what_is_listed(four):
    page = four.get("/orders").text.replace("\xa0", " ")
    assert page.count("49.40 EUR") == 6  # title, row, totals, and three parts of the strip
    assert "net in 2 orders in progress" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alpha", {"Alpha GmbH"}),
        ("A-1", {"Alpha GmbH"}),
        ("gamma", {"Gamma KG"}),
        ("SO-2026", {"Alpha GmbH", "Beta AG", "Gamma KG", "Delta SE"}),
        ("!!!", set()),
    ],
)
def test_whoever_looks_for_something_looks_in_every_state(four, text, shown):
    assert customers_on(four.get("/orders", query_string={"q": text}).text) == shown


def test_a_search_within_a_view_stays_there(four):
    page = four.get("/orders?q=gamma&view=in_progress").text
    assert "No match" in page
    assert customers_on(page) == set()


def test_the_orders_of_one_customer_can_be_shown(four):
    with four.application.app_context():
        customer_id = factories.make_order("MORE", customer="Gamma KG").customer_id
    page = four.get(f"/orders?customer={customer_id}").text
    assert customers_on(page) == {"Gamma KG"}
    assert "2 orders" in page
    assert four.get("/orders?customer=404").status_code == 404


def test_a_row_says_how_far_the_order_is_who_holds_it_and_what_is_next(four):
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", four.get("/orders?view=on_time").text))
    assert "0/5" in page
    assert "Customer service" in page
    assert "Finish “Confirm the order to the customer”" in page


@pytest.mark.parametrize("role", ["member", "finance", "clerk", "manager", "admin"])
def test_everybody_sees_orders_and_only_some_cancel_them(four, role):
    sign_in(four, role)
    assert four.get("/orders").status_code == 200
    assert four.get("/orders/1").status_code == 200
    may_cancel = role in {"clerk", "manager", "admin"}
    assert ("Cancel order" in four.get("/orders/1").text) is may_cancel
    assert four.get("/orders/1/cancel").status_code == (200 if may_cancel else 403)


def test_a_page_leads_to_the_next_and_back(desk):
    with desk.application.app_context():
        for number in range(53):
            factories.make_order(f"D-{number}")
    first = desk.get("/orders").text
    assert "50 of 53" in first
    older = re.search(r'href="([^"]+after=[^"]+)"', first)[1].replace("&amp;", "&")
    second = desk.get(older).text
    assert "3 of 53" in second
    assert "before=" in second


def test_the_export_has_the_rows_of_the_screen_and_their_totals(four):
    answer = four.get("/orders?view=in_progress&export=1")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["customer"] for row in rows[:2]] == ["Beta AG", "Alpha GmbH"]  # due first
    assert (rows[1]["net_total"], rows[1]["currency"], rows[1]["tasks_done"], rows[1]["tasks"]) == (
        "49.40",
        "EUR",
        "0",
        "5",
    )
    assert rows[1]["held_by"] == "Customer service"
    assert rows[1]["percent_fulfilled"] == "0"
    assert [(row["net_total"], row["currency"]) for row in rows[2:4]] == [("49.40", "EUR"), ("400", "JPY")]
    assert len(rows) == 4  # and no sentence among them


def test_percent_fulfilled_is_of_value_delivered_whatever_tasks_are_done(four):
    with four.application.app_context(), unit_of_work():
        line = get_order(1).lines[0]
        record_delivery(1, {line.id: line.quantity * 3 / 4}, on=NOW.date(), actor=ACTOR, now=NOW)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", four.get("/orders?view=on_time").text))
    assert re.search(r" 0/5 75 % ", page)
    rows = list(csv.DictReader(io.StringIO(four.get("/orders?view=all&export=1").data.decode("utf-8-sig"))))
    told = {row["customer"]: (row["percent_fulfilled"], row["tasks_done"]) for row in rows if row["customer"]}
    assert told == {"Alpha GmbH": ("75", "0"), "Beta AG": ("0", "0"), "Gamma KG": ("100", "5"), "Delta SE": ("0", "0")}


JUNK = [
    "view=perhaps", "sort=-id", "sort=po_number", "after=x", "before=%00", "customer=abc", "customer=" + "9" * 20,
    "export=yes", "q=" + "x" * 201,
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_the_address_is_refused(four, junk):
    assert 400 <= four.get(f"/orders?{junk}").status_code < 500


@pytest.mark.parametrize(
    "path", ["/orders/404", "/orders/0", "/orders/-1", "/orders/x", "/orders/404/peek", "/orders/404/cancel"]
)
def test_an_order_that_is_not_there_is_not_found(four, path):
    assert four.get(path).status_code == 404


def statements_of(client, path):
    app = client.application
    with app.app_context():
        engine = db.engine
    client.get(path)  # what is read once per process is read now
    with count_statements(engine) as counted:
        assert client.get(path).status_code == 200
    return counted.count


@pytest.mark.slow
def test_the_list_asks_as_much_for_fifty_rows_as_for_ten(desk):
    with desk.application.app_context():
        for number in range(10):
            factories.make_order(f"D-{number}", customer=f"Customer {number}")
    paths = ("/orders", "/orders?view=all&sort=number", "/orders?export=1")
    few = [statements_of(desk, path) for path in paths]
    copy_orders(desk, 290)
    assert [statements_of(desk, path) for path in paths] == few
    assert few[0] <= 26


def copy_orders(client, count):
    """More orders like the first ten, with their tasks, straight into the tables."""
    from sqlalchemy import insert, select

    from app.deals.models import Deal
    from app.orders.models import Order
    from app.tasks.models import Task

    def copies(model, row, **changes):
        kept = {column.name: getattr(row, column.name) for column in model.__table__.columns if column.name != "id"}
        return {**kept, **changes}

    with client.application.app_context(), unit_of_work() as current:
        orders = list(current.scalars(select(Order).order_by(Order.id).limit(10)))
        for number in range(count):
            order = orders[number % 10]
            deal = copies(Deal, current.get_one(Deal, order.deal_id), external_id=f"copy-{number}")
            deal_id = current.execute(insert(Deal).values(deal)).inserted_primary_key[0]
            values = copies(Order, order, number=f"SO-COPY-{number:04}", deal_id=deal_id)
            order_id = current.execute(insert(Order).values(values)).inserted_primary_key[0]
            for task in current.scalars(select(Task).where(Task.order_id == order.id)).all():
                current.execute(insert(Task).values(copies(Task, task, order_id=order_id)))
