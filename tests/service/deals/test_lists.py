"""The lists of deals and customers are read from an index, in its order, whatever the engine."""

import pytest

from app.customers import queries as customers
from app.customers.models import Customer
from app.deals import queries
from app.deals.models import Deal
from tests import factories
from tests.harness.plans import plan_of, reads_in_order


@pytest.fixture(autouse=True)
def _deals(app):
    factories.make_company()
    for number in range(3):
        factories.make_deal(f"D-{number}", customer=f"Customer {number}")


@pytest.mark.parametrize("view", list(queries.View))
def test_every_view_of_deals_is_read_from_an_index(view):
    deal = queries.list_deals(limit=1)[0]
    by_day = plan_of(
        queries.filter_deals(state=view.state), [(Deal.closed_on, "asc"), (Deal.id, "asc")], [deal.closed_on, deal.id]
    )
    by_arrival = plan_of(queries.filter_deals(state=view.state), [(Deal.id, "desc")], [deal.id])
    assert reads_in_order(by_day), by_day
    assert reads_in_order(by_arrival) or "INTEGER PRIMARY KEY" in by_arrival, by_arrival


@pytest.mark.parametrize("column", ["name_key", "number"])
def test_the_list_of_customers_is_read_from_an_index(column):
    order = [(getattr(Customer, column), "asc"), (Customer.id, "asc")]
    plan = plan_of(customers.filter_customers(active=True), order, ["a", 1])
    assert reads_in_order(plan), plan
