"""The settings: company, bank, logo, numbers, and what an administrator does rarely."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.company import queries, services
from app.db.unit_of_work import unit_of_work
from tests import factories
from tests.factories import ACTOR, COMPANY, NOW, sign_in

FORM = {
    "version": "1", "name": COMPANY.name, "street": COMPANY.street, "postal_code": "10115", "city": "Berlin",
    "country": "DE", "email": COMPANY.email, "vat_id": COMPANY.vat_id, "time_zone": "Europe/Berlin", "language": "en",
    "currency": "EUR", "payment_terms": "30 days",
}  # fmt: skip


@pytest.fixture
def admin(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "admin")
    return client


def company(client):
    with client.application.app_context():
        return services.data_of(queries.get_company())


def test_the_first_administrator_sets_the_company_up(client):
    sign_in(client, "admin")
    assert client.get("/settings").location.endswith("/settings/company")
    assert "Set up your company" in client.get("/settings/company").text
    refused = client.post("/settings/company", data={**FORM, "vat_id": "DE1"})
    assert (refused.status_code, "not valid" in refused.text) == (422, True)
    done = client.post("/settings/company", data=FORM)
    assert (done.status_code, done.location) == (302, "/settings/bank")
    assert company(client).city == "Berlin"
    with client.application.app_context():
        assert len(queries.list_series()) == 5


@pytest.mark.parametrize(
    "address",
    [
        "/orders",
        "/invoices",
        "/overdue",
        "/overdue/notices",
        "/reports/daily",
        "/deals/new",
        "/payments/new",
        "/customers/new",
    ],
)
def test_without_a_company_a_page_that_needs_it_leads_to_its_form(client, address):
    sign_in(client, "admin")
    answer = client.get(address)
    assert (answer.status_code, answer.location) == (302, "/settings/company")
    assert "Tell first which company" in client.get(answer.location).text


def test_without_a_company_others_read_who_sets_it_up(client):
    sign_in(client, "finance")
    for address, status in (("/overdue", 409), ("/", 200)):
        answer = client.get(address)
        assert (answer.status_code, "An administrator has to set it up first" in answer.text) == (status, True)
    assert client.get("/overdue", headers={"Accept": "application/json"}).json["status"] == 409


def test_the_country_of_a_new_company_is_chosen_by_a_person(client):
    sign_in(client, "admin")
    assert '<option value="">Choose…' in client.get("/settings/company").text
    refused = client.post("/settings/company", data={**FORM, "country": ""})
    assert (refused.status_code, "This is needed." in refused.text) == (422, True)


def test_the_settings_show_everything_on_one_page(admin):
    page = admin.get("/settings").text
    for text in (
        "Feinwerk Sensorik GmbH",
        "DE89 3704 0044 0532 0130 00",
        "INV-{year}-{number:05d}",
        "07:00",
        "Send a test mail",
    ):
        assert text in page


def test_a_part_is_saved_and_the_others_stay(admin):
    saved = admin.post(
        "/settings/bank",
        data={
            "version": "1",
            "iban": "NL26 VAYB 8060 4768 90".replace("VAYB 8060 4768 90", "ABNA 0417 1643 00").replace("NL26", "NL91"),
            "accent_colour": "#112233",
        },
    )
    assert saved.status_code == 302
    assert (company(admin).iban, company(admin).accent_colour, company(admin).name) == (
        "NL91ABNA0417164300",
        "#112233",
        COMPANY.name,
    )


@pytest.mark.parametrize(
    ("address", "field", "value", "said"),
    [
        ("/settings/company", "time_zone", "Mars/Base", "no time zone"),
        ("/settings/company", "name", "", "This is needed"),
        ("/settings/company", "payment_terms", "soon", "not understood"),
        ("/settings/bank", "iban", "DE00", "not valid"),
        ("/settings/bank", "accent_colour", "red; background: url(x)", "like #2f45c5"),
        ("/settings/schedule", "mis_at", "7 o'clock", "like 07:00"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(admin, address, field, value, said):
    answer = admin.post(
        address, data={**FORM, "accent_colour": "#112233", "mis_at": "07:00", "followup_at": "08:00", field: value}
    )
    assert answer.status_code == 422
    assert said in answer.text.replace("&#39;", "'")
    assert company(admin) == COMPANY


def test_the_second_of_two_people_who_save_sees_both_values(admin):
    admin.post("/settings/company", data={**FORM, "city": "Potsdam"})
    answer = admin.post("/settings/company", data={**FORM, "city": "Kiel"})
    assert answer.status_code == 409
    assert "Potsdam" in answer.text
    assert "Kiel" in answer.text
    assert company(admin).city == "Potsdam"


def picture():
    written = io.BytesIO()
    Image.new("RGB", (30, 20)).save(written, "JPEG")
    return written.getvalue()


def upload(client, content):
    return client.post(
        "/settings/logo", data={"logo": (io.BytesIO(content), "logo.jpg")}, content_type="multipart/form-data"
    )


def test_a_logo_is_drawn_anew_shown_and_taken_away_again(admin):
    assert upload(admin, picture()).status_code == 302
    shown = admin.get("/settings/logo.png")
    assert (shown.content_type, Image.open(io.BytesIO(shown.data)).mode) == ("image/png", "RGB")
    assert "/settings/logo.png" in admin.get("/settings/bank").text
    page = admin.post("/settings/logo")
    assert (page.status_code, "Choose a picture first." in page.text) == (422, True)
    assert admin.get("/settings/logo.png").status_code == 200
    assert admin.post("/settings/logo/remove").status_code == 302
    assert admin.get("/settings/logo.png").status_code == 404


def test_a_logo_that_is_no_picture_is_refused(admin):
    refused = upload(admin, b"<svg onload='alert(1)'/>")
    assert refused.status_code == 422
    assert 'id="logo-error"' in refused.text
    assert 'id="iban"' in refused.text
    assert "Nothing was saved" in refused.text
    assert admin.get("/settings/logo.png").status_code == 404


def test_numbers_to_come_are_written_the_new_way_unless_they_could_repeat(admin):
    assert (
        admin.post("/settings/numbering/invoice", data={"invoice-pattern": "RE-{year}-{number:04d}"}).status_code == 302
    )
    refused = admin.post("/settings/numbering/invoice", data={"invoice-pattern": "CN-{year}-{number}"})
    assert (refused.status_code, "The credit note numbers are written" in refused.text) == (422, True)
    assert admin.post("/settings/numbering/nothing", data={"nothing-pattern": "X-{year}-{number}"}).status_code == 404
    with admin.application.app_context():
        assert {series.code: series.pattern for series in queries.list_series()}["invoice"] == "RE-{year}-{number:04d}"


def test_a_pattern_is_tried_and_a_start_is_set_on_the_page(admin):
    url = "/settings/numbering/invoice"
    tried = admin.post(url, data={"invoice-pattern": "RE-{yy}-{number:04d}", "preview": "1"})
    assert (tried.status_code, "RE-26-0001, RE-26-0002, RE-26-0003" in tried.text) == (200, True)
    refused = admin.post(url, data={"invoice-pattern": "RE-{yy}", "preview": "1"})
    assert (refused.status_code, "{number} must stand in it once" in refused.text) == (200, True)
    for number, reason, status in (
        ("", "x", 422),
        ("many", "x", 422),
        ("0", "x", 422),
        ("500", "", 422),
        ("1", "x", 422),
    ):
        typed = {"invoice-next-number": number, "invoice-next-reason": reason}
        assert admin.post(f"{url}/next", data=typed).status_code == status, typed
    typed = {"invoice-next-number": "500", "invoice-next-reason": "The old system had <499>"}
    assert admin.post(f"{url}/next", data=typed).status_code == 302
    assert "INV-2026-00500" in admin.get("/settings/numbering").text
    assert "The old system had &lt;499&gt;" in admin.get("/invoices/numbers").text
    assert "invoice,2026,0,0,0,499,0,499" in admin.get("/invoices/numbers.csv").text
    assert (
        admin.post(
            "/settings/numbering/quote/next", data=typed | {"quote-next-number": "5", "quote-next-reason": "x"}
        ).status_code
        == 404
    )


def test_a_restored_copy_says_so_until_somebody_confirms(admin):
    with admin.application.app_context(), unit_of_work():
        services.begin_quarantine(actor=ACTOR, now=NOW)
    assert "restored copy" in admin.get("/settings").text
    assert admin.post("/settings/quarantine/end").status_code == 302
    assert "restored copy" not in admin.get("/settings").text


def test_demo_data_are_removed_only_where_there_are_any(admin):
    calls = []
    admin.application.extensions["tillpaid_wipe_demo"] = lambda **facts: calls.append(facts)
    try:
        assert admin.post("/settings/demo/remove", data={"sure": "yes"}).status_code == 404
        with admin.application.app_context(), unit_of_work():
            queries.get_company().is_demo = True
        assert "Remove the demo data" in admin.get("/settings").text
        assert admin.post("/settings/demo/remove").status_code == 422
        assert admin.post("/settings/demo/remove", data={"sure": "yes"}).status_code == 302
    finally:
        del admin.application.extensions["tillpaid_wipe_demo"]
    assert len(calls) == 1


def test_only_an_administrator_changes_settings(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "clerk")
    assert client.get("/settings/company").status_code == 403
    assert client.post("/settings/numbering/invoice", data={"invoice-pattern": "X"}).status_code == 403


@pytest.mark.parametrize("name", ["amendment_amount", "write_off_amount", "usual_bank_fee", "write_off_percent"])
def test_a_limit_that_may_be_a_thousand_is_refused_and_any_other_way_to_write_it_kept(admin, name):
    refused = admin.post("/settings/company", data={**FORM, name: "1.000"})
    assert (refused.status_code, "1.000 can be read in two ways. Write 1000 or 1." in refused.text) == (422, True)
    typed, kept = ("12,50", "12.5") if name.endswith("percent") else ("1.234,50", "1234.50")
    assert admin.post("/settings/company", data={**FORM, name: typed}).status_code == 302
    assert getattr(company(admin), name) == kept
    assert f'value="{kept}"' in admin.get("/settings/company").text
