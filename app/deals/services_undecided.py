"""Knows which deals may still change: those that are not accepted, as somebody saw them."""

from app.deals.models import Deal, DealState
from app.deals.services import lock_deal, require_version
from app.kernel.errors import RuleError


class DealDecided(RuleError):
    """This deal is accepted, so its hand-off does not change any more. Change the order instead."""


def lock_undecided(deal_id: int, version: int | None = None) -> Deal:
    """The deal's row, held until the transaction ends. Raises DealUnknown, DealDecided, DealChanged."""
    deal = lock_deal(deal_id)
    if deal.state is DealState.ACCEPTED:
        raise DealDecided
    require_version(deal, version)
    return deal
