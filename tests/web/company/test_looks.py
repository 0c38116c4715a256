"""What settings refuse because of how documents look: at its field, before any invoice does."""

import io

import pytest

from tests import factories
from tests.factories import sign_in

HUGE = b"\x89PNG\r\n\x1a\n" + b"0" * (22 * 1024 * 1024)


@pytest.fixture
def admin(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "admin")
    return client


def test_a_logo_beyond_what_a_request_may_carry_is_refused_where_it_was_chosen(admin):
    for address, status in (("/settings/logo", 413), ("/settings/texts/en/preview", 200)):
        answer = admin.post(address, data={"logo": (io.BytesIO(HUGE), "logo.png")}, content_type="multipart/form-data")
        assert answer.status_code == status
        assert "The logo is larger than 2 MB" in answer.text
        assert "Send a smaller file, or split it" not in answer.text
    page = admin.get("/settings/bank").text
    assert 'data-most-bytes="2097152"' in page
    sign_in(admin, "finance")
    refused = admin.post("/settings/logo", data={"logo": (io.BytesIO(HUGE), "l")}, content_type="multipart/form-data")
    assert (refused.status_code, "Bank and documents" in refused.text) == (413, False)


@pytest.mark.parametrize(
    ("address", "changes", "message"),
    [
        ("/settings/bank", {"invoice_footer": "Thank you 🙏"}, "fonts cannot draw: 🙏 (U+1F64F)"),
        ("/settings/bank", {"bank_name": "銀行"}, "Bank name has characters"),
        ("/settings/bank", {"invoice_footer": "Yours, $company"}, "$company is not filled in here"),
        ("/settings/bank", {"accent_colour": "#ffff00"}, "#ffff00 is too light"),
        ("/settings/texts/fr", {"footer": "Merci 🙏"}, "fonts cannot draw"),
        ("/settings/texts/fr", {"footer": "$company"}, "$company is not filled in here"),
    ],
)
def test_what_paper_cannot_show_is_refused_at_its_field(admin, address, changes, message):
    said = {"version": "0" if "texts" in address else "1", "accent_colour": "#2f45c5", **changes}
    answer = admin.post(address, data=said)
    assert answer.status_code == 422
    assert message in answer.text
