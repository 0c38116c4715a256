"""Closing the books on the page: suggested, done, refused in plain words, reopened with a reason by those who may."""

import pytest

from tests import factories
from tests.factories import sign_in


@pytest.fixture
def company(app, today):
    with app.app_context():
        factories.make_company()


def test_last_month_is_suggested_closed_and_reopened(client, company):
    sign_in(client, "finance")
    page = client.get("/closing").text
    assert "Close October 2026" in page
    assert 'value="2026-10-31"' in page
    for typed in ("2026-11-22", "", "soon"):
        assert client.post("/closing", data={"up_to": typed}).status_code == 422
    assert client.post("/closing", data={"up_to": "2026-10-31", "reason": "VAT return sent"}).status_code == 302
    page = client.get("/closing").text
    assert "VAT return sent" in page
    assert "Close October" not in page
    assert client.post("/closing/1/reopen", data={"reason": "no"}).status_code == 403
    sign_in(client, "admin")
    client.post("/closing/1/reopen", data={"reason": ""})
    assert "Close October" not in client.get("/closing").text
    client.post("/closing/1/reopen", data={"reason": "A late bill"})
    assert "A late bill" in client.get("/closing").text
    assert client.post("/closing/1/reopen", data={"reason": "again"}).status_code == 409


def test_a_manager_looks_and_does_not_close(client, company):
    sign_in(client, "manager")
    assert 'name="up_to"' not in client.get("/closing").text
    assert client.post("/closing", data={"up_to": "2026-10-31"}).status_code == 403
