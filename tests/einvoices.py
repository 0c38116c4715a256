"""Contents of snapshots for tests of the e-invoice: computed by the arithmetic, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.invoices.rules import compute, parse_document
from app.kernel.money import format_decimal
from app.kernel.payment_terms import parse_terms

REASONS = {
    "E": "Exempt under article 132", "AE": "Reverse charge", "K": "Intra-Community supply", "G": "Export",
    "O": "Outside the scope of VAT",
}  # fmt: skip
SELLER = {
    "name": "Feinwerk Sensorik GmbH", "street": "Werkstraße 12", "postal_code": "10115", "city": "Berlin",
    "country": "DE", "vat_id": "DE136695976", "tax_number": "27/123/45678", "registration": "HRB 123456",
    "email": "billing@feinwerk.example", "phone": "+49 30 1234560", "website": "", "contact_name": "Ada Winter",
    "endpoint_id": "4000001000005", "endpoint_scheme": "0088",
}  # fmt: skip
ADDRESS = {
    "name": "", "street": "Strada Mare 4", "street2": "Piano 2 & <3>", "postal_code": "20121", "city": "Milano",
    "region": "", "country": "IT",
}  # fmt: skip
BUYER = {
    "number": "C-00001", "name": "Nordlicht & Söhne", "vat_id": "IT00743110157", "tax_number": "",
    "billing_email": "ap@nordlicht.example", "country": "IT", "endpoint_id": "4000001000012",
    "endpoint_scheme": "0088", "address": ADDRESS,
}  # fmt: skip
BANK = {"bank_name": "Musterbank", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "account_holder": ""}


def tax(category: str = "S", rate: str = "", **more: Any) -> dict[str, Any]:
    said = {"name": "VAT", "category": category, "kind": "percent", "rate": rate or ("19" if category == "S" else "0")}
    return said | {"amount": None, "price_includes": False, "compounds": False} | more


def line(quantity: str = "4", unit_price: str = "12.35", *taxes: dict[str, Any], **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": "Vibration sensor",
        "unit": "pcs",
        "quantity": quantity,
        "unit_price": unit_price,
    }
    defaults = {"base_quantity": "1", "discount_percent": "0", "allowance": "0.00", "charge": "0.00"}
    return said | defaults | {"taxes": list(taxes) or [tax()]} | more


def content(
    *lines: dict[str, Any], einvoice: str = "factur-x", currency: str = "EUR", terms: str = "30 days",
    allowances: Any = (), charges: Any = (), prepaid: str = "0", rounding_step: str | None = None,
    tax_rounding: str = "document", credits_number: str = "", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """What `snapshot.build_content` gives, with a number."""
    lines = lines or (line(),)
    raw = {
        "currency": currency, "issue_date": "2026-11-22", "tax_rounding": tax_rounding, "prepaid": prepaid,
        "rounding_step": rounding_step, "allowances": [_raw(one) for one in allowances],
        "charges": [_raw(one) for one in charges], "lines": [_raw(one) for one in lines],
    }  # fmt: skip
    document = parse_document(raw)
    computed = compute(replace(document, payment_terms=None if credits_number else parse_terms(terms)))
    answer = computed.as_json()
    names = (
        "line_total", "allowance_total", "charge_total", "net_total", "tax_total", "gross_total", "rounding", "prepaid",
        "amount_due",
    )  # fmt: skip
    made = {
        "kind": "credit_note" if credits_number else "invoice", "type_code": "381" if credits_number else "380",
        "number": "INV-2026-00001", "issued_on": "2026-11-22", "delivered_on": "2026-11-20", "currency": currency,
        "po_number": "PO-4711", "buyer_reference": "04011000-12345-34", "einvoice": einvoice, "language": "en",
        "order": {"number": "SO-2026-00042", "ordered_on": "2026-11-01"},
        "payment_terms": terms, "footer": "Managing director: A. Winter",
        "original": {"id": 1, "number": credits_number, "issued_on": "2026-11-01"} if credits_number else None,
        "reason": "Delivered to the wrong site" if credits_number else "", "seller": SELLER, "buyer": BUYER,
        "bank": BANK, "delivery": None, "tax_rounding": tax_rounding,
        "lines": [
            {**one, "position": place, "net": sums["net"], "tax": sums["tax"], "gross": sums["gross"]}
            for place, (one, sums) in enumerate(zip(lines, answer["lines"], strict=True), 1)
        ],
        "allowances": _adjustments(allowances, computed.allowances, currency),
        "charges": _adjustments(charges, computed.charges, currency),
        "tax_breakdown": [
            {"amount": None, **row, "reason": REASONS.get(row["category"], "")} for row in answer["tax_breakdown"]
        ],
        "totals": {name: answer[name] for name in names},
        "due_on": max((part["due_on"] for part in answer["instalments"]), default=None),
        "instalments": [{"position": i, **part} for i, part in enumerate(answer["instalments"], 1)],
        "early_discount": answer["early_discount"],
    }  # fmt: skip
    return made | more


def _raw(one: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in one.items() if name not in {"unit", "reason"}}
    taxes = [{name: value for name, value in tax.items() if value is not None} for tax in one["taxes"]]
    return kept | {"taxes": taxes}


def _adjustments(entries: Any, amounts: Any, currency: str) -> list[dict[str, Any]]:
    return [
        {"reason": entry.get("reason", ""), "amount": format_decimal(amount, currency), "taxes": entry["taxes"]}
        for entry, amount in zip(entries, amounts, strict=True)
    ]


INCLUDED = tax(price_includes=True)
FIVE_OFF = {"amount": "5", "reason": "Bonus", "taxes": [tax()]}
CARRIAGE = {"amount": "12.34", "reason": "", "taxes": [tax()]}
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "many rates": {"lines": (line(), line("3", "9.99", tax("S", "7"), unit="h"), line("1", "5", tax("Z"), unit="row"))},
    "discounts": {
        "lines": (line(discount_percent="7"), line("3", "20", allowance="2.50", charge="1.25", base_quantity="2")),
    },
    "allowance and charge": {"allowances": (FIVE_OFF,), "charges": (CARRIAGE, {"percent": "2", "taxes": [tax()]})},
    "prepaid": {"prepaid": "20"},
    "cash rounding": {"rounding_step": "0.05"},
    "instalments": {"terms": "30% 15 days, remainder 30 days end of month"},
    "discount": {"terms": "2% 10, net 30"},
    "credit note": {"credits_number": "INV-2026-00000"},
    "prices with tax": {"lines": (line("3", "9.99", INCLUDED), line("7", "0.33", INCLUDED))},
    "yen": {"currency": "JPY", "lines": (line("3", "12000"),)},
    "dollars of a company in euro": {
        "currency": "USD", "lines": (line(), line("3", "9.99", tax("S", "7"))),
        "company_amounts": {
            "currency": "EUR", "rate": "1.0834", "rated_on": "2026-11-20", "source": "ecb",
            "taxes": ["8.67", "1.94"], "net_total": "73.26", "tax_total": "10.61", "gross_total": "83.87",
        },
    },
    "zero rated": {"lines": (line("4", "12.35", tax("Z")),)},
    "exempt": {"lines": (line("4", "12.35", tax("E")), line())},
    "reverse charge": {"lines": (line("4", "12.35", tax("AE")),)},
    "intra-Community": {"lines": (line("4", "12.35", tax("K")),)},
    "export": {"lines": (line("4", "12.35", tax("G")),)},
    "outside VAT": {"lines": (line("4", "12.35", tax("O")),)},
    "delivered elsewhere": {"delivery": ADDRESS | {"name": "Dock 4"}},
    "line returned": {"lines": (line("5", "20"), line("-1", "20"))},
    "deposit": {"type_code": "386", "lines": (line("1", "100"),)},
    "final less deposits, in place of another": {
        "lines": (line("5", "100"), line("-1", "100"), line("-1", "50")),
        "preceding": [{"number": f"INV-2026-0000{n}", "issued_on": f"2026-11-0{n}"} for n in (7, 8, 9)],
    },
    "credit of an exempt allowance": {
        "lines": (line("4", "12.35", tax("E")),), "credits_number": "INV-2026-00000",
        "allowances": ({"amount": "3", "taxes": [tax("E")]},),
    },
}  # fmt: skip
FORMATS = ("factur-x", "xrechnung-cii", "xrechnung-ubl", "peppol")


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every shape in every format."""
    for name in SHAPES:
        for einvoice in FORMATS:
            yield f"{name}, {einvoice}", make(name, einvoice=einvoice)


def make(name: str, **more: Any) -> dict[str, Any]:
    said = SHAPES[name] | more
    return content(*said.pop("lines", ()), **said)
