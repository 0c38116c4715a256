"""Reads what the gate looks at, for as many deals at once as a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import load_only, selectinload

from app.company.models import Company
from app.company.queries import find_company
from app.customers.models import Address, Customer
from app.customers.queries import billing_address, delivery_places, list_with_addresses
from app.db.base import session
from app.deals.models import Deal, DealState
from app.deals.models_handoff import DealFile, HandoffItem, HandoffTick
from app.deals.rules import STANDARD_TYPE
from app.deals.rules_gate import Facts, Item, list_checks
from app.deals.rules_handoff import TWIN_DAYS, Tick, apply_list, are_twins
from app.kernel.supplies import Parties, Place
from app.kernel.taxes import OWN_REASON
from app.kernel.texts import identity_key

MOST_TWINS = 10
MOST_CANDIDATES = 500


def checklist(deal: Deal, today: date) -> list[Item]:
    """What the gate looks at for this deal: the list of its type, with what is checked and what people ticked."""
    return checklists_of([deal], today)[deal.id]


def checklists_of(deals: Sequence[Deal], today: date) -> dict[int, list[Item]]:
    """The checklist of each deal by its id, in as many statements as for one."""
    customers = list_with_addresses({deal.customer_id for deal in deals})
    _load_lines(deals)
    twins, ticks, lists = find_twins_of(deals), _ticks_of(deals), _lists_of(deals)
    attached, company = _attached_of(deals), find_company()
    return {
        deal.id: apply_list(
            list_checks(_facts(deal, customers[deal.customer_id], company, twins[deal.id], today)),
            lists.get(deal.deal_type) or lists.get(STANDARD_TYPE, []),
            ticks.get(deal.id, {}),
            attached.get(deal.id, {}),
        )
        for deal in deals
    }


def find_twins(deal: Deal) -> list[Deal]:
    """Deals that may be this one again, the oldest first."""
    return find_twins_of([deal])[deal.id]


def find_twins_of(deals: Sequence[Deal]) -> dict[int, list[Deal]]:
    """Per deal those that may be the same: of its customer, with its purchase order, or its amount within 30 days.

    Those that went back to Sales are no orders and will not be, unless they are handed in again.
    """
    candidates = _list_candidates(deals) if deals else []
    return {deal.id: [one for one in candidates if are_twins(deal, one)][:MOST_TWINS] for deal in deals}


def _list_candidates(deals: Sequence[Deal]) -> list[Deal]:
    days = [deal.closed_on for deal in deals]
    near = and_(
        Deal.net_total.in_({deal.net_total for deal in deals}),
        Deal.closed_on.between(min(days) - timedelta(TWIN_DAYS), max(days) + timedelta(TWIN_DAYS)),
    )
    orders = {deal.po_number for deal in deals if deal.po_number}
    statement = select(Deal).where(
        Deal.customer_id.in_({deal.customer_id for deal in deals}),
        Deal.state != DealState.RETURNED,
        or_(near, Deal.po_number.in_(orders)) if orders else near,
    )
    columns = load_only(
        Deal.external_id, Deal.source, Deal.customer_id, Deal.po_number, Deal.currency, Deal.net_total, Deal.closed_on,
        Deal.state,
    )  # fmt: skip
    return list(session().scalars(statement.options(columns).order_by(Deal.id).limit(MOST_CANDIDATES)))


def _load_lines(deals: Sequence[Deal]) -> None:
    some = select(Deal).where(Deal.id.in_([deal.id for deal in deals]))
    session().scalars(some.options(selectinload(Deal.lines))).all()


def _ticks_of(deals: Sequence[Deal]) -> dict[int, dict[str, Tick]]:
    found: dict[int, dict[str, Tick]] = {}
    for tick in session().scalars(select(HandoffTick).where(HandoffTick.deal_id.in_([deal.id for deal in deals]))):
        found.setdefault(tick.deal_id, {})[tick.code] = Tick(tick.ticked_by, tick.ticked_at)
    return found


def _attached_of(deals: Sequence[Deal]) -> dict[int, dict[str, Tick]]:
    """Who attached what each checklist asks for; the newest file counts."""
    kept = select(DealFile).where(DealFile.deal_id.in_([deal.id for deal in deals]), DealFile.removed_at.is_(None))
    found: dict[int, dict[str, Tick]] = {}
    for file in session().scalars(kept.where(DealFile.for_code != "").order_by(DealFile.id)):
        found.setdefault(file.deal_id, {})[file.for_code] = Tick(file.added_by, file.added_at)
    return found


def _lists_of(deals: Iterable[Deal]) -> dict[str, list[HandoffItem]]:
    types = {STANDARD_TYPE, *(deal.deal_type for deal in deals)}
    statement = select(HandoffItem).where(HandoffItem.deal_type.in_(types))
    found: dict[str, list[HandoffItem]] = {}
    for item in session().scalars(statement.order_by(HandoffItem.position, HandoffItem.id)):
        found.setdefault(item.deal_type, []).append(item)
    return found


def _facts(
    deal: Deal, customer: Customer, company: Company | None, twins: Sequence[Deal], today: date
) -> Facts:  # fmt: skip
    address = billing_address(customer)
    return Facts(
        country=customer.country,
        has_address=bool(address.city and (address.street or address.postal_code)),
        billing_email=customer.billing_email,
        vat_id=customer.vat_id,
        claimed_vat_id=str(deal.content.get("vat_id", "")),
        foreign_vat_id=customer.foreign_vat_id,
        other_name=_other_name(deal, customer),
        po_number=deal.po_number,
        payment_terms=deal.payment_terms,
        currency=deal.currency,
        categories=frozenset(line.tax_category for line in deal.lines),
        lacking_reason=tuple(
            (line.position, line.tax_category)
            for line in deal.lines
            if line.tax_category in OWN_REASON and not line.tax_reason
        ),
        lines=tuple((line.position, line.tax_category) for line in deal.lines),
        parties=_parties(company, customer, address) if company else None,
        twins=tuple(twin.external_id for twin in twins),
        is_ahead=deal.closed_on > today,
    )


def _other_name(deal: Deal, customer: Customer) -> tuple[str, str] | None:
    """What the deal calls a customer that was matched by its VAT id, where that is another name."""
    said = str(deal.content.get("customer", ""))
    is_matched = customer.vat_id and deal.content.get("vat_id") == customer.vat_id
    return (said, customer.name) if is_matched and identity_key(said) != customer.name_key else None


def _parties(company: Company, customer: Customer, address: Address) -> Parties:
    return Parties(
        seller=Place(company.country, company.postal_code),
        seller_vat_id=company.vat_id,
        buyer=Place(address.country or customer.country, address.postal_code),
        buyer_vat_id=customer.vat_id,
        deliveries=delivery_places(customer),
    )
