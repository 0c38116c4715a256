"""Registers customers of an earlier system, many at once; whom we know by name and country already is recognised."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select, update

from app.audit.services import record_many
from app.company.services import ensure_series, next_numbers
from app.customers.models import Address, AddressKind, Customer
from app.customers.rules import CustomerData, search_key
from app.db.base import session
from app.db.bulk import insert_for_ids, insert_rows
from app.db.statements import in_chunks
from app.kernel.texts import identity_key

SOURCE = "history"


def list_known(external_ids: Iterable[str]) -> dict[str, Customer]:
    """External id -> the customer registered under it before."""
    known: dict[str, Customer] = {}
    for chunk in in_chunks(external_ids):
        chosen = select(Customer).where(Customer.source == SOURCE, Customer.external_id.in_(chunk))
        known |= {str(customer.external_id): customer for customer in session().scalars(chosen)}
    return known


def list_namesakes(parties: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Customer]:
    """(name, country) -> the oldest customer of ours that no earlier system named yet."""
    keys = {(identity_key(name), country): (name, country) for name, country in parties}
    found: dict[tuple[str, str], Customer] = {}
    for chunk in in_chunks(key for key, _ in keys):
        chosen = select(Customer).where(Customer.name_key.in_(chunk), Customer.source.is_(None))
        for customer in session().scalars(chosen.order_by(Customer.id)):
            if party := keys.get((customer.name_key, customer.country)):
                found.setdefault(party, customer)
    return found


def register_customers(customers: Sequence[CustomerData], *, on: date, actor: str, now: datetime) -> dict[str, int]:
    """New customers with the next numbers; their data is checked already. Returns external id -> id."""
    if not customers:
        return {}
    ensure_series()
    numbers = [number for number, _, _ in next_numbers("customer", on, count=len(customers))]
    rows = [
        {
            "number": number,
            "source": SOURCE,
            "external_id": data.external_id,
            "name": data.name,
            "name_key": identity_key(data.name),
            "search_key": search_key(data.name, data.vat_id, data.billing_email, number),
            "country": data.country,
            "language": data.language,
            "currency": data.currency,
            "payment_terms": data.payment_terms,
            "billing_email": data.billing_email,
            "created_at": now,
        }
        for number, data in zip(numbers, customers, strict=True)
    ]
    ids = dict(zip((str(data.external_id) for data in customers), insert_for_ids(Customer, rows), strict=True))
    billing = [
        {"customer_id": ids[str(data.external_id)], "kind": AddressKind.BILLING, "country": data.country}
        for data in customers
    ]
    insert_rows(Address, billing)
    facts = [
        {"object_id": made, "customer_id": made, "number": row["number"], "name": row["name"], "source": SOURCE}
        for row, made in zip(rows, ids.values(), strict=True)
    ]
    record_many("customer.created", facts, actor=actor, now=now, object_kind="customer")
    return ids


def adopt_customers(ids: dict[str, int], *, actor: str, now: datetime) -> None:
    """Notes under which id (external id -> our id) the earlier system knew customers we have already."""
    if not ids:
        return
    rows = [
        {"id": customer_id, "source": SOURCE, "external_id": external_id} for external_id, customer_id in ids.items()
    ]
    session().execute(update(Customer), rows)
    facts = [
        {"object_id": customer_id, "customer_id": customer_id, "source": SOURCE, "external_id": external_id}
        for external_id, customer_id in ids.items()
    ]
    record_many("customer.recognised", facts, actor=actor, now=now, object_kind="customer")
