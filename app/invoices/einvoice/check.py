"""Knows what EN 16931 cannot carry, what an e-invoice format still lacks, and recomputes every sum to the cent.

The official rules tolerate differences of up to 1.00 in a VAT amount and no longer ask for a due date (BR-CO-25); this
module does not. It also says the rules of XRechnung 3.0 (BR-DE) and Peppol BIS 3 that concern what we write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from app.invoices.einvoice.build import Content, endpoint_of, is_outside_vat, list_groups
from app.invoices.einvoice.check_peppol import find_german_faults, find_peppol_faults
from app.invoices.rules_issue import Fault, Faults
from app.kernel.countries import COUNTRIES
from app.kernel.einvoices import XRECHNUNG, EinvoiceFormat
from app.kernel.money import minor_digits, round_minor, to_minor
from app.kernel.taxes import CATEGORIES

MOST_DIGITS = 2
VAT_PREFIXES = COUNTRIES | {"EL", "XI"}


def wanted_format(content: Content) -> str:
    """The customer's format; documents from before there were formats are paper alone."""
    return str(content.get("einvoice") or EinvoiceFormat.NONE.value)


def is_carried(content: Content) -> bool:
    """Whether this document has an e-invoice: one is wanted, and EN 16931 can say it."""
    return wanted_format(content) != EinvoiceFormat.NONE and not find_obstacles(content)


def find_obstacles(content: Content) -> list[str]:
    """Why EN 16931 cannot carry this document, in sentences; empty when it can."""
    rules = (_too_precise, _taxes_apart, _mixed, _apart_sums)
    for rule in rules:  # each builds on the ones before it
        if found := list(dict.fromkeys(rule(content))):
            return found
    return []


def find_einvoice_faults(content: Content) -> list[Fault]:
    """What the customer's format still lacks; nothing where there is no e-invoice."""
    if not is_carried(content):
        return []
    wanted = wanted_format(content)
    rules: list[Callable[[Content], Faults]] = [_sums, _company_tax, _parties, _supplies]
    if wanted in XRECHNUNG:
        rules.append(_xrechnung)
    if wanted == EinvoiceFormat.PEPPOL:
        rules.append(find_peppol_faults)
    return [fault for rule in rules for fault in rule(content)]


# --- what cannot be carried -----------------------------------------------------------------------------------------


def _too_precise(content: Content) -> Iterator[str]:
    if (digits := minor_digits(content["currency"])) > MOST_DIGITS:
        yield f"Amounts in {content['currency']} have {digits} decimals; EN 16931 knows two."


def _taxes_apart(content: Content) -> Iterator[str]:
    for name, entry in _taxed(content):
        taxes = entry["taxes"]
        if len(taxes) != 1:
            yield f"{name} has {len(taxes) or 'no'} taxes; EN 16931 knows exactly one VAT for each."
        elif taxes[0]["kind"] != "percent":
            yield f"{name} has a tax per unit; EN 16931 knows percentages only."
        elif taxes[0]["category"] not in CATEGORIES:
            yield f"{name} has the tax category {taxes[0]['category']}, which EN 16931 does not know."


def _taxed(content: Content) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((f"Line {line['position']}", line) for line in content["lines"])
    for name, label in (("allowances", "Allowance"), ("charges", "Charge")):
        yield from ((f"{label} {place}", entry) for place, entry in enumerate(content[name], 1))


def _mixed(content: Content) -> Iterator[str]:
    if is_outside_vat(content) and len({row["category"] for row in content["tax_breakdown"]}) > 1:
        yield "What is outside the scope of VAT stands beside other VAT; EN 16931 wants an invoice of its own."


def _apart_sums(content: Content) -> Iterator[str]:
    bases = _bases(content)
    for group in list_groups(content):
        percent = Decimal(group.rate.percent or 0)
        base, tax = Decimal(group.base), Decimal(group.tax)
        if base != bases.get((group.rate.category, percent)):
            yield "The tax is not computed on the full net amount; EN 16931 cannot say that."
        elif content["tax_rounding"] == "line" and tax != _rounded(base * percent / 100, content["currency"]):
            said = f"Rounded line by line the tax is {tax} on {base} at {group.rate.percent} %"
            yield f"{said}; EN 16931 rounds once per rate."


def _bases(content: Content) -> dict[tuple[str, Decimal], Decimal]:
    """Net amount of lines, allowances and charges by category and rate."""
    bases: dict[tuple[str, Decimal], Decimal] = {}
    signed = [(line["net"], 1, line) for line in content["lines"]]
    signed += [(entry["amount"], -1, entry) for entry in content["allowances"]]
    signed += [(entry["amount"], 1, entry) for entry in content["charges"]]
    for amount, sign, entry in signed:
        key = entry["taxes"][0]["category"], Decimal(entry["taxes"][0]["rate"] or 0)
        bases[key] = bases.get(key, Decimal(0)) + sign * Decimal(amount)
    return bases


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), ROUND_HALF_UP)


# --- what is missing ------------------------------------------------------------------------------------------------


def _sums(content: Content) -> Faults:
    """BR-CO-10 to -16, exactly."""
    totals = {name: Decimal(amount) for name, amount in content["totals"].items()}

    def sum_of(name: str, amount: str) -> Decimal:
        return sum((Decimal(entry[amount]) for entry in content[name]), Decimal(0))

    wanted = {
        "line_total": sum_of("lines", "net"),
        "allowance_total": sum_of("allowances", "amount"),
        "charge_total": sum_of("charges", "amount"),
        "net_total": totals["line_total"] - totals["allowance_total"] + totals["charge_total"],
        "tax_total": sum_of("tax_breakdown", "tax"),
        "gross_total": totals["net_total"] + totals["tax_total"],
        "amount_due": totals["gross_total"] - totals["prepaid"] + totals["rounding"],
    }
    for name, amount in wanted.items():
        if totals[name] != amount:
            yield Fault(f"totals.{name}", f"The {name.replace('_', ' ')} {totals[name]} is not the sum {amount}.")
    yield from _tax_sums(content)
    if content["instalments"] and (parts := sum_of("instalments", "amount")) != totals["amount_due"]:
        yield Fault("instalments", f"The instalments add up to {parts}, not to {totals['amount_due']}.")


def _tax_sums(content: Content) -> Faults:
    """BR-CO-17 without its tolerance: a unit is allowed for a tax inside prices, and for each name beyond the first."""
    unit = Decimal(1).scaleb(-minor_digits(content["currency"]))
    is_included = any(tax["price_includes"] for line in content["lines"] for tax in line["taxes"])
    rows = Counter((row["category"], Decimal(row["rate"] or 0)) for row in content["tax_breakdown"])
    for group in list_groups(content):
        percent = Decimal(group.rate.percent or 0)
        exact = _rounded(Decimal(group.base) * percent / 100, content["currency"])
        apart = rows[group.rate.category, percent] - (0 if is_included else 1)
        if abs(exact - Decimal(group.tax)) > unit * apart:
            yield Fault(
                "tax_breakdown", f"The tax {group.tax} on {group.base} at {group.rate.percent} % is not {exact}."
            )


def _company_tax(content: Content) -> Faults:
    """BR-53, exactly: each row's tax divided by the rate, rounded once, and their sum (BT-111)."""
    said = content.get("company_amounts")
    if not said or said["rate"] is None:
        return
    rate, currency = Fraction(said["rate"]), said["currency"]
    right = [round_minor(Fraction(row["tax"]) / rate, currency) for row in content["tax_breakdown"]]
    stated = [to_minor(Decimal(amount), currency) for amount in said["taxes"]]
    if right != stated or sum(right) != to_minor(Decimal(said["tax_total"]), currency):
        yield Fault("company_amounts", f"The tax in {currency} is not that of the document at {said['rate']}.")


def _parties(content: Content) -> Faults:
    seller, buyer = content["seller"], content["buyer"]
    if not (seller["vat_id"] or seller["tax_number"] or seller["registration"]):
        yield Fault("seller.vat_id", "An e-invoice names the company's VAT id, tax number or registration.")
    for field, party, whose in (("seller.vat_id", seller, "company"), ("buyer.vat_id", buyer, "customer")):
        if party["vat_id"] and party["vat_id"][:2] not in VAT_PREFIXES:
            yield Fault(field, f"The {whose}'s VAT id must begin with its country, such as DE.")


def _supplies(content: Content) -> Faults:
    """BR-G-02, BR-IC-02, BR-IC-11."""
    categories = {row["category"] for row in content["tax_breakdown"]}
    if "G" in categories and not content["seller"]["vat_id"]:
        yield Fault("seller.vat_id", "An export outside the EU needs the company's VAT id. Add it in the settings.")
    if "K" in categories and not (content["delivered_on"] or content.get("service_period")):
        yield Fault("delivered_on", "An intra-Community supply needs the delivery date. Add it to the draft.")


def _xrechnung(content: Content) -> Faults:
    """BR-DE-1 to -11, -15, -27 and the addresses of Peppol that XRechnung 3.0 wants as well."""
    if not content["bank"]["iban"]:
        yield Fault("seller.iban", "XRechnung needs a bank account. Add the IBAN in the settings.")
    yield from find_german_faults(content, "XRechnung")
    yield from _addresses(content, "XRechnung")


def _addresses(content: Content, what: str) -> Faults:
    for whose, party, email in _ends(content):
        if endpoint_of(party, email) is None:
            name = "company" if whose == "seller" else "customer"
            yield Fault(f"{whose}.endpoint_id", f"{what} needs the {name}'s electronic address or e-mail.")


def _ends(content: Content) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    yield "seller", content["seller"], content["seller"]["email"]
    yield "buyer", content["buyer"], content["buyer"]["billing_email"]
