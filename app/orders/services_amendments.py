"""Proposes, approves, refuses and withdraws amendments, and cancels parts of an order."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.company.queries import business_today, get_company
from app.company.queries_rates import find_rate
from app.company.queries_taxes import get_taxes, read_tax_code
from app.db.base import session
from app.db.events import announce
from app.kernel.errors import BadInput, RuleError
from app.kernel.money import to_minor, write_money
from app.kernel.payment_terms import accept_terms
from app.kernel.quantities import canonical
from app.kernel.texts import clean_block, clean_line
from app.orders.events import OrderAmended, OrderAmending, OrderCutShort
from app.orders.models import Order, OrderLine, OrderState
from app.orders.models_amendments import OrderAmendment
from app.orders.models_holds import HoldKind
from app.orders.queries_amendments import find_agreed_net, find_proposal, get_amendment
from app.orders.queries_holds import list_holds
from app.orders.rules import gross_of
from app.orders.rules_amend import (
    LIFECYCLE,
    NEW_LINE,
    PRICES,
    REASON,
    AmendmentState,
    AmendmentWish,
    Limits,
    LineWish,
    give_reason,
    list_changes,
    list_limits_passed,
    net_of,
    read_value,
    terms_of,
    terms_wanted,
)
from app.orders.rules_deliver import check_promise
from app.orders.services import OrderChanged, lock_order, mark_fulfilled, record_order
from app.orders.services_deliveries import OrderNotRunning, choose_lines, lock_running
from app.orders.services_holds import check_credit, require_not_held

MOST_LINES = 500
HEAD = ("payment_terms", "po_number")


class NothingChanged(BadInput):
    """Nothing is different. Change a value first."""


class AmendmentWaiting(RuleError):
    """Amendment {number} waits for approval. Let it be decided, or withdraw it, before another one."""


class AmendmentStale(RuleError):
    """{what} was changed after this amendment was proposed. Withdraw it and propose it again."""


class OwnAmendment(RuleError):
    """You proposed this amendment. Somebody else has to approve or refuse it."""


class NotYours(RuleError):
    """Only who proposed an amendment can withdraw it. It can be refused instead."""


class BelowDelivered(RuleError):
    """Line {position}: {delivered} of {item} are delivered. Order at least that, or take it back first."""


class WholeOrder(RuleError):
    """That would leave nothing of the order {number}. Cancel the whole order instead."""


class OnlyPrices(OrderNotRunning):
    """Order {number} is fulfilled: only prices, discounts and reasons for no tax can still be amended."""


class TooManyLines(BadInput):
    """An order has at most {most} lines."""


def propose_amendment(
    order_id: int, wish: AmendmentWish, *, version: int | None = None, actor: str, now: datetime
) -> OrderAmendment:
    """Applies a small amendment at once; a larger one, or small ones that add up to it, waits for somebody else.

    Raises OrderChanged, OrderNotRunning, AmendmentWaiting, NothingChanged, and what applying it is refused with.
    """
    order = _lock_open(order_id, version)
    _require_no_proposal(order)
    today = business_today(now)
    changes = {"order": _head_changes(order, wish), "lines": _line_changes(order, wish.lines, today)}
    if not any(changes.values()):
        raise NothingChanged
    _require_changeable(order, changes)
    agreed = find_agreed_net(order)
    amendment = _keep(order, changes, wish.reason, actor=actor, now=now)
    _check(order, amendment)
    if passed := list_limits_passed(agreed, amendment.net_after, order.currency, _limits(order.currency, today)):
        amendment.limits_passed = " ".join(passed)
        _record("order.amendment_proposed", order, amendment, actor=actor, now=now, limits=amendment.limits_passed)
        return amendment
    return _approve(order, amendment, actor=actor, now=now)


def approve_amendment(amendment_id: int, *, actor: str, now: datetime) -> OrderAmendment:
    """It counts from now on. Raises OwnAmendment, MoveRefused, AmendmentStale, and what the order is refused with."""
    order = _lock_open(get_amendment(amendment_id).order_id)
    amendment = _load(amendment_id)
    if amendment.proposed_by == actor:
        raise OwnAmendment
    _require_changeable(order, amendment.changes)
    return _approve(order, amendment, actor=actor, now=now)


def refuse_amendment(amendment_id: int, reason: str, *, actor: str, now: datetime) -> OrderAmendment:
    """It never counts. Raises OwnAmendment, MoveRefused, ReasonMissing."""
    order = lock_order(get_amendment(amendment_id).order_id)
    amendment = _load(amendment_id)
    if amendment.proposed_by == actor:
        raise OwnAmendment
    _decide(amendment, "refuse", reason, actor=actor, now=now)
    _record("order.amendment_refused", order, amendment, actor=actor, now=now, reason=amendment.decision)
    return amendment


def withdraw_amendment(amendment_id: int, *, actor: str, now: datetime) -> OrderAmendment:
    """Whoever proposed it thinks better of it. Raises NotYours, MoveRefused."""
    order = lock_order(get_amendment(amendment_id).order_id)
    amendment = _load(amendment_id)
    if amendment.proposed_by != actor:
        raise NotYours
    _decide(amendment, "withdraw", "", actor=actor, now=now)
    _record("order.amendment_withdrawn", order, amendment, actor=actor, now=now)
    return amendment


def cancel_part(
    order_id: int,
    quantities: Mapping[int, Decimal],
    reason: str,
    *,
    version: int | None = None,
    actor: str,
    now: datetime,
) -> OrderAmendment:
    """So much of each line, by its id, is not wanted any more; when nothing is left to deliver the order is fulfilled.

    Raises OrderChanged, OrderNotRunning, WholeOrder, and what an answer to OrderAmending refuses with.
    """
    order = lock_running(order_id, version)
    _require_no_proposal(order)
    lines = choose_lines(order, quantities)
    changes = {
        "order": {},
        "lines": [
            _change_of(line, {"cancelled_quantity": canonical(line.cancelled_quantity + quantities[line.id])})
            for line in lines
        ],
    }
    amendment = _keep(order, changes, reason, actor=actor, now=now)
    said = ", ".join(f"{canonical(quantities[line.id])} × {line.item}" for line in lines)
    record_order("order.cut", order, actor=actor, now=now, what=said, reason=amendment.reason)
    _decide(amendment, "approve", "", actor=actor, now=now)
    _apply(order, amendment, actor=actor, now=now)
    return amendment


def _limits(currency: str, on: date) -> Limits:
    company = get_company()
    amount = to_minor(Decimal(company.amendment_amount), company.currency) if company.amendment_amount else None
    rate = find_rate(currency, company.currency, on) if currency != company.currency else None
    return Limits(Decimal(company.amendment_percent), amount, company.currency, rate)


def _require_no_proposal(order: Order) -> None:
    if (waiting := find_proposal(order.id)) is not None:
        raise AmendmentWaiting(number=waiting.number)


def _lock_open(order_id: int, version: int | None = None) -> Order:
    """In progress, or fulfilled: what is delivered may still have been priced wrong."""
    if lock_order(order_id).state is not OrderState.FULFILLED:
        return lock_running(order_id, version)
    order = lock_order(order_id)
    if version is not None and order.version != version:
        raise OrderChanged
    return order


def _require_changeable(order: Order, changes: Mapping[str, Any]) -> None:
    """Of a fulfilled order only what its invoice says of them: prices, discounts, why no tax is charged."""
    fields = {name for change in changes["lines"] for name in change["fields"]}
    if order.state is OrderState.FULFILLED and (changes["order"] or fields - PRICES - {REASON}):
        raise OnlyPrices(number=order.number)


def _head_changes(order: Order, wish: AmendmentWish) -> dict[str, list[str | None]]:
    if wish.payment_terms != order.payment_terms:
        accept_terms(wish.payment_terms, "payment_terms")
    after = {name: clean_line(getattr(wish, name), name) for name in HEAD}
    return list_changes({name: getattr(order, name) for name in HEAD}, after)


def _line_changes(order: Order, wishes: Iterable[LineWish], today: date) -> list[dict[str, Any]]:
    known = {line.id: line for line in order.lines}
    changes = []
    for place, wish in enumerate(wishes):
        line = known.get(wish.line_id or 0)
        terms = terms_wanted(wish, line, place)
        check_promise(line.promised_on if line else None, wish.promised_on, today, f"lines[{place}].promised_on")
        if line is not None:
            changes.append(_change_of(line, terms))
        elif wish.line_id is None:
            changes.append(_new_line(order, wish, terms, place, today))
    if len(order.lines) + sum(change["line_id"] is None for change in changes) > MOST_LINES:
        raise TooManyLines(field="lines", most=MOST_LINES)
    return [change for change in changes if change["fields"]]


def _change_of(line: OrderLine, terms: Mapping[str, str | None]) -> dict[str, Any]:
    return {"line_id": line.id, "item": line.item, "fields": list_changes(terms_of(line), terms)}


def _new_line(order: Order, wish: LineWish, terms: dict[str, str | None], place: int, on: date) -> dict[str, Any]:
    item = clean_line(wish.item, f"lines[{place}].item", required=True)
    unit = clean_line(wish.unit, f"lines[{place}].unit", most=20)
    fields = list_changes(NEW_LINE, terms | {"item": item, "unit": unit})
    return {"line_id": None, "item": item, "fields": fields, **_taxes_wanted(order, wish, on)}


def _taxes_wanted(order: Order, wish: LineWish, on: date) -> dict[str, Any]:
    if wish.tax_code:
        said = read_tax_code(wish.tax_code, on)
        return {"taxes": get_taxes(said.code, on), "tax_code": said.code}
    taxed = next((line for line in order.lines if line.id == wish.tax_of), order.lines[0])
    return {"taxes": taxed.taxes, "tax_code": taxed.tax_code}


def _keep(order: Order, changes: dict[str, Any], reason: str, *, actor: str, now: datetime) -> OrderAmendment:
    last = session().scalar(select(func.max(OrderAmendment.number)).where(OrderAmendment.order_id == order.id))
    amendment = OrderAmendment(
        order_id=order.id,
        number=(last or 0) + 1,
        changes=changes,
        reason=clean_block(reason, "reason", most=1000, required=True),
        net_before=order.net_total,
        net_after=net_of(_terms_after(order, changes), order.currency),
        proposed_at=now,
        proposed_by=actor,
        state=AmendmentState.PROPOSED,
    )
    session().add(amendment)
    session().flush()
    return amendment


def _terms_after(order: Order, changes: Mapping[str, Any]) -> list[dict[str, str | None]]:
    changed = {change["line_id"]: _after(change) for change in changes["lines"] if change["line_id"] is not None}
    new = [_after(change) for change in changes["lines"] if change["line_id"] is None]
    return [terms_of(line) | changed.get(line.id, {}) for line in order.lines] + [{**NEW_LINE, **line} for line in new]


def _after(change: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: values[1] for name, values in change["fields"].items()}


def _check(order: Order, amendment: OrderAmendment) -> None:
    """Raises AmendmentStale, BelowDelivered, WholeOrder, and what an answer refuses with."""
    changes = {change["line_id"]: change["fields"] for change in amendment.changes["lines"] if change["line_id"]}
    _require_fresh(order, amendment.changes["order"], changes)
    quantities = {line.id: _quantity_after(line, changes.get(line.id, {})) for line in order.lines}
    if not any(quantities.values()) and all(change["line_id"] for change in amendment.changes["lines"]):
        raise WholeOrder(number=order.number)
    repriced = frozenset(line_id for line_id, fields in changes.items() if PRICES & fields.keys())
    facts: dict[str, Any] = {"actor": amendment.proposed_by, "now": amendment.proposed_at, "order_id": order.id}
    announce(OrderAmending(**facts, quantities=quantities, repriced=repriced))
    for line in order.lines:
        if quantities[line.id] < line.fulfilled_quantity:
            delivered = canonical(line.fulfilled_quantity)
            raise BelowDelivered(position=line.position, delivered=delivered, item=line.item)


def _quantity_after(line: OrderLine, fields: Mapping[str, Any]) -> Decimal:
    """What will be ordered of the line, less what is cancelled."""
    after = terms_of(line) | {name: values[1] for name, values in fields.items()}
    return Decimal(after["quantity"] or 0) - Decimal(after["cancelled_quantity"] or 0)


def _require_fresh(order: Order, head: Mapping[str, Any], changes: Mapping[int, Any]) -> None:
    """Nobody changed in between what the amendment starts from."""
    for name, values in head.items():
        if getattr(order, name) != values[0]:
            raise AmendmentStale(what=name.replace("_", " ").capitalize())
    for line in order.lines:
        now = terms_of(line)
        if any(now[name] != values[0] for name, values in changes.get(line.id, {}).items()):
            raise AmendmentStale(what=line.item)


def _approve(order: Order, amendment: OrderAmendment, *, actor: str, now: datetime) -> OrderAmendment:
    _decide(amendment, "approve", "", actor=actor, now=now)
    _record("order.amended", order, amendment, actor=actor, now=now)
    _apply(order, amendment, actor=actor, now=now)
    return amendment


def _apply(order: Order, amendment: OrderAmendment, *, actor: str, now: datetime) -> None:
    """Writes the lines and what follows: the net total, the credit check, and the end of an order cut short."""
    _check(order, amendment)
    amendment.net_before = order.net_total
    for name, (_before, after) in amendment.changes["order"].items():
        setattr(order, name, after)
    lines = {line.id: line for line in order.lines}
    for change in amendment.changes["lines"]:
        line = lines.get(change["line_id"]) or _add_line(order, change)
        for name, after in _after(change).items():
            if name == REASON:
                line.taxes = give_reason(line.taxes, after or "")
            else:
                setattr(line, name, read_value(name, after))
    order.net_total = amendment.net_after = net_of([terms_of(line) for line in order.lines], order.currency)
    order.gross_total = gross_of(order.lines, order.currency)
    order.version += 1
    session().flush()
    if amendment.net_after > amendment.net_before and not _has_credit_hold(order):
        check_credit(order.id, actor="system:credit", now=now)
    announce(OrderAmended(actor=actor, now=now, order_id=order.id))
    _end_if_cut_short(order, amendment, actor=actor, now=now)


def _add_line(order: Order, change: Mapping[str, Any]) -> OrderLine:
    line = OrderLine(
        position=max(line.position for line in order.lines) + 1, unit="", taxes=change["taxes"],
        tax_code=change.get("tax_code"),
        discount_percent=Decimal(0), cancelled_quantity=Decimal(0), fulfilled_quantity=Decimal(0),
    )  # fmt: skip
    order.lines.append(line)
    return line


def _has_credit_hold(order: Order) -> bool:
    return any(hold.kind is HoldKind.CREDIT for hold in list_holds(order.id))


def _end_if_cut_short(order: Order, amendment: OrderAmendment, *, actor: str, now: datetime) -> None:
    """Nothing is left to deliver because the rest was cancelled."""
    is_cut = any("cancelled_quantity" in change["fields"] for change in amendment.changes["lines"])
    if is_cut and not any(line.left for line in order.lines):
        require_not_held(order)
        mark_fulfilled(order.id, actor=actor, now=now)
        announce(OrderCutShort(actor=actor, now=now, order_id=order.id))


def _load(amendment_id: int) -> OrderAmendment:
    return session().get_one(OrderAmendment, amendment_id, populate_existing=True)


def _decide(amendment: OrderAmendment, move: str, reason: str, *, actor: str, now: datetime) -> None:
    amendment.state = LIFECYCLE.move(move, amendment.state, reason=reason)
    amendment.decision = clean_block(reason, "reason", most=1000)
    amendment.decided_at, amendment.decided_by = now, actor


def _record(
    action: str, order: Order, amendment: OrderAmendment, *, actor: str, now: datetime, reason: str = "", **more: str
) -> None:
    amounts = [write_money(net, order.currency) for net in (amendment.net_before, amendment.net_after)]
    record_order(
        action, order, actor=actor, now=now, number=amendment.number, reason=reason or amendment.reason,
        change=" → ".join(amounts), **more,
    )  # fmt: skip
