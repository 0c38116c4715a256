"""The pages of tax codes, from the settings through a deal to a draft whose tax point moved."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.company.queries_taxes import select_tax_codes
from app.company.services_taxes import PartData, make_tax_code, set_tax_rates
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.deals.models import Deal
from app.invoices import queries, services
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

WHO = {"actor": ACTOR, "now": NOW}
NEW = {
    "code": "nyc", "title": "New York City", "valid_from": "2026-01-01", "parts-0-name": "NY State",
    "parts-0-category": "S", "parts-0-rate": "4", "parts-1-name": "NYC", "parts-1-category": "S", "parts-1-rate": "4.5",
    "parts-2-name": "MCTD", "parts-2-category": "S", "parts-2-rate": "0.375",
}  # fmt: skip


@pytest.fixture
def customer(app):
    with app.app_context():
        factories.make_company(foreign_rates="optional")
        yield factories.make_customer()


def make_code(code="DE", **rates):
    parts = tuple(PartData(name, "S", Decimal(rate)) for name, rate in (rates or {"VAT": "16"}).items())
    with unit_of_work():
        return make_tax_code(code, "A code", "", date(2026, 1, 1), parts, **WHO)


def test_a_code_is_made_gets_new_rates_and_is_not_offered_any_more(client, customer):
    sign_in(client, "admin")
    assert "No tax codes yet" in client.get("/settings/taxes").text
    address = client.post("/settings/taxes/new", data=NEW).location
    assert "4.5 %" in client.get(address).text.replace("\xa0", " ")
    code = session().scalars(select_tax_codes()).one()
    rates = {f"rates-{i}-part_id": str(part.id) for i, part in enumerate(code.parts)}
    rates |= {"rates-0-rate": "4", "rates-1-rate": "5", "rates-2-rate": "0.375", "valid_from": "2026-12-01"}
    assert client.post(f"{address}/rates", data={**rates, "version": "1"}).status_code == 302
    assert client.post(f"{address}/rates", data={**rates, "version": "1"}).status_code == 409
    assert client.post(f"{address}/edit", data={"title": "New York", "version": "2"}).status_code == 302
    assert "not offered" in client.get("/settings/taxes").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": "N Y"}, "Write a code"),
        ({"title": ""}, "Title"),
        ({"parts-1-name": "NY State"}, "same name"),
        ({"parts-0-rate": "0"}, "needs a rate above 0"),
        ({"parts-0-category": "AE"}, "its rate is 0"),
        ({"parts-0-category": "E", "parts-0-rate": "0"}, "needs the reason"),
        ({"parts-0-rate": "many"}, "Rate"),
    ],
)
def test_a_code_that_cannot_be_is_refused_at_its_field(client, customer, wrong, said):
    sign_in(client, "admin")
    refused = client.post("/settings/taxes/new", data=NEW | wrong)
    assert (refused.status_code, said in refused.text) == (422, True)


DEAL = {
    "closed_on": "2026-11-02", "customer": "Hudson Parts", "country": "US", "currency": "USD", "deal_type": "standard",
    "lines-0-item": "Sensor", "lines-0-quantity": "1", "lines-0-unit_price": "100", "lines-0-tax_code": "nyc",
    "lines-0-tax_category": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lines-0-tax_code": "NOPE"}, "is no tax code in use"),
        ({"lines-0-tax_rate": "9"}, "contradicts tax_code NYC"),
        ({"closed_on": "2025-11-02"}, "has no rate on 2 Nov 2025"),
        ({"lines-0-tax_code": ""}, "This is missing"),
    ],
)
def test_a_deal_says_a_code_that_holds_on_its_day(client, customer, wrong, said):
    make_code("NYC", **{"NY State": "4", "NYC": "4.5", "MCTD": "0.375"})
    sign_in(client, "manager")
    refused = client.post("/deals/new", data=DEAL | wrong)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert client.post("/deals/new", data=DEAL).status_code == 302
    line = session().scalars(select(Deal)).one().lines[0]
    assert (line.tax_code, line.tax_rate) == ("NYC", Decimal("8.875"))


def test_a_line_of_three_taxes_is_issued_through_the_pages_as_pdf_alone(client, customer):
    make_code("NYC", **{"NY State": "4", "NYC": "4.5", "MCTD": "0.375"})
    order = factories.make_plain_order(customer, ("Sensor", "3", "100"), currency="USD", tax_code="NYC")
    sign_in(client, "finance")
    address = client.post("/invoices/draft", data={"order_id": order.id}).location
    assert "PDF only, without an e-invoice." in client.get(address).text
    assert client.post(f"{address}/issue", data={"issued_on": "2026-11-22"}).status_code == 302
    shown = client.get(address).text
    assert "PDF only, without an e-invoice." in shown
    assert "326.63" in shown  # 300 + 12 + 13.50 + 1.13


def test_rates_from_a_day_documents_were_issued_on_come_back_on_the_form_with_what_was_typed(client, customer):
    code = make_code()
    order = factories.make_plain_order(customer, ("Sensor", "3", "100"), tax_code="DE")
    with unit_of_work():
        made = services.issue_invoice(services.draft_invoice(order.id, **WHO).id, date(2026, 11, 22), **WHO)
    sign_in(client, "admin")
    typed = {"version": "1", "valid_from": "2026-03-01", "rates-0-part_id": code.parts[0].id, "rates-0-rate": "17.5"}
    refused = client.post(f"/settings/taxes/{code.id}/rates", data=typed)
    said = f"Documents were issued otherwise: {made.number} with 16 % of DE for 2 Nov 2026. Choose a later day"
    assert (refused.status_code, said in refused.text, 'value="17.5"' in refused.text) == (422, True, True)


def test_the_draft_says_that_its_tax_point_moved_and_takes_the_rate(client, customer):
    code = make_code()
    order = factories.make_plain_order(customer, ("Sensor", "3", "100"), tax_code="DE")
    with unit_of_work():
        draft = services.draft_invoice(order.id, **WHO)
        set_tax_rates(code.id, date(2026, 11, 1), {code.parts[0].id: Decimal(19)}, version=1, **WHO)
    sign_in(client, "finance")
    address = f"/invoices/{draft.id}"
    said = "The rate of DE changed on 1 Nov 2026: this draft has 16 %, the tax point 2 Nov 2026 wants 19 %."
    shown = client.get(address).text
    assert (said in shown, "Take the rate of the tax point" in shown, "Keep the rate…" in shown) == (True, True, True)
    assert client.post(f"{address}/issue", data={"issued_on": "2026-11-22"}).status_code == 422
    assert client.post(f"{address}/take-rates").location.endswith(address)
    assert said not in client.get(address).text
    assert queries.get_invoice(draft.id).gross_total == 35_700
    assert client.post(f"{address}/keep-rates").status_code == 409
    assert client.post(f"{address}/issue", data={"issued_on": "2026-11-22"}).status_code == 302
