"""The pages of working hours."""

import pytest

from app.company.rules_hours import WEEKDAYS
from tests import factories
from tests.factories import sign_in

HOURS = {
    **dict.fromkeys(WEEKDAYS, ""), "version": "0", "zone": "Europe/Vienna", "country": "AT", "monday": "08:00-12:00",
    "closed_days": "",
}  # fmt: skip


@pytest.fixture
def admin(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "admin")
    return client


def test_a_department_gets_hours_of_its_own_and_gives_them_up_again(admin):
    saved = admin.post("/settings/hours/qa", data=HOURS, follow_redirects=True)
    assert "The working hours of QA are saved" in saved.text
    assert "Mon 08:00-12:00" in saved.text
    assert "Work when the company does" in admin.get("/settings/hours/qa").text
    assert "QA works when the company does" in admin.post("/settings/hours/qa/drop", follow_redirects=True).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"monday": ""}, "Nobody would ever work"),
        ({"tuesday": "nine to five"}, "is no working time"),
        ({"zone": "Europe/Wien"}, "time zone"),
        ({"monday": "09:00-12:00, 11:00-17:00"}, "09:00-12:00 and 11:00-17:00 overlap"),
        ({"closed_days": "Christmas"}, "Line 1"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_saved(admin, changes, said):
    refused = admin.post("/settings/hours/qa", data={**HOURS, **changes})
    assert (refused.status_code, said in refused.text) == (422, True)
    assert "Work when the company does" not in admin.get("/settings/hours/qa").text


def test_the_second_of_two_people_sees_both_values(admin):
    admin.post("/settings/hours/qa", data=HOURS)
    second = admin.post("/settings/hours/qa", data={**HOURS, "monday": "10:00-18:00"})
    assert second.status_code == 409
    assert "10:00-18:00" in second.text
    assert "08:00-12:00" in second.text


def test_a_department_that_is_not_there_has_no_hours(admin):
    assert admin.get("/settings/hours/nobody").status_code == 404
