"""Reads the customers that are meant by the names in a quick entry."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from app.customers.models import Customer
from app.db.base import session
from app.deals.rules_quick import Party
from app.kernel.texts import identity_key


def find_parties(names: Iterable[str]) -> dict[str, Party]:
    """The known customers of these names, by the key of the name; the oldest where several have one."""
    keys = {identity_key(name) for name in names if name}
    found: dict[str, list[Customer]] = defaultdict(list)
    if keys:
        statement = select(Customer).where(Customer.name_key.in_(keys), Customer.is_active).order_by(Customer.id)
        for customer in session().scalars(statement):
            found[customer.name_key].append(customer)
    return {key: _party(same) for key, same in found.items()}


def _party(same: list[Customer]) -> Party:
    is_one_country = len({customer.country for customer in same}) == 1
    return Party(same[0].name, same[0].country if is_one_country else "", same[0].currency)
