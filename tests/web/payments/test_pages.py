"""The pages of payments: recording, placing what is left, taking back, reversing; bad input changes nothing."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.customers.queries import get_customer
from app.db.base import db
from app.ledger import queries as ledger
from app.payments import queries
from tests.factories import (
    make_company,
    make_customer,
    make_issued_invoice,
    make_open_invoice,
    make_payment,
    send_csrf_token,
    sign_in,
)
from tests.harness.pages import words_of
from tests.harness.statements import count_statements


@pytest.fixture
def books(app, client):
    """A customer who owes 1,190.00 EUR, and a person of finance before the pages."""
    with app.app_context():
        make_company()
        customer = make_customer("Nordwind GmbH")
        invoice = make_issued_invoice(customer, issued_on=date(2026, 11, 2))
        facts = {"customer": customer.id, "number": customer.number, "invoice": invoice.id}
    sign_in(client, "finance")
    send_csrf_token(client)
    return facts


def record(client, books, **changes):
    facts = {
        "customer": books["number"], "currency": "EUR", "amount": "1,000.00", "received_on": "2026-11-20",
        "remittance": "INV", "placing": "oldest",
    } | changes  # fmt: skip
    return client.post("/payments/new", data=facts)


def test_the_card_of_a_customer_marks_payments_that_were_taken_back(app, client, books):
    for amount in ("700.00", "300.00"):
        record(client, books, amount=amount)
    client.post("/payments/1/reverse", data={"reason": "bounced"})
    assert left(app, 1) == 0
    rows = client.get(f"/customers/{books['customer']}").text.split("/payments/")
    gone, stands = (next(row for row in rows if row.startswith(f'{one}"')) for one in (1, 2))
    assert ("taken back" in gone, "<s>" in gone, "700.00" in gone) == (True, True, True)
    assert ("taken back" in stands, "<s>" in stands) == (False, False)


def left(app, payment_id=1):
    with app.app_context():
        return queries.amount_left(payment_id)


def test_a_recorded_payment_goes_to_the_oldest_due_and_shows_it(app, client, books):
    answer = record(client, books)
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "INV-2026-00001" in page
    assert left(app) == 0


def test_money_left_on_account_is_placed_by_hand(app, client, books):
    record(client, books, placing="none")
    assert left(app) == 100_000
    name = f"share-{books['invoice']}-1"
    assert name in client.get("/payments/1").get_data(as_text=True)
    assert client.post("/payments/1/place", data={name: "400.00"}).status_code == 302
    assert left(app) == 60_000


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"customer": "nobody at all"}, "No customer has this number or name"),
        ({"amount": "0"}, "above 0"),
        ({"amount": "ten"}, "amount"),
        ({"amount": "10.000"}, "10.000 can be read in two ways. Write 10000 or 10."),
        ({"currency": "EUX"}, "EUX"),
        ({"received_on": "2999-01-01"}, "after today"),
        ({"received_on": ""}, "Write the day"),
    ],
)
def test_what_cannot_be_recorded_is_said_at_its_field_and_nothing_changes(app, client, books, changes, said):
    answer = record(client, books, **changes)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert client.get("/payments").get_data(as_text=True).count("PAY-") == 0


@pytest.mark.parametrize("typed", ["ten", "5000.00", "-5", "", "1.000"])
def test_a_share_that_does_not_fit_is_refused_and_what_was_typed_stays(app, client, books, typed):
    record(client, books, placing="none")
    answer = client.post("/payments/1/place", data={f"share-{books['invoice']}-1": typed})
    assert answer.status_code == 422
    assert left(app) == 100_000


def test_taking_a_share_back_needs_a_reason_and_frees_the_money(app, client, books):
    record(client, books)
    assert client.post("/payments/allocations/1/undo", data={"reason": ""}).status_code == 422
    assert client.post("/payments/allocations/1/undo", data={"reason": "wrong invoice"}).status_code == 302
    assert left(app) == 100_000


def test_reversing_takes_everything_back_and_can_be_done_once(app, client, books):
    record(client, books)
    assert client.post("/payments/1/reverse", data={"reason": "bounced"}).status_code == 302
    assert client.post("/payments/1/reverse", data={"reason": "again"}).status_code == 409
    assert "bounced" in client.get("/payments/1").get_data(as_text=True)


def test_unapplied_cash_is_listed_oldest_first_with_its_age_in_few_statements(app, client, books, today):
    record(client, books, placing="none")
    with app.app_context():
        for day in range(1, 56):
            make_payment(
                get_customer(books["customer"]), 1_000 + day, received_on=date(2026, 9, 1 + day % 28), allocations=None
            )
    with app.app_context(), count_statements(db.engine) as counted:
        page = client.get("/payments/unapplied").get_data(as_text=True)
    assert "50 of 56" in page
    assert "82 d" in page
    assert counted.count <= 17
    lines = client.get("/payments/unapplied?export=1").get_data(as_text=True).splitlines()
    assert len(lines) == 1 + 56
    assert lines[0].startswith("\ufeffcustomer_number,customer,payment,")
    assert ",2026-11-20,2026-11-20,2,EUR,1000.00,1000.00," in lines[56]
    assert client.get("/payments/unapplied?export=x").status_code == 422


@pytest.mark.parametrize(
    "address", ["/payments?view=x", "/payments?after=x", "/payments?customer=x", "/payments/999", "/payments/x"]
)
def test_junk_in_an_address_is_the_callers_mistake(app, client, books, address):
    assert 400 <= client.get(address).status_code < 500


def test_a_day_nobody_can_read_is_named_at_its_filter_and_the_list_stays(client, books):
    answer = client.get("/payments?since=2026-99-99&until=2026-11-30")
    assert (answer.status_code, "From must be a date like 2026-11-22." in answer.text) == (422, True)
    assert ('value="2026-99-99" aria-invalid' in answer.text, 'value="2026-11-30"' in answer.text) == (True, True)
    exported = client.get("/payments?since=2026-99-99&export=1")
    assert (exported.status_code, exported.mimetype) == (422, "text/html")


@pytest.mark.parametrize(("role", "status"), [("clerk", 403), ("member", 403), ("manager", 403), ("finance", 200)])
def test_only_those_who_keep_the_books_record_money(app, client, role, status):
    with app.app_context():
        make_company()
    sign_in(client, role)
    assert client.get("/payments/new").status_code == status


def test_the_list_takes_the_same_statements_for_two_payments_or_forty(app, client, books):
    record(client, books, amount="10.00")
    with app.app_context():
        engine = db.engine
    client.get("/payments")
    with count_statements(engine) as few:
        client.get("/payments")
    for _ in range(40):
        record(client, books, amount="10.00")
    with count_statements(engine) as many:
        client.get("/payments")
    assert many.count == few.count


def test_a_person_may_choose_the_instalments_after_recording(app, client, books):
    answer = record(client, books, placing="choose")
    assert answer.headers["Location"].endswith("/payments/1#place")
    page = client.get("/payments/1").get_data(as_text=True)
    assert 'value="1000.00"' in page  # proposed on the oldest due
    assert left(app) == 100_000


def test_what_is_proposed_in_a_currency_without_decimals_can_be_placed_as_it_stands(app, client, books):
    with app.app_context():
        customer = make_customer("Aoki KK", currency="JPY")
        owed = make_open_invoice(customer, 10_000, currency="JPY").id
    record(client, books, customer="Aoki KK", currency="JPY", amount="10000", placing="choose")
    field = re.search(rf'name="share-{owed}-1".*?value="([^"]*)"', client.get("/payments/1").text)
    assert client.post("/payments/1/place", data={f"share-{owed}-1": field.group(1)}).status_code == 302
    assert left(app) == 0


def test_what_is_partly_placed_is_listed_as_left_to_place(app, client, books):
    record(client, books, amount="1,200.00")
    page = client.get("/payments?view=left&since=2026-11-01&until=2026-11-30&q=nordwind").get_data(as_text=True)
    assert "PAY-2026-00001" in page
    assert "Partly applied" in page
    assert "PAY-2026-00001" not in client.get("/payments?view=left&until=2026-11-19").get_data(as_text=True)
    assert "PAY-2026-00001" not in client.get("/payments?view=reversed").get_data(as_text=True)


def test_an_invoice_shows_what_was_paid_on_it_and_what_was_taken_back(app, client, books):
    address = f"/invoices/{books['invoice']}"
    assert "/payments/1" not in client.get(address).get_data(as_text=True)
    record(client, books)
    page = client.get(address).get_data(as_text=True)
    assert "/payments/1" in page
    assert "190.00" in page
    client.post("/payments/allocations/1/undo", data={"reason": "wrong invoice"})
    page = client.get(address).get_data(as_text=True)
    assert "wrong invoice" in page
    assert "Payments 1 " in words_of(page)  # as many as the rows beneath, also when each was taken back


@pytest.mark.parametrize(("said", "open_then"), [({}, 190_00), ({"from_the_start": "1"}, 1190_00)])
def test_taking_back_keeps_the_days_before_unless_it_was_a_mistake_from_the_start(app, client, books, said, open_then):
    record(client, books)
    client.post("/payments/allocations/1/undo", data={"reason": "wrong invoice", **said})
    with app.app_context():
        document = f"invoice:{books['invoice']}"
        assert ledger.open_amount(document, as_of=date(2026, 11, 20)) == open_then
        assert ledger.open_amount(document) == 1190_00
