"""Invoice arithmetic, rule by rule. The expected figures are worked out by hand."""

import pytest

from app.invoices.rules import compute_json

VAT = {"name": "VAT 21", "category": "S", "kind": "percent", "rate": "21"}
VAT_INSIDE = {**VAT, "price_includes": True}
REDUCED = {"name": "VAT 9", "category": "S", "kind": "percent", "rate": "9"}
ECO = {"name": "Eco", "category": "S", "kind": "fixed_per_unit", "amount": "0.125"}


def line(price="100", *taxes, quantity="1", **more):
    return {"quantity": quantity, "unit_price": price, "taxes": list(taxes), **more}


def answer(*lines, currency="EUR", **more):
    computed = compute_json({"currency": currency, "issue_date": "2026-11-22", "lines": list(lines), **more})
    assert "error" not in computed, computed
    return computed


def rows(computed):
    return [(row["name"], row["rate"], row["base"], row["tax"]) for row in computed["tax_breakdown"]]


def amounts(computed):
    return [(shown["net"], shown["tax"], shown["gross"]) for shown in computed["lines"]]


def totals(computed, *names):
    return [computed[name] for name in names or ("line_total", "net_total", "tax_total", "gross_total")]


EXAMPLE = {
    "currency": "EUR",
    "issue_date": "2026-11-22",
    "tax_rounding": "document",
    "lines": [
        {
            "description": "Sensor",
            "quantity": "4",
            "base_quantity": "1",
            "unit_price": "12.35",
            "discount_percent": "7",
            "allowance": "0",
            "charge": "0",
            "taxes": [{**VAT, "price_includes": False, "compounds": False}],
        }
    ],
    "allowances": [],
    "charges": [],
    "prepaid": "0",
    "rounding_step": None,
    "payment_terms": {
        "instalments": [
            {"share": "30%", "days": 15},
            {"share": "remainder", "days": 30, "months": 0, "end_of_month": True, "day_of_month": 10},
        ],
        "early_discount": {"percent": "2", "days": 10, "on": "gross"},
    },
}


def test_the_published_example_is_answered_to_the_letter():
    expected = {
        "currency": "EUR",
        "lines": [{"net": "45.94", "tax": "9.65", "gross": "55.59"}],
        "tax_breakdown": [{"name": "VAT 21", "category": "S", "rate": "21", "base": "45.94", "tax": "9.65"}],
        "line_total": "45.94",
        "allowance_total": "0.00",
        "charge_total": "0.00",
        "net_total": "45.94",
        "tax_total": "9.65",
        "gross_total": "55.59",
        "rounding": "0.00",
        "prepaid": "0.00",
        "amount_due": "55.59",
        "instalments": [{"due_on": "2026-12-07", "amount": "16.68"}, {"due_on": "2027-01-10", "amount": "38.91"}],
        "early_discount": {
            "until": "2026-12-02",
            "payable": "54.48",
            "discount_net": "0.92",
            "discount_tax": "0.19",
        },
    }
    computed = compute_json(EXAMPLE)
    assert computed == expected
    assert list(computed) == list(expected)
    assert [list(row) for row in computed["tax_breakdown"]] == [["name", "category", "rate", "base", "tax"]]


def test_an_empty_document_adds_up_to_nothing():
    computed = compute_json({"currency": "EUR"})
    assert totals(computed) == ["0.00"] * 4
    assert (computed["lines"], computed["instalments"], computed["early_discount"]) == ([], [], None)


# --- lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "net"),
    [
        (line("12.35", quantity="4", discount_percent="7"), "45.94"),
        (line("0.005"), "0.01"),  # half away from zero
        (line("0.005", quantity="-1"), "-0.01"),
        (line("1.25", quantity="3", base_quantity="100"), "0.04"),  # 0.0375
        (line("10", quantity="1", base_quantity="3"), "3.33"),
        (line("10", allowance="1.50", charge="0.25"), "8.75"),  # after the rounding
        (line("0.004", allowance="1.00"), "-1.00"),
        (line("100", discount_percent="100"), "0.00"),
        (line("-5", quantity="-2"), "10.00"),
        (line("99999999.999999", quantity="999999.999"), "99999999899999.00"),
        ({}, "0.00"),
    ],
)
def test_a_line_is_rounded_once_then_its_allowance_and_charge_apply(raw, net):
    assert amounts(answer(raw)) == [(net, "0.00", net)]


@pytest.mark.parametrize(
    ("currency", "net", "tax"),
    [
        ("JPY", "1235", "259"),
        ("EUR", "1234.57", "259.26"),
        ("KWD", "1234.568", "259.259"),
        ("CLF", "1234.5679", "259.2593"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(currency, net, tax):
    assert rows(answer(line("1234.56789", VAT), currency=currency)) == [("VAT 21", "21", net, tax)]


# --- one tax per group or per line -----------------------------------------------------------------------------------


def test_document_rounding_rounds_one_tax_per_rate_and_lines_share_it():
    computed = answer(*[line("0.12", VAT)] * 3)
    assert rows(computed) == [("VAT 21", "21", "0.36", "0.08")]  # 0.0756; three times 0.0252 would be 0.09
    assert [tax for _, tax, _ in amounts(computed)] == ["0.03", "0.03", "0.02"]


def test_line_rounding_rounds_each_line_and_adds():
    computed = answer(*[line("0.12", VAT)] * 3, tax_rounding="line")
    assert rows(computed) == [("VAT 21", "21", "0.36", "0.09")]
    assert [tax for _, tax, _ in amounts(computed)] == ["0.03"] * 3


def test_a_row_is_one_name_category_and_rate():
    same_name = [
        line("10", {**VAT, "rate": "21.00"}),
        line("10", VAT),
        line("10", {**VAT, "rate": "20"}),
        line("10", {**VAT, "category": "Z", "rate": "0"}),
        line("10"),
    ]
    computed = answer(*same_name)
    assert rows(computed) == [
        ("VAT 21", "21", "20.00", "4.20"),
        ("VAT 21", "20", "10.00", "2.00"),
        ("VAT 21", "0", "10.00", "0.00"),
    ]
    assert totals(computed) == ["50.00", "50.00", "6.20", "56.20"]


def test_a_return_on_the_invoice_lowers_its_group():
    computed = answer(line("10", VAT, quantity="3"), line("10", VAT, quantity="-3"))
    assert rows(computed) == [("VAT 21", "21", "0.00", "0.00")]
    assert amounts(computed) == [("30.00", "6.30", "36.30"), ("-30.00", "-6.30", "-36.30")]


def test_a_credit_mirrors_its_invoice_to_the_cent():
    lines = [line("0.12", VAT), line("0.13", VAT), line("3.335", VAT_INSIDE, REDUCED), line("7.77", ECO, VAT)]
    mirrored = answer(*[{**raw, "quantity": "-1"} for raw in lines])
    assert totals(mirrored) == [f"-{total}" for total in totals(answer(*lines))]
    assert [f"-{tax}" for _, tax, _ in amounts(answer(*lines))] == [tax for _, tax, _ in amounts(mirrored)]


# --- several taxes, compound, per unit -------------------------------------------------------------------------------


def test_taxes_stand_side_by_side_on_a_line():
    computed = answer(line("100", VAT, REDUCED))
    assert rows(computed) == [("VAT 21", "21", "100.00", "21.00"), ("VAT 9", "9", "100.00", "9.00")]
    assert amounts(computed) == [("100.00", "30.00", "130.00")]


def test_a_compound_tax_is_in_the_base_of_those_after_it():
    gst = {"name": "GST", "rate": "5", "compounds": True}
    qst = {"name": "QST", "rate": "9.5"}
    computed = answer(line("10.10", gst, qst))
    # GST 0.505 is 0.51; QST is 9.5% of 10.61 = 1.00795
    assert rows(computed) == [("GST", "5", "10.10", "0.51"), ("QST", "9.5", "10.61", "1.01")]


def test_a_tax_per_unit_multiplies_the_quantity():
    computed = answer(line("12", ECO, quantity="3", base_quantity="6"), line("1", ECO, quantity="1"))
    assert computed["tax_breakdown"] == [
        {"name": "Eco", "category": "S", "rate": None, "amount": "0.125", "base": "7.00", "tax": "0.50"}
    ]
    assert list(computed["tax_breakdown"][0]) == ["name", "category", "rate", "amount", "base", "tax"]


def test_vat_on_an_eco_fee():
    computed = answer(line("2", {**ECO, "compounds": True}, VAT, quantity="10"))
    # 20.00 + 1.25 eco; VAT 21% of 21.25 = 4.4625
    assert [row[2:] for row in rows(computed)] == [("20.00", "1.25"), ("21.25", "4.46")]


def test_taxes_that_compound_into_each_other_are_still_computed():
    a, b = {"name": "A", "rate": "10", "compounds": True}, {"name": "B", "rate": "20", "compounds": True}
    computed = answer(line("100", a, b), line("100", b, a))
    assert rows(computed) == [("A", "10", "220.00", "22.00"), ("B", "20", "210.00", "42.00")]


# --- prices that include tax -----------------------------------------------------------------------------------------


def test_the_quoted_gross_never_moves():
    computed = answer(line("19.99", VAT_INSIDE), line("0.05", VAT_INSIDE), line("100", VAT_INSIDE))
    assert [gross for _, _, gross in amounts(computed)] == ["19.99", "0.05", "100.00"]
    # 120.04 x 21 / 121 = 20.8333
    assert rows(computed) == [("VAT 21", "21", "99.21", "20.83")]
    assert totals(computed) == ["99.21", "99.21", "20.83", "120.04"]


def test_included_tax_is_taken_out_even_when_the_rate_of_the_base_would_differ():
    # 0.03 x 0.21 / 1.21 = 0.0052 -> 0.01; 21% of 0.02 would be 0.00
    assert rows(answer(line("0.03", VAT_INSIDE))) == [("VAT 21", "21", "0.02", "0.01")]


def test_included_taxes_are_taken_out_line_by_line_in_line_rounding():
    computed = answer(*[line("0.08", VAT_INSIDE)] * 3, tax_rounding="line")
    assert rows(computed) == [("VAT 21", "21", "0.21", "0.03")]
    assert rows(answer(*[line("0.08", VAT_INSIDE)] * 3)) == [("VAT 21", "21", "0.20", "0.04")]


def test_an_included_tax_and_one_on_top():
    computed = answer(line("121", VAT_INSIDE, REDUCED))
    assert rows(computed) == [("VAT 21", "21", "100.00", "21.00"), ("VAT 9", "9", "100.00", "9.00")]
    assert amounts(computed) == [("100.00", "30.00", "130.00")]


def test_an_included_compound_tax():
    # net x 1.1 x 1.2 = 132
    a = {"name": "A", "rate": "10", "compounds": True, "price_includes": True}
    b = {"name": "B", "rate": "20", "price_includes": True}
    assert rows(answer(line("132", a, b))) == [("A", "10", "100.00", "10.00"), ("B", "20", "110.00", "22.00")]


def test_an_added_tax_that_compounds_into_an_included_one():
    # net + 20% of 1.1 net = 122, and A is 10% of the net on top
    a = {"name": "A", "rate": "10", "compounds": True}
    b = {"name": "B", "rate": "20", "price_includes": True}
    computed = answer(line("122", a, b))
    assert rows(computed) == [("A", "10", "100.00", "10.00"), ("B", "20", "110.00", "22.00")]
    assert amounts(computed) == [("100.00", "32.00", "132.00")]


def test_an_included_tax_per_unit():
    computed = answer(line("1.335", {**ECO, "price_includes": True}, VAT_INSIDE, quantity="2"))
    # 2.67 - 0.25 = 2.42; VAT 0.42
    assert [row[2:] for row in rows(computed)] == [("2.00", "0.25"), ("2.00", "0.42")]


def test_included_and_added_lines_of_one_rate_are_one_row_of_the_whole_base():
    computed = answer(line("0.03", VAT_INSIDE), line("0.10", VAT))
    # 0.02 out of the price, and 0.10: 21% of 0.12 = 0.0252; the quoted line keeps its 0.03
    assert rows(computed) == [("VAT 21", "21", "0.12", "0.03")]
    assert amounts(computed) == [("0.02", "0.01", "0.03"), ("0.10", "0.02", "0.12")]


def test_a_price_cannot_contain_a_tax_that_eats_it():
    refusal = compute_json({"currency": "EUR", "lines": [line("1", {**VAT_INSIDE, "rate": "-100"})]})
    assert refusal["field"] == "lines[0].taxes"


# --- document allowances and charges ---------------------------------------------------------------------------------


def test_an_allowance_lowers_the_base_of_its_own_tax():
    computed = answer(line("100", VAT), line("100", REDUCED), allowances=[{"amount": "10", "taxes": [VAT]}])
    assert rows(computed) == [("VAT 21", "21", "90.00", "18.90"), ("VAT 9", "9", "100.00", "9.00")]
    assert totals(computed, "line_total", "allowance_total", "net_total", "gross_total") == [
        "200.00",
        "10.00",
        "190.00",
        "217.90",
    ]
    assert amounts(computed)[0] == ("100.00", "21.00", "121.00")  # the line keeps its own tax


def test_a_percentage_is_of_the_lines_that_carry_its_taxes():
    lines = [line("100", VAT), line("50", VAT, REDUCED), line("30", REDUCED), line("7")]
    for taxes, amount in [([VAT], "15.00"), ([REDUCED], "8.00"), ([VAT, REDUCED], "5.00"), ([], "18.70")]:
        assert answer(*lines, allowances=[{"percent": "10", "taxes": taxes}])["allowance_total"] == amount


def test_a_charge_with_a_tax_no_line_has_makes_its_own_row():
    computed = answer(line("100", VAT), charges=[{"amount": "4.90", "taxes": [REDUCED]}])
    assert rows(computed)[1] == ("VAT 9", "9", "4.90", "0.44")
    assert totals(computed, "charge_total", "net_total") == ["4.90", "104.90"]


def test_with_included_prices_a_net_allowance_lowers_the_base_and_the_tax_is_of_it():
    computed = answer(line("121", VAT_INSIDE), allowances=[{"amount": "10", "on": "net", "taxes": [VAT]}])
    assert rows(computed) == [("VAT 21", "21", "90.00", "18.90")]
    assert totals(computed, "line_total", "allowance_total", "gross_total") == ["100.00", "10.00", "108.90"]


def test_with_included_prices_a_gross_allowance_lowers_the_quoted_gross():
    computed = answer(line("121", VAT_INSIDE), allowances=[{"percent": "10", "on": "gross", "taxes": [VAT_INSIDE]}])
    assert rows(computed) == [("VAT 21", "21", "90.00", "18.90")]
    assert totals(computed, "line_total", "allowance_total", "gross_total") == ["100.00", "10.00", "108.90"]


def test_a_gross_allowance_lowers_the_gross_by_exactly_itself():
    computed = answer(line("10", VAT_INSIDE), allowances=[{"amount": "1", "on": "gross", "taxes": [VAT]}])
    # 9.00 x 21 / 121 = 1.56198; without the allowance 1.74
    assert rows(computed) == [("VAT 21", "21", "7.44", "1.56")]
    assert totals(computed, "line_total", "allowance_total", "net_total", "gross_total") == [
        "8.26",
        "0.82",
        "7.44",
        "9.00",
    ]


def test_a_gross_charge_on_net_prices_has_its_tax_taken_out():
    computed = answer(line("100", VAT), charges=[{"amount": "12.10", "on": "gross", "taxes": [VAT]}])
    assert rows(computed) == [("VAT 21", "21", "110.00", "23.10")]
    assert totals(computed, "charge_total", "gross_total") == ["10.00", "133.10"]


def test_a_gross_allowance_without_tax_takes_no_cent_of_another():
    two = [{"name": name, "category": "S", "kind": "percent", "rate": "25"} for name in ("City", "State")]
    untaxed, charge = {"amount": "18.96", "on": "gross", "taxes": []}, {"amount": "0.15", "on": "gross", "taxes": two}
    computed = answer(line("1494.41"), allowances=[untaxed], charges=[charge])
    # 0.15 / 6 = 0.025 of each tax, so 0.03 + 0.03 and a net of 0.09
    assert totals(computed, "allowance_total", "charge_total", "net_total", "gross_total") == [
        "18.96",
        "0.09",
        "1475.54",
        "1475.60",
    ]


def test_in_line_rounding_an_allowance_is_taxed_as_a_line_of_its_own():
    lines, allowance = [line("0.12", VAT)] * 2, {"amount": "0.07", "taxes": [VAT]}
    computed = answer(*lines, allowances=[allowance], tax_rounding="line")
    assert rows(computed) == [("VAT 21", "21", "0.17", "0.05")]  # 0.03 + 0.03 - 0.01
    assert rows(answer(*lines, allowances=[allowance])) == [("VAT 21", "21", "0.17", "0.04")]


def test_an_allowance_moves_no_tax_per_unit():
    computed = answer(line("10", ECO, quantity="4"), allowances=[{"amount": "5", "taxes": [ECO]}])
    assert [row[2:] for row in rows(computed)] == [("35.00", "0.50")]


# --- what is due -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "step", "rounding", "due"),
    [
        ("10.02", "0.05", "-0.02", "10.00"),
        ("10.025", "0.05", "0.02", "10.05"),
        ("10.07", None, "0.00", "10.07"),
        ("-10.025", "0.05", "-0.02", "-10.05"),
        ("10.50", "1", "0.50", "11.00"),
    ],
)
def test_cash_rounding_goes_to_the_nearest_step(price, step, rounding, due):
    assert totals(answer(line(price), rounding_step=step), "rounding", "amount_due") == [rounding, due]


def test_what_was_prepaid_is_not_due_again():
    computed = answer(line("100", VAT), prepaid="21.03", rounding_step="0.05")
    assert totals(computed, "gross_total", "prepaid", "rounding", "amount_due") == ["121.00", "21.03", "-0.02", "99.95"]


# --- instalments -----------------------------------------------------------------------------------------------------


def instalments(*shares, lines=None, **more):
    terms = {"instalments": [{"share": share, "days": 10 * i} for i, share in enumerate(shares)]}
    computed = answer(*(lines or [line("100", VAT)]), payment_terms=terms, **more)
    return [part["amount"] for part in computed["instalments"]]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (["100%"], ["121.00"]),
        (["33.33%", "33.33%", "33.34%"], ["40.33", "40.33", "40.34"]),
        (["30%", "remainder"], ["36.30", "84.70"]),
        (["30%", "50% of remainder", "remainder"], ["36.30", "42.35", "42.35"]),
        (["fixed 200.00", "remainder"], ["200.00", "-79.00"]),
        (["fixed 20.00", "fixed 1.00"], ["20.00", "101.00"]),  # the last is what is left
        (["net", "tax"], ["100.00", "21.00"]),
        (["tax", "net"], ["21.00", "100.00"]),
        (["tax", "50% of remainder", "remainder"], ["21.00", "50.00", "50.00"]),
        ([], []),
    ],
)
def test_instalments_share_what_is_due(shares, expected):
    assert instalments(*shares) == expected


def test_instalments_share_what_is_left_after_prepayment_and_rounding():
    assert instalments("50%", "50%", prepaid="21.02", rounding_step="0.05") == ["50.00", "50.00"]
    assert instalments("net", "tax", prepaid="1.00") == ["100.00", "20.00"]


def test_nothing_due_is_one_instalment_of_nothing_on_the_issue_date():
    terms = {"instalments": [{"share": "50%", "days": 15}, {"share": "50%", "days": 30}]}
    computed = answer(line("0", VAT), payment_terms=terms)
    assert computed["instalments"] == [{"due_on": "2026-11-22", "amount": "0.00"}]


def test_a_credit_has_negative_instalments():
    assert instalments("30%", "remainder", lines=[line("100", VAT, quantity="-1")]) == ["-36.30", "-84.70"]


# --- early discount --------------------------------------------------------------------------------------------------


def early(raw, *lines, **more):
    computed = answer(*(lines or [line("100", VAT)]), payment_terms={"early_discount": {"days": 10, **raw}}, **more)
    discount = computed["early_discount"]
    assert discount["until"] == "2026-12-02"
    return [discount[name] for name in ("payable", "discount_net", "discount_tax")], computed


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"percent": "2", "on": "gross"}, ["118.58", "2.00", "0.42"]),
        ({"percent": "2"}, ["118.58", "2.00", "0.42"]),
        ({"amount": "5", "on": "gross"}, ["116.00", "4.13", "0.87"]),
        ({"percent": "2", "on": "net"}, ["119.00", "2.00", "0.00"]),
        ({"amount": "3.33", "on": "net"}, ["117.67", "3.33", "0.00"]),
        ({"percent": "0"}, ["121.00", "0.00", "0.00"]),
    ],
)
def test_an_early_discount_gives_back_tax_only_on_the_gross(raw, expected):
    assert early(raw)[0] == expected


def test_a_discount_that_reduces_the_tax_always_leaves_the_net():
    discount, computed = early({"percent": "2", "on": "reduces_tax_always"})
    assert rows(computed) == [("VAT 21", "21", "98.00", "20.58")]
    assert totals(computed, "net_total", "tax_total", "gross_total") == ["100.00", "20.58", "120.58"]
    assert discount == ["118.58", "2.00", "0.00"]


def test_reduced_tax_is_computed_on_the_exact_reduced_net():
    # 45.94 x 0.97 x 0.21 = 9.357978; an amount of 1.3782 is the same 3%
    assert rows(early({"percent": "3", "on": "reduces_tax_always"}, line("45.94", VAT))[1]) == [
        ("VAT 21", "21", "44.56", "9.36")
    ]


def test_a_reduced_tax_leaves_taxes_per_unit_and_included_nets_alone():
    computed = early({"percent": "2", "on": "reduces_tax_always"}, line("121", VAT_INSIDE), line("1", ECO))[1]
    assert [row[2:] for row in rows(computed)] == [("98.00", "20.58"), ("1.00", "0.13")]
    assert totals(computed, "net_total") == ["101.00"]


def test_a_discount_amount_reduces_the_tax_in_proportion_to_the_net():
    computed = early({"amount": "2.00", "on": "reduces_tax_always"})[1]
    assert rows(computed) == [("VAT 21", "21", "98.00", "20.58")]


def test_nothing_can_be_discounted_from_nothing():
    assert early({"percent": "2"}, line("0", VAT))[0] == ["0.00", "0.00", "0.00"]
    assert early({"amount": "1", "on": "reduces_tax_always"}, line("0", VAT))[0] == ["-1.00", "1.00", "0.00"]
