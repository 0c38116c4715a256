"""Customers in CSV: which rows can be customers, and why the others cannot."""

import pytest

from app.customers.rules_import import parse_customers


def parse(text, **options):
    return parse_customers(text.encode(), **options)


def test_a_row_becomes_a_customer_with_what_it_says():
    parsed = parse("Name;Country;E-Mail;ZIP;Credit limit;customer_id\nMüller;de;a@x.example;10115;1000.50;K1\n")
    (row,) = parsed.rows
    assert (row.line, row.data.name, row.data.billing_email, row.data.postal_code) == (
        2,
        "Müller",
        "a@x.example",
        "10115",
    )
    assert (row.data.credit_limit, row.data.source, row.data.external_id) == (100_050, "file", "K1")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",DE,", "name is missing"),
        ("A,Germany,", "country: 'Germany'"),
        ("A,DE,1e5", "credit_limit"),
        ("A,DE,10.555", "more decimals than EUR has"),
        ("A,DE,10,11,12,13", "more cells"),
    ],
)
def test_a_row_that_cannot_be_a_customer_is_named_with_its_reason(row, said):
    parsed = parse(f"name,country,credit_limit\nOK,DE,\n{row}\n")
    (problem,) = parsed.problems
    assert problem.line == 3
    assert said in " ".join(problem.reasons)


def test_missing_columns_are_named_once_and_unknown_ones_reported():
    assert "name, country" in parse("street\nx\n").problems[0].reasons[0]
    assert parse("name,country,mood\nA,DE,good\n").unknown_columns == ("mood",)


def test_an_id_that_stands_twice_is_refused():
    parsed = parse("name,country,customer_id\nA,DE,1\nB,DE,1\n")
    assert "line 2" in parsed.problems[0].reasons[0]


@pytest.mark.parametrize("formula", ["=Imp", "+cmd|' /C calc'!A0", "@x", "-2+3"])
@pytest.mark.parametrize("column", ["name", "notes", "credit_limit", "customer_id"])
def test_a_formula_is_refused_by_the_name_of_its_column(column, formula):
    cells = {"name": "A", "notes": "", "credit_limit": "", "customer_id": "", column: formula}
    parsed = parse(f"country,{','.join(cells)}\nDE,{','.join(cells.values())}\n")
    (problem,) = parsed.problems
    assert problem.reasons[0].startswith(f"{column} contains a formula")
    assert parsed.rows == []


def test_a_phone_number_is_no_formula():
    assert parse("name,country,phone\nA,DE,+49 (30) 123-4\n").rows[0].data.phone == "+49 (30) 123-4"


def test_every_column_that_cannot_be_is_named():
    (problem,) = parse("name,country,credit_limit,notes\n,XX,1e5,=1\n").problems
    assert [reason.split()[0].rstrip(":") for reason in problem.reasons] == ["name", "country", "credit_limit", "notes"]
