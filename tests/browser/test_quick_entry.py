"""Quick entry as people meet it: cells pasted from a spreadsheet, and the phone."""

from __future__ import annotations

import pytest

from tests.factories import PASSWORD, make_company, make_user
from tests.harness.browser import WIDTHS, list_faults

pytestmark = pytest.mark.browser
MAIL = "clerk@tillpaid.test"
PASTE = """([selector, text]) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.querySelector(selector).dispatchEvent(
    new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def test_pasted_cells_fill_the_grid_from_the_focused_field_on(app, page):
    make_user(app, "clerk", email=MAIL)
    with app.app_context():
        make_company()
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/deals/quick")
    sheet = "".join(f"Sensor {number}\t{number}\t12.35\r\n" for number in range(6))
    page.evaluate(PASTE, ["#rows-0-item", sheet])
    assert page.locator("[data-line]").count() == 6
    assert page.input_value("#rows-5-item") == "Sensor 5"
    assert [page.input_value(f"#rows-5-{name}") for name in ("customer", "quantity", "unit_price")] == [
        "",
        "5",
        "12.35",
    ]
    page.evaluate(PASTE, ["#rows-0-customer", "Beta AG\n" * 101])
    assert page.locator("[data-line]").count() == 6
    assert page.input_value("#pasted").count("Beta AG") == 101

    across, down = WIDTHS["phone"]
    page.set_viewport_size({"width": across, "height": down})
    page.goto("/deals/quick")
    assert page.locator("[data-line]").count() == 1
    box, grid = (page.locator(one).bounding_box()["y"] for one in ("#pasted", "#rows-0-customer"))
    assert box < grid
    assert list_faults(page) == []
