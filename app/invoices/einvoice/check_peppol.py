"""Knows what Peppol BIS Billing 3 asks beyond EN 16931: addresses, currencies, and some sellers' national rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.invoices.einvoice.build import Content, endpoint_of
from app.invoices.rules_issue import Fault, Faults
from app.kernel.einvoices import ADDRESS_FORMS, ADDRESS_SCHEMES, is_address, legal_scheme

NOT_IN_PEPPOL = frozenset({"CUC", "HRK", "SLL", "STN", "XAD", "XCG", "ZWL"})  # CL007, release 3.0.21
SWEDISH_RATES = frozenset({Decimal(6), Decimal(12), Decimal(25)})
F_TAX = "godkänd för f-skatt"


def find_peppol_faults(content: Content) -> Faults:
    """PEPPOL-EN16931-R003, CL007, CL008, COMMON-R040 to -R056, and the national rules that concern what we write."""
    if not (content["buyer_reference"] or content["po_number"]):
        yield Fault("buyer_reference", "Peppol needs a buyer reference or the customer's order number.")
    if content["currency"] in NOT_IN_PEPPOL:
        yield Fault("currency", f"Peppol does not know the currency {content['currency']}.")
    yield from _addresses(content)
    if content["seller"]["vat_id"].startswith("IT") and content["seller"]["country"] != "IT":
        yield from _italy(content, False)  # the rules go by the VAT id
    rule = _NATIONAL.get(content["seller"]["country"])
    if rule is not None:
        yield from rule(content, _country_of(content["buyer"]) == content["seller"]["country"])


def _addresses(content: Content) -> Faults:
    for whose, name, party, email in (
        ("seller", "company", content["seller"], content["seller"]["email"]),
        ("buyer", "customer", content["buyer"], content["buyer"]["billing_email"]),
    ):
        endpoint = endpoint_of(party, email)
        if endpoint is None or endpoint.scheme == "EM":
            what = f"Peppol needs the {name}'s electronic address"
            yield Fault(f"{whose}.endpoint_id", f"{what}, such as a GLN; an e-mail does not do.")
        elif not is_address(endpoint.scheme, endpoint.address):
            what = f"The {name}'s electronic address {endpoint.address} is no {ADDRESS_SCHEMES[endpoint.scheme]}"
            yield Fault(f"{whose}.endpoint_id", f"{what}: it has {ADDRESS_FORMS[endpoint.scheme].words}.")


def _country_of(buyer: Mapping[str, Any]) -> str:
    return str(buyer["address"]["country"] or buyer["country"])


def find_german_faults(content: Content, what: str) -> Faults:
    """BR-DE-2 and -5 to -9, -15, -27; the same rules are DE-R of Peppol where both sides are German."""
    seller, address = content["seller"], content["buyer"]["address"]
    if not seller["contact_name"]:
        yield Fault("seller.contact_name", f"{what} names a contact for invoices. Add one in the settings.")
    if len(re.findall("[0-9]", seller["phone"])) < 3:
        yield Fault("seller.phone", f"{what} needs the company's phone number. Add it in the settings.")
    if not content["buyer_reference"]:
        said = f"{what} needs a buyer reference: for authorities the Leitweg-ID."
        yield Fault("buyer_reference", f"{said} Add it to the draft, and to the customer for the next ones.")
    for name in ("postal_code", "city"):
        if not address[name]:
            yield Fault(f"buyer.address.{name}", f"{what} needs the customer's {name.replace('_', ' ')}.")


def _germany(content: Content, is_domestic: bool) -> Faults:
    if is_domestic:
        yield from find_german_faults(content, "Peppol within Germany")


def _netherlands(content: Content, is_domestic: bool) -> Faults:
    """NL-R-003, -004, -008."""
    yield from _registration(content, "KvK (8 digits) or OIN (20 digits)")
    if is_domestic:
        for name in ("street", "postal_code", "city"):
            if not content["buyer"]["address"][name]:
                yield Fault(
                    f"buyer.address.{name}", f"Peppol within the Netherlands needs the customer's {_words(name)}."
                )
        if not content["bank"]["iban"]:
            yield Fault("seller.iban", "Peppol within the Netherlands needs a bank account. Add the IBAN.")


def _denmark(content: Content, is_domestic: bool) -> Faults:
    """DK-R-002, -005, -013, -014."""
    if is_domestic:
        yield Fault("buyer.einvoice", "Within Denmark Peppol wants more than is written here. Choose another format.")
    elif not content["seller"]["registration"]:
        yield Fault("seller.registration", "Peppol needs the company's CVR number (8 digits). Add it in the settings.")
    yield from _registration(content, "CVR (8 digits)")


def _sweden(content: Content, _is_domestic: bool) -> Faults:
    """SE-R-003 to -006, -013."""
    seller = content["seller"]
    yield from _registration(content, "organisation number (10 digits, without hyphen)")
    if seller["registration"] and seller["tax_number"] and seller["tax_number"].casefold() != F_TAX:
        yield Fault(
            "seller.tax_number", "For Peppol a Swedish company's tax number says Godkänd för F-skatt, or nothing."
        )
    rates = {Decimal(row["rate"] or 0) for row in content["tax_breakdown"] if row["category"] == "S"}
    if seller["vat_id"].startswith("SE") and rates - SWEDISH_RATES:
        yield Fault("tax_breakdown", "For Peppol the VAT of a Swedish company is 6, 12 or 25 %.")


def _italy(content: Content, _is_domestic: bool) -> Faults:
    """IT-R-001."""
    number = content["seller"]["tax_number"]
    if number and not re.fullmatch("[A-Z0-9]{11,16}", number):
        yield Fault("seller.tax_number", "For Peppol an Italian tax number has 11 to 16 capital letters and digits.")


def _not_written(_content: Content, _is_domestic: bool) -> Faults:
    """GR-R and IS-R want a number of six parts and document references; names and ids of their own."""
    yield Fault(
        "buyer.einvoice", "Peppol wants more of this country's sellers than is written here. Choose another format."
    )


def _registration(content: Content, words: str) -> Faults:
    number = content["seller"]["registration"]
    if number and not legal_scheme(content["seller"]["country"], number):
        yield Fault("seller.registration", f"For Peppol the company's registration is its {words} and nothing else.")


def _words(name: str) -> str:
    return name.replace("_", " ")


_NATIONAL = {
    "DE": _germany, "DK": _denmark, "GR": _not_written, "IS": _not_written, "IT": _italy, "NL": _netherlands,
    "SE": _sweden,
}  # fmt: skip
