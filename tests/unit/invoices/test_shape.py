"""The shape of a document: what is refused, and where."""

import pytest

from app.invoices.rules import Basis, TaxKind, TaxRounding, compute_json, parse_document
from app.kernel.errors import BadInput


def document(**more):
    return {"currency": "EUR", "issue_date": "2026-11-22", **more}


def with_line(**line):
    return document(lines=[{"quantity": "1", "unit_price": "1"}, line])


def with_tax(**tax):
    return with_line(taxes=[{"name": "VAT", **tax}])


def with_terms(**terms):
    return document(payment_terms=terms)


def with_instalment(**instalment):
    return with_terms(instalments=[{"share": "100%", **instalment}])


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (None, None),
        ("EUR", None),
        (5, None),
        ({}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": ["EUR"]}, "currency"),
        (document(colour="red"), "colour"),
        (document(issue_date="2026-02-30"), "issue_date"),
        (document(issue_date="20261122"), "issue_date"),
        (document(issue_date="22.11.2026"), "issue_date"),
        (document(issue_date=20261122), "issue_date"),
        ({"currency": "EUR", "payment_terms": {}}, "issue_date"),
        (document(tax_rounding="up"), "tax_rounding"),
        (document(lines={}), "lines"),
        (document(lines="abc"), "lines"),
        (document(lines=[None]), "lines[0]"),
        (document(lines=[[]]), "lines[0]"),
        (with_line(quantity="NaN"), "lines[1].quantity"),
        (with_line(quantity="1e3"), "lines[1].quantity"),
        (with_line(quantity=""), "lines[1].quantity"),
        (with_line(quantity=True), "lines[1].quantity"),
        (with_line(quantity=1.5), "lines[1].quantity"),
        (with_line(quantity={"n": 1}), "lines[1].quantity"),
        (with_line(unit_price="1,50"), "lines[1].unit_price"),
        (with_line(unit_price="9" * 40), "lines[1].unit_price"),
        (with_line(base_quantity="0"), "lines[1].base_quantity"),
        (with_line(base_quantity="-0.00"), "lines[1].base_quantity"),
        (with_line(discount_percent="Infinity"), "lines[1].discount_percent"),
        (with_line(allowance="0.001"), "lines[1].allowance"),
        (with_line(charge="1.234"), "lines[1].charge"),
        (with_line(discount="5"), "lines[1].discount"),
        (with_line(description=5), "lines[1].description"),
        (with_line(description="\ud800"), "lines[1].description"),
        (with_line(description="a\0b"), "lines[1].description"),
        (with_line(taxes={}), "lines[1].taxes"),
        (with_line(taxes=["VAT"]), "lines[1].taxes[0]"),
        (with_line(taxes=[{"rate": "21"}]), "lines[1].taxes[0].name"),
        (with_line(taxes=[{"name": "VAT"}] * 51), "lines[1].taxes"),
        (document(charges=[{"amount": "1"}] * 1001), "charges"),
        (with_tax(name=""), "lines[1].taxes[0].name"),
        (with_tax(rate="x"), "lines[1].taxes[0].rate"),
        (with_tax(kind="flat"), "lines[1].taxes[0].kind"),
        (with_tax(category=5), "lines[1].taxes[0].category"),
        (with_tax(price_includes="yes"), "lines[1].taxes[0].price_includes"),
        (with_tax(compounds=1), "lines[1].taxes[0].compounds"),
        (with_tax(amount="5"), "lines[1].taxes[0].amount"),
        (with_tax(kind="fixed_per_unit", rate="5"), "lines[1].taxes[0].rate"),
        (with_tax(percent="5"), "lines[1].taxes[0].percent"),
        (document(prepaid="0.005"), "prepaid"),
        (document(prepaid=[]), "prepaid"),
        (document(rounding_step="0"), "rounding_step"),
        (document(rounding_step="-0.05"), "rounding_step"),
        (document(rounding_step="0.001"), "rounding_step"),
        (document(allowances=[{}]), "allowances[0].amount"),
        (document(allowances=[{"amount": "1", "percent": "1"}]), "allowances[0].percent"),
        (document(charges=[{"amount": "0.001"}]), "charges[0].amount"),
        (document(charges=[{"amount": "1", "on": "tax"}]), "charges[0].on"),
        (document(charges=[{"amount": "1", "taxes": [{"name": "V", "x": 1}]}]), "charges[0].taxes[0].x"),
        (document(payment_terms="30 days"), "payment_terms"),
        (document(payment_terms=[]), "payment_terms"),
        (with_terms(instalment=[]), "payment_terms.instalment"),
        (with_terms(instalments=[{"days": 5}]), "payment_terms.instalments[0].share"),
        (with_terms(instalments=[{"share": "30%"}]), "payment_terms.instalments"),
        (with_terms(instalments=[{"share": "remainder"}, {"share": "30%"}]), "payment_terms.instalments"),
        (with_instalment(share="all"), "payment_terms.instalments[0].share"),
        (with_instalment(share="fixed 1.005"), "payment_terms.instalments[0].share"),
        (with_instalment(days=-1), "payment_terms.instalments[0].days"),
        (with_instalment(days="15"), "payment_terms.instalments[0].days"),
        (with_instalment(days=True), "payment_terms.instalments[0].days"),
        (with_instalment(days=10**9), "payment_terms.instalments[0].days"),
        (with_instalment(months=1.0), "payment_terms.instalments[0].months"),
        (with_instalment(day_of_month=32), "payment_terms.instalments[0].day_of_month"),
        (with_instalment(end_of_month="yes"), "payment_terms.instalments[0].end_of_month"),
        ({**with_instalment(days=60), "issue_date": "9999-12-31"}, "payment_terms.instalments[0]"),
        (with_terms(early_discount={"days": 10}), "payment_terms.early_discount.amount"),
        (with_terms(early_discount={"percent": "2", "on": "tax"}), "payment_terms.early_discount.on"),
        (with_terms(early_discount={"percent": "2", "days": "x"}), "payment_terms.early_discount.days"),
        (with_terms(early_discount={"amount": "0.001"}), "payment_terms.early_discount.amount"),
        (
            {**with_terms(early_discount={"percent": "2", "days": 60}), "issue_date": "9999-12-31"},
            "payment_terms.early_discount.days",
        ),
    ],
)
def test_a_fault_is_refused_with_its_path(raw, field):
    answer = compute_json(raw)
    assert list(answer) == ["error", "field"]
    assert answer["field"] == field
    assert 10 < len(answer["error"]) < 300


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "0.5"), ("EUR", "0.005"), ("KWD", "0.0005"), ("CLF", "0.00005")]
)
def test_an_amount_has_no_more_decimals_than_its_currency(currency, amount):
    assert compute_json({"currency": currency, "prepaid": amount})["field"] == "prepaid"
    assert "error" not in compute_json({"currency": currency, "prepaid": amount.replace("5", "0")})


def test_a_list_is_answered_one_by_one():
    answers = compute_json([document(), {"currency": "?"}, [], document(prepaid="1")])
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert compute_json([]) == []


def test_what_is_left_out_or_null_has_its_default():
    spelled = {
        "currency": "EUR",
        "issue_date": None,
        "tax_rounding": None,
        "lines": [
            {
                "description": None,
                "quantity": 2,
                "base_quantity": None,
                "unit_price": "1",
                "discount_percent": None,
                "allowance": None,
                "charge": None,
                "taxes": [
                    {"name": "V", "category": None, "kind": None, "rate": None, "amount": None, "compounds": None}
                ],
            }
        ],
        "allowances": None,
        "charges": [{"amount": "0", "percent": None, "on": None, "taxes": None, "reason": None}],
        "prepaid": None,
        "rounding_step": None,
        "payment_terms": None,
    }
    parsed = parse_document(spelled)
    assert parsed == parse_document(
        {
            "currency": "EUR",
            "lines": [{"quantity": "2", "unit_price": 1, "taxes": [{"name": "V"}]}],
            "charges": [{"amount": 0}],
        }
    )
    assert parsed.tax_rounding is TaxRounding.DOCUMENT
    assert (parsed.lines[0].base_quantity, parsed.lines[0].taxes[0].kind) == (1, TaxKind.PERCENT)
    assert parsed.charges[0].on is Basis.NET
    assert (parsed.issue_date, parsed.rounding_step, parsed.payment_terms) == (None, None, None)


def test_what_may_not_be_issued_is_computed_all_the_same():
    odd = {"quantity": "-1", "unit_price": "-2", "taxes": [{"name": "V", "category": "S", "rate": "-5"}]}
    assert compute_json(document(lines=[odd, {"quantity": "1", "unit_price": "1"}]))["gross_total"] == "2.90"


def test_parsing_raises_for_callers_inside_the_house():
    with pytest.raises(BadInput) as refusal:
        parse_document(with_line(quantity="many"))
    assert refusal.value.field == "lines[1].quantity"
