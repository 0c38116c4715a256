"""Knows how rows that were typed or pasted become rows of deals: their columns, and what may be left out of them."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.deals.rules import HEAD_FIELDS, LINE_FIELDS
from app.deals.rules_fields import RawLine
from app.deals.rules_sources import Source, map_columns
from app.kernel.errors import BadInput
from app.kernel.tables import TooManyRows, column_key, read_table
from app.kernel.texts import identity_key

MOST_ROWS = 500
MOST_BYTES = 200_000
# a row of this many known names is the heading
FEWEST_NAMES = 3
# how cells without a heading are read, from left to right
COLUMNS = (
    "customer", "item", "quantity", "unit_price", "tax_rate", "po_number", "unit", "discount_percent", "country",
    "currency", "closed_on", "owner", "payment_terms", "requested_on", "tax_code",
)  # fmt: skip
LABELS: Mapping[str, str] = {
    "customer": "Customer", "item": "Item", "quantity": "Quantity", "unit_price": "Unit price", "tax_rate": "Tax %",
    "po_number": "Purchase order", "unit": "Unit", "discount_percent": "Discount %", "country": "Country",
    "currency": "Currency", "closed_on": "Closed on", "owner": "Seller", "payment_terms": "Payment terms",
    "tax_category": "Tax kind", "tax_reason": "Reason for no tax", "vat_id": "VAT id",
    "billing_email": "Billing e-mail", "street": "Street", "postal_code": "Postal code", "city": "City",
    "deal_type": "Order type", "requested_on": "Requested on", "tax_code": "Tax code",
}  # fmt: skip
# headings people write, besides our own names
PASTED = Source(
    "paste",
    "a spreadsheet",
    frozenset(),
    {
        **{column_key(label): name for name, label in LABELS.items()},
        "order_type": "deal_type", "company": "customer", "product": "item", "description": "item", "qty": "quantity",
        "price": "unit_price", "tax": "tax_rate", "vat": "tax_rate", "discount": "discount_percent", "po": "po_number",
        "purchase_order_number": "po_number", "date": "closed_on", "kunde": "customer", "firma": "customer",
        "artikel": "item", "bezeichnung": "item", "menge": "quantity", "anzahl": "quantity", "einheit": "unit",
        "preis": "unit_price", "einzelpreis": "unit_price", "rabatt": "discount_percent", "steuer": "tax_rate",
        "steuersatz": "tax_rate", "steuerschlüssel": "tax_code", "mwst": "tax_rate", "ust": "tax_rate",
        "bestellnummer": "po_number",
        "bestellung": "po_number", "datum": "closed_on", "land": "country", "währung": "currency",
        "verkäufer": "owner", "zahlungsbedingungen": "payment_terms", "straße": "street", "plz": "postal_code",
        "ort": "city", "requested": "requested_on", "requested_date": "requested_on", "wanted_on": "requested_on",
        "delivery_date": "requested_on", "liefertermin": "requested_on", "wunschtermin": "requested_on",
    },
)  # fmt: skip
# what the grid has a field for; rows with more stay in the box
GRID = ("customer", "item", "quantity", "unit_price", "tax_rate", "tax_code", "po_number", "country", "requested_on")
MOST_IN_GRID = 100
OURS = frozenset({*HEAD_FIELDS, *LINE_FIELDS})
_BREAK = re.compile(r"\s*[\r\n\t]\s*")
_FIELD = re.compile(r"[a-z]+(?:_[a-z]+)*")


class TooMuchPasted(BadInput):
    """This is more than {rows} rows or {size} kB. Paste the first part, save it, then the rest."""

    def __init__(self) -> None:
        super().__init__(field="pasted", rows=MOST_ROWS, size=MOST_BYTES // 1000)


@dataclass(frozen=True)
class Party:
    """A known customer of a name; `country` is "" when several customers of other countries have it too."""

    name: str
    country: str
    currency: str


@dataclass(frozen=True)
class Pasted:
    """Rows by the line of the box they begin in; `faults` are lines that could not be read, with the reason."""

    rows: list[RawLine]
    faults: list[tuple[int, str]]
    left_out: tuple[str, ...] = ()
    heading: int = 0  # the line of the column names, 0 without one


def read_paste(text: str) -> Pasted:
    """The rows of pasted cells, with or without a heading. Raises TooMuchPasted, HeaderWrong."""
    if len(text.encode()) > MOST_BYTES:
        raise TooMuchPasted
    if not text.strip():
        return Pasted([], [])
    separator, heading = _find_separator(text), _find_heading(text)
    # the reader takes the first row for the names, and is told the separator, which cells may contain as well
    added = [f"sep={separator}", *([] if heading else [separator.join(COLUMNS)])]
    try:
        table = read_table("\n".join([*added, text]).encode(), encoding="utf-8", most_rows=MOST_ROWS)
    except TooManyRows:
        raise TooMuchPasted from None
    columns = map_columns([column_key(name) for name in table.header], PASTED, OURS)
    rows = [
        RawLine(
            row.line - len(added),
            {name: _BREAK.sub(" ", cell) for name, cell in zip(columns, row.cells, strict=True) if name},
        )
        for row in table.rows
    ]
    left_out = tuple(name for name, column in zip(table.header, columns, strict=True) if name and column is None)
    return Pasted(rows, [(line - len(added), reason) for line, reason in table.faults], left_out, heading)


def _find_separator(text: str) -> str:
    """A spreadsheet's cells come with tabs; otherwise it is what a file would have."""
    if "\t" in text:
        return "\t"
    return ";" if ";" in _first_line(text)[1] else ","


def _find_heading(text: str) -> int:
    line, first = _first_line(text)
    cells = next(csv.reader([first], delimiter=_find_separator(text)), [])
    keys = [column_key(cell) for cell in cells]
    return line if sum(key in OURS or key in PASTED.columns for key in keys) >= FEWEST_NAMES else 0


def _first_line(text: str) -> tuple[int, str]:
    return next(((line, said) for line, said in enumerate(text.splitlines(), start=1) if said.strip()), (0, ""))


def complete_rows(
    rows: Iterable[RawLine], parties: Mapping[str, Party], *, said_for_all: Mapping[str, str], currency: str, entry: str
) -> list[RawLine]:
    """The rows with their deal's id and what was left out: from its first row, what is said for all, the customer.

    Rows with one customer and one purchase order are lines of one deal.
    """
    heads: dict[tuple[str, str], dict[str, str]] = {}
    completed = []
    for row in rows:
        said = {name: cell for name, cell in row.cells.items() if cell}
        key = identity_key(said.get("customer", "")), said.get("po_number", "").casefold()
        if not key[0]:
            key = "", str(row.line)
        if key not in heads:
            party = parties.get(key[0])
            known = {"customer": party.name, "country": party.country, "currency": party.currency} if party else {}
            heads[key] = {"currency": currency, **known, **said_for_all, **_head_of(said)}
            heads[key] |= {"customer": party.name} if party else {}
            heads[key]["deal_id"] = f"{entry}-{len(heads)}"
        customer = heads[key].get("customer", "")
        completed.append(RawLine(row.line, {**heads[key], **said, "customer": customer}))
    return completed


def _head_of(said: Mapping[str, str]) -> dict[str, str]:
    return {name: said[name] for name in HEAD_FIELDS if name in said}


def label_reason(reason: str) -> str:
    """A reason that begins with a column's name, with the name as the screen says it."""
    found = _FIELD.match(reason)
    if found is None or found[0] not in LABELS:
        return reason
    return LABELS[found[0]] + reason[found.end() :]


def fits_grid(cells: Mapping[str, str]) -> bool:
    """Whether the grid has a field for all that is said."""
    return {name for name, cell in cells.items() if cell} <= set(GRID)


def place_reason(reason: str) -> tuple[str, str]:
    """The field of the grid a labelled reason is about, and what to say there; the first field for a whole row."""
    for name in GRID:
        if reason.startswith(LABELS[name]):
            said = reason.removeprefix(LABELS[name])
            return name, said[1:].strip() if said.startswith(":") else reason
    return GRID[0], reason


def keep_lines(text: str, pasted: Pasted, lines: Iterable[int]) -> str:
    """What stays in the box: its heading, and the rows that begin in these lines; "" when none does."""
    wanted, all_lines = set(lines), text.splitlines()
    starts = sorted({row.line for row in pasted.rows} | {line for line, _reason in pasted.faults})
    spans = itertools.pairwise([*starts, len(all_lines) + 1])
    kept = ["\n".join(all_lines[start - 1 : end - 1]) for start, end in spans if start in wanted]
    heading = [all_lines[pasted.heading - 1]] if pasted.heading and kept else []
    return "\n".join([*heading, *kept])
