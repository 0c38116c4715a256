"""Knows whom a document names: the customer of today, or, on a credit note, whom the invoice it credits names."""

from collections.abc import Mapping
from typing import Any

from app.customers.models import Address, Customer
from app.customers.queries import billing_address, delivery_addresses
from app.invoices.models import Invoice

# What a person would miss on the paper, and its word
COMPARED = {"name": "name", "address": "address", "vat_id": "VAT id", "tax_number": "tax number"}
ENDPOINT = ("endpoint_id", "endpoint_scheme")


def parties_of(customer: Customer, original: Invoice | None) -> dict[str, Any]:
    """The parts of the snapshot. What an e-invoice is sent to and the credited invoice lacks is the present one."""
    present: dict[str, Any] = {"buyer": _buyer(customer), "delivery": _delivery(customer)}
    if original is None:
        return present
    said, today = said_by(original), present["buyer"]
    lacking = {name: today[name] for name in ENDPOINT} | endpoint_in(said, "buyer")
    email = said["buyer"]["billing_email"] or today["billing_email"]
    return {"buyer": said["buyer"] | lacking | {"billing_email": email}, "delivery": said["delivery"]}


def said_by(original: Invoice | None) -> dict[str, Any]:
    """What the credited invoice says; nothing where none is credited."""
    return (original.snapshot if original else None) or {}


def endpoint_in(said: Mapping[str, Any], whose: str) -> dict[str, str]:
    """The electronic address a document names; nothing where it names none, as before there were any."""
    party = said.get(whose, {})
    return {name: party[name] for name in ENDPOINT} if party.get("endpoint_id") else {}


def say_other_buyer(original: Invoice, customer: Customer) -> str:
    """Whose name credit notes over this invoice carry, where that is not today's customer; else nothing."""
    if original.snapshot is None:
        return ""
    said, present = parties_of(customer, original), parties_of(customer, None)
    buyer = said["buyer"]
    other = [word for name, word in COMPARED.items() if buyer[name] != present["buyer"][name]]
    if said["delivery"] != present["delivery"]:
        other.append("delivery address")
    if not other:
        return ""
    address = buyer["address"]
    place = f"{address['postal_code']} {address['city']}".strip()
    named = (buyer["name"], address["street"], place, address["country"] or buyer["country"], buyer["vat_id"])
    words = f"{', '.join(other[:-1])} and {other[-1]} are" if len(other) > 1 else f"{other[0]} is"
    who = ", ".join(part for part in named if part)
    return f"A credit note names the buyer as {original.number} does: {who}. The customer’s {words} different today."


def address_of(address: Address) -> dict[str, str]:
    """An address with every part written out."""
    names = ("name", "street", "street2", "postal_code", "city", "region", "country")
    return {name: getattr(address, name) for name in names}


def _buyer(customer: Customer) -> dict[str, Any]:
    names = ("number", "name", "vat_id", "tax_number", "billing_email", "country", *ENDPOINT)
    said = {name: getattr(customer, name) for name in names} | {"address": address_of(billing_address(customer))}
    return said | ({"foreign_vat_id": True} if customer.foreign_vat_id else {})


def _delivery(customer: Customer) -> dict[str, str] | None:
    """The one delivery address; with several it is not known which was meant."""
    addresses = delivery_addresses(customer)
    return address_of(addresses[0]) if len(addresses) == 1 else None
