"""The forms of deals: a deal typed in or corrected, its return to Sales, and a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf.file import FileField
from wtforms import EmailField, FieldList, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.company.forms import country_choices, currency_choices
from app.deals.models import Deal, ReturnCode
from app.deals.rules import HEAD_FIELDS, LINE_FIELDS, Checks, ParsedDeal, Problem
from app.deals.rules_fields import MOST_LINES, RawDeal, RawLine, build_deal
from app.deals.rules_numbers import NumberStyle
from app.kernel.errors import BadInput
from app.web.forms import BaseForm, PartForm
from app.web.lookups import look_up

RETURN_REASONS = {
    ReturnCode.BILLING_DATA: "Billing data are missing or wrong",
    ReturnCode.PURCHASE_ORDER: "The customer's purchase order is missing",
    ReturnCode.PRICE: "A price or discount is not approved",
    ReturnCode.TERMS: "The payment terms are not approved",
    ReturnCode.SCOPE: "It is unclear what was sold",
    ReturnCode.DUPLICATE: "The deal is there already",
    ReturnCode.OTHER: "Something else",
}
CATEGORIES = {
    "": "by rate",
    "S": "S standard",
    "Z": "Z zero",
    "E": "E exempt",
    "AE": "AE reverse charge",
    "K": "K intra-EU",
    "G": "G export",
    "O": "O not taxable",
}
_NAMED = re.compile(r"([a-z_]+)(?::| is missing| contains| \w+ does not go)")


def type_choices() -> list[SelectChoice]:
    """The order types there are playbooks for."""
    types: list[tuple[str, str]] = look_up("order_types", [("standard", "Standard order")])
    return [SelectChoice(code, name) for code, name in types]


class DealLineForm(PartForm):
    item = StringField("Item")
    quantity = StringField("Quantity")
    unit = StringField("Unit")
    unit_price = StringField("Unit price")
    discount_percent = StringField("Discount %")
    tax_code = StringField("Tax code", render_kw={"list": "tax-codes"})
    tax_rate = StringField("Tax %")
    tax_category = SelectField("Tax kind", choices=[SelectChoice(code, name) for code, name in CATEGORIES.items()])
    tax_reason = StringField("Reason")
    requested_on = StringField("Requested on")


class DealForm(BaseForm):
    """A deal as a person types it; it is read by the same rules as a file."""

    version = HiddenField()
    deal_id = StringField("Deal id", description="Empty: one is made.")
    closed_on = StringField("Closed on")
    owner = StringField("Seller")
    deal_type = SelectField("Order type", choices=type_choices, validate_choice=False)
    customer = StringField("Customer", description="A known customer is found by VAT id, else by name and country.")
    country = SelectField("Country", choices=country_choices)
    vat_id = StringField("VAT id")
    billing_email = EmailField("Billing e-mail")
    street = StringField("Street and number")
    postal_code = StringField("Postal code")
    city = StringField("City")
    currency = SelectField("Currency", choices=currency_choices)
    payment_terms = StringField("Payment terms", description="Such as “2% 10, net 30”. Empty: the customer’s.")
    po_number = StringField("Purchase order")
    lines = FieldList(FormField(DealLineForm), "Lines", min_entries=1, max_entries=MOST_LINES)

    def read(self, checks: Checks, external_id: str) -> ParsedDeal | None:
        """The deal, or None after every refusal was put at its field."""
        head = {name: getattr(self, name).data for name in HEAD_FIELDS}
        rows = [entry.data for entry in self.lines]
        filled = [(i, cells) for i, cells in enumerate(rows, start=1) if cells.get("item") or cells.get("unit_price")]
        raw = RawDeal(0, external_id, head, [RawLine(i, cells) for i, cells in filled])
        built = build_deal(raw, NumberStyle(comma_allowed=True, is_typed=True), checks)
        if isinstance(built, ParsedDeal):
            return built
        self._refuse_all(built)
        return None

    def _refuse_all(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            for reason in problem.reasons:
                self.refuse(BadInput(_without_name(reason), field=_path(reason, problem.line)))


class ReturnForm(BaseForm):
    code = SelectField(
        "What is wrong", choices=[SelectChoice(code.value, text) for code, text in RETURN_REASONS.items()]
    )
    reason = TextAreaField("What Sales should do", [InputRequired("Say what Sales should do.")])


class HandInForm(BaseForm):
    note = StringField("What was put right")


class DealsFileForm(BaseForm):
    file = FileField("File")
    encoding = SelectField(
        "Encoding",
        choices=["", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "iso-8859-2"],
        default="",
        validate_choice=False,  # an encoding nobody knows is refused where the file is read
        description="Leave empty: Unicode and Western Windows files are recognised.",
    )
    source = StringField("Source", description="Where the deals come from. Empty: the system is told by the columns.")


def form_data(deal: Deal) -> dict[str, Any]:
    """A stored deal as its form shows it."""
    said = dict(deal.content)
    lines = [_line_data(line) for line in said.pop("lines", [])]
    return {**said, "version": deal.version, "deal_id": deal.external_id, "lines": lines}


def _line_data(line: Mapping[str, str]) -> dict[str, str]:
    """What a tax code says stands in its own field alone, so that another code can be chosen."""
    left_out = {"tax_rate", "tax_category", "tax_reason"} if line.get("tax_code") else set()
    return {name: "" if name in left_out else line.get(name, "") for name in LINE_FIELDS}


def _path(reason: str, line: int) -> str | None:
    found = _NAMED.match(reason)
    name = found[1] if found else ""
    if line and (name in LINE_FIELDS or not name):
        return f"lines[{line - 1}].{name or 'item'}"
    return name if name in HEAD_FIELDS else None


def _without_name(reason: str) -> str:
    if reason.endswith(" is missing."):
        return "This is missing."
    found = re.match(r"[a-z_]+: (.+)", reason, re.DOTALL)
    text = found[1] if found else reason
    return text[:1].upper() + text[1:]
