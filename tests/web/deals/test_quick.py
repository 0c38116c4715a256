"""Quick entry: look, correct, save all rows or the good ones, once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.db.base import session
from app.deals.models import Deal
from tests import factories
from tests.factories import sign_in

GOOD = "Nordlicht Logistik GmbH\tSensor\t4\t12,35\t19\tPO 7"
MORE = "nordlicht logistik gmbh\tCable\t2,5\t1.000,00\t19\tPO 7"
NEW = "Beta AG\tSensor\t1\t5\t19\t\t\t\tCH"
WRONG = "Gamma AG\tSensor\tmany\t5\t19\t\t\t\tCH"


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_customer()
    sign_in(client, "clerk")
    return client


def look(client, *rows, **more):
    return client.post("/deals/quick", data={"pasted": "\n".join(rows), "action": "check", **more})


def save(client, page, *rows, action="save", **more):
    entry = re.search(r'name="entry"[^>]*value="([^"]*)"', page.text)[1]
    return look(client, *rows, **{"entry": entry, "action": action, **more})


def box(page):
    return re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)[1].strip()


def typed(page):
    return dict(re.findall(r'name="(rows-\d+-\w+)"[^>]*value="([^"]+)"', page.text))


def deals(client):
    with client.application.app_context():
        return [(deal.content["customer"], len(deal.lines), deal.net_total) for deal in session().scalars(select(Deal))]


def test_pasted_rows_are_looked_at_and_then_saved_once(desk):
    page = look(desk, GOOD, MORE, NEW)
    assert page.status_code == 200
    assert "Save 2 deals" in page.text
    assert deals(desk) == []
    for _ in range(2):
        assert save(desk, page, GOOD, MORE, NEW).location == "/deals"
    assert deals(desk) == [("Nordlicht Logistik GmbH", 2, 254940), ("Beta AG", 1, 500)]
    assert "They were saved before." in desk.get("/deals").text


def test_nothing_is_saved_while_a_row_is_wrong_unless_only_the_good_are_wanted(desk):
    page = look(desk, GOOD, WRONG)
    assert page.status_code == 422
    assert '<a href="#rows-0-quantity">Row 1, Quantity</a>: ' in page.text
    assert save(desk, page, GOOD, WRONG).status_code == 422
    assert deals(desk) == []
    # the wrong row stands in the grid now, with what it lacks at its field
    assert (box(page), typed(page)["rows-0-quantity"], typed(page)["rows-0-country"]) == (GOOD, "many", "CH")
    rest = save(desk, page, GOOD, **typed(page), action="keep_good")
    assert [name for name, *_ in deals(desk)] == ["Nordlicht Logistik GmbH"]
    assert (box(rest), typed(rest)["rows-0-customer"]) == ("", "Gamma AG")
    again = look(desk, **typed(rest) | {"rows-0-quantity": "3"})
    assert "Save 1 deal" in again.text


def in_grid(*rows):
    names = ("customer", "item", "quantity", "unit_price", "tax_rate", "po_number", "", "", "country")
    return {
        f"rows-{place}-{name}": cell
        for place, row in enumerate(rows)
        for name, cell in zip(names, row.split("\t"), strict=False)
        if name and cell
    }


@pytest.mark.parametrize(
    ("grid", "rows", "saved"),
    [
        ([GOOD, WRONG], [], ["Nordlicht Logistik GmbH"]),
        ([WRONG, NEW, GOOD], [], ["Beta AG", "Nordlicht Logistik GmbH"]),
        ([], [GOOD, WRONG], ["Nordlicht Logistik GmbH"]),
        ([GOOD], [WRONG], ["Nordlicht Logistik GmbH"]),
        ([WRONG], [GOOD], ["Nordlicht Logistik GmbH"]),
        ([GOOD, WRONG], [NEW], ["Nordlicht Logistik GmbH", "Beta AG"]),
    ],
    ids=["grid", "grid_wrong_first", "box", "box_wrong", "grid_wrong", "both"],
)
def test_saving_only_the_good_leaves_the_wrong_row_in_the_grid_with_its_error(desk, grid, rows, saved):
    page = look(desk, *rows, **in_grid(*grid))
    count = "1 deal" if len(saved) == 1 else f"{len(saved)} deals"
    assert f"Save only the good: {count}" in page.text
    rest = save(desk, page, *box(page).splitlines(), **typed(page), action="keep_good")
    assert rest.status_code == 422
    assert [name for name, *_ in deals(desk)] == saved
    assert '<a href="#rows-0-quantity">Row 1, Quantity</a>: ' in rest.text
    assert (box(rest), typed(rest)) == ("", in_grid(WRONG))


def test_wrong_rows_of_the_grid_and_of_the_box_all_stay(desk):
    wide = "Delta AG\tSensor\tfew\t5\t19\tPO 1\tkg\t\tCH"
    page = look(desk, NEW, wide, **in_grid(GOOD, WRONG))
    rest = save(desk, page, *box(page).splitlines(), **typed(page), action="keep_good")
    assert rest.status_code == 422
    assert [name for name, *_ in deals(desk)] == ["Nordlicht Logistik GmbH", "Beta AG"]
    assert (box(rest), typed(rest)["rows-0-customer"], "rows-1-customer" in typed(rest)) == (wide, "Gamma AG", False)


def test_a_line_break_in_a_quoted_cell_becomes_a_space(desk):
    rows = '"Multi\nline GmbH"\t"Sensor\tred"\tmany\t5\t19\t\t\t\tCH'
    cells = typed(look(desk, rows))
    assert (cells["rows-0-customer"], cells["rows-0-item"]) == ("Multi line GmbH", "Sensor red")
    page = look(desk, **cells | {"rows-0-quantity": "1"})
    save(desk, page, **cells | {"rows-0-quantity": "1"})
    assert [name for name, *_ in deals(desk)] == ["Multi line GmbH"]


def test_a_date_that_could_be_two_days_stays_in_its_field_and_is_refused(desk):
    cells = in_grid(NEW) | {"rows-0-requested_on": "03/12/2026"}
    page = look(desk, **cells)
    assert page.status_code == 422
    assert '<a href="#rows-0-requested_on">Row 1, Requested on</a>: ' in page.text
    assert re.search(r'<input[^>]*name="rows-0-requested_on"[^>]*>', page.text)[0].count('type="text"') == 1
    assert typed(page)["rows-0-requested_on"] == "03/12/2026"
    assert "Save 1 deal" in look(desk, **cells | {"rows-0-requested_on": "3.12.2026"}).text


def test_a_wrong_row_with_more_than_the_grid_takes_stays_in_the_box(desk):
    wide = "Gamma AG\tSensor\tmany\t5\t19\tPO 1\tkg\t\tCH"
    page = look(desk, GOOD, wide)
    assert box(page) == f"{GOOD}\n{wide}"
    assert "Correct it" in page.text


def test_what_nobody_looked_at_is_not_saved(desk):
    for entry in ("", "F-junk", "D-1"):
        page = look(desk, GOOD, entry=entry, action="save")
        assert "Save 1 deal" in page.text
    assert deals(desk) == []


def test_a_typed_row_is_one_like_the_pasted_ones(desk):
    cells = {
        "customer": "Nordlicht Logistik GmbH",
        "item": "Plug",
        "quantity": "2",
        "unit_price": "3,50",
        "tax_rate": "7",
    }
    typed = {f"rows-0-{name}": cell for name, cell in cells.items()} | {"rows-0-po_number": "PO 7"}
    page = look(desk, GOOD, **typed)
    assert "Save 1 deal" in page.text
    save(desk, page, GOOD, **typed)
    assert deals(desk) == [("Nordlicht Logistik GmbH", 2, 4940 + 700)]


FAULTS = [
    ("", "Type a row or paste some first."),
    ("A\tB\n" * 501, "more than 500 rows"),
    ("Customer\tItem\tQuantity\tItem\nA\tB\t1\tC", "stands twice"),
    ("\tSensor\t1\t5\t19", "Customer is missing."),
    ("Beta AG\tSensor\t1\t5\t19", "Country is missing."),
    ("=cmd()\tSensor\t1\t5\t19", "Customer contains a formula"),
    ('"Beta AG\tSensor\t1\t5\t19', "never closed"),
]


def test_a_fault_is_named_and_the_text_stays(desk):
    for text, said in FAULTS:
        page = look(desk, text)
        assert page.status_code == 422
        assert said in page.text
        if cells := typed(page):
            assert [cell for cell in text.split("\t") if cell] == list(cells.values())
            continue
        kept = re.search(r"<textarea[^>]*>\r?\n?(.*?)</textarea>", page.text, re.DOTALL)[1]
        assert kept.replace("&#34;", '"').replace("&quot;", '"') == text


def test_one_more_press_adds_rows_and_keeps_what_was_typed(desk):
    page = desk.post("/deals/quick", data={"rows-0-customer": "Alpha", "pasted": GOOD, "add_line": "1"}).text
    assert page.count("data-line>") == 10
    assert 'value="Alpha"' in page
    assert GOOD in page


def test_the_deals_page_leads_there_for_those_who_may(desk):
    assert 'href="/deals/quick" data-key="q"' in desk.get("/deals").text
    sign_in(desk, "finance")
    assert "/deals/quick" not in desk.get("/deals").text


def test_a_requested_day_is_typed_or_pasted_and_shown_on_the_deal(desk):
    head = "Customer\tItem\tQuantity\tUnit price\tTax %\tRequested on"
    early = look(desk, head, "Nordlicht Logistik GmbH\tSensor\t4\t12,35\t19\t2026-11-01", closed_on="2026-11-20")
    assert early.status_code == 422
    assert "2026-11-01 is before the deal was closed (2026-11-20)." in early.text
    rows = (head, "Nordlicht Logistik GmbH\tSensor\t4\t12,35\t19\t1.12.2026")
    typed = {
        "rows-0-customer": "Nordlicht Logistik GmbH", "rows-0-item": "Cable", "rows-0-quantity": "1",
        "rows-0-unit_price": "5", "rows-0-tax_rate": "19", "rows-0-requested_on": "2026-12-02",
    }  # fmt: skip
    assert save(desk, look(desk, *rows, **typed), *rows, **typed).location == "/deals"
    page = desk.get("/deals/1").text
    assert ("2026-12-01" in page, "2026-12-02" in page) == (True, True)
    assert 'value="2026-12-01"' in desk.get("/deals/1/edit").text
