"""Reads customers: one, the list in the order of names, and the search."""

import enum
from collections.abc import Collection, Sequence

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import selectinload

from app.customers.models import Address, AddressKind, Customer
from app.customers.rules import search_key
from app.db.base import session
from app.kernel.errors import NotFound
from app.kernel.supplies import Place


class View(enum.StrEnum):
    """The saved views of the list."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    ALL = "all"

    @property
    def is_active(self) -> bool | None:
        return {View.ACTIVE: True, View.INACTIVE: False, View.ALL: None}[self]


class CustomerUnknown(NotFound):
    """There is no such customer."""


def get_customer(customer_id: int) -> Customer:
    customer = session().get(Customer, customer_id)
    if customer is None:
        raise CustomerUnknown
    return customer


def list_with_addresses(customer_ids: Collection[int]) -> dict[int, Customer]:
    """Customers by id, their addresses loaded with them."""
    statement = select(Customer).where(Customer.id.in_(customer_ids)).options(selectinload(Customer.addresses))
    return {customer.id: customer for customer in session().scalars(statement)}


def find_by_number(number: str) -> Customer | None:
    return session().scalars(select(Customer).where(Customer.number == number.strip().upper())).first()


def find_by_external_id(source: str, external_id: str) -> Customer | None:
    statement = select(Customer).where(Customer.source == source, Customer.external_id == external_id)
    return session().scalars(statement).first()


def find_by_vat_id(vat_id: str) -> Customer | None:
    """The oldest customer with this VAT id, given in its stored spelling."""
    if not vat_id:
        return None
    return session().scalars(select(Customer).where(Customer.vat_id == vat_id).order_by(Customer.id).limit(1)).first()


def find_same_name(name_key: str, country: str, vat_id: str) -> Customer | None:
    """The oldest customer of this name and country; one with another VAT id is another party."""
    candidates = select(Customer).where(Customer.name_key == name_key, Customer.country == country)
    if vat_id:
        candidates = candidates.where(or_(Customer.vat_id == "", Customer.vat_id == vat_id))
    return session().scalars(candidates.order_by(Customer.id).limit(1)).first()


def names_of(customer_ids: Sequence[int]) -> dict[int, str]:
    """Name by id, for pages that list something else."""
    if not customer_ids:
        return {}
    rows = session().execute(select(Customer.id, Customer.name).where(Customer.id.in_(set(customer_ids))))
    return {row.id: row.name for row in rows}


def numbers_of(customer_ids: Sequence[int]) -> dict[int, str]:
    """Number by id, for exports: two customers may have one name."""
    rows = session().execute(select(Customer.id, Customer.number).where(Customer.id.in_(set(customer_ids))))
    return {row.id: row.number for row in rows}


def list_owners() -> dict[int, int]:
    """Customer -> the person who looks after the account, of the customers that have one."""
    rows = session().execute(select(Customer.id, Customer.owner_id).where(Customer.owner_id.is_not(None)))
    return {row.id: row.owner_id for row in rows}


def billing_address(customer: Customer) -> Address:
    """Where the customer's invoices go. Every customer has one billing address."""
    return next(address for address in customer.addresses if address.kind is AddressKind.BILLING)


def delivery_addresses(customer: Customer) -> list[Address]:
    return [address for address in customer.addresses if address.kind is AddressKind.DELIVERY]


def delivery_places(customer: Customer) -> tuple[Place, ...]:
    """Where it may be delivered, as far as tax asks."""
    return tuple(Place(address.country, address.postal_code) for address in delivery_addresses(customer))


def list_customers(
    *, after: tuple[str, int] | None = None, query: str = "", active: bool | None = None, limit: int = 50
) -> list[Customer]:
    """Customers by name after the key `(name_key, id)` of the last one shown."""
    statement = filter_customers(query=query, active=active).order_by(Customer.name_key, Customer.id)
    if after is not None:
        name, last = after
        statement = statement.where(
            or_(Customer.name_key > name, and_(Customer.name_key == name, Customer.id > last)),
        )
    return list(session().scalars(statement.limit(limit)))


def filter_customers(*, query: str = "", active: bool | None = None, owner_id: int | None = None) -> Select[Customer]:
    """The customers that match: a number by its beginning, anything else by words of name, VAT id or e-mail.

    Signs alone, without a letter or a figure, match nobody.
    """
    statement = select(Customer)
    if active is not None:
        statement = statement.where(Customer.is_active.is_(active))
    if owner_id is not None:
        statement = statement.where(Customer.owner_id == owner_id)
    words = search_key(query).split()
    if query.strip() and not words:
        statement = statement.where(false())
    for word in words:
        statement = statement.where(Customer.search_key.contains(word, autoescape=True))
    return statement


def search_customers(query: str, *, limit: int = 10) -> list[Customer]:
    """For the palette: the customer of this number first, then those whose names contain the words."""
    exact = find_by_number(query)
    found = [] if not search_key(query) else list_customers(query=query, limit=limit)
    return ([exact] if exact else []) + [customer for customer in found if customer is not exact][:limit]


def count_customers(*, active: bool | None = None) -> int:
    statement = select(func.count()).select_from(Customer)
    if active is not None:
        statement = statement.where(Customer.is_active.is_(active))
    return session().scalar(statement) or 0
