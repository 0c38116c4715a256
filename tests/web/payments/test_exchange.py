"""Rates and exchange differences on the pages: entered, imported, missing where they lack, summed by month."""

import io
from datetime import date

import pytest

from app.company.services_rates import set_rate
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.paper import lay_out
from app.payments.services import undo_allocation
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

DELIVERED, RECEIVED = date(2026, 11, 2), date(2026, 11, 20)


@pytest.fixture
def finance(client, app):
    with app.app_context():
        factories.make_company(foreign_rates="required")
        sign_in(client, "finance")
        yield client


def _set(day, rate):
    with unit_of_work():
        set_rate("USD", day, rate, actor=ACTOR, now=NOW)


def _issued():
    customer = factories.make_customer()
    return customer, factories.make_issued_invoice(customer, issued_on=DELIVERED, currency="USD")


def test_a_draft_leads_to_the_form_and_is_issued_after_it(finance):
    order = factories.make_plain_order(factories.make_customer(), currency="USD")
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
    page = finance.get(f"/invoices/{draft}").text
    assert "No USD rate for 2 Nov 2026" in page
    assert "/settings/rates/new?currency=USD&amp;on=2026-11-02" in page
    assert (
        finance.post("/settings/rates/new", data={"currency": "USD", "rated_on": "2026-11-02", "rate": "x"}).status_code
        == 422
    )
    said = {"currency": "USD", "rated_on": "2026-11-02", "rate": "1.0834"}
    assert finance.post("/settings/rates/new", data=said).status_code == 302
    assert "1 EUR = 1.0834 USD" in finance.get("/settings/rates?currency=USD").text
    page = finance.get(f"/invoices/{draft}").text
    assert "VAT in EUR: 175.37\xa0EUR (1 EUR = 1.0834 USD on 2 Nov 2026, own rate)" in page


def test_a_file_is_imported_or_refused_by_its_row(finance):
    def send(content):
        data = {"file": (io.BytesIO(content), "eurofxref.csv"), "since": "2026-01-01"}
        return finance.post("/settings/rates/import", data=data, content_type="multipart/form-data")

    refused = send(b"Date,USD\n2026-11-20,abc\n")
    assert refused.status_code == 422
    assert "Line 2, USD" in refused.text
    assert send(b"").status_code == 422
    assert send(b"Date,USD\n2026-11-20,1.0834\n").status_code == 302
    assert "1 EUR = 1.0834 USD" in finance.get("/settings/rates").text
    again = send(b"Date,USD\n2026-11-20,1.0900\n")
    assert "1 rate differs from what is known." in finance.get(again.headers["Location"]).text


def test_rates_are_for_finance_alone(client, app):
    with app.app_context():
        factories.make_company()
        sign_in(client, "clerk")
    assert client.get("/settings/rates").status_code == 200
    assert client.get("/settings/rates/new").status_code == 403
    assert client.get("/settings/rates/import").status_code == 403


def test_differences_are_shown_per_settlement_and_by_month_and_taken_back(finance):
    _set(DELIVERED, "1.0834")
    customer, invoice = _issued()
    payment = factories.make_payment(
        customer, 119_000, currency="USD", received_on=RECEIVED, allocations=[(invoice.id, 1, 119_000)]
    )
    for address in (f"/invoices/{invoice.id}", f"/payments/{payment.id}", "/payments/exchange?month=2026-11-01"):
        page = finance.get(address).text
        assert "rate missing" in page, address
    _set(RECEIVED, "1.05")
    for address in (f"/invoices/{invoice.id}", f"/payments/{payment.id}", "/payments/exchange?month=2026-11-01"):
        page = finance.get(address).text
        assert "34.94" in page, address
    export = finance.get("/payments/exchange?month=2026-11-01&export=1").text
    assert "1190.00,EUR,1098.39,1133.33,34.94" in export
    with unit_of_work():
        from app.payments.queries import list_live_allocations

        undo_allocation(
            list_live_allocations(payment.id)[0].id, reason="mistaken", on=date(2026, 11, 21), actor=ACTOR, now=NOW
        )
    page = finance.get("/payments/exchange?month=2026-11-01").text
    assert "0.00" in page.split("</h1>")[1][:600]
    assert "1098.39" in finance.get("/invoices?export=1").text


def test_odd_days_are_no_fault_of_ours(finance):
    order = factories.make_plain_order(factories.make_customer(), currency="USD")
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
    for month in ("0001-01-01", "9999-12-31"):
        assert finance.get(f"/payments/exchange?month={month}").status_code == 422
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "0001-01-01"}).status_code == 422


def test_the_paper_says_the_vat_in_our_currency_in_every_language(app):
    with app.app_context():
        factories.make_company()
        _set(DELIVERED, "1.0834")
        snapshot = _issued()[1].snapshot
    words = {"de": "USt in EUR: 175,37\xa0EUR (1 EUR = 1,0834 USD am 02.11.2026, eigener Kurs)", "en": "own rate"}
    for language, said in words.items():
        assert said in " ".join(lay_out(snapshot | {"language": language}).notes)
