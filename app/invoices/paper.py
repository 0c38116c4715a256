"""Knows how a frozen snapshot reads on paper: every number, date and address as the text that is printed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from math import ceil
from typing import Any

from app.invoices.einvoice.build import Words
from app.invoices.paper_dates import due_label, first_due, supply_note
from app.invoices.paper_orders import list_headings, service_period
from app.invoices.paper_parts import deduction, is_pro_forma, name_of, number_label, part_remark, reducing
from app.invoices.paper_payment import list_instalments, list_sentences
from app.invoices.paper_writer import Writer, marks_of, say
from app.invoices.rules_payment import is_nothing_due, payment_of
from app.invoices.rules_swiss import write_grouped
from app.invoices.texts_exempt import exemption, is_standard_reason
from app.invoices.texts_parts import part_texts_for
from app.invoices.texts_units import print_unit
from app.invoices.texts_words import Texts
from app.kernel.quantities import canonical

CITY_FIRST = frozenset({"US", "CA", "AU"})  # city, region and code on one line
CODE_LAST = frozenset({"GB", "IE"})  # the code has a line of its own
RIGHT_TO_LEFT = frozenset({"R", "AL"})

# What the style sheet's fonts take at most, for columns wide enough without measuring
PAGE_MM = 170
POSITION_MM = 9
DESCRIPTION_MM = 42
BROAD = 0.15  # what a capital or a % takes more, as a share of a letter
NARROW = 0.4  # what a comma or an i takes less
GAP_MM = 4
DIGIT_MM = 2.0
HEAD_MM = 1.65
SIZES = (("", 1.0), ("small", 0.84), ("tiny", 0.7))
MOST_ROOMY_LINES = 20


@dataclass(frozen=True)
class Pair:
    """A label and its value."""

    label: str
    value: str
    strong: bool = False


@dataclass(frozen=True)
class PaperLine:
    """One row of the line table, as text."""

    position: str
    description: str
    heading: str  # the order it begins, on a document about several
    note: str
    quantity: str
    unit_price: str
    discount: str
    tax: str
    amount: str
    carried: str  # the sum so far, for where a page ends after this line
    is_deduction: bool = False  # of a deposit: said in words, so the description takes the room of quantity and price


@dataclass(frozen=True)
class Columns:
    """Which columns the line table needs, how wide they are in millimetres, and how small its letters must be.

    Given widths spare the layout a second measuring of every cell. `size`: "" as usual, "small", "tiny".
    """

    discount: bool
    tax: bool
    widths: tuple[int, ...]
    size: str
    is_dense: bool


@dataclass(frozen=True)
class Letterhead:
    """What stands on everything we send: whose paper it is, to whom it goes, and the foot."""

    texts: Texts
    language: str
    accent: str
    brand: str
    sender: str
    buyer: tuple[str, ...]
    footer: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Paper:
    """Everything the template prints, in the order it stands on the page."""

    head: Letterhead
    is_invoice: bool
    title: str
    facts: tuple[Pair, ...]
    due_on: str
    due_word: str
    remark: str
    delivery: str
    currency: str
    columns: Columns
    lines: tuple[PaperLine, ...]
    totals: tuple[Pair, ...]
    due: Pair
    notes: tuple[str, ...]
    payment: tuple[str, ...]
    instalments: tuple[tuple[str, str, str], ...]
    bank: tuple[Pair, ...]
    closing: str


def lay_out(snapshot: Mapping[str, Any]) -> Paper:
    """The paper of a snapshot. Pure: the same snapshot gives the same text."""
    writer = Writer(snapshot["language"], snapshot["currency"], snapshot["seller"]["country"], marks_of(snapshot))
    texts, is_invoice = writer.texts, snapshot["kind"] == "invoice"
    kind, totals = snapshot["kind"], snapshot["totals"]
    lines = tuple(_lines(snapshot, writer))
    is_owed = is_invoice and not is_pro_forma(snapshot)
    owed = texts.amount_due if is_owed else texts.gross_total if is_invoice else texts.credited
    return Paper(
        head=letterhead_of(snapshot, writer),
        is_invoice=is_invoice,
        title=f"{name_of(snapshot, texts.invoice if is_invoice else texts.credit_note)} {snapshot['number']}".strip(),
        facts=tuple(_facts(snapshot, writer, number_label(snapshot, texts.number[kind]))),
        due_on=writer.day(due_on) if (due_on := first_due(snapshot)) else "",
        due_word=due_label(snapshot, texts.due_on),
        remark=_remark(snapshot, writer),
        delivery=_delivery(snapshot, writer),
        currency=snapshot["currency"],
        columns=_columns(lines, writer),
        lines=lines,
        totals=tuple(_totals(snapshot, writer)),
        due=Pair(owed, writer.money(totals["gross_total" if is_pro_forma(snapshot) else "amount_due"]), strong=True),
        notes=(*_tax_notes(snapshot, writer), *writer.company_tax(snapshot), *supply_note(snapshot)),
        payment=tuple(list_sentences(snapshot, writer)),
        instalments=tuple(list_instalments(snapshot, writer)),
        bank=tuple(bank_pairs(snapshot, writer)) if is_owed and not is_nothing_due(snapshot) else (),
        closing=snapshot["footer"],
    )


def letterhead_of(content: Mapping[str, Any], writer: Writer) -> Letterhead:
    """Of a snapshot, or of the frozen content of a letter: both name their seller, buyer and appearance alike."""
    seller, buyer = content["seller"], content["buyer"]
    return Letterhead(
        texts=writer.texts,
        language=writer.language,
        accent=content["appearance"]["accent_colour"],
        brand=seller["name"],
        sender=sender_line(seller),
        buyer=tuple(address_lines(buyer["name"], buyer["address"], writer, seller["country"])),
        footer=tuple(footer_columns(content, writer)),
    )


def runs_right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction == "L" or direction in RIGHT_TO_LEFT:
            return direction in RIGHT_TO_LEFT
    return False


def sender_line(seller: Mapping[str, Any]) -> str:
    """Who sends it, in small letters above the address window."""
    return " · ".join(_present([seller["name"], seller["street"], f"{seller['postal_code']} {seller['city']}".strip()]))


def address_lines(name: str, address: Mapping[str, str], writer: Writer, home: str) -> Iterable[str]:
    """The lines of an address window; the country stands there when it is not the seller's."""
    code, city, region = address["postal_code"], address["city"], address["region"]
    if address["country"] in CITY_FIRST:
        place = [", ".join(_present([city, " ".join(_present([region, code]))]))]
    elif address["country"] in CODE_LAST:
        place = [city, region, code]
    else:
        place = [" ".join(_present([code, city])), region]
    country = writer.country(address["country"]) if address["country"] != home else ""
    department = address["name"] if address["name"] != name else ""
    return _present([name, department, address["street"], address["street2"], *place, country])


def _present(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]


def _pairs(*pairs: tuple[str, str]) -> list[Pair]:
    return [Pair(label, value) for label, value in pairs if value]


def _facts(snapshot: Mapping[str, Any], writer: Writer, number_label: str) -> list[Pair]:
    texts, order, original = writer.texts, snapshot["order"] or {}, snapshot["original"] or {}
    return _pairs(
        (number_label, snapshot["number"]),
        (texts.issued_on, writer.day(snapshot["issued_on"])),
        (due_label(snapshot, texts.due_on), writer.day(due) if (due := first_due(snapshot)) else ""),
        (texts.original, original.get("number", "")),
        (texts.delivered_on, writer.day(snapshot["delivered_on"]) if snapshot["delivered_on"] else ""),
        service_period(snapshot, writer.day),
        (texts.customer_number, snapshot["buyer"]["number"]),
        (texts.buyer_vat_id, snapshot["buyer"]["vat_id"]),
        (texts.buyer_reference, snapshot["buyer_reference"]),
        (texts.po_number, snapshot["po_number"]),
        (texts.order_number, order.get("number", "")),
    )


def _remark(snapshot: Mapping[str, Any], writer: Writer) -> str:
    original = snapshot["original"]
    if not original:
        return part_remark(snapshot, writer.day)
    day = writer.day(original["issued_on"])
    sentence = reducing(snapshot) or writer.texts.credits
    return say(sentence, number=original["number"], day=day, reason=snapshot["reason"])


def _delivery(snapshot: Mapping[str, Any], writer: Writer) -> str:
    address = snapshot["delivery"]
    if not address:
        return ""
    name = address["name"] or snapshot["buyer"]["name"]
    lines = address_lines(name, {**address, "name": ""}, writer, snapshot["seller"]["country"])
    return f"{writer.texts.delivered_to}{writer.texts.colon} {', '.join(lines)}"


def _lines(snapshot: Mapping[str, Any], writer: Writer) -> Iterable[PaperLine]:
    lines, heads = snapshot["lines"], list_headings(snapshot, writer.day)
    carried = accumulate(Decimal(line["net"]) for line in lines)
    return (_line(line, head, f"{so_far:f}", writer) for line, head, so_far in zip(lines, heads, carried, strict=True))


def _line(line: Mapping[str, Any], heading: str, carried: str, writer: Writer) -> PaperLine:
    base, is_deduction = Decimal(line["base_quantity"]), bool(line.get("deduction"))
    per = f" {writer.texts.per} {writer.number(line['base_quantity'])}" if base != 1 else ""
    discount = Decimal(line["discount_percent"])
    unit = print_unit(line["unit"], line["quantity"], writer.language)
    quantity, unit_price = f"{writer.number(line['quantity'])} {unit}".strip(), writer.price(line["unit_price"]) + per
    return PaperLine(
        position=str(line["position"]),
        description=line["description"],
        heading=heading,
        note=", ".join(_line_notes(line, writer)),
        quantity="" if is_deduction else quantity,
        unit_price="" if is_deduction else unit_price,
        discount=writer.percent(line["discount_percent"]) if discount and not is_deduction else "",
        tax=" + ".join(_line_tax(tax, writer) for tax in line["taxes"]),
        amount=writer.amount(line["net"]),
        carried=writer.money(carried),
        is_deduction=is_deduction,
    )


def _columns(lines: Sequence[PaperLine], writer: Writer) -> Columns:
    texts = writer.texts
    discount, tax = any(line.discount for line in lines), any(line.tax for line in lines)
    heads = {
        "quantity": texts.quantity,
        "unit_price": texts.unit_price,
        **({"discount": texts.discount} if discount else {}),
        **({"tax": texts.tax} if tax else {}),
        "amount": f"{texts.amount} {writer.currency}",
    }
    size, widths = _fit({head: [getattr(line, name) for line in lines] for name, head in heads.items()})
    rest = PAGE_MM - POSITION_MM - sum(widths)
    return Columns(discount, tax, (POSITION_MM, rest, *widths), size, len(lines) > MOST_ROOMY_LINES)


def _fit(columns: Mapping[str, Sequence[str]]) -> tuple[str, list[int]]:
    """The largest letters that leave room for the description; figures beyond all measure are broken into lines."""
    room = PAGE_MM - POSITION_MM - DESCRIPTION_MM
    for size, scale in SIZES:
        widths = [_width(head, texts, scale) for head, texts in columns.items()]
        if sum(widths) <= room:
            return size, widths
    return SIZES[-1][0], [int(width * room / sum(widths)) for width in widths]


def _width(head: str, texts: Iterable[str], scale: float) -> int:
    longest = max(map(_breadth, texts), default=0)
    return ceil(max(_breadth(head) * HEAD_MM, longest * DIGIT_MM) * scale + GAP_MM)


def _breadth(text: str) -> float:
    """How many letters of the usual width it takes: capitals and the like take more, points less."""
    broad = sum(letter.isupper() or letter in "%@mwMW" for letter in text)
    return len(text) + BROAD * broad - NARROW * sum(letter in " \u00a0.,:;'ijl" for letter in text)


def _line_notes(line: Mapping[str, Any], writer: Writer) -> Iterable[str]:
    for label, field in ((writer.texts.allowance, "allowance"), (writer.texts.charge, "charge")):
        if Decimal(line[field]):
            amount = writer.money(f"-{line[field]}" if field == "allowance" else line[field])
            rest = part_texts_for(writer.language).rest
            yield (
                f"{rest}{writer.texts.colon} {amount}"
                if line.get("is_rest")
                else f"{label} {writer.money(line[field])}"
            )
    taxes = " + ".join(writer.tax(tax) for tax in line["taxes"])
    if said := deduction(line, writer.language, taxes, writer.amount, writer.currency):
        yield said


def _line_tax(tax: Mapping[str, Any], writer: Writer) -> str:
    if tax["kind"] == "percent":
        text = writer.rate(tax)
    else:
        text = f"{writer.price(tax['amount'])} {tax['name']}"
    return f"{writer.texts.incl} {text}" if tax["price_includes"] else text


def _totals(snapshot: Mapping[str, Any], writer: Writer) -> Iterable[Pair]:
    texts, totals = writer.texts, snapshot["totals"]
    if snapshot["allowances"] or snapshot["charges"]:
        yield Pair(texts.line_total, writer.amount(totals["line_total"]))
    for entry in snapshot["allowances"]:
        label = f"{texts.colon} ".join(_present([texts.allowance, entry["reason"]]))
        yield Pair(label, writer.amount(canonical(-Decimal(entry["amount"]))))
    for entry in snapshot["charges"]:
        label = f"{texts.colon} ".join(_present([texts.charge, entry["reason"]]))
        yield Pair(label, writer.amount(entry["amount"]))
    yield Pair(texts.net_total, writer.amount(totals["net_total"]))
    for tax in snapshot["tax_breakdown"]:
        label = say(texts.tax_on, tax=writer.tax(tax), base=writer.amount(tax["base"]))
        yield Pair(label, writer.amount(tax["tax"]))
    if is_pro_forma(snapshot):
        return
    if totals["amount_due"] != totals["gross_total"]:
        yield Pair(texts.gross_total, writer.money(totals["gross_total"]), strong=True)
    if Decimal(totals["prepaid"]):
        yield Pair(texts.prepaid, writer.amount(canonical(-Decimal(totals["prepaid"]))))
    if Decimal(totals["rounding"]):
        yield Pair(texts.rounding, writer.amount(totals["rounding"]))


def _tax_notes(snapshot: Mapping[str, Any], writer: Writer) -> Iterable[str]:
    for tax in snapshot["tax_breakdown"]:
        wording = exemption(tax["category"], writer.language, snapshot["seller"]["country"])
        reason = "" if is_standard_reason(tax["category"], tax["reason"]) else tax["reason"]
        if wording:
            yield f"{writer.tax(tax)}{writer.texts.colon} {'. '.join(_present([wording, reason]))}."


def einvoice_words(snapshot: Mapping[str, Any]) -> Words:
    """What an e-invoice says in the document's language."""
    writer = Writer(snapshot["language"], snapshot["currency"], snapshot["seller"]["country"])
    texts, parts = writer.texts, list_instalments(snapshot, writer)
    return Words(
        payment=tuple(list_sentences(snapshot, writer)),
        instalments=tuple(f"{label}{texts.colon} {day}, {amount}" for label, day, amount in parts),
        discount=texts.discount,
        allowance=texts.allowance,
        charge=texts.charge,
        rest=part_texts_for(writer.language).rest,
    )


def bank_pairs(snapshot: Mapping[str, Any], writer: Writer) -> list[Pair]:
    """Where to pay, and what to write with it."""
    bank, texts = snapshot["bank"], writer.texts
    if not bank["iban"]:
        return []
    payment = payment_of(snapshot, snapshot["number"])
    return _pairs(
        (texts.account_holder, bank["account_holder"] or snapshot["seller"]["name"]),
        ("IBAN", write_grouped(payment.iban, size=4)),
        ("BIC", bank["bic"]),
        (texts.bank_name, bank["bank_name"]),
        (texts.reference, payment.written),
    )


def footer_columns(snapshot: Mapping[str, Any], writer: Writer) -> Iterable[tuple[str, ...]]:
    """Who we are, in three columns at the foot."""
    seller, texts = snapshot["seller"], writer.texts
    place = f"{seller['postal_code']} {seller['city']}"
    yield tuple(_present([seller["name"], seller["street"], place, writer.country(seller["country"])]))
    phone = f"{texts.phone} {seller['phone']}" if seller["phone"] else ""
    yield tuple(_present([phone, seller["email"], seller["website"]]))
    vat_id = f"{texts.vat_id} {seller['vat_id']}" if seller["vat_id"] else ""
    called = texts.tax_number if seller["country"].lower() == writer.language else texts.tax_number_abroad
    tax_number = f"{called} {seller['tax_number']}" if seller["tax_number"] else ""
    yield tuple(_present([seller["registration"], vat_id, tax_number]))
