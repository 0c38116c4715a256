"""Knows which texts of a deal the fonts of our PDFs cannot draw, so that its order can be invoiced."""

from collections.abc import Iterator

from app.deals.rules import ParsedDeal
from app.documents.letters import check_drawable
from app.kernel.errors import BadInput

PRINTED = {"item": "Item", "unit": "Unit", "tax_reason": "Reason for no tax"}


def find_undrawable(deal: ParsedDeal) -> BadInput | None:
    """The refusal of the first text with such a letter, naming field, line and letter; None where all are drawn."""
    try:
        for field, label, text in _printed(deal):
            check_drawable(text, field, label)
    except BadInput as refusal:
        return refusal
    return None


def _printed(deal: ParsedDeal) -> Iterator[tuple[str, str, str]]:
    yield "po_number", "Purchase order", deal.po_number
    for place, line in enumerate(deal.lines):
        for name, label in PRINTED.items():
            yield f"lines[{place}].{name}", f"{label} of line {place + 1}", getattr(line, name)
