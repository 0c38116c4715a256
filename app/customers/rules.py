"""Knows what is said about a customer, and in which spelling it is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.kernel.countries import parse_country
from app.kernel.einvoices import EinvoiceFormat, Mailing, check_endpoint, check_format, check_mailing
from app.kernel.errors import BadInput
from app.kernel.money import MAX_MINOR, minor_digits
from app.kernel.payment_terms import accept_terms
from app.kernel.references import plain_text
from app.kernel.texts import clean_block, clean_line

MOST_OVERDUE_DAYS = 3650
MOST_PARTS = 50


class OverdueDaysWrong(BadInput):
    """The days past due must be from 0 to {most}, or empty when they do not matter."""


class LimitWrong(BadInput):
    """A credit limit is an amount from 0, or empty for no limit."""


class DateWrong(BadInput):
    """Write a date like 2026-11-22."""


class ReasonMissing(BadInput):
    """Say why this customer gets no reminders until then."""


class TooManyParts(BadInput):
    """A customer has at most {most} addresses and as many contacts."""


@dataclass(frozen=True, kw_only=True)
class AddressData:
    """A delivery address. An empty country is the customer's."""

    name: str = ""
    street: str = ""
    street2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactData:
    name: str
    role: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class CustomerData:
    """What a person or a file may say about a customer; street to region are the billing address.

    `credit_limit` is in minor units of `currency`, None for no limit; `overdue_days` is how many days past due the
    oldest open invoice may be before new orders wait, None for any. `currency` "" is the company's.
    `owner_id` is the person who looks after the account. `deliveries` and `contacts` replace the stored ones; None
    leaves them.
    """

    name: str
    country: str
    vat_id: str = ""
    foreign_vat_id: bool = False
    tax_number: str = ""
    street: str = ""
    street2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    language: str = "en"
    currency: str = ""
    payment_terms: str = ""
    credit_limit: int | None = None
    overdue_days: int | None = None
    billing_email: str = ""
    phone: str = ""
    buyer_reference: str = ""
    einvoice: str = EinvoiceFormat.FACTUR_X.value
    mailing: str = Mailing.PDF.value
    endpoint_id: str = ""
    endpoint_scheme: str = ""
    owner_id: int | None = None
    notes: str = ""
    no_chase_until: str | None = None
    no_chase_reason: str = ""
    is_active: bool = True
    source: str | None = None
    external_id: str | None = None
    deliveries: tuple[AddressData, ...] | None = None
    contacts: tuple[ContactData, ...] | None = None


_LINES = (
    "tax_number", "street", "street2", "postal_code", "city", "region", "phone", "buyer_reference", "no_chase_reason",
)  # fmt: skip


def spell(data: CustomerData) -> CustomerData:
    """The data as it is kept, as far as no register is needed to check it. Raises BadInput naming the field."""
    lines: dict[str, Any] = {name: clean_line(getattr(data, name), name) for name in _LINES}
    country = parse_country(data.country, "country")
    einvoice = check_format(data.einvoice)
    endpoint_id, endpoint_scheme = check_endpoint(data.endpoint_id, data.endpoint_scheme)
    return replace(
        data,
        **lines,
        name=clean_line(data.name, "name", required=True),
        country=country,
        currency=_currency(data.currency),
        payment_terms=_terms(data.payment_terms),
        credit_limit=_limit(data.credit_limit),
        overdue_days=_overdue_days(data.overdue_days),
        notes=clean_block(data.notes, "notes"),
        einvoice=einvoice,
        mailing=check_mailing(data.mailing, einvoice),
        endpoint_id=endpoint_id,
        endpoint_scheme=endpoint_scheme,
        no_chase_until=_no_chase(data),
        deliveries=_deliveries(data.deliveries, country),
        contacts=_contacts(data.contacts),
    )


def search_key(*words: str) -> str:
    """What the search looks in: every word without case and accents."""
    return " ".join(filter(None, (plain_text(word) for word in words)))


def _currency(text: str) -> str:
    code = (text or "").strip().upper()
    if code:
        try:
            minor_digits(code)
        except BadInput as refusal:
            raise BadInput(str(refusal), field="currency") from None
    return code


def _terms(text: str) -> str:
    terms = clean_line(text, "payment_terms")
    if terms:
        accept_terms(terms, "payment_terms")
    return terms


def _limit(amount: int | None) -> int | None:
    if amount is not None and not 0 <= amount <= MAX_MINOR:
        raise LimitWrong(field="credit_limit")
    return amount


def _overdue_days(days: int | None) -> int | None:
    if days is not None and not 0 <= days <= MOST_OVERDUE_DAYS:
        raise OverdueDaysWrong(field="overdue_days", most=MOST_OVERDUE_DAYS)
    return days


def _no_chase(data: CustomerData) -> str | None:
    if not data.no_chase_until:
        return None
    try:
        until = date.fromisoformat(data.no_chase_until)
    except ValueError:
        raise DateWrong(field="no_chase_until") from None
    if not data.no_chase_reason.strip():
        raise ReasonMissing(field="no_chase_reason")
    return until.isoformat()


def _deliveries(addresses: tuple[AddressData, ...] | None, country: str) -> tuple[AddressData, ...] | None:
    if addresses is None:
        return None
    if len(addresses) > MOST_PARTS:
        raise TooManyParts(field="deliveries", most=MOST_PARTS)
    return tuple(_delivery(address, country, f"deliveries[{i}]") for i, address in enumerate(addresses))


def _delivery(address: AddressData, country: str, path: str) -> AddressData:
    names = ("name", "street", "street2", "postal_code", "city", "region")
    lines = {name: clean_line(getattr(address, name), f"{path}.{name}") for name in names}
    return AddressData(**lines, country=parse_country(address.country or country, f"{path}.country"))


def _contacts(contacts: tuple[ContactData, ...] | None) -> tuple[ContactData, ...] | None:
    if contacts is None:
        return None
    if len(contacts) > MOST_PARTS:
        raise TooManyParts(field="contacts", most=MOST_PARTS)
    return tuple(_contact(contact, f"contacts[{i}]") for i, contact in enumerate(contacts))


def _contact(contact: ContactData, path: str) -> ContactData:
    return ContactData(
        name=clean_line(contact.name, f"{path}.name", required=True),
        role=clean_line(contact.role, f"{path}.role"),
        email=contact.email,
        phone=clean_line(contact.phone, f"{path}.phone"),
    )
