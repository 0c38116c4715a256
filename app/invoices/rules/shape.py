"""Knows the shape of a document in JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.invoices.rules.document import Adjustment, Basis, Document, Line, Tax, TaxKind, TaxRounding
from app.kernel.errors import BadInput
from app.kernel.fields import Fields, exact_minor
from app.kernel.money import is_currency
from app.kernel.payment_terms import (
    DiscountOn,
    DueRule,
    EarlyDiscount,
    InstalmentTerm,
    PaymentTerms,
    Share,
    ShareKind,
    parse_share,
)
from app.kernel.payment_terms.model import MOST_DAYS, MOST_MONTHS

MOST_TAXES = 50
MOST_ADJUSTMENTS = 1_000


def parse_document(raw: object) -> Document:
    """The document in ``raw`` (parsed JSON without floats), or BadInput with the path of the first fault."""
    fields = Fields(
        raw,
        "",
        "currency issue_date tax_rounding lines allowances charges prepaid rounding_step payment_terms",
    )
    currency = fields.value("currency")
    if not is_currency(currency):
        fields.refuse("currency", "This must be the three capital letters of a currency, like EUR.")
    issue_date, terms = _date(fields, "issue_date"), fields.value("payment_terms")
    return Document(
        currency=currency,
        issue_date=issue_date,
        tax_rounding=fields.one_of("tax_rounding", TaxRounding, TaxRounding.DOCUMENT),
        lines=fields.each("lines", lambda entry, path: _line(entry, path, currency)),
        allowances=fields.each("allowances", lambda entry, path: _adjustment(entry, path, currency), MOST_ADJUSTMENTS),
        charges=fields.each("charges", lambda entry, path: _adjustment(entry, path, currency), MOST_ADJUSTMENTS),
        prepaid=fields.amount("prepaid", currency),
        rounding_step=_step(fields, currency),
        payment_terms=None if terms is None else _terms(terms, fields.at("payment_terms"), currency),
    )


def _line(raw: object, path: str, currency: str) -> Line:
    fields = Fields(
        raw,
        path,
        "description quantity base_quantity unit_price discount_percent allowance charge taxes",
    )
    base_quantity = fields.number("base_quantity", default=1)
    if base_quantity == 0:
        fields.refuse("base_quantity", "The base quantity is what the price is for, so it cannot be 0.")
    return Line(
        description=fields.text("description"),
        quantity=fields.number("quantity"),
        base_quantity=base_quantity,
        unit_price=fields.number("unit_price"),
        discount_percent=fields.number("discount_percent"),
        allowance=fields.amount("allowance", currency),
        charge=fields.amount("charge", currency),
        taxes=fields.each("taxes", _tax, MOST_TAXES),
    )


def _tax(raw: object, path: str) -> Tax:
    fields = Fields(raw, path, "name category kind rate amount price_includes compounds")
    kind = fields.one_of("kind", TaxKind, TaxKind.PERCENT)
    if kind is TaxKind.PERCENT and fields.number("amount"):
        fields.refuse("amount", "A percent tax has a rate. For an amount per unit the kind is fixed_per_unit.")
    if kind is TaxKind.FIXED_PER_UNIT and fields.number("rate"):
        fields.refuse("rate", "A tax per unit has an amount. For a rate the kind is percent.")
    return Tax(
        name=fields.text("name", default=None),
        category=fields.text("category", default="S"),
        rate=fields.number("rate") if kind is TaxKind.PERCENT else None,
        amount=fields.number("amount") if kind is TaxKind.FIXED_PER_UNIT else None,
        price_includes=fields.flag("price_includes"),
        compounds=fields.flag("compounds"),
    )


def _adjustment(raw: object, path: str, currency: str) -> Adjustment:
    fields = Fields(raw, path, "amount percent on taxes reason")
    amount, percent = _amount_or_percent(fields)
    return Adjustment(
        amount=None if amount is None else exact_minor(amount, currency, fields.at("amount")),
        percent=percent,
        on=fields.one_of("on", Basis, Basis.NET),
        taxes=fields.each("taxes", _tax, MOST_TAXES),
        reason=fields.text("reason"),
    )


def _amount_or_percent(fields: Fields) -> tuple[Decimal | None, Decimal | None]:
    amount, percent = fields.optional_number("amount"), fields.optional_number("percent")
    if amount is None and percent is None:
        fields.refuse("amount", "Write an amount or a percent.")
    if amount and percent:
        fields.refuse("percent", "Write an amount or a percent, not both.")
    if amount is not None and percent is not None:
        return (None, percent) if percent else (amount, None)
    return amount, percent


def _terms(raw: object, path: str, currency: str) -> PaymentTerms:
    fields = Fields(raw, path, "instalments early_discount")
    discount = fields.value("early_discount")
    instalments = fields.each("instalments", lambda entry, at: _instalment(entry, at, currency), MOST_ADJUSTMENTS)
    early = None if discount is None else _early_discount(discount, fields.at("early_discount"), currency)
    try:
        return PaymentTerms(instalments, early)
    except BadInput as refusal:
        raise BadInput(str(refusal), field=fields.at("instalments")) from refusal


def _instalment(raw: object, path: str, currency: str) -> InstalmentTerm:
    fields = Fields(raw, path, "share days months end_of_month day_of_month")
    share: Share = parse_share(fields.value("share"), fields.at("share"))
    if share.kind is ShareKind.FIXED:
        exact_minor(share.value, currency, fields.at("share"))
    due = DueRule(
        days=fields.whole("days", MOST_DAYS),
        months=fields.whole("months", MOST_MONTHS),
        end_of_month=fields.flag("end_of_month"),
        day_of_month=fields.whole("day_of_month", 31) or None,
    )
    return InstalmentTerm(share, due)


def _early_discount(raw: object, path: str, currency: str) -> EarlyDiscount:
    fields = Fields(raw, path, "percent amount days on")
    amount, percent = _amount_or_percent(fields)
    if amount is not None:
        exact_minor(amount, currency, fields.at("amount"))
    on = fields.one_of("on", DiscountOn, DiscountOn.GROSS)
    return EarlyDiscount(days=fields.whole("days", MOST_DAYS), percent=percent, amount=amount, on=on)


def _step(fields: Fields, currency: str) -> int | None:
    if fields.value("rounding_step") is None:
        return None
    step = fields.amount("rounding_step", currency)
    if step <= 0:
        fields.refuse("rounding_step", "The rounding step must be more than 0, like 0.05.")
    return step


def _date(fields: Fields, name: str) -> date | None:
    raw = fields.value(name)
    if raw is None:
        if fields.value("payment_terms") is not None:
            fields.refuse(name, "Payment terms count from the issue date: write it like 2026-11-22.")
        return None
    return fields.day(name)
