"""Pasted rows: which cells are which columns, what stays out, and which rows become one deal."""

from __future__ import annotations

import pytest

from app.deals.rules import Checks
from app.deals.rules_csv import build_deals
from app.deals.rules_fields import RawLine
from app.deals.rules_quick import (
    MOST_BYTES,
    MOST_ROWS,
    PASTED,
    Party,
    TooMuchPasted,
    complete_rows,
    keep_lines,
    label_reason,
    read_paste,
)

ALPHA = {"customer": "Alpha", "item": "Sensor", "quantity": "4", "unit_price": "12,35", "tax_rate": "19"}
FOR_ALL = {"closed_on": "2026-11-22", "deal_type": "standard"}


def first_cells(text):
    return {name: cell for name, cell in read_paste(text).rows[0].cells.items() if cell}


@pytest.mark.parametrize(
    ("text", "cells", "line"),
    [
        ("Alpha\tSensor\t4\t12,35\t19", ALPHA, 1),
        ("\n\nAlpha\tSensor\t4\t12,35\t19\n", ALPHA, 3),
        ("Customer\tItem\tQuantity\tUnit price\tTax %\nAlpha\tSensor\t4\t12,35\t19", ALPHA, 2),
        ("Kunde\tArtikel\tMenge\tEinzelpreis\tMwSt\r\nAlpha\tSensor\t4\t12,35\t19\r\n", ALPHA, 2),
        ("tax_rate\tunit_price\tquantity\titem\tcustomer\n19\t12,35\t4\tSensor\tAlpha", ALPHA, 2),
        ("Alpha, Inc\tSensor, red\t4\t12,35\t19", {**ALPHA, "customer": "Alpha, Inc", "item": "Sensor, red"}, 1),
        ("Alpha;Sensor;4;12,35;19", ALPHA, 1),
        ('Alpha\t"Sensor\tred"\t4\t12,35\t19', {**ALPHA, "item": "Sensor red"}, 1),
        ('Alpha\t"Sensor \r\n ""red"""\t4\t12,35\t19', {**ALPHA, "item": 'Sensor "red"'}, 1),
        (
            "Kunde\tArtikel\tLiefertermin\nAlpha\tSensor\t1.12.2026",
            {
                "customer": "Alpha",
                "item": "Sensor",
                "requested_on": "1.12.2026",
            },
            2,
        ),
        ("\tSensor\t4\t12,35\t19", {name: cell for name, cell in ALPHA.items() if name != "customer"}, 1),
        ("Alpha\tSensor\t4\t12,35\t19\tPO 7\t\t\tDE", {**ALPHA, "po_number": "PO 7", "country": "DE"}, 1),
    ],
)
def test_pasted_cells_find_their_columns(text, cells, line):
    assert first_cells(text) == cells
    assert read_paste(text).rows[0].line == line


def test_columns_nobody_knows_are_left_out_and_named():
    assert read_paste("Customer\tItem\tQuantity\tMood\nAlpha\tSensor\t4\tgood").left_out == ("Mood",)


TOO_MUCH = ["Alpha\tSensor\n" * (MOST_ROWS + 1), "x" * (MOST_BYTES + 1), "ü" * (MOST_BYTES // 2 + 1)]


def test_too_much_at_once_is_refused_with_the_limit():
    for text in TOO_MUCH:
        with pytest.raises(TooMuchPasted, match="500 rows or 200 kB"):
            read_paste(text)
        assert len(read_paste("Alpha\tSensor\n" * MOST_ROWS).rows) == MOST_ROWS


PRICES = [
    ("12,35", "12.35"),
    ("1.234,50", "1234.5"),
    ("1234.50", "1234.5"),
    ("1,234.50", "1234.5"),
    ("1 234,50", "1234.5"),
]


def test_prices_are_read_as_a_german_or_an_english_sheet_writes_them():
    for cells, price in PRICES:
        rows = complete_rows(
            [RawLine(1, {**ALPHA, "country": "DE", "unit_price": cells})],
            {},
            said_for_all=FOR_ALL,
            currency="EUR",
            entry="F-1",
        )
        deals, problems = build_deals(rows, "\t", PASTED, Checks())
        assert problems == []
        assert f"{deals[0].lines[0].unit_price.normalize():f}" == price


def deal_ids(*rows, parties=None):
    raw = [
        RawLine(line, dict(zip(("customer", "po_number"), cells, strict=True))) for line, cells in enumerate(rows, 1)
    ]
    done = complete_rows(raw, parties or {}, said_for_all=FOR_ALL, currency="EUR", entry="F-1")
    return [row.cells["deal_id"] for row in done]


ROWS_AND_DEALS = [
    ([("Alpha", "7"), ("Alpha", "7")], ["F-1-1", "F-1-1"]),
    ([("Alpha", "7"), ("Beta", "7"), ("ALPHA.", "7")], ["F-1-1", "F-1-2", "F-1-1"]),
    ([("Alpha", "7"), ("Alpha", "8"), ("Alpha", "")], ["F-1-1", "F-1-2", "F-1-3"]),
    ([("", "7"), ("", "7")], ["F-1-1", "F-1-2"]),
]


def test_rows_of_one_customer_and_purchase_order_are_one_deal():
    for rows, ids in ROWS_AND_DEALS:
        assert deal_ids(*rows) == ids


LEFT_OUT = [
    ({}, {}, ("Alpha GmbH", "AT", "CHF")),
    ({}, {"currency": "USD"}, ("Alpha GmbH", "AT", "USD")),
    ({"currency": "JPY", "country": "DE"}, {"currency": "USD"}, ("Alpha GmbH", "DE", "JPY")),
]


def test_what_is_left_out_comes_from_the_known_customer():
    for said, for_all, expected in LEFT_OUT:
        parties = {"alpha gmbh": Party("Alpha GmbH", "AT", "CHF")}
        rows = [
            RawLine(1, {**ALPHA, "customer": "alpha gmbh", **said}),
            RawLine(2, {**ALPHA, "customer": "Alpha GMBH"}),
        ]
        for row in complete_rows(rows, parties, said_for_all=for_all, currency="EUR", entry="F-1"):
            assert tuple(row.cells[name] for name in ("customer", "country", "currency")) == expected


def test_a_reason_names_the_column_as_the_screen_does():
    assert label_reason("unit_price: must be above 0.") == "Unit price: must be above 0."
    assert label_reason("tax_rate is missing.") == "Tax % is missing."
    assert label_reason("It has no lines.") == "It has no lines."


def test_the_box_keeps_its_heading_and_the_wrong_rows():
    text = 'Customer\tItem\tQuantity\nAlpha\tA\t1\nBeta\t"B\nb"\t1\n\nGamma\tC\t1\n'
    pasted = read_paste(text)
    assert keep_lines(text, pasted, [3]) == 'Customer\tItem\tQuantity\nBeta\t"B\nb"\t1\n'
    assert keep_lines(text, pasted, []) == ""


def test_a_box_without_rows_keeps_nothing():
    for text in ("", "\n", "Customer\tItem\tQuantity\n"):
        assert keep_lines(text, read_paste(text), []) == ""
