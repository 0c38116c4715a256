"""What stops an invoice leads to the field where it is mended."""

import re
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from app.company.queries import get_company
from app.company.services_rates import set_rate
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.xml_rules import RuleFinding
from app.invoices import einvoice_files, queries, services
from app.invoices.queries_parts import list_credit_notes
from app.invoices.rules_reasons import CreditReason
from app.invoices.services import CreditData
from app.invoices.views_faults import find_mending
from tests import factories
from tests.factories import ACTOR, NOW, sign_in


@pytest.fixture
def draft(app, client):
    with app.app_context():
        factories.make_company()
        order = factories.make_plain_order(factories.make_customer())
        sign_in(client, "admin")
        with unit_of_work():
            made = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
        yield made


@pytest.mark.parametrize(
    "field",
    [
        "seller.vat_id", "seller.contact_name", "seller.phone", "seller.iban", "seller.endpoint_id", "seller.city",
        "footer", "bank.account_holder", "buyer.name", "buyer.vat_id", "buyer.country", "buyer.address",
        "buyer.address.city", "buyer.address.postal_code", "buyer.endpoint_id", "lines[0].description",
        "lines[0].quantity", "payment_terms", "instalments[1].amount", "buyer_reference", "delivered_on", "po_number",
    ],
)  # fmt: skip
def test_each_fault_leads_to_its_field(client, draft, field):
    with client:
        client.get("/")  # the administrator is the current user until the block ends
        address = find_mending(field, queries.get_invoice(draft), "Nordwind").url
        anchor = urlsplit(address).fragment
        assert re.search(f'id="{re.escape(anchor)}"', client.get(address).text), address


def test_the_customer_is_offered_for_a_credit_note_only_where_that_mends_it(client, draft):
    with unit_of_work():
        services.issue_invoice(draft, issued_on=NOW.date(), actor=ACTOR, now=NOW)
        said = CreditData(reason_code=CreditReason.RETURNED)
        note = services.draft_credit(draft, said, actor=ACTOR, now=NOW)
    with client:
        client.get("/")
        assert find_mending("buyer.endpoint_id", note, "Nordwind").label == "Nordwind"
        assert find_mending("buyer.address.city", note, "Nordwind") is None


def test_a_credit_note_that_breaks_a_rule_takes_no_number(client, draft, monkeypatch):
    with unit_of_work():
        services.issue_invoice(draft, issued_on=NOW.date(), actor=ACTOR, now=NOW)
    day = {"issued_on": NOW.date().isoformat()}
    with monkeypatch.context() as patch:
        patch.setattr(einvoice_files, "check_xml", lambda *_a, **_k: [RuleFinding("BR-99", "the moon is not full")])
        whole = client.post(f"/invoices/{draft}/credit", data={**day, "reason_code": "goods_returned"})
        assert (whole.status_code, list_credit_notes(draft)) == (422, [])
        with unit_of_work():
            part = services.draft_credit(draft, CreditData(reason_code=CreditReason.RETURNED), actor=ACTOR, now=NOW).id
        refused = client.post(f"/invoices/{part}/issue-credit", data=day)
        assert refused.status_code == 422
    assert all("BR-99: the moon is not full" in answer.text for answer in (whole, refused))
    assert queries.get_invoice(part).number is None
    assert client.post(f"/invoices/{part}/issue-credit", data=day).status_code == 302
    assert queries.get_invoice(part).number == "CN-2026-00001"


def _seen(client, draft):
    return re.search(r'name="seen" value="([^"]+)"', client.get(f"/invoices/{draft}").text)[1]


def test_a_page_from_before_a_change_issues_nothing(client, draft):
    seen = _seen(client, draft)
    line = queries.get_invoice(draft).lines[0]
    data = services.DraftData(
        payment_terms="30 days", lines=(services.DraftLine(line_id=line.id, description="Less", quantity=Decimal(1)),)
    )
    with unit_of_work():
        services.update_draft(draft, data, version=1, actor=ACTOR, now=NOW)
    day = {"issued_on": NOW.date().isoformat()}
    refused = client.post(f"/invoices/{draft}/issue", data={**day, "seen": seen})
    session().rollback()
    assert (refused.status_code, queries.get_invoice(draft).number) == (409, None)
    assert "is not what you looked at" in refused.text
    client.post(f"/invoices/{draft}/issue", data={**day, "seen": _seen(client, draft)})
    session().rollback()
    assert queries.get_invoice(draft).number == "INV-2026-00001"


def test_a_new_draft_is_never_taken_for_a_deleted_one(client, draft):
    with unit_of_work():
        order_id = queries.get_invoice(draft).order_id
        services.delete_draft(draft, actor=ACTOR, now=NOW)
    with unit_of_work():
        assert services.draft_invoice(order_id, actor=ACTOR, now=NOW).id > draft


def test_days_in_what_stops_or_warns_are_written_as_on_the_rest_of_the_page(app, client):
    with app.app_context():
        factories.make_company(foreign_rates="required", vat_check="warn")
        sign_in(client, "admin")
        reverse = [{"name": "VAT", "category": "AE", "kind": "percent", "rate": "0", "reason": "Article 196"}]
        buyer = factories.make_customer("Athina", country="GR", vat_id="EL094259216")
        order = factories.make_plain_order(buyer, taxes=reverse, currency="USD")
        with unit_of_work():
            made = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
        page = client.get(f"/invoices/{made}").text
    assert re.search(r"has no check since \d{1,2} [A-Z][a-z]{2} 2026 whose last answer", page)
    assert re.search(r"No USD rate for \d{1,2} Nov 2026", page)


@pytest.mark.parametrize(("name", "said"), [("VAT", "VAT in EUR"), ("New York State", "Tax in EUR")])
def test_tax_in_the_companys_currency_is_called_vat_only_where_it_is_vat(app, client, name, said):
    with app.app_context():
        factories.make_company(foreign_rates="required")
        sign_in(client, "admin")
        with unit_of_work():
            set_rate("USD", date(2026, 11, 2), "1.0834", actor=ACTOR, now=NOW)
        taxes = [{"name": name, "category": "S", "kind": "percent", "rate": "4"}]
        order = factories.make_plain_order(factories.make_customer(), taxes=taxes, currency="USD")
        with unit_of_work():
            made = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
        page = client.get(f"/invoices/{made}").text
    assert re.search(r"(VAT|Tax) in EUR", page)[0] == said


def test_a_credit_in_full_lists_everything_that_is_missing_with_its_link(client, draft):
    with unit_of_work():
        invoice = services.issue_invoice(draft, issued_on=NOW.date(), actor=ACTOR, now=NOW)
        company = get_company()
        company.street, company.city = "", ""
    said = {"issued_on": NOW.date().isoformat(), "reason_code": "goods_returned"}
    refused = client.post(f"/invoices/{invoice.id}/credit", data=said)
    assert (refused.status_code, list_credit_notes(draft)) == (422, [])
    for name in ("street", "city"):
        assert f"The company&#39;s {name} is missing" in refused.text
        assert f'href="/settings/company#{name}"' in refused.text
    assert "more reason" not in refused.text


@pytest.mark.parametrize(("category", "stops"), [("K", True), ("G", True), ("AE", False)])
def test_a_supply_that_stays_at_home_is_named_on_the_draft_with_the_order_to_amend(app, client, category, stops):
    with app.app_context():
        factories.make_company()
        sign_in(client, "admin")
        taxes = [{"name": "VAT", "category": category, "kind": "percent", "rate": "0"}]
        order = factories.make_plain_order(factories.make_customer(vat_id="DE136695976"), taxes=taxes)
        with unit_of_work():
            made = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
        page = client.get(f"/invoices/{made}").text
        fault = re.search(rf'<li>Line 1: {category} \([^<]*DE[^<]* <a href="([^"]+)"', page)
        assert bool(fault) == stops == ("cannot be issued yet" in page)
        assert stops or "Line 1: AE (reverse charge) though the customer is in DE" in page
        if fault:
            assert 'id="lines"' in client.get(fault[1]).text


@pytest.mark.parametrize(("day", "is_said"), [("1990-01-01", True), ("2031-01-01", True), ("2026-11-20", False)])
def test_a_delivery_date_far_off_is_said_on_the_draft_and_does_not_stop_it(client, draft, day, is_said):
    with unit_of_work():
        queries.get_invoice(draft).delivered_on = date.fromisoformat(day)
    page = client.get(f"/invoices/{draft}").text
    assert (f"The delivery date {date.fromisoformat(day).day} " in page) == is_said
    assert "cannot be issued yet" not in page
