"""Drafts, issues, credits and sends invoices."""

from app.invoices.services.credit import credit_invoice
from app.invoices.services.drafts import (
    DraftData,
    DraftLine,
    delete_draft,
    draft_invoice,
    require_draft,
    update_draft,
)
from app.invoices.services.history import HistoryInvoice, register_history_invoice, register_history_invoices
from app.invoices.services.issue import IssuePreview, find_issue_faults, issue_invoice, preview_issue
from app.invoices.services.sending import resend_invoice, send_invoice

__all__ = [
    "DraftData",
    "DraftLine",
    "HistoryInvoice",
    "IssuePreview",
    "credit_invoice",
    "delete_draft",
    "draft_invoice",
    "find_issue_faults",
    "issue_invoice",
    "preview_issue",
    "register_history_invoice",
    "register_history_invoices",
    "require_draft",
    "resend_invoice",
    "send_invoice",
    "update_draft",
]
