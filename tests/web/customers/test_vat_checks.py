"""Checks of VAT ids on the pages."""

import pytest

from tests import factories
from tests.factories import sign_in


@pytest.fixture
def finance(client, app):
    with app.app_context():
        factories.make_company()
        sign_in(client, "finance")
        yield client


def test_an_answer_is_recorded_and_stands_on_the_customer(finance):
    customer = factories.make_customer("Αθήνα Α.Ε.", country="GR", vat_id="EL094259216")
    address = f"/customers/{customer.id}/vat-check"
    assert address in finance.get(f"/customers/{customer.id}").text
    said = {"vat_id": "EL094259216", "result": "valid", "checked_on": "2026-11-20", "authority": "VIES"}
    assert finance.get(address).status_code == 200
    assert finance.post(address, data=said | {"checked_on": "2999-01-01"}).status_code == 422
    assert finance.post(address, data=said | {"result": "perhaps"}).status_code == 422
    assert finance.post(address, data=said | {"consultation": "WAPI-7"}).status_code == 302
    page = finance.get(f"/customers/{customer.id}").text
    assert "No. WAPI-7" in page
    assert "VAT id EL094259216: valid, says VIES" in page
