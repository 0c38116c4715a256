"""Knows payment terms as dates and shares (model) and as people write them (text)."""

from app.kernel.payment_terms.model import (
    IMMEDIATELY,
    REMAINDER,
    DateOutOfRange,
    DiscountOn,
    DueRule,
    EarlyDiscount,
    InstalmentTerm,
    PaymentTerms,
    RemainderNotLast,
    Share,
    ShareKind,
    SharesIncomplete,
    add_months,
)
from app.kernel.payment_terms.text import TermsNotUnderstood, accept_terms, parse_share, parse_terms, render_terms

__all__ = [
    "IMMEDIATELY",
    "REMAINDER",
    "DateOutOfRange",
    "DiscountOn",
    "DueRule",
    "EarlyDiscount",
    "InstalmentTerm",
    "PaymentTerms",
    "RemainderNotLast",
    "Share",
    "ShareKind",
    "SharesIncomplete",
    "TermsNotUnderstood",
    "accept_terms",
    "add_months",
    "parse_share",
    "parse_terms",
    "render_terms",
]
