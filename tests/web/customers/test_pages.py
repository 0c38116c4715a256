"""Pages of customers: the list, one customer, its form, a file of them."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from app.customers import queries, services
from app.customers.services import ContactData
from app.db.base import db
from app.db.unit_of_work import unit_of_work
from tests import factories
from tests.factories import ACTOR, NOW, sign_in
from tests.harness.statements import count_statements

FORM = {
    "name": "Alpha GmbH", "country": "DE", "street": "Weg 1", "postal_code": "10115", "city": "Berlin",
    "billing_email": "ap@alpha.example", "language": "de", "currency": "EUR", "credit_limit": "1,000.50",
    "is_active": "y",
}  # fmt: skip


@pytest.fixture
def desk(client):
    """A clerk at the desk of a company that is set up."""
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "clerk")
    return client


def prepare(client, *names, **changes):
    with client.application.app_context():
        return [factories.make_customer(name, **changes).id for name in names]


def test_the_list_finds_by_part_of_a_name_and_says_when_nothing_fits(desk):
    prepare(desk, "Müller Söhne", "Nordlicht")
    page = desk.get("/customers?q=muller").text
    assert "Müller Söhne" in page
    assert "Nordlicht" not in page
    assert "No customer fits this filter" in desk.get("/customers?q=zzz").text


def test_an_electronic_address_of_the_wrong_kind_comes_back_with_its_field_and_form(desk):
    wrong = {"endpoint_id": "BE0403170701", "endpoint_scheme": "9930"}
    refused = desk.post("/customers/new", data=FORM | wrong)
    said = "BE0403170701 is no VAT id (Germany): it has the form DE123456789."
    assert (refused.status_code, said in refused.text) == (422, True)


def test_an_empty_list_says_what_to_do_next(desk):
    assert "Customers come with the deals you import" in desk.get("/customers").text


def test_the_list_goes_on_and_back(desk):
    prepare(desk, *(f"Customer {number:03d}" for number in range(60)))
    first = desk.get("/customers").text
    older = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = desk.get(older).text
    assert "Customer 049" in first
    assert "Customer 050" not in first
    assert "Customer 059" in second
    newer = re.search(r'href="([^"]+)" rel="prev"', second)[1].replace("&amp;", "&")
    assert "Customer 049" in desk.get(newer).text


def test_the_number_of_statements_does_not_grow_with_the_list(desk):
    def count():
        with desk.application.app_context():
            engine = db.engine
        with count_statements(engine) as counted:
            assert desk.get("/customers").status_code == 200
        return counted.count

    prepare(desk, "One")
    few = count()
    prepare(desk, *(f"Customer {number}" for number in range(40)))
    assert count() == few


def test_a_customer_is_created_with_its_limit_in_minor_units_and_its_lists(desk):
    typed = {
        **FORM,
        "deliveries-0-city": "Kiel",
        "deliveries-1-city": "",
        "contacts-0-name": "Ada",
        "contacts-0-email": "ada@x.example",
    }
    answer = desk.post("/customers/new", data=typed)
    assert answer.status_code == 302
    page = desk.get(answer.location).text
    assert "Alpha GmbH" in page
    assert "1,000.50" in page
    assert "Kiel" in page
    assert "ada@x.example" in page
    with desk.application.app_context():
        assert queries.find_by_number("C-00001").credit_limit == 100_050


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "This is needed."),
        ("vat_id", "DE123", "not valid"),
        ("billing_email", "nobody", "not an e-mail address"),
        ("credit_limit", "1,234", "Write 1234."),
        ("payment_terms", "soon", "not understood"),
        ("country", "QQ", "Choose one of the list"),
        ("contacts-0-email", "nobody", "not an e-mail address"),
        ("no_chase_until", "2026-12-31", "no reminders until then"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_saved(desk, field, value, said):
    answer = desk.post("/customers/new", data={**FORM, "contacts-0-name": "Ada", field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Alpha GmbH" in answer.text or field == "name"
    with desk.application.app_context():
        assert queries.count_customers() == 0


def test_asking_for_one_more_line_saves_nothing(desk):
    answer = desk.post("/customers/new", data={**FORM, "add_line": "1", "contacts-0-name": "Ada"})
    assert answer.status_code == 200
    assert 'name="contacts-1-name"' in answer.text
    with desk.application.app_context():
        assert queries.count_customers() == 0


def test_a_change_is_saved_and_shown_in_the_timeline(desk):
    (customer_id,) = prepare(desk, "Alpha GmbH", contacts=(ContactData(name="Ada"),))
    answer = desk.post(f"/customers/{customer_id}/edit", data={**FORM, "version": "1", "city": "Potsdam"})
    assert answer.status_code == 302
    page = desk.get(answer.location).text
    assert "Potsdam" in page
    assert "City: Hamburg → Potsdam" in page
    assert "Ada" not in page.split("Timeline")[0]  # the list of contacts was emptied


def test_somebody_looks_after_a_customer_until_nobody_does(desk):
    (customer_id, other) = prepare(desk, "Alpha GmbH", "Beta GmbH")
    ada = factories.make_user(desk.application, "finance", name="Ada Koch")
    address = f"/customers/{customer_id}/edit"
    refused = desk.post(address, data={**FORM, "version": "1", "owner_id": "999"})
    assert (refused.status_code, "Choose the person who looks after this customer" in refused.text) == (422, True)
    assert desk.post(address, data={**FORM, "version": "1"}).status_code == 302
    assert desk.post(address, data={**FORM, "version": "2", "owner_id": str(ada)}).status_code == 302
    page = desk.get(f"/customers/{customer_id}").text
    assert "Looked after by: empty → Ada Koch" in page
    assert f'<option selected value="{ada}">Ada Koch</option>' in desk.get(address).text
    listed = desk.get(f"/customers?owner={ada}").text
    assert (f"/customers/{customer_id}" in listed, f"/customers/{other}" in listed) == (True, False)
    assert "Ada Koch" in desk.post(address, data={**FORM, "version": "2", "owner_id": ""}).text  # somebody else saved
    assert desk.post(address, data={**FORM, "version": "3", "owner_id": ""}).status_code == 302
    assert "Looked after by: Ada Koch → empty" in desk.get(f"/customers/{customer_id}").text


def test_the_timeline_tells_a_limit_in_major_units_with_its_currency(desk):
    (customer_id,) = prepare(desk, "Alpha GmbH", credit_limit=10_000)
    with desk.application.app_context(), unit_of_work():
        data = replace(services.data_of(queries.get_customer(customer_id)), credit_limit=250_050)
        services.update_customer(customer_id, data, version=1, actor=ACTOR, now=NOW)
    page = desk.get(f"/customers/{customer_id}").text.replace("\xa0", " ")
    assert "Credit limit: 100.00 EUR → 2,500.50 EUR" in page


def test_the_second_of_two_people_who_save_sees_both_values(desk):
    (customer_id,) = prepare(desk, "Alpha GmbH")
    desk.post(f"/customers/{customer_id}/edit", data={**FORM, "version": "1", "city": "Potsdam"})
    answer = desk.post(f"/customers/{customer_id}/edit", data={**FORM, "version": "1", "city": "Kiel"})
    assert answer.status_code == 409
    assert "Potsdam" in answer.text
    assert "Kiel" in answer.text
    again = desk.post(f"/customers/{customer_id}/edit", data={**FORM, "version": "2", "city": "Kiel"})
    assert again.status_code == 302


def test_text_of_strangers_is_shown_and_never_run(desk):
    (customer_id,) = prepare(desk, "<script>alert(1)</script>", notes="<img src=x onerror=alert(1)>")
    for address in (
        "/customers",
        f"/customers/{customer_id}",
        f"/customers/{customer_id}/edit",
        f"/customers/{customer_id}/peek",
    ):
        page = desk.get(address).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page


def test_an_export_carries_no_formula(desk):
    prepare(desk, "=1+1 Consulting")
    assert "'=1+1 Consulting" in desk.get("/customers?export=1").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/customers/424242", 404),
        ("/customers/0/edit", 404),
        ("/customers/99999999999999999999", 404),
        ("/customers/x", 404),
        ("/customers?sort=password", 422),
        ("/customers?view=none", 422),
        ("/customers?after=junk", 422),
        ("/customers?q=" + "x" * 300, 422),
        ("/customers?q=%00", 400),
    ],
)
def test_junk_in_an_address_is_refused(desk, address, status):
    assert desk.get(address).status_code == status


def upload(client, text, **more):
    data = {"file": (io.BytesIO(text.encode()), "customers.csv"), **more}
    return client.post("/customers/import", data=data, content_type="multipart/form-data")


def test_a_file_is_checked_first_and_imported_when_asked_for(desk):
    checked = upload(desk, "name,country\nAlpha,DE\nBeta,AT\n")
    assert checked.status_code == 200
    assert "Import 2 customers" in checked.text
    packed = re.search(r'name="packed" value="([^"]+)"', checked.text)[1]
    with desk.application.app_context():
        assert queries.count_customers() == 0
    done = desk.post("/customers/import", data={"action": "import", "packed": packed})
    assert done.status_code == 302
    with desk.application.app_context():
        assert queries.count_customers() == 2


def test_a_file_with_a_bad_row_offers_no_import(desk):
    answer = upload(desk, "name,country\nAlpha,DE\n,AT\n")
    assert answer.status_code == 422
    assert "name is missing" in answer.text
    assert 'value="import"' not in answer.text


@pytest.mark.parametrize("packed", ["", "!!!", "eJwDAAAAAAE=", "AAAA"])
def test_a_packed_file_that_is_junk_is_refused(desk, packed):
    answer = desk.post("/customers/import", data={"action": "import", "packed": packed})
    assert answer.status_code == 422
    assert "Choose it again" in answer.text


def test_who_may_only_look_gets_no_form(client):
    with client.application.app_context():
        factories.make_company()
        customer_id = factories.make_customer().id
    sign_in(client, "manager")
    assert client.get(f"/customers/{customer_id}").status_code == 200
    assert ("/edit" in client.get(f"/customers/{customer_id}").text) is (
        client.get(f"/customers/{customer_id}/edit").status_code == 200
    )
