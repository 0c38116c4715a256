"""Knows which business term each part of a snapshot is. Amounts are taken over, never computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.invoices.einvoice.codes import (
    BILLING,
    DEPOSIT_INVOICE,
    DISCOUNT,
    EN16931,
    EXEMPTION_CODES,
    INVOICE,
    MUTUALLY_AGREED,
    PEPPOL_3,
    XRECHNUNG_3,
    payment_means,
    unit_code,
)
from app.invoices.einvoice.semantic import (
    Account,
    Adjustment,
    Contact,
    Delivery,
    Endpoint,
    Item,
    Original,
    Party,
    Place,
    Rate,
    SemanticInvoice,
    Service,
    TaxGroup,
    Totals,
)
from app.invoices.rules_payment import is_nothing_due, payment_of
from app.kernel.einvoices import legal_scheme
from app.kernel.money import minor_digits
from app.kernel.payment_terms import DiscountOn, parse_terms

Content = Mapping[str, Any]
ORDER_LABELS = {
    "en": ("Order", "Purchase order", "Delivered"),
    "de": ("Auftrag", "Bestellung", "Geliefert"),
    "fr": ("Commande", "Votre commande", "Livrée"),
    "es": ("Pedido", "Su pedido", "Entregado"),
    "pl": ("Zamówienie", "Państwa zamówienie", "Dostarczono"),
}
SLACK = Decimal("0.02")  # what XRechnung and Peppol let the amounts of a line differ (R040, R120)
PLACEHOLDER = "0"  # the number before there is one


@dataclass(frozen=True)
class Words:
    """What is said in the document's language: when to pay, each instalment of several, what changes an amount."""

    payment: tuple[str, ...] = ()
    instalments: tuple[str, ...] = ()
    discount: str = "Discount"
    allowance: str = "Allowance"
    charge: str = "Charge"
    rest: str = "Rounding of earlier parts"


ENGLISH = Words()


def build_semantic(content: Content, specification: str = EN16931, words: Words = ENGLISH) -> SemanticInvoice:
    """The terms of a snapshot that EN 16931 can carry (see `check.py`); one without a number gets a placeholder.

    The words of payment stand instead of the terms as somebody typed them.
    """
    original = content["original"]
    return SemanticInvoice(
        number=content.get("number") or PLACEHOLDER,
        issued_on=content["issued_on"],
        type_code=_type_code(content, specification),
        currency=content["currency"],
        **_company_tax(content),
        due_on="" if is_nothing_due(content) else min((part["due_on"] for part in content["instalments"]), default=""),
        buyer_reference=content["buyer_reference"],
        purchase_order=content["po_number"],
        sales_order=content["order"]["number"] if content["order"] else "",
        terms=_terms(content, specification, words),
        note="\n".join(text for text in (content["reason"], content["footer"]) if text),
        process="" if specification == EN16931 else BILLING,
        specification=specification,
        original=_referred(original) if original else None,
        preceding=tuple(_referred(one) for one in content.get("preceding") or ()),
        seller=_seller(content),
        buyer=_buyer(content),
        delivery=_delivery(content),
        service=_service(content),
        account=_account(content),
        adjustments=tuple(_document_adjustments(content, words)),
        totals=_totals(content),
        breakdown=tuple(list_groups(content, writes_zero=specification in {XRECHNUNG_3, PEPPOL_3})),
        items=tuple(_item(line, content["currency"], content["language"], words) for line in content["lines"]),
    )


def _type_code(content: Content, specification: str) -> str:
    """XRechnung (BR-DE-17) knows no deposit invoice (386); there it is an invoice like any other."""
    said = str(content["type_code"])
    return INVOICE if said == DEPOSIT_INVOICE and specification == XRECHNUNG_3 else said


def _referred(document: Mapping[str, Any]) -> Original:
    return Original(number=document["number"], issued_on=document["issued_on"])


def is_outside_vat(content: Content) -> bool:
    """Category O: then no VAT id may stand on the document (BR-O-02)."""
    return any(row["category"] == "O" for row in content["tax_breakdown"])


def list_groups(content: Content, *, writes_zero: bool = False) -> Iterator[TaxGroup]:
    """The breakdown by category and rate alone: taxes of other names are one row for EN 16931."""
    merged: dict[tuple[str, Decimal], list[Mapping[str, Any]]] = {}
    for row in content["tax_breakdown"]:
        merged.setdefault((row["category"], Decimal(row["rate"] or 0)), []).append(row)
    for (category, _percent), rows in merged.items():
        rate = rate_of(rows[0])
        reasons = dict.fromkeys(row["reason"] for row in rows if row["reason"])
        yield TaxGroup(
            rate=Rate(category=category, percent="0") if writes_zero and rate.percent is None else rate,
            base=_text(sum(Decimal(row["base"]) for row in rows), content["currency"]),
            tax=_text(sum(Decimal(row["tax"]) for row in rows), content["currency"]),
            reason="" if category in {"S", "Z"} else " / ".join(reasons),
            code=EXEMPTION_CODES.get(category, ""),
        )


def rate_of(tax: Mapping[str, Any]) -> Rate:
    percent = None if tax["category"] == "O" else tax["rate"] or "0"
    return Rate(category=tax["category"], percent=percent)


def _company_tax(content: Content) -> dict[str, str]:
    """BT-6 and BT-111, where VAT is charged in another currency than ours; two decimals at most (BR-DEC-15)."""
    said = content.get("company_amounts") or {}
    if not said.get("rate") or not Decimal(content["totals"]["tax_total"]) or minor_digits(said["currency"]) > 2:
        return {}
    return {"tax_currency": said["currency"], "tax_in_tax_currency": said["tax_total"]}


# --- parties --------------------------------------------------------------------------------------------------------


def _seller(content: Content) -> Party:
    seller = content["seller"]
    vat_id = "" if is_outside_vat(content) else seller["vat_id"]
    named = vat_id or seller["registration"]
    return Party(
        name=seller["name"],
        # One of BT-29, BT-30, BT-31 has to say who this is (BR-CO-26)
        identifier="" if named else seller["tax_number"] or seller["vat_id"],
        registration=seller["registration"],
        registration_scheme=legal_scheme(seller["country"], seller["registration"]),
        vat_id=vat_id,
        tax_number=seller["tax_number"],
        endpoint=endpoint_of(seller, seller["email"]),
        place=_place(seller),
        contact=_contact(seller),
    )


def _buyer(content: Content) -> Party:
    buyer, address = content["buyer"], content["buyer"]["address"]
    return Party(
        name=buyer["name"],
        identifier=buyer["number"],
        vat_id="" if is_outside_vat(content) else buyer["vat_id"],
        endpoint=endpoint_of(buyer, buyer["billing_email"]),
        place=_place(address | {"country": address["country"] or buyer["country"]}),
    )


def endpoint_of(party: Mapping[str, Any], email: str) -> Endpoint | None:
    """The electronic address that was written down, else the mail address."""
    if party["endpoint_id"]:
        return Endpoint(address=party["endpoint_id"], scheme=party["endpoint_scheme"])
    return Endpoint(address=email, scheme="EM") if email else None


def _contact(seller: Mapping[str, Any]) -> Contact | None:
    if not seller["contact_name"]:
        return None
    return Contact(name=seller["contact_name"], phone=seller["phone"], email=seller["email"])


def _place(said: Mapping[str, Any]) -> Place:
    names = ("street", "street2", "city", "postal_code", "region")
    return Place(country=said["country"], **{name: said.get(name) or "" for name in names})


def _delivery(content: Content) -> Delivery | None:
    said, buyer = content["delivery"], content["buyer"]
    is_abroad = any(row["category"] == "K" for row in content["tax_breakdown"])
    place: Place | None = None
    if said and said["city"] and said["postal_code"]:
        place = _place(said | {"country": said["country"] or buyer["country"]})
    elif is_abroad:  # an intra-Community supply says where it went (BR-IC-12)
        place = _place(buyer["address"] | {"country": buyer["country"]})
    name, on = said["name"] if said else "", content["delivered_on"] or ""
    return Delivery(name=name, on=on, place=place) if on or place is not None else None


def _service(content: Content) -> Service | None:
    said = content.get("service_period")
    return Service(first=said["from"], last=said["until"]) if said else None


# --- money ----------------------------------------------------------------------------------------------------------


def _account(content: Content) -> Account:
    bank, payment = content["bank"], payment_of(content, content.get("number") or PLACEHOLDER)
    iban = "" if is_nothing_due(content) else payment.iban
    return Account(
        means=payment_means(iban, content["currency"]),
        iban=iban,
        holder=bank["account_holder"] or content["seller"]["name"],
        bic=bank["bic"],
        remittance=payment.reference,
    )


def _terms(content: Content, specification: str, words: Words) -> str:
    """The words, every instalment where there are several, and the discount as XRechnung spells it."""
    if content["kind"] != "invoice":
        return ""
    if is_nothing_due(content):
        return "\n".join(words.payment)
    plain = [text for text in (content["payment_terms"], content.get("terms_sentence", "")) if text]
    is_said = words.payment or words.instalments
    said = [*words.payment] if is_said else plain
    said = [*said, *words.instalments]
    discount = parse_terms(content["payment_terms"]).early_discount
    if (
        specification == XRECHNUNG_3
        and discount
        and discount.percent
        and discount.on is DiscountOn.GROSS
        and _has_cents(discount.percent)
    ):
        gross, due = (Decimal(content["totals"][name]) for name in ("gross_total", "amount_due"))
        base = "" if gross == due else f"#BASISBETRAG={gross:.2f}"  # unless said, it is a share of what is due
        said.append(f"#SKONTO#TAGE={_discount_days(content)}#PROZENT={discount.percent:.2f}{base}#\n")
    return "\n".join(said)


def _discount_days(content: Content) -> int:
    """How long the discount holds: as long as the paper says, which may be more than the terms when banks rest."""
    issued_on, until = content["issued_on"], content["early_discount"]["until"]
    return (date.fromisoformat(until) - date.fromisoformat(issued_on)).days


def _has_cents(percent: Decimal) -> bool:
    """XRechnung writes a discount with two decimals; one with more is said in words alone."""
    return percent == percent.quantize(Decimal("0.01"))


def _totals(content: Content) -> Totals:
    totals = content["totals"]

    def unless_zero(name: str) -> str | None:
        return totals[name] if Decimal(totals[name]) else None

    return Totals(
        lines=totals["line_total"],
        # also 0.00, where a percentage came to nothing: what is listed has a total (BR-CO-11, BR-CO-12)
        allowances=totals["allowance_total"] if content["allowances"] else unless_zero("allowance_total"),
        charges=totals["charge_total"] if content["charges"] else unless_zero("charge_total"),
        net=totals["net_total"],
        tax=totals["tax_total"],
        gross=totals["gross_total"],
        prepaid=unless_zero("prepaid"),
        rounding=unless_zero("rounding"),
        due=totals["amount_due"],
    )


def _document_adjustments(content: Content, words: Words) -> Iterator[Adjustment]:
    for is_charge, name, word in ((False, "allowances", words.allowance), (True, "charges", words.charge)):
        for entry in content[name]:
            yield Adjustment(
                is_charge=is_charge,
                amount=entry["amount"],
                reason=entry["reason"] or word,
                rate=rate_of(entry["taxes"][0]),
            )


# --- lines ----------------------------------------------------------------------------------------------------------


def _item(line: Mapping[str, Any], currency: str, language: str, words: Words) -> Item:
    unit = unit_code(line["unit"])
    price, base_quantity, adjustments = _price(line, currency, words)
    return Item(
        identifier=str(line["position"]),
        name=line["description"],
        quantity=line["quantity"],
        unit=unit,
        unit_note=line["unit"] if unit == MUTUALLY_AGREED else "",
        price=price,
        base_quantity=base_quantity,
        net=line["net"],
        rate=rate_of(line["taxes"][0]),
        note=order_note(line.get("order"), language),
        adjustments=adjustments,
    )


def order_note(order: Mapping[str, Any] | None, language: str) -> str:
    """Which of several orders a line is of. BT-132 holds no more than a line's number, so it is said in words."""
    if order is None:
        return ""
    labels = ORDER_LABELS.get(language, ORDER_LABELS["en"])
    said = zip(labels, ("number", "po_number", "delivered_on"), strict=True)
    return ", ".join(f"{label} {order[name]}" for label, name in said if order[name])


def _price(line: Mapping[str, Any], currency: str, words: Words) -> tuple[str, str, tuple[Adjustment, ...]]:
    """Net price, its base quantity, and what leads from quantity x price to the line's net."""
    if any(tax["price_includes"] for tax in line["taxes"]):
        # The net price has endless decimals; the whole line's net for its whole quantity is exact
        return line["net"].lstrip("-"), line["quantity"].lstrip("-"), ()
    quantity, price, base = (Decimal(line[name]) for name in ("quantity", "unit_price", "base_quantity"))
    exact = quantity * price / base
    gross = Decimal(_text(exact, currency))
    allowance, charge, net = (Decimal(line[name]) for name in ("allowance", "charge", "net"))
    discount = gross - allowance + charge - net
    rest = words.rest if line.get("is_rest") else ""
    said = (
        (False, discount, words.discount, DISCOUNT, line["discount_percent"]),
        (False, allowance, rest or words.allowance, "", ""),
        (True, charge, rest or words.charge, "", ""),
    )
    # Without decimals in the currency the rounded amount is too far from quantity x price: then it is said as above
    is_near = abs(exact - gross) <= SLACK
    return (
        line["unit_price"] if is_near else _text(abs(gross), currency),
        line["base_quantity"] if is_near else line["quantity"].lstrip("-"),
        tuple(
            Adjustment(
                is_charge=is_charge, amount=_text(amount, currency), reason=reason, code=code, percent=percent,
                base=_text(gross, currency) if percent else "",
            )
            for is_charge, amount, reason, code, share in said
            for percent in (share if share and abs(gross * Decimal(share) / 100 - amount) <= SLACK else "",)
            if amount
        ),
    )  # fmt: skip


def _text(amount: Decimal | int, currency: str) -> str:
    step = Decimal(1).scaleb(-minor_digits(currency))
    return f"{Decimal(amount).quantize(step, ROUND_HALF_UP):f}"
