"""Creates, changes and matches customers."""

from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from babel import Locale

from app.audit.services import record
from app.auth.names import name_users
from app.auth.queries import UserNotFound, get_user
from app.company.identifiers import check_email, check_language, check_vat_address, check_vat_id
from app.company.models import NumberSeries
from app.company.queries import business_today, get_company
from app.company.services import next_number
from app.customers import queries
from app.customers.models import Address, AddressKind, Contact, Customer
from app.customers.queries import CustomerUnknown
from app.customers.rules import AddressData, ContactData, CustomerData, search_key, spell
from app.db.base import session
from app.documents.letters import check_drawable
from app.kernel.errors import BadInput, Conflict
from app.kernel.supplies import Place
from app.kernel.texts import identity_key
from app.kernel.vat_ids import is_of_country

__all__ = ["AddressData", "ContactData", "CustomerData"]

_ADDRESS = ("street", "street2", "postal_code", "city", "region")
PRINTED = ("name", "tax_number", "buyer_reference", *_ADDRESS)
_APART = {*_ADDRESS, "deliveries", "contacts"}
_COLUMNS = tuple(field.name for field in fields(CustomerData) if field.name not in _APART)


class CustomerChanged(Conflict):
    """Somebody else changed this customer in the meantime. Compare both values and save again."""


class OwnerUnknown(BadInput):
    """Choose the person who looks after this customer from the list, or nobody."""


class VatIdTaken(BadInput):
    """The customer {number} ({name}) has this VAT id already."""


class VatIdElsewhere(BadInput):
    """{vat_id} is of {of}, the customer of the file is in {country}. Correct the one or the other."""


def create_customer(data: CustomerData, *, actor: str, now: datetime) -> Customer:
    """A new customer with the next number. Raises BadInput naming the field, VatIdTaken."""
    data = checked(data)
    _require_free_vat_id(data.vat_id, None)
    return _insert(data, actor=actor, now=now)


def match_or_create_customer(data: CustomerData, *, actor: str, now: datetime) -> Customer:
    """The customer with this VAT id, else of this name and country, else a new one.

    A found customer keeps what it has; what it lacks (billing e-mail, VAT id, address) is taken from the data.
    Raises VatIdElsewhere where the VAT id is that of a customer in another country than the data says.
    """
    data = checked(data)
    found = _match(data)
    if found is None:
        # Two imports may meet the same new party: the second waits here, then finds what the first made
        session().get(NumberSeries, "customer", with_for_update=True)
        found = _match(data)
    if found is None:
        return _insert(data, actor=actor, now=now)
    _complete(found.id, data, actor=actor, now=now)
    return found


def _complete(customer_id: int, data: CustomerData, *, actor: str, now: datetime) -> None:
    customer = session().get_one(Customer, customer_id)
    said = data_of(customer)
    lacking = {name: getattr(data, name) for name in ("billing_email", "vat_id", "phone") if not getattr(said, name)}
    if not any(getattr(said, name) for name in _ADDRESS):
        lacking |= {name: getattr(data, name) for name in _ADDRESS}
    lacking = {name: value for name, value in lacking.items() if value}
    if lacking:
        update_customer(customer_id, replace(said, **lacking), version=customer.version, actor=actor, now=now)
        session().flush()


def update_customer(customer_id: int, data: CustomerData, *, version: int, actor: str, now: datetime) -> Customer:
    """Changes what is said. Raises CustomerUnknown, CustomerChanged, BadInput, VatIdTaken."""
    customer = lock_customer(customer_id)
    if customer.version != version:
        raise CustomerChanged
    data = checked(replace(data, source=customer.source, external_id=customer.external_id))
    _require_free_vat_id(data.vat_id, customer_id)
    before, after = asdict(data_of(customer)), asdict(data)
    changes = {name: [before[name], after[name]] for name in before if after[name] not in (None, before[name])}
    changes |= {name: [before[name], None] for name in _CLEARABLE if after[name] is None and before[name] is not None}
    if not changes:
        return customer
    if owners := changes.pop("owner_id", None):
        changes["looked_after_by"] = _names(owners)
    _write(customer, data)
    customer.version += 1
    record(
        "customer.changed", actor=actor, now=now, object_kind="customer", object_id=customer.id,
        customer_id=customer.id, changes=changes, currency=customer.currency,
    )  # fmt: skip
    return customer


_CLEARABLE = ("credit_limit", "overdue_days", "no_chase_until", "owner_id")


def _names(user_ids: list[int | None]) -> list[str | None]:
    names = name_users(user_ids)
    return [names[user_id] if user_id else None for user_id in user_ids]


def lock_customer(customer_id: int) -> Customer:
    """The customer's row, held until the transaction ends."""
    customer = session().get(Customer, customer_id, with_for_update=True, populate_existing=True)
    if customer is None:
        raise CustomerUnknown
    return customer


def data_of(customer: Customer) -> CustomerData:
    """The customer as the data that would make it again."""
    billing = queries.billing_address(customer)
    deliveries = tuple(
        AddressData(**{field.name: getattr(address, field.name) for field in fields(AddressData)})
        for address in queries.delivery_addresses(customer)
    )
    contacts = tuple(
        ContactData(name=contact.name, role=contact.role, email=contact.email, phone=contact.phone)
        for contact in customer.contacts
    )
    said = {name: getattr(customer, name) for name in _COLUMNS}
    said |= {name: getattr(billing, name) for name in _ADDRESS}
    return CustomerData(**said, deliveries=deliveries, contacts=contacts)


def checked(data: CustomerData) -> CustomerData:
    """The data in its stored spelling, with VAT id and addresses checked. Raises BadInput naming the field."""
    spelt = spell(data)
    check_vat_address(spelt.endpoint_id, spelt.endpoint_scheme)
    for name in PRINTED:
        check_drawable(getattr(spelt, name), name)
    _require_person(spelt.owner_id)
    contacts = spelt.contacts
    if contacts is not None:
        contacts = tuple(
            replace(contact, email=check_email(contact.email, f"contacts[{i}].email"))
            for i, contact in enumerate(contacts)
        )
    return replace(
        spelt,
        vat_id=check_vat_id(spelt.vat_id, spelt.country),
        billing_email=check_email(spelt.billing_email, "billing_email"),
        language=check_language(spelt.language),
        currency=spelt.currency or get_company().currency,
        contacts=contacts,
    )


def _require_person(owner_id: int | None) -> None:
    try:
        if owner_id is not None:
            get_user(owner_id)
    except UserNotFound:
        raise OwnerUnknown(field="owner_id") from None


def _match(data: CustomerData) -> Customer | None:
    by_vat_id = queries.find_by_vat_id(data.vat_id)
    if by_vat_id and Place(by_vat_id.country).area != Place(data.country).area:
        of = f"{by_vat_id.number} ({by_vat_id.name}) in {by_vat_id.country}"
        if not is_of_country(data.vat_id, data.country):
            prefix = {"EL": "GR"}.get(data.vat_id[:2], data.vat_id[:2])
            of = Locale("en").territories.get(prefix, prefix)
        raise VatIdElsewhere(field="vat_id", vat_id=data.vat_id, of=of, country=data.country)
    return by_vat_id or queries.find_same_name(identity_key(data.name), data.country, data.vat_id)


def _insert(data: CustomerData, *, actor: str, now: datetime) -> Customer:
    number, _period, _sequence = next_number("customer", business_today(now))
    customer = Customer(number=number, created_at=now, version=1)
    session().add(customer)
    _write(customer, replace(data, deliveries=data.deliveries or (), contacts=data.contacts or ()))
    session().flush()
    record(
        "customer.created", actor=actor, now=now, object_kind="customer", object_id=customer.id,
        customer_id=customer.id, number=number, name=customer.name,
    )  # fmt: skip
    return customer


def _write(customer: Customer, data: CustomerData) -> None:
    for name in _COLUMNS:
        setattr(customer, name, getattr(data, name))
    customer.name_key = identity_key(data.name)
    customer.search_key = search_key(data.name, data.vat_id, data.billing_email, customer.number)
    _write_billing(customer, {name: getattr(data, name) for name in _ADDRESS} | {"country": data.country})
    if data.deliveries is not None:
        _replace_deliveries(customer, data.deliveries)
    if data.contacts is not None:
        _replace_contacts(customer, data.contacts)


def _write_billing(customer: Customer, lines: dict[str, Any]) -> None:
    billing = next((address for address in customer.addresses if address.kind is AddressKind.BILLING), None)
    if billing is None:
        customer.addresses.append(Address(kind=AddressKind.BILLING, name="", **lines))
        return
    for name, value in lines.items():
        setattr(billing, name, value)


def _replace_deliveries(customer: Customer, wanted: tuple[AddressData, ...]) -> None:
    for address in queries.delivery_addresses(customer):
        customer.addresses.remove(address)
    customer.addresses.extend(Address(kind=AddressKind.DELIVERY, **asdict(address)) for address in wanted)


def _replace_contacts(customer: Customer, wanted: tuple[ContactData, ...]) -> None:
    customer.contacts.clear()
    customer.contacts.extend(Contact(**asdict(contact)) for contact in wanted)


def _require_free_vat_id(vat_id: str, customer_id: int | None) -> None:
    taken = queries.find_by_vat_id(vat_id)
    if taken is not None and taken.id != customer_id:
        raise VatIdTaken(field="vat_id", number=taken.number, name=taken.name)
