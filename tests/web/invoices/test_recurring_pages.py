"""The pages of recurring plans, and one invoice over several orders from the list that waits."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.company.services_taxes import PartData, make_tax_code
from app.db.unit_of_work import unit_of_work
from app.desk.queries_periods import count_unfinished
from app.invoices import queries_recurring as queries
from app.invoices import views_recurring
from app.invoices.models import Invoice
from app.invoices.models_recurring import RecurringPeriod
from tests import factories
from tests.factories import ACTOR, NOW, sign_in
from tests.harness.pages import words_of

pytestmark = pytest.mark.usefixtures("today")
PLAN = {
    "title": "Maintenance", "currency": "EUR", "every": "1", "unit": "month", "starts_on": "2026-10-31",
    "when": "advance", "lead_days": "14", "index_percent": "", "payment_terms": "", "po_number": "PO-7",
    "lines-0-description": "Maintenance", "lines-0-quantity": "1", "lines-0-unit_price": "500",
    "lines-0-tax_rate": "19", "lines-0-tax_category": "S",
}  # fmt: skip
NEW = "/invoices/recurring/new?order=1"


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        customer = factories.make_customer()
        factories.make_plain_order(customer, number="SO-1")
        factories.make_plain_order(customer, number="SO-2")
        factories.make_plain_order(factories.make_customer("Other Ltd"), number="SO-3")
    sign_in(client, "finance")
    return client


def count(client, model):
    with client.application.app_context(), unit_of_work() as current:
        return current.query(model).count()


def test_a_plan_is_shown_before_it_is_saved_then_proposed_drafted_and_ended(desk):
    assert "Vibration sensor" in desk.get(NEW).text
    preview = desk.post(NEW, data=PLAN | {"preview": "1", "index_percent": "3"}).text
    assert "30 Sep 2027" in preview or "30.09.2027" in preview or "2027-09-30" in preview
    assert "500.00" in preview
    assert count(desk, RecurringPeriod) == 0
    assert desk.post(NEW, data=PLAN).location.endswith("/invoices/recurring/1")
    assert count(desk, RecurringPeriod) == 2  # 31 October, and 30 November within 14 days
    due = desk.get("/invoices/recurring/due").text
    assert due.count(">Maintenance</a>") == 2
    assert desk.post("/invoices/recurring/due", data={"ids": ["1", "1", "9", "x"]}).status_code == 302
    assert count(desk, Invoice) == 1
    assert "Skip…" in desk.get("/invoices/recurring/1").text
    assert desk.post("/invoices/recurring/periods/2/skip", data={"reason": ""}).status_code == 422
    assert desk.post("/invoices/recurring/periods/2/skip", data={"reason": "Closed"}).status_code == 302
    page = desk.get("/invoices/recurring/1").text
    assert "Draft 1" in page
    assert "Closed" in page
    assert desk.get("/invoices/1").status_code == 200
    edited = PLAN | {"version": "1", "title": "Service", "lines-0-kept": "RecurringLine-1"}
    assert desk.post("/invoices/recurring/1/edit", data=edited).status_code == 302
    assert desk.post("/invoices/recurring/1/edit", data=edited).status_code == 409
    for act in ("pause", "resume", "end"):
        assert desk.post("/invoices/recurring/1/turn", data={"act": act, "reason": "Because"}).status_code == 302
    assert "Ended" in desk.get("/invoices/recurring?state=ended").text
    assert "Service" in desk.get("/customers/1").text
    with desk.application.app_context():
        assert queries.count_due(factories.NOW.date()) == 0


def test_invoices_of_one_plan_say_on_every_page_which_period_each_is_for(desk):
    assert desk.post(NEW, data=PLAN).status_code == 302
    assert desk.post("/invoices/recurring/due", data={"ids": ["1", "2"]}).status_code == 302
    listed = words_of(desk.get("/invoices/?state=draft").text)
    for number, said in ((1, "31 Oct – 29 Nov 2026"), (2, "30 Nov – 30 Dec 2026")):
        assert f"Draft {number} {said}" in listed
        for url in (f"/invoices/{number}", f"/invoices/{number}/peek"):
            assert f"Service period {said}" in words_of(desk.get(url).text), url


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"every": "0"}, "whole number from 1"),
        ({"every": "x"}, "integer"),
        ({"starts_on": ""}, "first day"),
        ({"ends_on": "2026-12-15"}, "lies inside a period"),
        ({"ends_on": "2026-11-29", "most_periods": "2"}, "not both"),
        ({"index_percent": "1000"}, "percentage"),
        ({"lead_days": "1000"}, "from 0 to 366"),
        ({"payment_terms": "soon"}, "terms"),
        ({"lines-0-quantity": "0"}, "quantity above 0"),
        ({"lines-0-tax_rate": "0"}, "rate above 0"),
        ({"lines-0-tax_rate": "0", "lines-0-tax_category": "E"}, "why no tax"),
        ({"lines-0-description": "", "lines-0-quantity": "", "lines-0-unit_price": ""}, "needs a line"),
        ({"lines-0-unit_price": "9" * 20}, "price from 0"),
        ({"title": ""}, "name"),
        ({"lines-0-description": "x" * 5001}, "at most"),
    ],
)
def test_what_cannot_be_a_plan_is_refused_at_its_field(desk, wrong, words):
    answer = desk.post(NEW, data=PLAN | wrong)
    assert answer.status_code == 422, answer.location
    assert words in answer.text
    if "lines-0-quantity" in wrong:
        assert desk.post(NEW, data=PLAN | wrong | {"preview": "1"}).status_code == 422
    assert count(desk, RecurringPeriod) == 0


def test_a_plan_that_began_long_ago_asks_and_all_that_is_due_is_drafted_in_one_go(desk, monkeypatch):
    daily = PLAN | {"unit": "day", "starts_on": "2026-09-30", "lead_days": "0"}
    assert "54 periods into the list" in desk.post(NEW, data=daily | {"preview": "1"}).text
    asked = desk.post(NEW, data=daily)
    assert asked.status_code == 422
    assert "54 periods are due at once" in asked.text
    assert desk.post(NEW, data=daily | {"many": "y"}).status_code == 302
    assert "Draft all 54" in desk.get("/invoices/recurring/due").text
    monkeypatch.setattr(views_recurring, "MOST_AT_ONCE", 50)
    desk.post("/invoices/recurring/due", data={"all": "1"})
    assert count(desk, Invoice) == 50
    said = desk.get("/invoices/recurring/due").text
    assert "4 periods still to go" in said
    assert "<b>4</b> periods wait to be billed. Select those to draft" in said


def test_a_plan_typed_by_hand_names_a_tax_code_and_keeps_it(desk):
    with desk.application.app_context(), unit_of_work():
        parts = (PartData("VAT", "S", Decimal(19)),)
        make_tax_code("DE-STD", "Standard", "", date(2026, 1, 1), parts, actor=ACTOR, now=NOW)
    coded = PLAN | {"lines-0-tax_code": "DE-STD", "lines-0-tax_rate": ""}
    assert desk.post(NEW, data=coded).status_code == 302
    assert '<option selected value="DE-STD">' in desk.get("/invoices/recurring/1/edit").text
    again = coded | {"version": "1", "lines-0-kept": "RecurringLine-1"}
    assert desk.post("/invoices/recurring/1/edit", data=again).status_code == 302
    wrong = again | {"version": "2", "lines-0-tax_code": "X"}
    assert desk.post("/invoices/recurring/1/edit", data=wrong).status_code == 422
    with desk.application.app_context():
        [line] = queries.get_plan(1).lines
        assert (line.tax_code, line.taxes[0]["rate"]) == ("DE-STD", "19")


def test_a_new_plan_begins_with_its_customer(desk):
    assert 'href="/invoices/recurring/new"' in desk.get("/invoices/recurring").text
    assert "/invoices/recurring/new?customer=1" in desk.get("/invoices/recurring/new").text
    assert "maxlength" not in desk.get(NEW).text.split('name="lines-0-description"')[1].split(">")[0]
    assert "No customer found" in desk.get("/invoices/recurring/new?q=nobody").text


def test_one_count_says_what_waits_and_closing_knows_what_is_late(desk):
    desk.post(NEW, data=PLAN)
    for page in ("/invoices/recurring", "/invoices/recurring/due"):
        assert "<b>2</b> periods wait to be billed" in desk.get(page).text
    with desk.application.app_context():
        due = queries.list_active()[0].starts_on
        assert [count_unfinished(day, factories.NOW).periods for day in (due - timedelta(days=1), due)] == [0, 1]


def test_chosen_orders_become_one_draft_for_each_customer(desk):
    sign_in(desk, "clerk")
    assert desk.post("/invoices/draft-orders", data={"ids": ["1", "2", "3", "77"], "together": "1"}).status_code == 302
    assert count(desk, Invoice) == 2
    assert "Everything is invoiced" in desk.get("/invoices/to-invoice").text
    page = desk.get("/invoices/1").text
    for number in ("SO-1", "SO-2"):
        assert number in page
    assert "Draft 1" in desk.get("/orders/2").text
    assert "SO-3" not in desk.get("/invoices/to-invoice?export=1").text


def test_nobody_plans_without_the_permission(desk):
    sign_in(desk, "manager")
    assert desk.get("/invoices/recurring").status_code == 200
    assert desk.get(NEW).status_code == 403
    for place in ("due", "periods/1/skip", "1/turn", "1/edit"):
        assert desk.post(f"/invoices/recurring/{place}").status_code == 403
    assert desk.post("/invoices/draft-orders").status_code == 403


def test_an_order_with_a_plan_is_invoiced_only_by_a_person_who_read_so(desk):
    desk.post(NEW, data=PLAN)
    link = 'href="/invoices/recurring/1"'
    page = desk.get("/invoices/to-invoice").text
    assert link in page
    assert [f'name="ids" value="{order}"' in page for order in (1, 2)] == [False, True]
    said = desk.post("/invoices/draft-orders", data={"ids": ["1"]}, follow_redirects=True).text
    assert "The recurring plan Maintenance was made from this order" in said
    assert count(desk, Invoice) == 0
    page = desk.get("/invoices/orders/1/bill").text
    assert ("only what the plan does not bill" in page, link in page) == (True, True)
    draft = desk.post("/invoices/orders/1/bill", data={"way": "rest"}).location
    assert "only what the plan does not bill" in desk.get(draft).text
    desk.post("/invoices/recurring/1/turn", data={"act": "end", "reason": "Because"})
    assert "only what the plan does not bill" not in desk.get(draft).text
