"""Knows invoice arithmetic: pure, exact, the one place where the database, the PDF and the screen get amounts from."""

from __future__ import annotations

from typing import Any

from app.invoices.rules.compute import compute
from app.invoices.rules.computed import Computed, ComputedDiscount, ComputedInstalment, ComputedLine, Moved, TaxRow
from app.invoices.rules.document import Adjustment, Basis, Document, Line, Tax, TaxKey, TaxKind, TaxRounding
from app.invoices.rules.shape import parse_document
from app.kernel.fields import answer_each

__all__ = [
    "Adjustment",
    "Basis",
    "Computed",
    "ComputedDiscount",
    "ComputedInstalment",
    "ComputedLine",
    "Document",
    "Line",
    "Moved",
    "Tax",
    "TaxKey",
    "TaxKind",
    "TaxRounding",
    "TaxRow",
    "compute",
    "compute_json",
    "parse_document",
]


def compute_json(raw: object) -> dict[str, Any] | list[dict[str, Any]]:
    """The answer to one document, or to each of a list; a refused one is ``{"error": ..., "field": ...}``."""
    return answer_each(raw, lambda one: compute(parse_document(one)).as_json())
