"""Deals in CSV: what becomes a deal, and how every row that cannot is named."""

import time
from datetime import date
from decimal import Decimal

import pytest

from app.deals.rules import parse_deals
from app.kernel.errors import BadInput

HEADER = (
    "deal_id,closed_on,owner,customer,vat_id,country,street,postal_code,city,billing_email,currency,payment_terms,"
    "po_number,item,quantity,unit,unit_price,discount_percent,tax_rate"
)
CELLS = {
    "deal_id": "D-1", "closed_on": "2026-11-02", "owner": "Ada Sales", "customer": "Nordlicht GmbH", "vat_id": "",
    "country": "DE", "street": "Hafenweg 3", "postal_code": "20457", "city": "Hamburg", "billing_email": "ap@n.example",
    "currency": "EUR", "payment_terms": "2% 10, net 30", "po_number": "PO 7", "item": "Sensor", "quantity": "4",
    "unit": "pcs", "unit_price": "12.345", "discount_percent": "7", "tax_rate": "21",
}  # fmt: skip


def row(separator=",", **changes: str):
    cells = {**CELLS, **changes}
    return separator.join(f'"{cell}"' if separator in cell or "\n" in cell else cell for cell in cells.values())


def file(*rows: str, header=HEADER):
    return "\n".join([header, *rows]).encode()


def parse(*rows: str, header=HEADER):
    return parse_deals(file(*rows, header=header), "deals.csv")


def reasons(parsed):
    return {(problem.line, problem.deal_id): " ".join(problem.reasons) for problem in parsed.problems}


def test_a_row_becomes_a_deal_with_one_line():
    (deal,) = parse(row()).deals
    assert (deal.line, deal.external_id, deal.closed_on, deal.customer) == (
        2,
        "D-1",
        date(2026, 11, 2),
        "Nordlicht GmbH",
    )
    (line,) = deal.lines
    assert (line.quantity, line.unit_price, line.discount_percent, line.tax_rate) == (4, Decimal("12.345"), 7, 21)
    assert (line.tax_category, deal.deal_type) == ("S", "standard")
    assert deal.net_total == 4592  # 4 x 12.345 x 0.93 = 45.9234


def test_rows_with_one_id_are_one_deal_wherever_they_stand():
    parsed = parse(row(), row(deal_id="D-2"), row(item="Cable", quantity="1"))
    assert [(deal.external_id, [line.item for line in deal.lines]) for deal in parsed.deals] == [
        ("D-1", ["Sensor", "Cable"]),
        ("D-2", ["Sensor"]),
    ]


@pytest.mark.parametrize(
    ("rate", "category", "reason", "kept"),
    [
        ("19", "", "", "S"), ("0", "", "", "Z"), ("0.000", "", "", "Z"), ("0", "AE", "Reverse charge", "AE"),
        ("0", "k", "", "K"), ("19 %", "S", "", "S"),
    ],
)  # fmt: skip
def test_the_tax_category_follows_the_rate_unless_said(rate, category, reason, kept):
    header = HEADER + ",tax_category,tax_reason"
    (deal,) = parse(row(tax_rate=rate) + f",{category},{reason}", header=header).deals
    assert (deal.lines[0].tax_category, deal.lines[0].tax_reason) == (kept, reason)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("closed_on", "2026-02-31", "does not exist"),
        ("closed_on", "31.02.2026", "does not exist"),
        ("closed_on", "03/04/2026", "swapped"),
        ("closed_on", "3-4-2026", "swapped"),
        ("closed_on", "yesterday", "not a date"),
        ("closed_on", "0026-01-01", "not a date from 1990"),
        ("closed_on", "", "closed_on is missing"),
        ("customer", "", "customer is missing"),
        ("customer", "   ", "customer is missing"),
        ("customer", "a\x00b", "cannot be shown"),
        ("country", "", "country is missing"),
        ("country", "Germany", "two letters"),
        ("country", "QQ", "not a country"),
        ("currency", "EURO", "not a currency"),
        ("currency", "XXX", "not a currency"),
        ("currency", "", "currency is missing"),
        ("payment_terms", "when sold", "not understood"),
        ("item", "", "item is missing"),
        ("item", "x" * 400, "longer than 300"),
        ("item", '=HYPERLINK("http://evil")', "contains a formula"),
        ("customer", "@SUM(A1)", "contains a formula"),
        ("quantity", "=1+1", "contains a formula"),
        ("owner", "+cmd|' /C calc'!A0", "contains a formula"),
        ("quantity", "-1", "above 0"),
        ("quantity", "0", "above 0"),
        ("quantity", "four", "not a plain number"),
        ("quantity", "1e5", "not a plain number"),
        ("quantity", "NaN", "not a plain number"),
        ("quantity", "", "quantity is missing"),
        ("quantity", "0.0000001", "too long"),
        ("quantity", "9" * 20, "too long"),
        ("unit_price", "-1", "may not be negative"),
        ("unit_price", "12,50", "decimal comma"),
        ("unit_price", "1,234", "two ways"),
        ("unit_price", "€12", "not a plain number"),
        ("discount_percent", "101", "between 0 and 100"),
        ("discount_percent", "-1", "between 0 and 100"),
        ("tax_rate", "", "tax_rate is missing"),
        ("tax_rate", "-19", "between 0 and 100"),
    ],
)
def test_a_wrong_cell_rejects_its_deal_with_line_and_reason(field, value, said):
    parsed = parse(row(deal_id="OK"), row(**{field: value}))
    assert [deal.external_id for deal in parsed.deals] == ["OK"]
    ((place, reason),) = reasons(parsed).items()
    assert place == (3, "D-1")
    assert field in reason
    assert said in reason


@pytest.mark.parametrize(
    ("rate", "category", "said"), [("0", "S", "above 0"), ("19", "AE", "above 0"), ("19", "VAT", "not one of")]
)
def test_a_category_that_contradicts_the_rate_is_refused(rate, category, said):
    parsed = parse(row(tax_rate=rate) + f",{category}", header=HEADER + ",tax_category")
    assert said in reasons(parsed)[(2, "D-1")]


def test_all_reasons_of_a_row_are_said_at_once_and_each_row_is_named_by_its_own_line():
    parsed = parse(row(closed_on="x", country="x"), row(item="Cable", quantity="x"), row(deal_id="OK"))
    assert [(problem.line, len(problem.reasons)) for problem in parsed.problems] == [(2, 2), (3, 3)]
    assert [deal.external_id for deal in parsed.deals] == ["OK"]


def test_columns_of_the_deal_that_differ_between_its_rows_reject_it():
    parsed = parse(row(), row(item="Cable", currency="USD", city="Kiel"))
    assert parsed.deals == []
    reason = reasons(parsed)[(3, "D-1")]
    assert "currency differs within the deal: 'EUR' in line 2, 'USD' here" in reason
    assert "city differs" in reason


def test_a_line_that_stands_twice_is_refused():
    assert "repeats line item 1" in reasons(parse(row(), row()))[(3, "D-1")]


def test_a_row_without_an_id_is_named_by_its_line():
    assert "deal_id is missing" in reasons(parse(row(deal_id=""), row()))[(2, "")]


def test_a_formula_as_id_is_refused():
    assert "formula" in reasons(parse(row(deal_id="=1+1")))[(2, "=1+1")]


def test_missing_columns_are_named_once_for_the_whole_file():
    (problem,) = parse("D-1,2026-11-02", header="deal_id,closed_on").problems
    assert problem.line == 1
    assert "customer, country, currency, item, quantity, unit_price, tax_rate" in problem.reasons[0]


def test_columns_nobody_knows_are_reported_and_optional_ones_may_be_absent():
    parsed = parse(
        "D-1,2026-11-02,A,DE,EUR,X,1,2,0,hot",
        header="deal_id,closed_on,customer,country,currency,item,quantity,unit_price,tax_rate,Lead Temperature",
    )
    assert len(parsed.deals) == 1
    assert parsed.unknown_columns == ("Lead Temperature",)


def test_a_row_that_cannot_be_read_is_named_and_the_others_are_read():
    parsed = parse(row(), row(deal_id="D-2") + ",too,many", row(deal_id="D-3", item='5" pipe'), '"D-4,never closed')
    assert [deal.external_id for deal in parsed.deals] == ["D-1", "D-3"]
    assert [line for line, _deal in reasons(parsed)] == [3, 5]


def test_a_file_with_semicolons_may_have_decimal_commas_where_they_mean_one_thing():
    header = HEADER.replace(",", ";")
    (deal,) = parse(
        row(";", quantity="1.234,5", unit_price="12,50", payment_terms="30 days", tax_rate="19"), header=header
    ).deals
    assert (deal.lines[0].quantity, deal.lines[0].unit_price) == (Decimal("1234.5"), Decimal("12.5"))


@pytest.mark.parametrize(
    ("quantity", "price", "readable"),
    [
        ("1,234", "5", False),
        ("1,234", "5,50", True),
        ("1.234", "5,50", False),
        ("1.234", "5.50", True),
        ("1,234.5", "5", True),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_refused_unless_the_file_settles_it(quantity, price, readable):
    parsed = parse(row(";", quantity=quantity, unit_price=price), header=HEADER.replace(",", ";"))
    assert bool(parsed.deals) is readable
    assert readable or "two ways" in reasons(parsed)[(2, "D-1")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_windows_encodings_are_read(encoding):
    text = file(row(customer="Müller & Söhne – Köln"), row(deal_id="D-2", customer="Café")).decode()
    parsed = parse_deals(text.replace("\n", "\r\n").encode(encoding), "deals.csv")
    assert [deal.customer for deal in parsed.deals] == ["Müller & Söhne – Köln", "Café"]


def test_names_of_every_script_stay_as_they_are():
    names = ["Łódź Sp. z o.o.", "Παπαδόπουλος ΑΕ", "Müller Größe", "شركة النور"]
    parsed = parse(*(row(deal_id=f"D-{i}", customer=name) for i, name in enumerate(names)))
    assert [deal.customer for deal in parsed.deals] == names


def test_prices_may_have_more_decimals_than_the_currency():
    (deal,) = parse(row(currency="JPY", unit_price="0.125", quantity="1000", discount_percent="")).deals
    assert deal.net_total == 125


@pytest.mark.parametrize(
    "text", ["2026-11-02", "2026/11/02", "2.11.2026", "02.11.2026", "2026-11-02T23:00:00Z", "2026-11-02 08:15"]
)
def test_dates_that_mean_one_day_are_read(text):
    assert parse(row(closed_on=text)).deals[0].closed_on == date(2026, 11, 2)


def test_the_fingerprint_does_not_depend_on_the_order_of_the_lines():
    one, other = row(), row(item="Cable")
    assert parse(one, other).deals[0].fingerprint() == parse(other, one).deals[0].fingerprint()
    assert parse(one).deals[0].fingerprint() != parse(other).deals[0].fingerprint()


def test_ten_thousand_rows_are_read_in_seconds_and_every_bad_one_is_named():
    rows = [row(deal_id=f"D-{i}", quantity="-1" if i % 10 == 0 else "2") for i in range(10_000)]
    begun = time.process_time()
    parsed = parse(*rows)
    assert (len(parsed.deals), len(parsed.problems)) == (9_000, 1_000)
    assert time.process_time() - begun < 6


def test_a_file_that_is_too_large_or_empty_is_refused_as_a_whole():
    for content in (b"x" * (21 * 1024 * 1024), b"", b"\n\n"):
        with pytest.raises(BadInput):
            parse_deals(content, "deals.csv")


@pytest.mark.parametrize(
    ("said", "kept", "refused"),
    [
        ("2026-12-01", date(2026, 12, 1), ""),
        ("1.12.2026", date(2026, 12, 1), ""),
        ("2026-11-02", date(2026, 11, 2), ""),
        ("", None, ""),
        ("2026-11-01", None, "requested_on: 2026-11-01 is before the deal was closed (2026-11-02)."),
        ("01/12/2026", None, "day and month could be swapped"),
    ],
)
def test_a_line_says_when_the_customer_wants_it_at_the_earliest_when_the_deal_closed(said, kept, refused):
    parsed = parse(row(item="Cable") + ",", row() + f",{said}", header=HEADER + ",requested_on")
    if refused:
        ((place, reason),) = reasons(parsed).items()
        assert place == (3, "D-1")
        assert refused in reason
    else:
        assert [line.requested_on for line in parsed.deals[0].lines] == [None, kept]
        assert ("requested_on" in parsed.deals[0].content()["lines"][1]) is (kept is not None)
