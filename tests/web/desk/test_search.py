"""The search answers a browser with a page and the palette with JSON."""

from __future__ import annotations

import pytest

from tests import factories
from tests.factories import sign_in

CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def clerk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_customer("Nordwind GmbH")
    sign_in(client, "clerk")
    return client


@pytest.mark.parametrize("accept", [CHROMIUM, FIREFOX, "text/html"])
def test_a_browser_gets_a_page(clerk, accept):
    answer = clerk.get("/search?q=nordw", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Nordwind GmbH</a>" in answer.text
    assert "Nothing found" in clerk.get("/search?q=zebra", headers={"Accept": accept}).text


def test_the_palette_gets_json(clerk):
    answer = clerk.get("/search?q=nordw", headers={"Accept": "application/json"})
    assert [hit["label"] for hit in answer.json] == ["Nordwind GmbH"]
