"""The page on which people say when they are away."""

import pytest

from tests.factories import make_user, sign_in

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def me(client):
    return sign_in(client, "member", department_code="qa")


def say(client, user_id, stand_in, first="2026-11-23", last="2026-11-27"):
    data = {"first_day": first, "last_day": last, "stand_in_id": str(stand_in)}
    return client.post(f"/people/{user_id}/away", data=data, follow_redirects=True)


def test_people_say_it_of_themselves_and_take_it_back(client, me):
    other = make_user(client.application, "clerk")
    assert "From 23 Nov 2026 to 27 Nov 2026 the stand-in sees the tasks" in say(client, me, other).text
    assert "Take back" in client.get(f"/people/{me}/away").text
    assert "The absence is taken back" in client.post(f"/people/{me}/away/1/end", follow_redirects=True).text


def test_what_cannot_be_is_said_at_its_field(client, me):
    other = make_user(client.application, "clerk")
    for stand_in, first, last, said in (
        (other, "2026-11-23", "2026-11-20", "The last day cannot be before the first"),
        (other, "2026-11-01", "2026-11-20", "is over"),
        ("", "2026-11-23", "2026-11-24", "Choose a colleague"),
        (me, "2026-11-23", "2026-11-24", "You cannot stand in for yourself. Choose somebody else."),
    ):
        refused = say(client, me, stand_in, first, last)
        assert (refused.status_code, said in refused.text) == (422, True)


def test_of_others_only_who_gives_tasks_to_people_says_it(client, me):
    other = make_user(client.application, "clerk")
    assert say(client, other, me).status_code == 403
    assert client.post(f"/people/{other}/away/1/end").status_code == 403
    sign_in(client, "manager")
    assert say(client, other, me).status_code == 200
    assert client.get("/people/999/away").status_code == 404
