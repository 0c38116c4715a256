"""Knows what payment terms make of a document's totals: dated instalments that add up, and the early discount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.invoices.rules.computed import ComputedDiscount, ComputedInstalment
from app.invoices.rules.document import Document
from app.kernel.errors import BadInput
from app.kernel.money import round_half_away, to_minor
from app.kernel.payment_terms import DiscountOn, DueRule, EarlyDiscount, Share, ShareKind


class IssueDateMissing(BadInput):
    """Payment terms count from the issue date: write it like 2026-11-22."""


def instalments(document: Document, *, due: int, net: int, tax: int) -> tuple[ComputedInstalment, ...]:
    """What falls due when; the last instalment is ``due`` minus the others. All amounts in minor units.

    Without instalments in the terms there are none. A total of 0 is one instalment of 0 on the issue date.
    """
    terms = document.payment_terms.instalments if document.payment_terms else ()
    if not terms:
        return ()
    issued_on = _issue_date(document)
    dates = [_due_on(term.due, issued_on, f"payment_terms.instalments[{i}]") for i, term in enumerate(terms)]
    if due == 0:
        return (ComputedInstalment(issued_on, 0),)
    amounts: list[int] = []
    for term in terms[:-1]:
        rest = due - sum(amounts)
        amounts.append(_amount(term.share, document.currency, due=due, rest=rest, net=net, tax=tax))
    amounts.append(due - sum(amounts))
    return tuple(ComputedInstalment(on, amount) for on, amount in zip(dates, amounts, strict=True))


def early_discount(document: Document, *, net: int, tax: int) -> ComputedDiscount | None:
    """What paying early saves. Only a discount on the gross gives back tax, in proportion to the document's.

    One that reduces the tax always has done so in the breakdown; paying early takes it off the net.
    """
    terms = document.payment_terms.early_discount if document.payment_terms else None
    if terms is None:
        return None
    gross = net + tax
    until = _due_on(DueRule(days=terms.days), _issue_date(document), "payment_terms.early_discount.days")
    on_gross = terms.on is DiscountOn.GROSS
    discount = _discount(terms, document.currency, gross if on_gross else net)
    discount_tax = round_half_away(Fraction(discount * tax, gross)) if on_gross and gross else 0
    return ComputedDiscount(until, gross - discount, discount - discount_tax, discount_tax)


def _discount(terms: EarlyDiscount, currency: str, whole: int) -> int:
    if terms.percent is None:
        return to_minor(terms.amount or 0, currency)
    return _percent_of(whole, terms.percent)


def _amount(share: Share, currency: str, *, due: int, rest: int, net: int, tax: int) -> int:
    match share.kind:
        case ShareKind.PERCENT:
            return _percent_of(due, share.value)
        case ShareKind.PERCENT_OF_REMAINDER:
            return _percent_of(rest, share.value)
        case ShareKind.FIXED:
            return to_minor(share.value, currency)
        case ShareKind.NET:
            return net
        case ShareKind.TAX:
            return tax
        case ShareKind.REMAINDER:
            return rest


def _percent_of(whole: int, percent: Decimal) -> int:
    return round_half_away(whole * Fraction(percent) / 100)


def _issue_date(document: Document) -> date:
    if document.issue_date is None:
        raise IssueDateMissing(field="issue_date")
    return document.issue_date


def _due_on(rule: DueRule, issued_on: date, field: str) -> date:
    try:
        return rule.due_on(issued_on)
    except BadInput as refusal:
        raise BadInput(str(refusal), field=field) from refusal
