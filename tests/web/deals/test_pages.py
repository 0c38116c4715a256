"""Pages of deals: the gate, the form, the file."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest

from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.deals import queries, services
from app.deals.models import DealState
from app.kernel import clock
from app.orders.queries import find_order_of
from tests import factories
from tests.factories import ACTOR, NOW, deal_line, make_customer, sign_in
from tests.harness.statements import count_statements

FORM = {
    "closed_on": "2026-11-02", "deal_type": "standard", "customer": "Alpha GmbH", "country": "DE", "currency": "EUR",
    "billing_email": "ap@alpha.example", "payment_terms": "30 days",
    "lines-0-item": "Sensor", "lines-0-quantity": "4", "lines-0-unit_price": "12.35", "lines-0-tax_rate": "19",
    "lines-0-tax_category": "",
}  # fmt: skip


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "clerk")
    return client


def prepare(client, external_id="D-1", **changes):
    with client.application.app_context():
        return factories.make_deal(external_id, **changes).id


def state(client, deal_id):
    with client.application.app_context():
        return queries.get_deal(deal_id).state


def test_what_waits_stands_first_oldest_on_top_with_its_total(desk):
    prepare(desk, "NEW", closed_on=factories.DEAL.closed_on.replace(day=9))
    prepare(desk, "OLD")
    page = desk.get("/deals").text
    assert page.index("OLD") < page.index("NEW")
    assert "98.80" in page
    assert "2 deals" in page


def test_an_empty_gate_says_what_to_do_next(desk):
    assert "Import a file of them" in desk.get("/deals").text


@pytest.mark.parametrize("view", ["waiting", "returned", "accepted", "all"])
def test_every_view_answers_and_exports(desk, view):
    prepare(desk)
    assert desk.get(f"/deals?view={view}").status_code == 200
    exported = desk.get(f"/deals?view={view}&export=1")
    assert exported.content_type.startswith("text/csv")
    assert ("D-1" in exported.text) is (view in {"waiting", "all"})


def test_a_deal_is_accepted_and_leads_to_its_order(desk):
    deal_id = prepare(desk)
    assert "Accept this deal" in desk.get(f"/deals/{deal_id}").text
    answer = desk.post(f"/deals/{deal_id}/accept", follow_redirects=True)
    assert "is accepted" in answer.text
    assert "SO-2026-00001" in answer.text.replace(str(NOW.year + 1), "")
    with desk.application.app_context():
        assert find_order_of(deal_id) is not None
    assert desk.post(f"/deals/{deal_id}/accept").status_code == 409


def test_a_deal_that_lacks_something_needed_cannot_be_accepted_and_says_where_to_fix_it(desk):
    deal_id = prepare(desk, lines=(deal_line(tax_rate=0, tax_category="AE"),))
    page = desk.get(f"/deals/{deal_id}").text
    assert "Reverse charge and intra-EU lines need" in page
    assert re.search(r"<button[^>]*disabled[^>]*>Accept", page)
    assert "/customers/1/edit" in page
    assert desk.post(f"/deals/{deal_id}/accept").status_code == 409
    assert state(desk, deal_id) is DealState.WAITING


def test_a_deal_goes_back_to_sales_with_a_reason_and_comes_back_corrected(desk):
    deal_id = prepare(desk)
    assert desk.post(f"/deals/{deal_id}/return", data={"code": "price", "reason": ""}).status_code == 422
    assert desk.post(f"/deals/{deal_id}/return", data={"code": "none", "reason": "x"}).status_code == 422
    assert desk.post(f"/deals/{deal_id}/return", data={"code": "price", "reason": "Too cheap"}).status_code == 302
    assert "Too cheap" in desk.get(f"/deals/{deal_id}").text
    saved = desk.post(f"/deals/{deal_id}/edit", data={**FORM, "version": "2", "lines-0-unit_price": "20"})
    assert saved.status_code == 302
    assert state(desk, deal_id) is DealState.WAITING
    assert "80.00" in desk.get(f"/deals/{deal_id}").text


def test_the_timeline_tells_a_correction_in_words_and_speaks_of_no_file(desk):
    deal_id = prepare(desk, closed_on=date(2027, 5, 1), po_number="PO-1")
    said = {**FORM, "closed_on": "2026-11-20", "po_number": "PO-2", "lines-0-unit_price": "20", "version": "1"}
    assert desk.post(f"/deals/{deal_id}/edit", data=said).status_code == 302
    page = desk.get(f"/deals/{deal_id}").text
    assert "Closed on: 1 May 2027 → 20 Nov 2026" in page
    assert "Purchase order: PO-1 → PO-2" in page
    assert "Unit price of Sensor: 12.35 → 20" in page
    assert "the file says" not in page


def test_the_lines_show_price_discount_and_tax_at_every_width(desk):
    deal_id = prepare(desk, lines=(deal_line("Sensor", "24", "189", discount_percent=5),))
    page = desk.get(f"/deals/{deal_id}").text
    assert "hide-" not in page
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " ")
    assert "24 pcs 189.00 EUR −5 % 19 % 4,309.20 EUR" in text


def test_a_deal_closed_in_the_future_is_warned_of_and_can_be_accepted(desk):
    today = prepare(desk, "A", closed_on=clock.now().date())
    ahead = prepare(desk, "B", closed_on=date(2099, 5, 1), po_number="PO-8")
    assert "Closed in the future" not in desk.get(f"/deals/{today}").text
    assert "Closed in the future" in desk.get(f"/deals/{ahead}").text
    assert desk.post(f"/deals/{ahead}/accept").status_code == 302


def test_a_returned_deal_can_be_handed_in_as_it_is(desk):
    deal_id = prepare(desk)
    desk.post(f"/deals/{deal_id}/return", data={"code": "other", "reason": "Why?"})
    assert desk.post(f"/deals/{deal_id}/hand-in").status_code == 302
    assert state(desk, deal_id) is DealState.WAITING


def test_several_deals_are_accepted_at_once_and_one_that_lacks_something_stops_only_itself(desk):
    good, bad, twin = (
        prepare(desk, "A"),
        prepare(desk, "B", customer="Other", lines=(deal_line(tax_rate=0, tax_category="K"),)),
        prepare(desk, "C"),
    )
    answer = desk.post("/deals/accept", data={"ids": [str(good), str(bad), str(twin), "junk", str(good)]})
    assert "<title>0 of 3 deals are accepted" in answer.text  # the first two of one purchase order may be one
    assert desk.post(f"/deals/{twin}/return", data={"code": "other", "reason": "Twice"}).status_code == 302
    rows = re.findall(r"<tr.*?</tr>", desk.post("/deals/accept", data={"ids": [str(good), str(bad)]}).text, re.DOTALL)
    assert ["Accepted" in row for row in rows[1:]] == [True, False]
    assert "Reverse charge and intra-EU lines need" in rows[2]
    assert (state(desk, good), state(desk, bad)) == (DealState.ACCEPTED, DealState.WAITING)
    assert desk.post("/deals/accept", data={"ids": "junk"}).status_code == 422
    assert desk.post("/deals/accept", data={"ids": "77"}).status_code == 404


def test_the_list_says_what_each_deal_needs_and_asks_as_much_for_nine_as_for_three(app, desk):
    prepare(desk, "A")
    prepare(desk, "B", po_number="PO-9", lines=(deal_line("Odd", "3"),))
    prepare(desk, "K", customer="Other", po_number="PO-10", lines=(deal_line(tax_rate=0, tax_category="K"),))
    counts = []
    for more in ((), ("C", "D", "E", "F", "G", "H")):
        for name in more:
            prepare(desk, name, customer=f"{name} Ltd", po_number=f"PO-{name}")
        with app.app_context(), count_statements(db.engine) as asked:
            page = desk.get("/deals").text
        counts.append(asked.count)
    assert counts[0] == counts[1]
    assert "Complete it" in page
    assert page.count("Accept it") == 8


def test_the_gate_says_before_and_after_that_credit_does_not_carry_the_order(app, desk):
    with app.app_context():
        make_customer("Brake GmbH", credit_limit=50_00, overdue_days=None)
    deal_id = prepare(desk, "A", customer="Brake GmbH")
    assert "The order will be on hold for credit." in desk.get(f"/deals/{deal_id}").text
    page = desk.post(f"/deals/{deal_id}/accept", follow_redirects=True).text
    assert "is accepted: its order is on hold (credit): Exposure" in page


def test_a_typed_deal_waits_at_the_gate_like_an_imported_one(desk):
    answer = desk.post(
        "/deals/new",
        data={
            **FORM,
            "lines-1-item": "Cable",
            "lines-1-quantity": "1",
            "lines-1-unit_price": "5",
            "lines-1-tax_rate": "0",
            "lines-1-tax_category": "Z",
        },
    )
    assert answer.status_code == 302
    page = desk.get(answer.location).text
    assert "F-00001" in page
    assert "54.40" in page
    assert "Cable" in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("closed_on", "2026-02-31", "does not exist"),
        ("customer", "", "This is missing"),
        ("country", "QQ", "Choose one of the list"),
        ("vat_id", "DE1", "not valid"),
        ("payment_terms", "soon", "not understood"),
        ("lines-0-quantity", "-1", "above 0"),
        ("lines-0-unit_price", "=1+1", "formula"),
        ("lines-0-tax_rate", "", "This is missing"),
        ("lines-0-item", "", "This is missing"),
        ("customer", "@SUM(A1)", "formula"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_registered(desk, field, value, said):
    answer = desk.post("/deals/new", data={**FORM, field: value})
    assert answer.status_code == 422
    assert said.lower() in answer.text.lower()
    with desk.application.app_context():
        assert sum(queries.count_by_state().values()) == 0


def test_a_deal_without_lines_is_refused_and_an_id_that_is_taken_too(desk):
    empty = {name: "" if name.startswith("lines-") else value for name, value in FORM.items()}
    assert "no lines" in desk.post("/deals/new", data=empty).text
    assert desk.post("/deals/new", data={**FORM, "deal_id": "X"}).status_code == 302
    taken = desk.post("/deals/new", data={**FORM, "deal_id": "X"})
    assert (taken.status_code, "is taken" in taken.text) == (422, True)


def test_asking_for_one_more_line_saves_nothing(desk):
    answer = desk.post("/deals/new", data={**FORM, "add_line": "1"})
    assert (answer.status_code, 'name="lines-1-item"' in answer.text) == (200, True)


def test_the_second_of_two_people_who_correct_a_deal_is_told(desk):
    deal_id = prepare(desk)
    assert desk.post(f"/deals/{deal_id}/edit", data={**FORM, "version": "1"}).status_code == 302
    assert desk.post(f"/deals/{deal_id}/edit", data={**FORM, "version": "1", "po_number": "9"}).status_code == 409


def test_an_accepted_deal_is_not_corrected_any_more(desk):
    deal_id = prepare(desk)
    with desk.application.app_context(), unit_of_work():
        services.accept_deal(deal_id, actor=ACTOR, now=NOW)
    assert desk.get(f"/deals/{deal_id}/edit").status_code == 409


HEADER = "deal_id,closed_on,customer,country,currency,item,quantity,unit_price,tax_rate\n"
GOOD, BAD = "A,2026-11-02,Alpha,DE,EUR,X,1,2,19\n", "B,2026-02-31,Beta,DE,EUR,X,-1,2,19\n"


def upload(client, text):
    data = {"file": (io.BytesIO(text.encode()), "deals.csv")}
    return client.post("/deals/import", data=data, content_type="multipart/form-data")


def go_on(client, page):
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    action = re.search(r'name="action" value="(\w+)"', page)[1]
    return client.post("/deals/import", data={**hidden, "action": action})


def test_a_file_is_checked_first_and_imported_when_asked_for(desk):
    checked = upload(desk, HEADER + GOOD)
    assert (checked.status_code, "Import 1 deal" in checked.text) == (200, True)
    with desk.application.app_context():
        assert sum(queries.count_by_state().values()) == 0
    assert go_on(desk, checked.text).status_code == 302
    with desk.application.app_context():
        assert queries.find_deals("file", ["A"])["A"].net_total == 200
    assert "there already" in upload(desk, HEADER + GOOD).text


def test_a_file_with_bad_rows_names_them_and_offers_the_good_ones_only(desk):
    checked = upload(desk, HEADER + GOOD + BAD)
    assert checked.status_code == 422
    assert "is a day that does not exist" in checked.text
    assert "must be above 0" in checked.text
    assert go_on(desk, checked.text).status_code == 302
    with desk.application.app_context():
        assert list(queries.find_deals("file", ["A", "B"])) == ["A"]


@pytest.mark.parametrize("content", ["", "\n\n", "[", '[{"a":', "a,a\n1,2"])
def test_a_file_that_is_none_is_refused_with_a_sentence(desk, content):
    answer = upload(desk, content)
    assert answer.status_code == 422
    assert "error" in answer.text


def test_a_file_of_something_else_says_which_columns_are_missing(desk):
    assert "must stand in the first line" in upload(desk, "name;amount\nx;1").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/deals/424242", 404), ("/deals/424242/edit", 404), ("/deals/x", 404), ("/deals?sort=x", 422),
        ("/deals?view=x", 422), ("/deals?after=x", 422), ("/deals?customer=x", 422),
        ("/deals/new?customer=424242", 404),
    ],
)  # fmt: skip
def test_junk_in_an_address_is_refused(desk, address, status):
    assert desk.get(address).status_code == status


def test_who_only_looks_cannot_decide(client):
    with client.application.app_context():
        factories.make_company()
        deal_id = factories.make_deal().id
    sign_in(client, "finance")
    page = client.get(f"/deals/{deal_id}")
    assert page.status_code == 200
    assert "/accept" not in page.text
    assert client.post(f"/deals/{deal_id}/accept").status_code == 403


def test_a_typed_price_that_may_be_a_thousand_is_refused_and_three_decimals_are_kept(desk):
    refused = desk.post("/deals/new", data={**FORM, "lines-0-unit_price": "1.500"})
    assert (refused.status_code, "can be read in two ways" in refused.text) == (422, True)
    assert desk.post("/deals/new", data={**FORM, "lines-0-unit_price": "1.125"}).status_code == 302
