"""The company: set up once, changed by one person at a time, numbers without gaps or repeats."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.audit.queries import list_entries_of
from app.company import queries, services
from app.company.rules import NumbersCouldRepeat
from app.company.services_numbering import change_pattern
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from tests import factories
from tests.factories import ACTOR, COMPANY, NOW


def test_nothing_can_be_asked_before_the_company_is_set_up(app):
    assert queries.find_company() is None
    with pytest.raises(queries.CompanyMissing, match="not set up yet"):
        queries.get_company()


def test_the_company_is_set_up_once_with_its_number_series(app):
    factories.make_company()
    assert queries.get_company().vat_id == "DE136695976"
    assert [series.code for series in queries.list_series()] == [
        "credit_note",
        "customer",
        "invoice",
        "order",
        "payment",
    ]
    assert [entry.action for entry in list_entries_of("company", 1)] == ["company.set_up"]
    with pytest.raises(services.CompanyExists), unit_of_work():
        services.set_up_company(COMPANY, actor=ACTOR, now=NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "), ("country", "XX"), ("vat_id", "DE1"), ("iban", "DE00"), ("bic", "X"), ("email", "nobody"),
        ("email", ""), ("time_zone", "Mars/Base"), ("currency", "XYZ"), ("payment_terms", "when the moon is full"),
        ("accent_colour", "red;}"), ("mis_at", "25:00"), ("website", "javascript:alert(1)"), ("language", "xx"),
        ("city", "Ber\x00lin"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_field_and_nothing_is_kept(app, field, value):
    with pytest.raises(BadInput) as refusal:
        factories.make_company(**{field: value})
    assert refusal.value.field == field
    assert queries.find_company() is None


def test_a_change_is_recorded_with_both_values(app):
    factories.make_company()
    with unit_of_work():
        services.update_company(replace(COMPANY, city="Potsdam"), version=1, actor=ACTOR, now=NOW)
    assert (queries.get_company().city, queries.get_company().version) == ("Potsdam", 2)
    assert list_entries_of("company", 1)[0].detail == {"changes": {"city": ["Berlin", "Potsdam"]}}


def test_saving_without_a_change_changes_nothing(app):
    factories.make_company()
    with unit_of_work():
        services.update_company(COMPANY, version=1, actor=ACTOR, now=NOW)
    assert queries.get_company().version == 1
    assert len(list_entries_of("company", 1)) == 1


def test_the_second_of_two_people_who_save_is_told(app):
    factories.make_company()
    with unit_of_work():
        services.update_company(replace(COMPANY, city="Potsdam"), version=1, actor=ACTOR, now=NOW)
    with pytest.raises(services.CompanyChanged), unit_of_work():
        services.update_company(replace(COMPANY, phone="1"), version=1, actor=ACTOR, now=NOW)


def test_the_business_date_is_that_of_the_companys_zone(app):
    factories.make_company(time_zone="Pacific/Auckland")
    assert queries.business_today(datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == date(2026, 11, 23)


def test_numbers_start_again_each_year_where_the_year_is_shown(app):
    factories.make_company()
    with unit_of_work():
        drawn = [services.next_number("invoice", date(year, 1, 1)) for year in (2026, 2026, 2027)]
        customers = [services.next_number("customer", date(year, 1, 1))[0] for year in (2026, 2027)]
    assert drawn == [
        ("INV-2026-00001", "2026", 1),
        ("INV-2026-00002", "2026", 2),
        ("INV-2027-00001", "2027", 1),
    ]
    assert customers == ["C-00001", "C-00002"]


def test_a_number_that_was_rolled_back_is_drawn_again(app):
    factories.make_company()
    with pytest.raises(ZeroDivisionError), unit_of_work():
        assert services.next_number("invoice", date(2026, 1, 1))[2] / 0
    with unit_of_work():
        assert services.next_number("invoice", date(2026, 1, 1))[0] == "INV-2026-00001"


def test_a_series_that_does_not_exist_is_named(app):
    factories.make_company()
    with pytest.raises(services.SeriesUnknown, match="no number series quote"), unit_of_work():
        services.next_number("quote", date(2026, 1, 1))


def test_a_pattern_may_change_before_it_is_used_and_the_change_is_recorded(app):
    factories.make_company()
    with unit_of_work():
        change_pattern("invoice", "RE{year}-{number:04d}", actor=ACTOR, now=NOW)
        assert services.next_number("invoice", date(2026, 1, 1))[0] == "RE2026-0001"
    assert list_entries_of("company", 1)[0].detail["after"] == "RE{year}-{number:04d}"


@pytest.mark.parametrize(
    "pattern", ["INV-{year}1-{number}", "I{year}-{number}", "CN-{year}-{number}", "{year}-{number}"]
)
def test_a_used_pattern_never_changes_so_that_a_number_could_repeat(app, pattern):
    factories.make_company()
    with unit_of_work():
        services.next_number("invoice", date(2026, 1, 1))
    with pytest.raises(NumbersCouldRepeat), unit_of_work():
        change_pattern("invoice", pattern, actor=ACTOR, now=NOW)


def test_a_pattern_of_earlier_years_is_remembered(app):
    factories.make_company()
    for pattern in ("RE-{year}-{number}", "ZZ-{year}-{number}"):
        with unit_of_work():
            services.next_number("invoice", date(2026, 1, 1))
            change_pattern("invoice", pattern, actor=ACTOR, now=NOW)
    with pytest.raises(NumbersCouldRepeat), unit_of_work():
        change_pattern("invoice", "INV-{year}-A{number}", actor=ACTOR, now=NOW)
    with unit_of_work():
        change_pattern("invoice", "INV-{year}-{number:07d}", actor=ACTOR, now=NOW)
        assert services.next_number("invoice", date(2026, 1, 1))[0] == "INV-2026-0000003"
