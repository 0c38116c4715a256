"""Knows what an amendment is: values before and after, what they do to the net total, and who has to agree."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from app.company.rules_rates import Rate
from app.kernel.errors import BadInput
from app.kernel.lifecycle import Lifecycle, Move
from app.kernel.money import MAX_MINOR, format_decimal
from app.kernel.quantities import canonical
from app.kernel.taxes import LONGEST_REASON, REASON_NEEDED
from app.kernel.texts import clean_line
from app.orders.rules import line_net

Terms = Mapping[str, str | None]
Change = list[str | None]  # before, after

NUMBERS = ("quantity", "cancelled_quantity", "unit_price", "discount_percent")
DAYS = ("requested_on", "promised_on")
REASON = "tax_reason"
PRICES = frozenset({"unit_price", "discount_percent"})
NEW_LINE: Terms = dict.fromkeys(("item", "unit", *NUMBERS, *DAYS))


class AmendmentState(enum.StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_S = AmendmentState
LIFECYCLE = Lifecycle(
    "amendment",
    _S.PROPOSED,
    (
        Move.of("approve", _S.PROPOSED, _S.APPROVED, permission="orders.approve"),
        Move.of("refuse", _S.PROPOSED, _S.REFUSED, permission="orders.approve", needs_reason=True),
        Move.of("withdraw", _S.PROPOSED, _S.WITHDRAWN, permission="orders.edit"),
    ),
)


class PriceNegative(BadInput):
    """A price is not below 0. Write a reduction as a discount."""


class QuantityNotPositive(BadInput):
    """Write a quantity above 0. To take the line out, choose "Cancel the rest"."""


class DiscountOutOfRange(BadInput):
    """A discount is between 0 and 100 percent."""


class TaxReasonMissing(BadInput):
    """Write why no tax is charged. Without it no invoice can be issued."""


class TotalTooLarge(BadInput):
    """The order would be worth more than can be counted. Look at quantity and price."""


class TotalBelowZero(BadInput):
    """The order would be worth less than nothing. Look at the prices."""


class OrderLineLike(Protocol):
    """What is read of a line."""

    @property
    def quantity(self) -> Decimal: ...
    @property
    def cancelled_quantity(self) -> Decimal: ...
    @property
    def unit_price(self) -> Decimal: ...
    @property
    def discount_percent(self) -> Decimal: ...
    @property
    def requested_on(self) -> date | None: ...
    @property
    def promised_on(self) -> date | None: ...
    @property
    def left(self) -> Decimal: ...
    @property
    def taxes(self) -> list[dict[str, Any]]: ...
    @property
    def tax_code(self) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class LineWish:
    """What somebody wants a line to say; a new one has no id and is taxed by `tax_code`, else as the line `tax_of`."""

    line_id: int | None = None
    item: str = ""
    unit: str = ""
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = Decimal(0)
    requested_on: date | None = None
    promised_on: date | None = None
    cancels_rest: bool = False
    tax_reason: str | None = None  # None leaves it
    tax_of: int | None = None
    tax_code: str = ""


@dataclass(frozen=True, kw_only=True)
class AmendmentWish:
    """What somebody wants the order to say. Lines not named stay as they are."""

    reason: str
    payment_terms: str
    po_number: str
    lines: tuple[LineWish, ...] = ()


def terms_of(line: OrderLineLike) -> dict[str, str | None]:
    """What an amendment may change of a line, as it is kept."""
    numbers: dict[str, str | None] = {name: canonical(getattr(line, name)) for name in NUMBERS}
    return numbers | {name: _iso(getattr(line, name)) for name in DAYS} | {REASON: reason_of(line)}


def reason_of(line: OrderLineLike) -> str | None:
    """Why no tax is charged; None where it is, or where the tax code says so."""
    if line.tax_code is not None:
        return None
    reasons = (tax.get("reason", "") for tax in line.taxes if tax.get("category") in REASON_NEEDED)
    return next(reasons, None)


def give_reason(taxes: Iterable[Mapping[str, Any]], reason: str) -> list[dict[str, Any]]:
    """The same taxes, with another reason where none is charged."""
    return [{**tax, "reason": reason} if tax.get("category") in REASON_NEEDED else dict(tax) for tax in taxes]


def terms_wanted(wish: LineWish, line: OrderLineLike | None, place: int) -> dict[str, str | None]:
    """The line as wished. Raises BadInput naming the field."""
    if wish.quantity <= 0:
        raise QuantityNotPositive(field=f"lines[{place}].quantity")
    if wish.unit_price < 0:
        raise PriceNegative(field=f"lines[{place}].unit_price")
    if not 0 <= wish.discount_percent <= 100:
        raise DiscountOutOfRange(field=f"lines[{place}].discount_percent")
    cancelled = line.cancelled_quantity if line is not None else Decimal(0)
    if wish.cancels_rest and line is not None:
        return terms_of(line) | {"cancelled_quantity": canonical(cancelled + line.left)}
    return {
        "quantity": canonical(wish.quantity),
        "cancelled_quantity": canonical(cancelled),
        "unit_price": canonical(wish.unit_price),
        "discount_percent": canonical(wish.discount_percent),
        "requested_on": _iso(wish.requested_on),
        "promised_on": _iso(wish.promised_on),
        REASON: _reason_wanted(wish, line, place),
    }


def _reason_wanted(wish: LineWish, line: OrderLineLike | None, place: int) -> str | None:
    before = reason_of(line) if line is not None else None
    if before is None or wish.tax_reason is None:
        return before
    field = f"lines[{place}].{REASON}"
    reason = clean_line(wish.tax_reason, field, most=LONGEST_REASON)
    if before and not reason:
        raise TaxReasonMissing(field=field)
    return reason


def list_changes(before: Terms, after: Terms) -> dict[str, Change]:
    """Field -> its values before and after, where they differ."""
    return {name: [before[name], after[name]] for name in before if name in after and before[name] != after[name]}


def net_of(terms: Iterable[Terms], currency: str) -> int:
    """What lines of these terms add up to, in minor units. Raises TotalTooLarge, TotalBelowZero."""
    total = sum(
        line_net(
            _number(line, "quantity") - _number(line, "cancelled_quantity"),
            _number(line, "unit_price"),
            _number(line, "discount_percent"),
            currency,
        )
        for line in terms
    )
    if total > MAX_MINOR:
        raise TotalTooLarge
    if total < 0:
        raise TotalBelowZero
    return total


@dataclass(frozen=True)
class Limits:
    """How far the net total may move, up or down, before somebody else has to agree; no amount: no such limit."""

    percent: Decimal
    amount: int | None = None  # minor units of `currency`
    currency: str = ""
    rate: Rate | None = None  # of an order in another currency; None: there is none near the day


def list_limits_passed(before: int, after: int, currency: str, limits: Limits) -> list[str]:
    """Which limits a change from one net total to the other is over, and by how much; amounts in `currency`."""
    return list(_limits_passed(before, abs(after - before), currency, limits))


def _limits_passed(before: int, change: int, currency: str, limits: Limits) -> Iterator[str]:
    if change * 100 > before * limits.percent:
        yield _over_percent(before, change, limits.percent)
    if limits.amount is None or not change:
        return
    limit, said = _money(limits.amount, limits.currency), _money(change, currency)
    if currency == limits.currency:
        worth = change
    elif limits.rate is not None:
        worth = limits.rate.to_base(change)
        said += f", worth {_money(worth, limits.currency)},"
    else:
        yield f"The limit of {limit} cannot be compared: there is no rate for {currency}."
        return
    if worth > limits.amount:
        yield f"The change of {said} is {_money(worth - limits.amount, limits.currency)} over the limit of {limit}."


def _over_percent(before: int, change: int, limit: Decimal) -> str:
    if not before:
        return f"The order was worth nothing before, so any change is over the limit of {canonical(limit)} %."
    # rounded up, so that what is over the limit never reads like the limit
    percent = Decimal(-(-change * 10_000 // before)).scaleb(-2)
    over = f"{canonical(percent - limit)} points over the limit of {canonical(limit)} %"
    return f"The change of {canonical(percent)} % is {over}."


def _money(minor: int, currency: str) -> str:
    return f"{format_decimal(minor, currency)} {currency}"


def read_value(name: str, kept: str | None) -> Any:
    """The kept text as the value it stands for."""
    if kept is None:
        return None
    if name in NUMBERS:
        return Decimal(kept)
    return date.fromisoformat(kept) if name in DAYS else kept


def _number(terms: Terms, name: str) -> Decimal:
    return Decimal(terms[name] or 0)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
