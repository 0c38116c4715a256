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


def open_quick_entry(app, page):
    make_user(app, "clerk", email=MAIL)
    with app.app_context():
        make_company()
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/deals/quick")


def test_pasted_cells_fill_the_grid_from_the_focused_field_on(app, page):
    open_quick_entry(app, page)
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


QUOTED = [
    ('"Multi\r\nline GmbH"\tSensor\r\nBeta AG\tCable\r\n', [("Multi line GmbH", "Sensor"), ("Beta AG", "Cable")]),
    ('"Multi\nline GmbH"', [("Multi line GmbH", "")]),
    ('"Tab\tAG"\t"A ""big"" one"', [("Tab AG", 'A "big" one')]),
    ('5" pipe\t"Two" pipes\n"Open\tCable', [('5" pipe', '"Two" pipes'), ('"Open', "Cable")]),
    ("\tSensor\n\nBeta AG\t", [("", "Sensor"), ("", ""), ("Beta AG", "")]),
]
DAYS = [
    ("3.12.2026", "2026-12-03"),
    ("03.12.2026", "2026-12-03"),
    ("2026/12/3", "2026-12-03"),
    ("2026-12-03", "2026-12-03"),
    ("03/12/2026", "03/12/2026"),
    ("next week", "next week"),
]


def test_pasted_cells_in_quotes_stay_one_cell(app, page):
    open_quick_entry(app, page)
    for text, rows in QUOTED:
        page.goto("/deals/quick")
        page.evaluate(PASTE, ["#rows-0-customer", text])
        shown = [
            (page.input_value(f"#rows-{place}-customer"), page.input_value(f"#rows-{place}-item")) for place in range(5)
        ]
        assert shown == rows + [("", "")] * (5 - len(rows))


def test_pasted_dates_are_understood_or_stay_as_they_are(app, page):
    open_quick_entry(app, page)
    page.evaluate(PASTE, ["#rows-0-country", "".join(f"DE\t{pasted}\n" for pasted, _shown in DAYS)])
    for _ in range(2):
        shown = [page.input_value(f"#rows-{place}-requested_on") for place in range(len(DAYS))]
        assert shown == [day for _pasted, day in DAYS]
        page.get_by_role("button", name="Look at the rows").click()
        page.wait_for_selector(".error-summary")
