"""Changing the lines of an order: dates, deliveries, cancelling in part, amendments and who approves them."""

from __future__ import annotations

import re

import pytest

from app.auth.rules import Permission, Role, list_roles_with
from app.orders.queries import get_order
from app.orders.queries_amendments import list_amendments
from tests import factories
from tests.factories import sign_in
from tests.harness.pages import words_of

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order(lines=(factories.deal_line(quantity="10"), factories.deal_line("Cable", "2", "5")))
    sign_in(client, "clerk")
    return client


def form(desk, address, **changes):
    """The form as the page fills it, with changes by field; what it names and what is hidden is sent along."""
    page = desk.get(address).text
    found = dict(re.findall(r'<input[^>]* name="((?!csrf)[^"]+)"[^>]* value="([^"]*)"', page))
    boxes = set(re.findall(r'name="([^"]+)"[^>]*type="checkbox"', page))
    boxes |= set(re.findall(r'type="checkbox"[^>]*name="([^"]+)"', page))
    found |= dict(re.findall(r'<select[^>]* name="([^"]+)".*?<option (?:selected )?value="([^"]*)"', page, re.DOTALL))
    return {name: value for name, value in found.items() if name not in boxes} | changes


def order_of(desk):
    with desk.application.app_context():
        order = get_order(1)
        return [
            (str(line.quantity), str(line.cancelled_quantity), str(line.fulfilled_quantity)) for line in order.lines
        ]


def test_the_lines_are_dated_delivered_and_taken_back(desk):
    days = {"lines-0-promised_on": "2026-11-23", "lines-0-requested_on": "2026-11-20"}
    desk.post("/orders/1/dates", data=form(desk, "/orders/1/dates", **days))
    assert "23 Nov 2026 asked for 20 Nov 2026" in words_of(desk.get("/orders/1").text)
    data = form(desk, "/orders/1/deliver", **{"lines-0-quantity": "4", "lines-1-quantity": "", "note": "DN-7"})
    page = words_of(desk.post("/orders/1/deliver", data=data, follow_redirects=True).text)
    assert "The delivery is recorded." in page
    assert "Delivered: 4 × Sensor" in page
    assert "4 22 Nov 2026 23 Nov 2026" in page  # how much and when last, and the promise
    assert "% delivered" in page
    assert "Draft what is delivered" in page
    assert order_of(desk) == [("10", "0", "4"), ("2", "0", "0")]
    assert desk.post("/orders/deliveries/1/undo", data={"reason": ""}).status_code == 422
    desk.post("/orders/deliveries/1/undo", data={"reason": "Came back"})
    assert order_of(desk)[0] == ("10", "0", "0")
    assert "Taken back: Came back" in words_of(desk.get("/orders/1").text)


def test_everything_that_is_left_is_filled_in_and_nothing_recorded_yet(desk):
    blank = form(desk, "/orders/1/deliver", note="DN-8")
    assert [blank.get(f"lines-{line}-quantity", "") for line in (0, 1)] == ["", ""]
    page = desk.post("/orders/1/deliver", data=blank | {"fill": "left"}).text
    assert [f'value="{text}"' in page for text in ("10", "2", "DN-8")] == [True, True, True]
    assert order_of(desk) == [("10", "0", "0"), ("2", "0", "0")]


REFUSED = (
    ("deliver", {"lines-0-quantity": "11"}, 422, "11 is more than the 10 that are left"),
    ("deliver", {"lines-0-quantity": "-1"}, 422, "a quantity above 0"),
    ("deliver", {"lines-0-quantity": "many"}, 422, "Write a number like"),
    ("deliver", {"lines-0-quantity": "", "lines-1-quantity": ""}, 422, "at least one line"),
    ("deliver", {"lines-0-quantity": "1", "on": "2026-11-23"}, 422, "is in the future"),
    ("deliver", {"lines-0-quantity": "1", "on": "2020-01-01"}, 422, "before the deal was closed on 2 Nov 2026"),
    ("cancel-part", {"lines-0-quantity": "10", "lines-1-quantity": "2", "reason": "x"}, 409, "Cancel the whole"),
    ("cancel-part", {"lines-0-quantity": "1", "reason": ""}, 422, "Say why"),
    ("amend", {"reason": "x"}, 422, "Nothing is different"),
    ("amend", {"lines-0-quantity": "0", "reason": "x"}, 422, "a quantity above 0"),
    ("amend", {"lines-0-discount_percent": "101", "reason": "x"}, 422, "between 0 and 100"),
    ("amend", {"payment_terms": "some day", "reason": "x"}, 422, "terms"),
    ("amend", {"lines-0-unit_price": "-50", "reason": "x"}, 422, "A price is not below 0"),
    ("amend", {"lines-0-unit_price": "9999999999999999", "reason": "x"}, 422, "more than can be counted"),
    ("dates", {"lines-0-promised_on": "soon"}, 422, "Write a date like"),
    ("dates", {"lines-0-promised_on": "2026-11-21"}, 422, "21 Nov 2026 is past"),
    ("amend", {"lines-0-promised_on": "2026-11-21", "reason": "x"}, 422, "21 Nov 2026 is past"),
)


def test_what_cannot_be_is_refused_in_place_and_changes_nothing(desk):
    for address, changes, status, said in REFUSED:
        answer = desk.post(f"/orders/1/{address}", data=form(desk, f"/orders/1/{address}", **changes))
        page = words_of(answer.text)
        assert (answer.status_code, said in page) == (status, True), (address, changes, page)
    assert order_of(desk) == [("10", "0", "0"), ("2", "0", "0")]


def test_a_small_amendment_counts_at_once_and_a_larger_one_is_decided_by_somebody_else(desk):
    small = form(desk, "/orders/1/amend", **{"lines-1-quantity": "3", "reason": "One more cable"})
    page = words_of(desk.post("/orders/1/amend", data=small, follow_redirects=True).text)
    assert "Amendment 1 counts from now on." in page
    assert "Cable Quantity 2 3" in page
    large = form(desk, "/orders/1/amend", new_item="Bracket", new_quantity="9", new_price="7.5", reason="y")
    page = words_of(desk.post("/orders/1/amend", data=large, follow_redirects=True).text)
    assert "Amendment 2 waits for approval" in page
    assert "Bracket (new line) Quantity – 9" in page
    assert "Decide about amendment 2" not in words_of(desk.get("/orders/1").text)  # it is their own
    assert desk.post("/orders/amendments/2/approve").status_code == 403
    sign_in(desk, "manager")
    assert "Decide about amendment 2" in words_of(desk.get("/orders/1").text)
    assert "Amendments to approve" in desk.get("/").text
    assert "SO-2026-00001" in desk.get("/orders?view=to_approve").text
    assert desk.post("/orders/amendments/2/refuse", data={"reason": ""}).status_code == 422
    assert desk.post("/orders/amendments/2/withdraw").status_code == 409
    page = words_of(desk.post("/orders/amendments/2/approve", follow_redirects=True).text)
    assert "206.00 EUR" in page
    assert order_of(desk) == [("10", "0", "0"), ("3", "0", "0"), ("9", "0", "0")]
    with desk.application.app_context():
        assert [one.state.value for one in list_amendments(1)] == ["approved", "approved"]


def test_small_amendments_that_add_up_are_decided_by_somebody_else(desk):
    for quantity, said in (("10.9", "counts from now on"), ("11.8", "waits for approval")):
        step = form(desk, "/orders/1/amend", **{"lines-0-quantity": quantity, "reason": "A little more"})
        assert said in words_of(desk.post("/orders/1/amend", data=step, follow_redirects=True).text)
    sign_in(desk, "manager")
    desk.post("/orders/amendments/2/approve")
    step = form(desk, "/orders/1/amend", **{"lines-0-quantity": "12.6", "reason": "A little more"})
    page = words_of(desk.post("/orders/1/amend", data=step, follow_redirects=True).text)
    assert "Amendment 3 counts from now on" in page  # measured from what the manager agreed to


def test_the_second_of_two_people_sees_both_values_and_loses_nothing(desk):
    for place, (address, mine, value, compared) in enumerate(
        [
            ("dates", "lines-0-promised_on", "2026-12-09", "Sensor: Promised 2026-12-01 2026-12-09"),
            ("amend", "lines-0-unit_price", "3", "Sensor: Unit price 12.35 3"),
            ("deliver", "lines-0-quantity", "3", "Sensor: Quantity 10.2 3"),
            ("cancel-part", "lines-0-quantity", "3", "Sensor: Quantity empty 3"),
        ]
    ):
        typed = form(desk, f"/orders/1/{address}", **{mine: value, "reason": "Mine"})
        theirs = {"lines-0-quantity": f"10.{place}", "lines-0-promised_on": f"2026-12-0{place + 1}", "reason": "Theirs"}
        desk.post("/orders/1/amend", data=form(desk, "/orders/1/amend", **theirs))
        answer = desk.post(f"/orders/1/{address}", data=typed)
        page = words_of(answer.text)
        assert (answer.status_code, "Somebody changed this order in the meantime." in page) == (409, True), page
        assert compared in page
        # what was typed stands in the form, which now knows the newer version
        again = dict(re.findall(r'<input[^>]* name="((?!csrf)[^"]+)"[^>]* value="([^"]*)"', answer.text))
        assert (again[mine], again["version"]) == (value, str(int(typed["version"]) + 1))
    assert order_of(desk)[0] == ("10.3", "0", "0")


def test_only_who_may_changes_or_approves(desk):
    assert list_roles_with(Permission.ORDERS_APPROVE) == [Role.MANAGER, Role.ADMIN]
    sign_in(desk, "member")
    for address in ("dates", "deliver", "amend", "cancel-part"):
        assert desk.get(f"/orders/1/{address}").status_code == 403
    assert "Record a delivery" not in desk.get("/orders/1").text
    assert desk.get("/orders/1/versions").status_code == 200


def test_an_amendment_over_the_amount_says_by_how_much_it_is_over(desk):
    sign_in(desk, "admin")
    company = desk.get("/settings/company").text
    said = dict(re.findall(r'<input[^>]* name="((?!csrf)[^"]+)"[^>]* value="([^"]*)"', company))
    said |= {"country": "DE", "language": "en", "currency": "EUR"}
    for amount, refusal in (("-1", "0 or more"), ("1,234", "two ways"), ("1.234", "two ways"), ("1.2345", "decimals")):
        answer = desk.post("/settings/company", data=said | {"amendment_amount": amount})
        assert (answer.status_code, refusal in answer.text) == (422, True), amount
    assert desk.post("/settings/company", data=said | {"amendment_amount": "5"}).status_code == 302
    assert "10 % or 5.00 EUR" in words_of(desk.get("/settings").text)
    assert "beyond 10 % or 5.00 EUR waits" in words_of(desk.get("/orders/1/amend").text)
    wanted = form(desk, "/orders/1/amend", **{"lines-1-quantity": "3.2", "reason": "More cable"})
    page = words_of(desk.post("/orders/1/amend", data=wanted, follow_redirects=True).text)
    assert "waits for approval by somebody else. The change of 6.00 EUR is 1.00 EUR over the limit of 5.00 EUR." in page
    assert "Needs approval: The change of 6.00 EUR" in page


def test_the_reason_for_no_tax_is_written_where_an_order_lacks_it(desk):
    assert "Reason for no tax" not in desk.get("/orders/1/amend").text
    exempt = [{"name": "VAT 0", "category": "E", "kind": "percent", "rate": "0", "price_includes": False}]
    with desk.application.app_context():
        factories.make_plain_order(factories.make_customer("Other AG"), taxes=exempt, state="in_progress")
    said = form(desk, "/orders/2/amend", **{"lines-0-tax_reason": "Article 132", "reason": "Asked Tax"})
    page = words_of(desk.post("/orders/2/amend", data=said, follow_redirects=True).text)
    assert "Reason for no tax" in page
    assert "Article 132" in page
    assert 'value="Article 132"' in desk.get("/orders/2/amend").text
