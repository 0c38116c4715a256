"""Customers: made, changed by one person at a time, matched, searched."""

from dataclasses import replace

import pytest

from app.audit.queries import list_timeline
from app.customers import queries, services
from app.customers.services import AddressData, ContactData, CustomerData
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from tests import factories
from tests.factories import ACTOR, CUSTOMER, NOW


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def _update(customer_id, data, version=1):
    with unit_of_work():
        return services.update_customer(customer_id, data, version=version, actor=ACTOR, now=NOW)


def test_a_customer_gets_the_next_number_and_a_billing_address():
    first, second = factories.make_customer("Alpha"), factories.make_customer("Beta")
    assert (first.number, second.number) == ("C-00001", "C-00002")
    address = queries.billing_address(first)
    assert (address.street, address.postal_code, address.city, address.country) == (
        "Hafenweg 3",
        "20457",
        "Hamburg",
        "DE",
    )
    assert [entry.action for entry in list_timeline(customer_id=first.id)] == ["customer.created"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("country", "Deutschland"), ("vat_id", "DE123"), ("billing_email", "nobody"), ("currency", "XXQ"),
        ("payment_terms", "soon"), ("credit_limit", -1), ("language", "xx"), ("no_chase_until", "tomorrow"),
        ("notes", "\x00"), ("name", "a\u202eb"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_field(field, value):
    with pytest.raises(BadInput) as refusal, unit_of_work():
        services.create_customer(replace(CUSTOMER, **{field: value}), actor=ACTOR, now=NOW)
    assert refusal.value.field == field
    assert queries.count_customers() == 0


@pytest.mark.parametrize(
    ("scheme", "wrong"),
    [
        ("0088", "4000001000004"), ("0208", "0202239952"), ("0192", "991825828"), ("9930", "BE0403170701"),
        ("9930", "136695976"), ("9930", "DE136695977"), ("9925", "BE0403170702"), ("0211", "IT00743110158"),
    ],
)  # fmt: skip
def test_an_electronic_address_that_drafts_refuse_is_refused_where_it_is_typed(scheme, wrong):
    with pytest.raises(BadInput) as refusal:
        factories.make_customer(endpoint_scheme=scheme, endpoint_id=wrong)
    assert refusal.value.field == "endpoint_id"


@pytest.mark.parametrize(
    ("scheme", "typed", "kept"),
    [("9930", "de 136 695 976", "DE136695976"), ("9925", "BE 0403.170.701", "BE0403170701"),
     ("0211", "IT 00743110157", "IT00743110157"), ("9957", "FR 40 303 265 045", "FR40303265045"),
     ("0088", "4000001 00000 5", "4000001000005"), ("EM", "a b@c", "a b@c")],
)  # fmt: skip
def test_an_electronic_address_is_kept_as_its_kind_writes_it(scheme, typed, kept):
    assert factories.make_customer(endpoint_scheme=scheme, endpoint_id=typed).endpoint_id == kept


def test_a_pause_of_reminders_needs_a_reason():
    with pytest.raises(BadInput) as refusal:
        factories.make_customer(no_chase_until="2026-12-31")
    assert refusal.value.field == "no_chase_reason"
    assert (
        factories.make_customer(no_chase_until="2026-12-31", no_chase_reason="In talks").no_chase_until == "2026-12-31"
    )


def test_two_customers_never_share_a_vat_id():
    factories.make_customer("Alpha", vat_id="DE136695976")
    with pytest.raises(services.VatIdTaken, match="C-00001"):
        factories.make_customer("Beta", vat_id="de 136695976")


def test_addresses_and_contacts_are_replaced_as_a_whole():
    customer = factories.make_customer(
        deliveries=(AddressData(street="Tor 1", city="Kiel"),),
        contacts=(ContactData(name="Ada", email="ada@x.example"),),
    )
    assert [address.country for address in queries.delivery_addresses(customer)] == ["DE"]
    _update(customer.id, replace(CUSTOMER, deliveries=None, contacts=(ContactData(name="Bo"), ContactData(name="Cy"))))
    changed = queries.get_customer(customer.id)
    assert [contact.name for contact in changed.contacts] == ["Bo", "Cy"]
    assert [address.city for address in queries.delivery_addresses(changed)] == ["Kiel"]


def test_a_change_is_recorded_with_both_values_and_a_limit_can_be_taken_away():
    customer = factories.make_customer(credit_limit=500_000)
    _update(customer.id, replace(services.data_of(customer), city="Kiel", credit_limit=None))
    changed = queries.get_customer(customer.id)
    assert (queries.billing_address(changed).city, changed.credit_limit, changed.version) == ("Kiel", None, 2)
    changes = list_timeline(customer_id=customer.id)[0].detail["changes"]
    assert changes == {"city": ["Hamburg", "Kiel"], "credit_limit": [500_000, None]}


def test_saving_without_a_change_changes_nothing():
    customer = factories.make_customer()
    _update(customer.id, services.data_of(customer))
    assert queries.get_customer(customer.id).version == 1


def test_the_second_of_two_people_who_save_is_told():
    customer = factories.make_customer()
    _update(customer.id, replace(CUSTOMER, city="Kiel"))
    with pytest.raises(services.CustomerChanged):
        _update(customer.id, replace(CUSTOMER, city="Lübeck"))


def test_an_unknown_customer_is_said_to_be_unknown():
    with pytest.raises(queries.CustomerUnknown):
        queries.get_customer(99)
    with pytest.raises(queries.CustomerUnknown):
        _update(99, CUSTOMER)


@pytest.mark.parametrize(
    ("name", "country", "vat_id", "is_same"),
    [
        ("Another Name", "DE", "DE136695976", True),  # the VAT id decides
        ("NORDLICHT Logistik, GmbH", "DE", "", True),
        ("Nordlicht Logistik GmbH", "AT", "", False),
        ("Nordlicht Logistik GmbH", "DE", "DE811907980", False),  # another VAT id is another party
        ("Nordlicht Logistik AG", "DE", "", False),
    ],
)
def test_a_customer_is_matched_by_vat_id_else_by_name_and_country(name, country, vat_id, is_same):
    known = factories.make_customer(vat_id="DE136695976")
    with unit_of_work():
        found = services.match_or_create_customer(
            CustomerData(name=name, country=country, vat_id=vat_id), actor=ACTOR, now=NOW
        )
        assert (found.id == known.id) is is_same


def test_a_matched_customer_is_not_changed():
    known = factories.make_customer()
    with unit_of_work():
        services.match_or_create_customer(replace(CUSTOMER, city="Elsewhere"), actor=ACTOR, now=NOW)
    assert queries.billing_address(queries.get_customer(known.id)).city == "Hamburg"


def test_the_search_finds_words_without_accents_and_numbers():
    for name in ("Müller & Söhne", "Łódź Transport", "Παπαδόπουλος ΑΕ", "شركة النور"):
        factories.make_customer(name)
    found = {
        query: [c.name for c in queries.search_customers(query)]
        for query in ("muller soh", "lodz", "παπαδο", "النور", "c-00002")
    }
    assert found == {
        "muller soh": ["Müller & Söhne"],
        "lodz": ["Łódź Transport"],
        "παπαδο": ["Παπαδόπουλος ΑΕ"],
        "النور": ["شركة النور"],
        "c-00002": ["Łódź Transport"],
    }
    assert queries.search_customers("%") == queries.search_customers("  ") == []


def test_the_list_goes_on_after_the_last_one_shown():
    for name in ("Beta", "alpha", "Gamma", "Alpha"):
        factories.make_customer(name)
    page = queries.list_customers(limit=2)
    rest = queries.list_customers(after=(page[-1].name_key, page[-1].id), limit=2)
    assert [customer.name for customer in page + rest] == ["alpha", "Alpha", "Beta", "Gamma"]
