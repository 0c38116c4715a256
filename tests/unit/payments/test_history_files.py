"""Files of an earlier system: recognised by their first line, each bad row named with its line and reason."""

from datetime import date

import pytest

from app.payments.rules_history import AllocationRow, HeaderUnknown, parse_amount, parse_history, recognise
from app.payments.rules_history_doubts import doubts_of

CUSTOMERS = "customer_id,name,country,currency,email,terms_days\n"
INVOICES = "number,customer_id,issued_on,due_on,currency,gross\n"
PAYMENTS = "payment_id,customer_id,received_on,currency,amount,invoice,allocated\n"
GOOD_CUSTOMER = "K1,Żółw Logistyka sp. z o.o.,PL,PLN,ap@zolw.example,30\n"
GOOD_INVOICE = "R-1,K1,2024-02-29,2024-03-30,PLN,1230.00\n"
GOOD_PAYMENT = "P-1,K1,2024-03-28,PLN,1230.00,R-1,1230.00\n"


def parse(*texts):
    return parse_history([(f"{number}.csv", text.encode()) for number, text in enumerate(texts, 1)])


def reasons(*texts):
    return [(problem.file, problem.line, problem.id, " ".join(problem.reasons)) for problem in parse(*texts).problems]


def test_the_three_files_are_read_in_any_order_under_any_name():
    parsed = parse(PAYMENTS + GOOD_PAYMENT, CUSTOMERS + GOOD_CUSTOMER, INVOICES + GOOD_INVOICE)
    assert parsed.problems == []
    customer, invoice, payment = parsed.customers["K1"], parsed.invoices["R-1"], parsed.payments["P-1"]
    assert (customer.name, customer.country, customer.payment_terms) == ("Żółw Logistyka sp. z o.o.", "PL", "30 days")
    assert (invoice.issued_on, invoice.due_on, invoice.gross) == (date(2024, 2, 29), date(2024, 3, 30), 1230_00)
    assert (payment.amount, payment.allocations) == (1230_00, [AllocationRow(2, "R-1", 1230_00)])


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (CUSTOMERS, "customers"),
        (INVOICES, "invoices"),
        (PAYMENTS, "payments"),
        ("Customer ID,Name,Country,Currency", "customers"),
        ("gross,currency,due_on,issued_on,customer_id,number,remarks", "invoices"),
    ],
)
def test_a_file_is_known_by_its_columns_in_any_order(header, kind):
    assert recognise(header.strip().split(",")) == kind


def test_a_file_of_something_else_is_named():
    with pytest.raises(HeaderUnknown):
        recognise(["deal_id", "customer"])
    assert reasons("deal_id,customer\nD-1,x\n")[0][:3] == ("1.csv", 1, "")
    assert (
        "lack gross"
        in reasons("number,customer_id,issued_on,due_on,currency\nR-1,K1,2024-01-01,2024-01-01,EUR\n")[0][3]
    )
    assert "empty" in reasons("")[0][3]


def test_windows_files_semicolons_and_byte_order_marks_are_read():
    text = CUSTOMERS.replace(",", ";") + "K1;Müller & Söhne;DE;EUR;;\n"
    for content in (text.encode("cp1252"), text.encode("utf-8-sig"), text.replace("\n", "\r\n").encode()):
        parsed = parse_history([("c.csv", content)])
        assert parsed.problems == []
        assert parsed.customers["K1"].name == "Müller & Söhne"


def test_one_payment_has_one_row_per_allocation_wherever_they_stand():
    rows = "P-1,K1,2024-03-28,EUR,100.00,R-1,60.00\nP-2,K1,2024-03-28,EUR,5,,\nP-1,K1,2024-03-28,EUR,100.00,R-2,30\n"
    parsed = parse(PAYMENTS + rows)
    assert parsed.problems == []
    assert parsed.payments["P-1"].allocations == [AllocationRow(2, "R-1", 60_00), AllocationRow(4, "R-2", 30_00)]
    assert parsed.payments["P-2"].allocations == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Name,DE,EUR,,", "customer_id is missing."),
        ("K1,,DE,EUR,,", "name is missing."),
        ("K1,Name,XX,EUR,,", "country: 'XX' is not a country"),
        ("K1,Name,DE,EUX,,", "currency: 'EUX' is not a currency"),
        ("K1,Name,DE,EUR,,soon", "terms_days: 'soon' is not a number of days"),
        ("K1,Name,DE,EUR,,-1", "terms_days: '-1' is not a number of days"),
        ('K1,"=cmd|calc!A1",DE,EUR,,', "name contains a formula"),
        ("K1,Na\x07me,DE,EUR,,", "name: Name contains characters"),
    ],
)
def test_a_customer_that_cannot_be_is_named_with_its_reason(row, reason):
    [(file, line, _, said)] = reasons(CUSTOMERS + "K0,Good,DE,EUR,,\n" + row + "\n")
    assert (file, line) == ("1.csv", 3)
    assert said.startswith(reason)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("R-1,,2024-01-01,2024-02-01,EUR,1.00", "customer_id is missing."),
        ("R-1,K1,2024-02-30,2024-03-01,EUR,1.00", "issued_on: '2024-02-30' is not a date"),
        ("R-1,K1,01.02.2024,2024-03-01,EUR,1.00", "issued_on: '01.02.2024' is not a date"),
        ("R-1,K1,2024-02-01,,EUR,1.00", "due_on is missing."),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,", "gross is missing."),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,1.005", "gross: 1.005 has more decimals than EUR has (2)"),
        ("R-1,K1,2024-02-01,2024-03-01,JPY,1.5", "gross: 1.5 has more decimals than JPY has (0)"),
        ('R-1,K1,2024-02-01,2024-03-01,EUR,"1,50"', "gross: '1,50' is not an amount"),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,1e3", "gross: '1e3' is not an amount"),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,NaN", "gross: 'NaN' is not an amount"),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,١٢", "gross: '١٢' is not an amount"),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,-1.00", "gross must be above 0. Leave out"),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,0", "gross must be above 0. Leave out"),
        ("R-1,K1,2024-02-01,2024-03-01,E,1.00", "currency: 'E' is not a currency"),
        ("R-1,K1,2024-02-01,2024-03-01,EUR,1.00,x", "This row has more cells"),
    ],
)
def test_an_invoice_that_cannot_be_is_named_with_its_reason(row, reason):
    [(_, line, _, said)] = reasons(INVOICES + row + "\n")
    assert line == 2
    assert said.startswith(reason)


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ("P-1,K1,2024-01-01,EUR,0,,", 2, "amount must be above 0"),
        ("P-1,K1,2024-01-01,EUR,-5.00,,", 2, "amount must be above 0"),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,", 2, "allocated is missing"),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,0", 2, "allocated must be above 0"),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,-1", 2, "allocated must be above 0"),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,5.01", 2, "5.01 of payment P-1 is allocated, but only 5.00 came in."),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,3\nP-1,K1,2024-01-01,EUR,5.00,R-2,3", 3, "6.00 of payment P-1 is allocated"),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,3\nP-1,K1,2024-01-01,EUR,5.00,,3", 2, "6.00 of payment P-1 is allocated"),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,3\nP-1,K1,2024-01-01,EUR,6.00,R-2,1", 3, "payment P-1 has another"),
        ("P-1,K1,2024-01-01,EUR,5.00,R-1,3\nP-1,K2,2024-01-01,EUR,5.00,R-2,1", 3, "payment P-1 has another"),
    ],
)
def test_a_payment_that_does_not_add_up_is_named_with_its_reason(rows, line, reason):
    [(_, at, name, said)] = reasons(PAYMENTS + rows + "\n")
    assert (at, name) == (line, "P-1")
    assert said.startswith(reason)


def test_the_same_row_twice_is_one_and_another_one_of_that_id_is_refused():
    parsed = parse(CUSTOMERS + GOOD_CUSTOMER * 2, INVOICES + GOOD_INVOICE * 2)
    assert (parsed.problems, len(parsed.customers), len(parsed.invoices)) == ([], 1, 1)
    [(file, line, name, said)] = reasons(INVOICES + GOOD_INVOICE + GOOD_INVOICE.replace("1230.00", "1.00"))
    assert (file, line, name) == ("1.csv", 3, "R-1")
    assert said == "R-1 stands in line 2 of 1.csv already, with other facts."


def test_every_bad_row_is_named_at_once():
    rows = "".join(f"R-{number},K1,2024-13-01,2024-13-01,EUX,x\n" for number in range(50))
    found = parse(INVOICES + rows).problems
    assert [problem.line for problem in found] == list(range(2, 52))
    assert all(len(problem.reasons) == 4 for problem in found)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (CUSTOMERS + ",,XX,EUX,,soon", ["customer_id", "name", "country:", "currency:", "terms_days:"]),
        (INVOICES + ",,x,,EUR,0", ["number", "customer_id", "issued_on:", "due_on", "gross"]),
        (INVOICES + "R-1,K1,2024-01-01,2024-01-01,EUX,-1", ["currency:", "gross"]),
        (PAYMENTS + "P-1,,2024-02-30,EUR,0,R-1,-1", ["customer_id", "received_on:", "amount", "allocated"]),
    ],
)
def test_every_bad_field_of_a_row_is_named_at_once(text, columns):
    [problem] = parse(text + "\n").problems
    assert sorted(reason.split()[0] for reason in problem.reasons) == sorted(columns)


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        (INVOICES + "R-1,K1,2026-11-22,2026-11-22,EUR,1", []),
        (INVOICES + "R-1,K1,2026-11-20,2030-11-19,EUR,1", []),
        (INVOICES + "R-1,K1,2026-11-20,2026-11-19,EUR,1", ["due_on 2026-11-19 is before issued_on 2026-11-20."]),
        (INVOICES + "R-1,K1,2030-01-01,2030-02-01,EUR,1", ["issued_on 2030-01-01 is after today, 2026-11-22."]),
        (PAYMENTS + "P-1,K1,2026-11-22,EUR,1,,", []),
        (PAYMENTS + "P-1,K1,2026-11-23,EUR,1,,", ["received_on 2026-11-23 is after today, 2026-11-22."]),
    ],
)
def test_dates_that_are_hardly_meant_are_doubtful(text, doubts):
    parsed = parse(text + "\n")
    [row] = [*parsed.invoices.values(), *parsed.payments.values()]
    said = doubts_of(row, TODAY)
    assert [reason[: len(doubt)] for reason, doubt in zip(said, doubts, strict=True)] == doubts
    assert all("orrect" in reason for reason in said)


@pytest.mark.parametrize(
    ("cell", "currency", "minor"), [("1230", "EUR", 123000), ("0.5", "KWD", 500), ("12", "JPY", 12)]
)
def test_amounts_are_decimal_strings_with_the_currencys_decimals(cell, currency, minor):
    assert parse_amount(cell, currency) == minor
