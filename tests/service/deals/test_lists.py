"""The lists of deals and customers are read from an index, in its order, whatever the engine."""

import pytest
from sqlalchemy import text

from app.customers import queries as customers
from app.customers.models import Customer
from app.db.base import db, is_sqlite, session
from app.deals import queries
from app.deals.models import Deal
from app.web.keyset import Keyset
from tests import factories


@pytest.fixture(autouse=True)
def _deals(app):
    factories.make_company()
    for number in range(3):
        factories.make_deal(f"D-{number}", customer=f"Customer {number}")


def plan_of(statement, order, place):
    """How the engine reads the second page of the list."""
    keyset = Keyset(order)
    ordered = statement.where(keyset._beyond(place, backwards=False)).order_by(*keyset._ordering(False)).limit(51)
    compiled = ordered.compile(db.engine, compile_kwargs={"literal_binds": True})
    if is_sqlite(db.engine):
        return " ".join(str(row) for row in session().execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    session().execute(text("SET LOCAL enable_seqscan = off"))
    session().execute(text("SET LOCAL enable_bitmapscan = off"))
    return " ".join(str(row) for row in session().execute(text(f"EXPLAIN {compiled}")))


def reads_in_order(plan):
    """Whether an index gives the rows in order, so that nothing but equal keys is sorted."""
    plan = plan.replace("Incremental Sort", "").replace("Sort Key", "")
    return ("USING INDEX" in plan or "Index Scan" in plan) and "TEMP B-TREE" not in plan and "Sort" not in plan


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
