"""Drafts, issues, credits and sends invoices."""

from app.invoices.services.credit import credit_invoice
from app.invoices.services.drafts import (
    DraftData,
    DraftLine,
    delete_draft,
    draft_invoice,
    update_draft,
)
from app.invoices.services.history import HistoryInvoice, register_history_invoice, register_history_invoices
from app.invoices.services.issue import find_issue_faults, issue_invoice
from app.invoices.services.sending import resend_invoice, send_invoice

__all__ = [
    "DraftData",
    "DraftLine",
    "HistoryInvoice",
    "credit_invoice",
    "delete_draft",
    "draft_invoice",
    "find_issue_faults",
    "issue_invoice",
    "register_history_invoice",
    "register_history_invoices",
    "resend_invoice",
    "send_invoice",
    "update_draft",
]
