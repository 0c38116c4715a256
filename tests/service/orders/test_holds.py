"""Holds: an order stands still while one of them stands, whoever tries to move it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.customers.queries import get_customer, list_customers
from app.db.unit_of_work import unit_of_work
from app.invoices.services import credit_invoice, draft_invoice, issue_invoice
from app.kernel.errors import BadInput, TillpaidError
from app.orders import queries_holds
from app.orders.models_holds import HoldKind
from app.orders.queries import get_order
from app.orders.services import cancel_order
from app.orders.services_deliveries import record_delivery
from app.orders.services_holds import (
    HoldReleased,
    HoldStands,
    NothingToHold,
    OrderOnHold,
    ReviewInThePast,
    check_credit,
    place_hold,
    release_hold,
    review_hold,
)
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, deal_line

TODAY = date(2026, 11, 22)


@pytest.fixture
def order_id(app, now):
    factories.make_company(now=now)
    return factories.make_order(now=now).id


def hold(order_id, reason="The customer moves house", *, now, review_on=TODAY, kind=HoldKind.CUSTOMER, **more):
    with unit_of_work():
        return place_hold(order_id, kind, reason, review_on=review_on, actor=ACTOR, now=now, **more).id


def release(hold_id, *, now):
    with unit_of_work():
        release_hold(hold_id, "They moved", actor=ACTOR, now=now)


def first_open(order_id):
    return next(task.id for task in list_tasks_of(order_id) if task.state is TaskState.OPEN)


def refusal_of(work):
    with pytest.raises(TillpaidError) as refused, unit_of_work():
        work()
    return refused.value


def test_nothing_of_a_held_order_is_finished_or_billed(order_id, now):
    hold(order_id, now=now)
    for work in (
        lambda: finish_task(first_open(order_id), actor=ACTOR, now=now),
        lambda: draft_invoice(order_id, ahead_of_fulfilment=True, actor=ACTOR, now=now),
    ):
        refused = refusal_of(work)
        assert isinstance(refused, OrderOnHold)
        assert "The customer moves house. Release the hold first." in str(refused)


def test_a_draft_made_before_is_not_issued_while_the_hold_stands(order_id, now):
    with unit_of_work():
        draft_id = draft_invoice(order_id, ahead_of_fulfilment=True, actor=ACTOR, now=now).id
    hold_id = hold(order_id, now=now)
    assert isinstance(refusal_of(lambda: issue_invoice(draft_id, TODAY, actor=ACTOR, now=now)), OrderOnHold)
    release(hold_id, now=now)
    with unit_of_work():
        issue_invoice(draft_id, TODAY, actor=ACTOR, now=now)


def test_the_order_goes_on_when_the_last_of_its_holds_is_released(order_id, now):
    first, later = hold(order_id, now=now), now + timedelta(hours=1)
    second = hold(order_id, "Paint is missing", kind=HoldKind.INTERNAL, now=later)
    assert get_order(order_id).held_at == now
    release(first, now=now)
    assert isinstance(refusal_of(lambda: finish_task(first_open(order_id), actor=ACTOR, now=now)), OrderOnHold)
    release(second, now=now)
    with unit_of_work():
        finish_task(first_open(order_id), actor=ACTOR, now=now)
    assert get_order(order_id).held_at is None


def again(order_id, now, **changes):
    said = {"reason": "Once more", "review_on": TODAY, "actor": ACTOR, "now": now, **changes}
    place_hold(order_id, HoldKind.INTERNAL, said.pop("reason"), **said)


@pytest.mark.parametrize(
    ("work", "kind", "said"),
    [
        (lambda order, _hold, now: again(order, now, reason=" "), BadInput, "Reason is missing"),
        (lambda order, _hold, now: again(order, now, review_on=date(2026, 11, 21)), ReviewInThePast, "is past"),
        (lambda order, _hold, now: again(order, now, owner_id=999), TillpaidError, "no such person"),
        (
            lambda _order, held, now: review_hold(held, date(2026, 11, 21), actor=ACTOR, now=now),
            ReviewInThePast, "is past",
        ),
        (lambda _order, held, now: release_hold(held, "", actor=ACTOR, now=now), BadInput, "Reason is missing"),
        (lambda _order, _hold, now: release_hold(999, "Fine", actor=ACTOR, now=now), TillpaidError, "no such hold"),
    ],
)  # fmt: skip
def test_what_a_hold_lacks_is_said_and_nothing_changes(order_id, now, work, kind, said):
    held = hold(order_id, now=now)
    with pytest.raises(kind, match=said), unit_of_work():
        work(order_id, held, now)
    assert [one.id for one in queries_holds.list_holds(order_id)] == [held]
    assert queries_holds.get_hold(held).review_on == TODAY


def test_an_order_has_one_hold_of_a_kind(order_id, now):
    held = hold(order_id, now=now)
    with pytest.raises(HoldStands) as refused:
        hold(order_id, "Once more", now=now)
    assert str(refused.value) == "There is a customer hold already; release or change it."
    release(held, now=now)
    hold(order_id, "Once more", now=now)


def test_a_hold_is_released_once(order_id, now):
    held = hold(order_id, now=now)
    release(held, now=now)
    with pytest.raises(HoldReleased):
        release(held, now=now)


def test_cancelling_ends_every_hold_and_a_cancelled_order_cannot_be_held(order_id, now):
    hold(order_id, now=now)
    with unit_of_work():
        cancel_order(order_id, "They went elsewhere", actor=ACTOR, now=now)
    assert queries_holds.list_holds(order_id) == []
    with pytest.raises(NothingToHold), unit_of_work():
        again(order_id, now)
    assert verify(now, ROWS).broken == []


# --- credit ---------------------------------------------------------------------------------------------------------


def limited_order(now, *, limit=None, overdue_days=None, **deal):
    """An order over 49.40 net, 58.79 with tax, of a customer with these limits, which is accepted as any other."""
    if not list_customers():
        factories.make_customer(credit_limit=limit, overdue_days=overdue_days, now=now)
    return factories.make_order("D-9", now=now, **deal)


@pytest.mark.parametrize(
    ("limit", "held"), [(None, False), (5879, False), (5878, True), (0, True)], ids=["none", "enough", "short", "nil"]
)
def test_an_order_beyond_the_limit_waits_from_the_moment_it_opens(app, now, limit, held):
    factories.make_company(now=now)
    order = limited_order(now, limit=limit)
    assert [one.kind for one in queries_holds.list_holds(order.id)] == [HoldKind.CREDIT] * held
    assert (order.held_at is not None) is held


def test_exposure_is_open_receivables_and_unbilled_orders_and_follows_billing(app, now):
    factories.make_company(now=now)
    order = limited_order(now, limit=100_000)
    factories.make_open_invoice(get_customer(order.customer_id), 11_900)
    exposure = queries_holds.exposure_of(order.customer_id, TODAY)
    assert (exposure.receivable, exposure.unbilled, exposure.total) == (11_900, 5879, 17_779)
    factories.finish_all_tasks(order.id, now=now)
    with unit_of_work():
        issued = issue_invoice(draft_invoice(order.id, actor=ACTOR, now=now).id, TODAY, actor=ACTOR, now=now)
    billed = queries_holds.exposure_of(order.customer_id, TODAY)
    assert (billed.receivable, billed.unbilled) == (11_900 + issued.gross_total, 0)
    with unit_of_work():
        credit_invoice(issued.id, "Wrong address", issued_on=TODAY, actor=ACTOR, now=now)
    credited = queries_holds.exposure_of(order.customer_id, TODAY)
    assert (credited.receivable, credited.unbilled) == (11_900, 5879)
    assert verify(now, ROWS).broken == []


EXEMPT = {"tax_rate": Decimal(0), "tax_category": "E", "tax_reason": "Exempt"}
TAXES = {
    "exempt": (EXEMPT, EXEMPT, 2000),
    "two rates": ({}, {"tax_rate": Decimal(7)}, 2260),  # 11.90 + 10.70
    # together 0.0114 of tax, on each invoice 0.0057
    "rounded by each invoice": ({"unit_price": Decimal("0.03")}, {"unit_price": Decimal("0.03")}, 7),
}


@pytest.mark.parametrize("case", TAXES)
def test_an_order_billed_in_parts_leaves_no_cent_of_exposure(app, now, case):
    factories.make_company(now=now)
    first, second, gross = TAXES[case]
    lines = (deal_line("Sensor", "1", "10"), deal_line("Cable", "1", "10"))
    order = factories.make_order(lines=(replace(lines[0], **first), replace(lines[1], **second)))
    assert queries_holds.exposure_of(order.customer_id, TODAY).unbilled == gross
    for line in get_order(order.id).lines:
        with unit_of_work():
            record_delivery(order.id, {line.id: Decimal(1)}, on=TODAY, actor=ACTOR, now=now)
            draft = draft_invoice(order.id, only_delivered=True, actor=ACTOR, now=now)
            issue_invoice(draft.id, TODAY, actor=ACTOR, now=now)
    assert queries_holds.exposure_of(order.customer_id, TODAY).unbilled == 0
    assert verify(now, ROWS).broken == []


def test_invoices_past_due_beyond_the_customers_days_hold_the_next_order(app, now):
    factories.make_company(now=now)
    customer = factories.make_customer(overdue_days=30, now=now)
    factories.make_open_invoice(customer, 11_900, due_on=TODAY - timedelta(days=31))
    (held,) = queries_holds.list_holds(limited_order(now, overdue_days=30).id)
    assert "31 days past due, 30 are allowed" in held.reason
    assert held.review_on == date(2026, 11, 23)


def test_a_credit_check_that_passes_leaves_the_order_alone(order_id, now):
    with unit_of_work():
        assert check_credit(order_id, actor=ACTOR, now=now) is None


def test_an_order_in_another_currency_than_the_limit_waits_for_a_person(app, now):
    factories.make_company(now=now)
    (held,) = queries_holds.list_holds(limited_order(now, limit=10_000_000, currency="USD").id)
    assert "The limit is in EUR, and there is business in USD." in held.reason
    assert held.placed_by == "system:credit"
