"""The pages on the way from a fulfilled order to its money: what is left, what is asked before, what is refused."""

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices.queries import get_invoice
from app.orders.models import Order
from tests import factories
from tests.factories import NOW, sign_in

pytestmark = pytest.mark.usefixtures("today")
DAY = "2026-11-22"


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        order = factories.make_plain_order(factories.make_customer())  # 4 x 250.00
        with unit_of_work():
            again = session().get_one(Order, order.id)
            again.state, again.fulfilled_on = "fulfilled", NOW.date()
    sign_in(client, "finance")
    return client


def bill(client, quantity, **said):
    lines = {"lines-0-line_id": "1", "lines-0-quantity": quantity}
    return client.post("/invoices/orders/1/bill", data={"way": "quantities", **lines, **said})


def issue(client, invoice_id):
    assert client.post(f"/invoices/{invoice_id}/issue", data={"issued_on": DAY}).status_code == 302


def text_of(client, address):
    return client.get(address).text.replace("\xa0", " ")


def test_drafting_and_issuing_at_once_says_first_what_it_will_do(desk):
    asked = desk.post("/invoices/issue-orders", data={"ids": ["1"]})
    assert (asked.status_code, "cannot be undone" in asked.text, "autofocus" in asked.text) == (200, True, True)
    assert "one for each customer" not in asked.text
    with desk.application.app_context():
        assert session().get_one(Order, 1).billed_net == 0
    started = desk.post("/invoices/issue-orders", data={"ids": ["1"], "confirmed": "1", "together": "0"})
    assert started.location.endswith("/invoices/runs/1")


def test_what_is_credited_stands_apart_and_the_final_invoice_says_so(desk):
    bill(desk, "1")
    issue(desk, 1)
    bill(desk, "3")
    issue(desk, 2)
    assert "The final invoice of the order: nothing is left" in text_of(desk, "/invoices/2")
    note = {"reason_code": "goods_returned", "way": "lines", "lines-0-line_id": "2", "lines-0-quantity": "1"}
    assert "Choose why it is credited" in desk.post("/invoices/2/credit/part", data={**note, "reason_code": ""}).text
    desk.post("/invoices/2/credit/part", data=note)
    assert "Credit note over INV-2026-00002 drafted" in text_of(desk, "/invoices/3")
    assert desk.post("/invoices/3/issue-credit", data={"issued_on": DAY}).status_code == 302
    assert "free to be invoiced again" in text_of(desk, "/invoices/2")
    none_new = text_of(desk, "/invoices/to-invoice")
    assert "Everything is invoiced" not in none_new
    assert "1 has something credited that no invoice asks for again." in none_new
    assert "/invoices/to-invoice?waiting=credited" in none_new
    page = text_of(desk, "/invoices/to-invoice?waiting=credited")
    assert "Nothing is undecided" not in page
    assert "250.00" in page
    order = text_of(desk, "/orders/1")
    assert "75 %" in order
    assert "in part" in order


def test_a_price_that_other_invoices_have_too_is_refused_with_the_ways_out(desk):
    bill(desk, "1")
    issue(desk, 1)
    bill(desk, "3")
    issue(desk, 2)
    line = {
        "lines-0-line_id": "1",
        "lines-0-quantity": "1",
        "lines-0-unit_price": "240",
        "lines-0-discount_percent": "0",
    }
    said = {"reason_code": "price_lower", "issued_on": DAY, "is_replaced": "y", **line}
    refused = desk.post("/invoices/1/credit", data=said)
    assert refused.status_code == 409
    assert 'href="/invoices/1/credit/part">credit the difference' in refused.text
    assert 'credit <a href="/invoices/2">INV-2026-00002</a>' in refused.text


@pytest.mark.parametrize(("title", "why"), [("M" * 121, "120"), ("Step \U00012000", "cannot draw")])
def test_a_milestone_has_a_name_that_paper_carries(desk, title, why):
    refused = bill(desk, "1", title=title)
    assert (refused.status_code, why in refused.text) == (422, True)
    bill(desk, "1", title="Design")
    form = {"version": "1", "payment_terms": "30 days", "language": "en", "title": "Design approved"}
    assert desk.post("/invoices/1/edit", data={**form, "title": title}).status_code == 422
    assert desk.post("/invoices/1/edit", data=form).status_code == 302
    with desk.application.app_context():
        assert get_invoice(1).title == "Design approved"
