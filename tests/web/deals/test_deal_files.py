"""The files of a deal on its page and on its order's, and who may have them."""

from __future__ import annotations

import io

import pytest

from tests import factories
from tests.factories import sign_in

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_deal(deal_type="custom_build")
    sign_in(client, "clerk")
    return client


def upload(client, content=b"Steel", name="sp\u00e9c.txt", **fields):
    return client.post("/deals/1/file", data={"file": (io.BytesIO(content), name), **fields}, follow_redirects=True)


def test_the_checklist_leads_to_the_form_and_the_file_follows_the_deal_onto_its_order(desk):
    page = desk.get("/deals/1").text
    assert "Attach the file." in page
    assert 'href="/deals/1/file?for=specification"' in page
    assert 'selected value="specification"' in desk.get("/deals/1/file?for=specification").text
    page = upload(desk, for_code="specification").text
    assert "is on the deal" in page
    assert "for: The specification is attached" in page
    assert "Attach the file." not in page
    answer = desk.get("/deals/files/1")
    assert (answer.data, answer.headers["Content-Disposition"][:10]) == (b"Steel", "attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    desk.post("/deals/1/tick", data={"code": "delivery_date", "version": "1"})
    assert desk.post("/deals/1/accept").status_code == 302
    assert "/deals/files/1/remove" not in desk.get("/deals/1").text
    assert desk.post("/deals/files/1/remove").status_code == 409
    assert upload(desk).status_code == 409
    sign_in(desk, "member")
    page = desk.get("/orders/1").text
    assert "from the deal" in page
    assert 'href="/orders/1/deal-files/1"' in page
    assert desk.get("/orders/1/deal-files/1").data == b"Steel"


def test_a_file_is_had_only_by_who_may_see_its_deal_or_the_order_that_came_from_it(desk):
    with desk.application.app_context():
        factories.make_order("D-2", customer="Elder AG", po_number="PO-2")
    upload(desk)
    assert desk.get("/orders/1/deal-files/1").status_code == 404
    for role, statuses in {"finance": (200, 403, 403), "member": (403, 403, 403)}.items():
        sign_in(desk, role)
        paths = (desk.get("/deals/files/1"), desk.post("/deals/files/1/remove"), upload(desk))
        assert tuple(answer.status_code for answer in paths) == statuses
    sign_in(desk, "manager")
    assert "off the list" in desk.post("/deals/files/1/remove", follow_redirects=True).text
    assert desk.get("/deals/files/1").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"content": b"<svg onload='x'/>", "name": "a.svg"}, "can run code"),
        ({"content": b""}, "empty"),
        ({"for_code": "delivery_date"}, "Choose one of the list."),
    ],
)
def test_a_file_that_is_not_kept_is_refused_with_the_reason(desk, fields, said):
    answer = upload(desk, **fields)
    assert (answer.status_code, said in answer.text) == (422, True)
