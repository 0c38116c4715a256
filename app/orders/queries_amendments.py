"""Reads amendments."""

from collections.abc import Sequence

from sqlalchemy import select

from app.db.base import session
from app.kernel.errors import NotFound
from app.orders.models import Order
from app.orders.models_amendments import OrderAmendment
from app.orders.rules_amend import AmendmentState


class AmendmentUnknown(NotFound):
    """There is no such amendment."""


def get_amendment(amendment_id: int) -> OrderAmendment:
    amendment = session().get(OrderAmendment, amendment_id)
    if amendment is None:
        raise AmendmentUnknown
    return amendment


def list_amendments(order_id: int) -> list[OrderAmendment]:
    """The amendments of an order, the newest first."""
    statement = select(OrderAmendment).where(OrderAmendment.order_id == order_id).order_by(OrderAmendment.number.desc())
    return list(session().scalars(statement))


def find_proposal(order_id: int) -> OrderAmendment | None:
    """The amendment somebody has to decide about."""
    return next(iter(list_proposals([order_id])), None)


def find_agreed_net(order: Order) -> int:
    """The order's net total when more than one person last stood behind it: accepted, or approved by somebody else.

    Minor units of the order's currency. What one person changed since then, in however many steps, does not move it.
    """
    counted = select(OrderAmendment).where(
        OrderAmendment.order_id == order.id, OrderAmendment.state == AmendmentState.APPROVED
    )
    agreed = order.net_total
    for amendment in session().scalars(counted.order_by(OrderAmendment.number.desc())):
        if amendment.decided_by != amendment.proposed_by:
            break
        agreed = amendment.net_before
    return agreed


def list_proposals(order_ids: Sequence[int]) -> list[OrderAmendment]:
    """Those of each order."""
    if not order_ids:
        return []
    waiting = select(OrderAmendment).where(
        OrderAmendment.order_id.in_(set(order_ids)), OrderAmendment.state == AmendmentState.PROPOSED
    )
    return list(session().scalars(waiting))
