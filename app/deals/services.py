"""Registers deals once, and decides at the gate: accept, return to Sales, edit and hand in again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError

from app.audit.services import record
from app.company.queries import get_company
from app.customers.models import Customer
from app.customers.services import CustomerData, match_or_create_customer
from app.db.base import session
from app.db.events import announce
from app.deals.events import DealAccepted, DealReturned
from app.deals.models import Deal, DealLine, DealState, ReturnCode
from app.deals.queries import DealUnknown, checklist, find_deal
from app.deals.rules import ParsedDeal, list_differences
from app.deals.rules_gate import blockers
from app.kernel.errors import Conflict, RuleError
from app.kernel.lifecycle import Lifecycle, Move
from app.kernel.texts import clean_block, clean_line

Status = Literal["created", "unchanged", "changed"]

LIFECYCLE = Lifecycle(
    "deal",
    DealState.WAITING,
    (
        Move.of("accept", DealState.WAITING, DealState.ACCEPTED),
        Move.of("return", DealState.WAITING, DealState.RETURNED, needs_reason=True),
        Move.of("hand_in_again", DealState.RETURNED, DealState.WAITING),
    ),
)


class DealIncomplete(RuleError):
    """This deal cannot be accepted yet. {missing}"""


class DealChanged(Conflict):
    """Somebody else changed this deal in the meantime. Load it again."""


class DealAcceptedAlready(RuleError):
    """This deal is accepted: its order stands. Change the order instead."""


@dataclass(frozen=True)
class Registration:
    """What became of a delivered deal; `reasons` say what a changed one says otherwise."""

    status: Status
    deal: Deal
    reasons: tuple[str, ...] = ()


def register_deal(parsed: ParsedDeal, *, source: str, actor: str, now: datetime) -> Registration:
    """Registers a deal once per source and external id.

    Delivered again with the same content it is unchanged; with another content that is reported, never applied.
    """
    known = find_deal(source, parsed.external_id)
    if known is not None:
        return _compare(known, parsed)
    customer = match_or_create_customer(customer_data(parsed), actor=actor, now=now)
    deal = Deal(
        source=source,
        external_id=parsed.external_id,
        fingerprint=parsed.fingerprint(),
        state=DealState.WAITING,
        received_at=now,
        version=1,
    )
    _write(deal, parsed, customer)
    try:
        with session().begin_nested():
            session().add(deal)
    except IntegrityError:
        # Another import registered it between our look and our insert
        known = find_deal(source, parsed.external_id)
        if known is None:
            raise
        return _compare(known, parsed)
    _record("deal.received", deal, actor=actor, now=now, source=source, external_id=deal.external_id)
    return Registration("created", deal)


def accept_deal(deal_id: int, *, actor: str, now: datetime) -> Deal:
    """Takes the deal over; its order is opened by the answer to DealAccepted. Raises DealIncomplete, MoveRefused."""
    deal = lock_deal(deal_id)
    state = LIFECYCLE.move("accept", deal.state)
    if missing := blockers(checklist(deal)):
        raise DealIncomplete(missing=" ".join(f"{item.label}: {item.hint}" for item in missing))
    _decide(deal, state, actor=actor, now=now)
    _record("deal.accepted", deal, actor=actor, now=now)
    session().flush()
    announce(DealAccepted(actor=actor, now=now, deal_id=deal.id))
    return deal


def return_deal(deal_id: int, reason: str, *, code: ReturnCode = ReturnCode.OTHER, actor: str, now: datetime) -> Deal:
    """Gives the deal back to Sales with a reason. Raises ReasonMissing, MoveRefused."""
    deal = lock_deal(deal_id)
    state = LIFECYCLE.move("return", deal.state, reason=reason)
    deal.return_code, deal.return_reason = code, clean_block(reason, "reason", most=1000)
    _decide(deal, state, actor=actor, now=now)
    _record("deal.returned", deal, actor=actor, now=now, code=code.value, reason=deal.return_reason)
    session().flush()
    announce(DealReturned(actor=actor, now=now, deal_id=deal.id))
    return deal


def resubmit_deal(
    deal_id: int,
    parsed: ParsedDeal | None = None,
    *,
    note: str = "",
    version: int | None = None,
    actor: str,
    now: datetime,
) -> Deal:
    """Hands a returned deal in again, with its corrected content when given. Raises MoveRefused, DealChanged."""
    deal = lock_deal(deal_id)
    _require_version(deal, version)
    deal.state = LIFECYCLE.move("hand_in_again", deal.state)
    deal.decided_at = deal.decided_by = None
    differences = _apply(deal, parsed, actor=actor, now=now) if parsed else []
    deal.version += 1
    said = clean_line(note, "note")
    _record("deal.handed_in_again", deal, actor=actor, now=now, note=said, changes=differences)
    return deal


def edit_deal(deal_id: int, parsed: ParsedDeal, *, version: int, actor: str, now: datetime) -> Deal:
    """Corrects a deal that waits or was returned. Raises DealAcceptedAlready, DealChanged."""
    deal = lock_deal(deal_id)
    if deal.state is DealState.ACCEPTED:
        raise DealAcceptedAlready
    _require_version(deal, version)
    if differences := _apply(deal, parsed, actor=actor, now=now):
        deal.version += 1
        _record("deal.changed", deal, actor=actor, now=now, changes=differences)
    return deal


def lock_deal(deal_id: int) -> Deal:
    """The deal's row, held until the transaction ends."""
    deal = session().get(Deal, deal_id, with_for_update=True, populate_existing=True)
    if deal is None:
        raise DealUnknown
    return deal


def customer_data(parsed: ParsedDeal) -> CustomerData:
    """The customer as the deal names it."""
    return CustomerData(
        name=parsed.customer,
        country=parsed.country,
        vat_id=parsed.vat_id,
        street=parsed.street,
        postal_code=parsed.postal_code,
        city=parsed.city,
        billing_email=parsed.billing_email,
        currency=parsed.currency,
        language=get_company().language,
    )


def _compare(known: Deal, parsed: ParsedDeal) -> Registration:
    if known.fingerprint == parsed.fingerprint():
        return Registration("unchanged", known)
    differences = list_differences(known.content, parsed.content())
    return Registration("changed", known, tuple(differences)) if differences else Registration("unchanged", known)


def _apply(deal: Deal, parsed: ParsedDeal, *, actor: str, now: datetime) -> list[str]:
    differences = list_differences(deal.content, parsed.content())
    if differences:
        customer = match_or_create_customer(customer_data(parsed), actor=actor, now=now)
        # The old lines leave before the new ones take their positions
        deal.lines.clear()
        session().flush()
        _write(deal, parsed, customer)
    return differences


def _write(deal: Deal, parsed: ParsedDeal, customer: Customer) -> None:
    deal.deal_type = parsed.deal_type
    deal.closed_on = parsed.closed_on
    deal.owner = parsed.owner
    deal.customer_id = customer.id
    deal.currency = parsed.currency
    deal.payment_terms = parsed.payment_terms or customer.payment_terms or get_company().payment_terms
    deal.po_number = parsed.po_number
    deal.net_total = parsed.net_total
    deal.content = parsed.content()
    deal.lines.extend(
        DealLine(
            position=position,
            item=line.item,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            discount_percent=line.discount_percent,
            tax_rate=line.tax_rate,
            tax_category=line.tax_category,
            tax_reason=line.tax_reason,
        )
        for position, line in enumerate(parsed.lines, start=1)
    )


def _decide(deal: Deal, state: DealState, *, actor: str, now: datetime) -> None:
    deal.state, deal.decided_at, deal.decided_by = state, now, actor
    deal.version += 1


def _require_version(deal: Deal, version: int | None) -> None:
    if version is not None and deal.version != version:
        raise DealChanged


def _record(action: str, deal: Deal, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        action, actor=actor, now=now, object_kind="deal", object_id=deal.id, deal_id=deal.id,
        customer_id=deal.customer_id, **detail,
    )  # fmt: skip
