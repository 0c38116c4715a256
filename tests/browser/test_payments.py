"""The pages of payments as people meet them: recording, choosing instalments, and what is left while they type."""

from __future__ import annotations

from datetime import date

import pytest

from tests.factories import (
    PASSWORD,
    make_company,
    make_customer,
    make_issued_invoice,
    make_open_invoice,
    make_payment,
    make_user,
)

pytestmark = pytest.mark.browser
MAIL = "finance@tillpaid.test"
PAIR = (("large.sta", b"nine byte"), ("small.sta", b"x"))


@pytest.fixture
def books(app):
    """Two open invoices, 1,190.00 and 50.00, and 1,000.00 on account."""
    make_user(app, "finance", email=MAIL)
    with app.app_context():
        make_company()
        customer = make_customer("Nordwind GmbH")
        make_issued_invoice(customer, issued_on=date(2026, 11, 2))
        make_open_invoice(customer, 50_00, number="R-17")
        return make_payment(customer, 1_000_00, allocations=None, remittance="thanks").id


def sign_in(page):
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_what_is_left_is_said_while_a_person_types(books, page):
    sign_in(page)
    page.goto(f"/payments/{books}")
    left = page.locator("[data-placing-left]")
    old, young = page.get_by_label("Place on R-17"), page.get_by_label("Place on INV-2026-00001")
    assert (old.input_value(), young.input_value()) == ("50.00", "950.00")
    assert left.inner_text() == "Left to place after this: 0.00\u00a0EUR"
    young.fill("1,000.50")
    assert left.inner_text() == "50.50\u00a0EUR more than came in"
    young.fill("ten")
    assert left.inner_text() == "Write amounts like 1250.00"
    young.fill("")
    assert left.inner_text() == "Left to place after this: 950.00\u00a0EUR"
    page.get_by_role("button", name="Place it").click()
    page.get_by_text("Left to place: 950.00").first.wait_for()


def test_a_bank_file_that_is_too_large_is_left_out_before_it_is_sent(books, page):
    sign_in(page)
    page.goto("/payments/files")
    area = page.locator("input[type=file]")
    area.evaluate("input => input.setAttribute('data-most-bytes', 8)")
    files = [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in PAIR]
    area.set_input_files(files)
    said = page.get_by_role("alert")
    assert "large.sta is larger than" in said.inner_text()
    assert area.evaluate("input => [...input.files].map((file) => file.name)") == ["small.sta"]
    page.get_by_role("button", name="Import").click()
    page.get_by_role("cell", name="small.sta").first.wait_for()
    assert page.get_by_role("row", name="large.sta").get_by_text("Left out").count() == 1
