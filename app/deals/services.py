"""Registers deals once, and decides at the gate: accept, return to Sales, edit and hand in again."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError

from app.audit.services import record
from app.company.identifiers import is_vat_id
from app.company.models import Company
from app.company.queries import business_today, get_company
from app.customers.models import Customer
from app.customers.services import CustomerData, match_or_create_customer
from app.db.base import session
from app.db.events import announce
from app.db.sequences import draw_number
from app.deals.events import DealAccepted, DealReturned
from app.deals.letters import find_undrawable
from app.deals.models import Deal, DealLine, DealState, ReturnCode
from app.deals.queries import DealUnknown, find_deals
from app.deals.queries_gate import checklist, find_twins
from app.deals.queries_handoff import count_working_minutes
from app.deals.rules import ParsedDeal, list_changes, list_differences
from app.deals.rules_gate import blockers
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.languages import OF_COUNTRY
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


class DuplicateUnconfirmed(RuleError):
    """This may be a deal you have already: {known}. Compare them, then accept it on its own page, or return it."""


class DeliveredTwice(RuleError):
    """Another import of the same deals is running at this moment. Import the file again."""


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
    Raises BadInput when its customer cannot be.
    """
    (done,) = register_deals([parsed], source=source, actor=actor, now=now)
    if isinstance(done, BadInput):
        raise done
    return done


def register_deals(
    deals: Sequence[ParsedDeal], *, source: str, actor: str, now: datetime
) -> list[Registration | BadInput]:
    """`register_deal` for many, in the same order, with few statements; a refusal stands in its deal's place."""
    known = find_deals(source, [parsed.external_id for parsed in deals])
    fresh = [parsed for parsed in deals if parsed.external_id not in known]
    refused = {parsed.external_id: refusal for parsed in fresh if (refusal := find_undrawable(parsed)) is not None}
    fresh = [parsed for parsed in fresh if parsed.external_id not in refused]
    customers = _customers_of(fresh, actor=actor, now=now)
    company = get_company()
    made: dict[str, Registration | BadInput] = dict(refused)
    for parsed in fresh:
        customer = customers[customer_data(parsed)]
        if isinstance(customer, BadInput):
            made[parsed.external_id] = customer
        else:
            made[parsed.external_id] = Registration("created", _add(parsed, customer, company, source, now))
    _flush_new()
    for done in made.values():
        if isinstance(done, Registration):
            deal = done.deal
            record_deal("deal.received", deal, actor=actor, now=now, source=source, external_id=deal.external_id)
    return [
        _compare(known[parsed.external_id], parsed) if parsed.external_id in known else made[parsed.external_id]
        for parsed in deals
    ]


def _customers_of(deals: Sequence[ParsedDeal], *, actor: str, now: datetime) -> dict[CustomerData, Customer | BadInput]:
    """Each party named in the deals, matched or created once."""
    found: dict[CustomerData, Customer | BadInput] = {}
    for parsed in deals:
        data = customer_data(parsed)
        if data not in found:
            try:
                found[data] = match_or_create_customer(data, actor=actor, now=now)
            except BadInput as refusal:
                found[data] = refusal
    return found


def _add(parsed: ParsedDeal, customer: Customer, company: Company, source: str, now: datetime) -> Deal:
    deal = Deal(
        source=source,
        external_id=parsed.external_id,
        fingerprint=parsed.fingerprint(),
        state=DealState.WAITING,
        received_at=now,
        version=1,
    )
    _write(deal, parsed, customer, company)
    session().add(deal)
    return deal


def _flush_new() -> None:
    try:
        session().flush()
    except IntegrityError:
        # Another import registered one of them since we looked; run again, this one finds it
        raise DeliveredTwice from None


def draw_form_id() -> str:
    """An id for a deal that somebody typed in: F-00001."""
    return f"F-{draw_number('deal_form'):05d}"


def accept_deal(deal_id: int, *, in_spite_of: Container[int] = (), actor: str, now: datetime) -> Deal:
    """Takes the deal over; its order is opened by the answer to DealAccepted.

    `in_spite_of` are the possible duplicates somebody has looked at.
    Raises DealIncomplete, DuplicateUnconfirmed, MoveRefused.
    """
    deal = lock_deal(deal_id)
    state = LIFECYCLE.move("accept", deal.state)
    if missing := blockers(checklist(deal, business_today(now))):
        raise DealIncomplete(missing=" ".join(f"{item.label}: {item.hint}" for item in missing))
    twins = find_twins(deal)
    if unseen := [twin.external_id for twin in twins if twin.id not in in_spite_of]:
        raise DuplicateUnconfirmed(known=", ".join(unseen))
    _decide(deal, state, actor=actor, now=now)
    deal.accept_minutes = count_working_minutes(deal.received_at, now)
    seen = {"duplicates_seen": [twin.external_id for twin in twins]} if twins else {}
    record_deal("deal.accepted", deal, actor=actor, now=now, **seen)
    session().flush()
    announce(DealAccepted(actor=actor, now=now, deal_id=deal.id))
    return deal


def return_deal(deal_id: int, reason: str, *, code: ReturnCode = ReturnCode.OTHER, actor: str, now: datetime) -> Deal:
    """Gives the deal back to Sales with a reason. Raises ReasonMissing, MoveRefused."""
    deal = lock_deal(deal_id)
    state = LIFECYCLE.move("return", deal.state, reason=reason)
    deal.return_code, deal.return_reason = code, clean_block(reason, "reason", most=1000)
    deal.returned_times += 1
    _decide(deal, state, actor=actor, now=now)
    record_deal("deal.returned", deal, actor=actor, now=now, code=code.value, reason=deal.return_reason)
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
    require_version(deal, version)
    deal.state = LIFECYCLE.move("hand_in_again", deal.state)
    deal.decided_at = deal.decided_by = None
    changes = _apply(deal, parsed, actor=actor, now=now) if parsed else []
    deal.version += 1
    said = clean_line(note, "note")
    record_deal("deal.handed_in_again", deal, actor=actor, now=now, note=said, changes=changes)
    return deal


def edit_deal(deal_id: int, parsed: ParsedDeal, *, version: int, actor: str, now: datetime) -> Deal:
    """Corrects a deal that waits or was returned. Raises DealAcceptedAlready, DealChanged."""
    deal = lock_deal(deal_id)
    if deal.state is DealState.ACCEPTED:
        raise DealAcceptedAlready
    require_version(deal, version)
    if changes := _apply(deal, parsed, actor=actor, now=now):
        deal.version += 1
        record_deal("deal.changed", deal, actor=actor, now=now, changes=changes)
    return deal


def lock_deal(deal_id: int) -> Deal:
    """The deal's row, held until the transaction ends."""
    deal = session().get(Deal, deal_id, with_for_update=True, populate_existing=True)
    if deal is None:
        raise DealUnknown
    return deal


def customer_data(parsed: ParsedDeal) -> CustomerData:
    """The customer as the deal names it; documents in the language of its country, or else in English."""
    return CustomerData(
        name=parsed.customer,
        country=parsed.country,
        vat_id=parsed.vat_id if is_vat_id(parsed.vat_id, parsed.country) else "",
        street=parsed.street,
        postal_code=parsed.postal_code,
        city=parsed.city,
        billing_email=parsed.billing_email,
        currency=parsed.currency,
        language=OF_COUNTRY.get(parsed.country, "en"),
    )


def _compare(known: Deal, parsed: ParsedDeal) -> Registration:
    if known.fingerprint == parsed.fingerprint():
        return Registration("unchanged", known)
    differences = list_differences(known.content, parsed.content())
    return Registration("changed", known, tuple(differences)) if differences else Registration("unchanged", known)


def _apply(deal: Deal, parsed: ParsedDeal, *, actor: str, now: datetime) -> list[list[str]]:
    """Each change as the trail keeps it: field, before, after."""
    changes = list_changes(deal.content, parsed.content())
    if changes:
        if (refusal := find_undrawable(parsed)) is not None:
            raise refusal
        company = get_company()
        customer = match_or_create_customer(customer_data(parsed), actor=actor, now=now)
        # The old lines leave before the new ones take their positions
        deal.lines.clear()
        session().flush()
        _write(deal, parsed, customer, company)
    return [change.as_list() for change in changes]


def _write(deal: Deal, parsed: ParsedDeal, customer: Customer, company: Company) -> None:
    deal.deal_type = parsed.deal_type
    deal.closed_on = parsed.closed_on
    deal.owner = parsed.owner
    deal.customer_id = customer.id
    deal.currency = parsed.currency
    deal.payment_terms = parsed.payment_terms or customer.payment_terms or company.payment_terms
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
            tax_code=line.tax_code or None,
            requested_on=line.requested_on,
        )
        for position, line in enumerate(parsed.lines, start=1)
    )


def _decide(deal: Deal, state: DealState, *, actor: str, now: datetime) -> None:
    deal.state, deal.decided_at, deal.decided_by = state, now, actor
    deal.version += 1


def require_version(deal: Deal, version: int | None) -> None:
    """Refuses what was decided on an older state of the deal."""
    if version is not None and deal.version != version:
        raise DealChanged


def record_deal(action: str, deal: Deal, *, actor: str, now: datetime, **detail: Any) -> None:
    """Writes into the trail of the deal."""
    record(
        action, actor=actor, now=now, object_kind="deal", object_id=deal.id, deal_id=deal.id,
        customer_id=deal.customer_id, **detail,
    )  # fmt: skip
