"""The forms of recurring plans: what is billed how often, and why one stands still or a period is skipped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask import g
from wtforms import BooleanField, FieldList, FormField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.company.forms import currency_choices
from app.company.queries_taxes import get_taxes, list_offered
from app.customers.models import Customer
from app.invoices.models_recurring import RecurringPlan
from app.invoices.rules_issue import LONGEST_DESCRIPTION, LONGEST_TEXT
from app.invoices.rules_recurring import Unit
from app.invoices.services import PlanData, PlanLine
from app.kernel.errors import BadInput
from app.orders.models import Order
from app.orders.rules import build_taxes
from app.web.fields import AtMost
from app.web.forms import BaseForm, DateField, DecimalField, PartForm

UNITS = {Unit.DAY: "days", Unit.WEEK: "weeks", Unit.MONTH: "months", Unit.YEAR: "years"}
CATEGORIES = {
    "S": "S standard",
    "Z": "Z zero",
    "E": "E exempt",
    "AE": "AE reverse charge",
    "K": "K intra-EU",
    "G": "G export",
    "O": "O not taxable",
}
WHEN = [SelectChoice("advance", "In advance, on its first day"), SelectChoice("arrears", "In arrears, on its last day")]
MOST_DUE_UNASKED = 12
FEWEST_LINES, MOST_LINES = 1, 100


class RateWrong(BadInput):
    """Write a rate above 0 for S standard, and 0 for every other kind."""


class ReasonNeeded(BadInput):
    """Say why no tax is charged."""


class ManyDue(BadInput):
    """{count} periods are due at once. Tick the box if all of them are to be billed, or choose a later first day."""


def tax_code_choices() -> list[SelectChoice]:
    """Read once for all lines."""
    codes = g.setdefault("offered_tax_codes", list_offered())
    return [SelectChoice("", "No code"), *(SelectChoice(code, f"{code} {title}") for code, title in codes)]


class PlanLineForm(PartForm):
    kept = HiddenField()  # the line whose taxes stay: they may say more than a rate
    description = StringField("Item", [AtMost(LONGEST_DESCRIPTION)])
    quantity = DecimalField("Quantity")
    unit = StringField("Unit", [Length(max=20)])
    unit_price = DecimalField("Unit price", smallest=Decimal(0))
    discount_percent = DecimalField("Discount %", places=4, smallest=Decimal(0))
    tax_code = SelectField("Tax code", choices=tax_code_choices, default="")
    tax_rate = DecimalField("Tax %", places=4, smallest=Decimal(0))
    tax_category = SelectField("Tax kind", choices=[SelectChoice(code, name) for code, name in CATEGORIES.items()])
    tax_reason = StringField("Reason", [Length(max=LONGEST_TEXT)])

    @property
    def is_empty(self) -> bool:
        return not (self.description.data or self.quantity.data or self.unit_price.data)


class PlanForm(BaseForm):
    """What is billed, how often, and from when."""

    version = HiddenField()
    title = StringField("Name", [InputRequired("Give the plan a name."), Length(max=LONGEST_TEXT)])
    currency = SelectField("Currency", choices=currency_choices)
    every = IntegerField("Every", [InputRequired("Write a whole number, like 1.")], default=1)
    unit = SelectField(
        "Unit", choices=[SelectChoice(unit.value, word) for unit, word in UNITS.items()], default=Unit.MONTH.value
    )
    starts_on = DateField("First day", [InputRequired("Choose the first day.")])
    ends_on = DateField("Last day")
    most_periods = IntegerField("Number of periods", [Optional()])
    when = RadioField("Each period is billed", choices=WHEN, default="advance")
    lead_days = IntegerField("Propose", [InputRequired("Write a number of days, like 14.")], default=14)
    index_percent = DecimalField("Prices rise a year by", places=4)
    payment_terms = StringField("Payment terms", [Length(max=LONGEST_TEXT)])
    po_number = StringField("Purchase order", [Length(max=LONGEST_TEXT)])
    many = BooleanField("Put them all into the list of what is due")
    lines = FieldList(FormField(PlanLineForm), "Lines", min_entries=FEWEST_LINES, max_entries=MOST_LINES)

    def ask_about_many(self, due: int) -> None:
        """A first day long ago may be a slip. Raises ManyDue."""
        if due > MOST_DUE_UNASKED and not self.many.data:
            raise ManyDue(field="many", count=due)

    def said(self, customer_id: int, order_id: int | None, taxes: dict[str, KnownTaxes]) -> PlanData:
        """What was typed. `taxes` are those of lines known already, by the line's key. Raises BadInput."""
        return PlanData(
            customer_id=customer_id,
            order_id=order_id,
            title=self.title.data or "",
            currency=self.currency.data,
            every=self.every.data or 0,
            unit=Unit(self.unit.data),
            starts_on=self.starts_on.data or date.min,  # the field asks for one
            ends_on=self.ends_on.data,
            most_periods=self.most_periods.data,
            is_in_advance=self.when.data == "advance",
            index_percent=self.index_percent.data or Decimal(0),
            lead_days=self.lead_days.data if self.lead_days.data is not None else -1,
            payment_terms=self.payment_terms.data or "",
            po_number=self.po_number.data or "",
            lines=tuple(_lines(self.lines.entries, taxes, self.starts_on.data or date.min)),
        )


@dataclass(frozen=True)
class KnownTaxes:
    """What a line is taxed with that is kept unless somebody types something else."""

    taxes: list[dict[str, Any]] = field(default_factory=list)
    code: str | None = None


class ReasonForm(BaseForm):
    """Why a plan stands still or ends, or a period is skipped."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=200)])


def key_of(line: Any) -> str:
    """What tells a line again whose taxes are kept."""
    return f"{type(line).__name__}-{line.id}"


def plan_form_data(plan: RecurringPlan) -> dict[str, Any]:
    names = (
        "version", "title", "currency", "every", "starts_on", "ends_on", "most_periods", "lead_days", "index_percent",
        "payment_terms", "po_number",
    )  # fmt: skip
    said = {name: getattr(plan, name) for name in names}
    return said | {
        "unit": plan.unit.value,
        "when": "advance" if plan.is_in_advance else "arrears",
        "lines": [_line_data(line, line.description) for line in plan.lines],
    }


def form_data_of(customer: Customer, order: Order | None) -> dict[str, Any]:
    """A new plan: empty, or with the lines and terms of an order."""
    if order is None:
        return {"currency": customer.currency, "payment_terms": customer.payment_terms}
    return {
        "title": f"{customer.name}, {order.number}"[:LONGEST_TEXT],
        "currency": order.currency,
        "payment_terms": order.payment_terms,
        "po_number": order.po_number,
        "lines": [_line_data(line, line.item) for line in order.lines],
    }


def _line_data(line: Any, description: str) -> dict[str, Any]:
    tax = line.taxes[0] if line.taxes else {}
    return {
        "kept": key_of(line),
        "description": description,
        "quantity": getattr(line, "standing", line.quantity),
        "unit": line.unit,
        "unit_price": line.unit_price,
        "discount_percent": line.discount_percent or None,
        "tax_code": line.tax_code if line.tax_code in {choice.value for choice in tax_code_choices()} else "",
        "tax_rate": Decimal(tax.get("rate") or 0),
        "tax_category": tax.get("category") or "S",
        "tax_reason": tax.get("reason") or "",
    }


def _lines(entries: Iterable[Any], taxes: dict[str, KnownTaxes], day: date) -> Iterable[PlanLine]:
    for place, form in enumerate(entry.form for entry in entries):
        if form.is_empty:
            continue
        taxed = _taxed(form, f"lines[{place}]", taxes.get(form.kept.data or "", KnownTaxes()), day)
        yield PlanLine(
            description=form.description.data or "",
            quantity=form.quantity.data or Decimal(0),
            unit=form.unit.data or "",
            unit_price=form.unit_price.data or Decimal(0),
            discount_percent=form.discount_percent.data or Decimal(0),
            taxes=taxed.taxes,
            tax_code=taxed.code,
        )


def _taxed(form: Any, at: str, known: KnownTaxes, day: date) -> KnownTaxes:
    """By the chosen code, whose rate each draft takes anew; else as typed, or with a code not offered any more."""
    if code := form.tax_code.data:
        return known if code == known.code else KnownTaxes(_taxes_of_code(code, at, day), code)
    taxes, offered = _taxes(form, at, known.taxes), {choice.value for choice in tax_code_choices()}
    return KnownTaxes(taxes, known.code if taxes == known.taxes and known.code not in offered else None)


def _taxes_of_code(code: str, at: str, day: date) -> list[dict[str, Any]]:
    try:
        return get_taxes(code, day)
    except BadInput as refusal:
        refusal.field = f"{at}.tax_code"
        raise


def _taxes(form: Any, at: str, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The taxes the line had where rate and kind are as they were, else those typed."""
    rate, category, reason = form.tax_rate.data or Decimal(0), form.tax_category.data, form.tax_reason.data or ""
    if known and (Decimal(known[0].get("rate") or 0), known[0].get("category") or "S") == (rate, category):
        return [{**known[0], "reason": reason}, *known[1:]] if reason else known
    if (category == "S") is not (rate > 0):
        raise RateWrong(field=f"{at}.tax_rate")
    if category not in {"S", "Z"} and not reason:
        raise ReasonNeeded(field=f"{at}.tax_reason")
    return build_taxes(rate, category, "" if category == "S" else reason)
