"""Drafts, issues, credits and sends invoices."""

from app.invoices.services.choose import Part
from app.invoices.services.consolidate import draft_consolidated
from app.invoices.services.correct import CorrectedLine, correct_invoice, list_correctable
from app.invoices.services.credit import CreditData, credit_invoice, draft_credit, issue_credit
from app.invoices.services.deposits import draft_deposit
from app.invoices.services.drafts import (
    DraftData,
    DraftLine,
    delete_draft,
    draft_invoice,
    require_draft,
    require_left,
    update_draft,
)
from app.invoices.services.history import HistoryInvoice, register_history_invoice, register_history_invoices
from app.invoices.services.issue import IssuePreview, find_issue_faults, issue_invoice, preview_issue
from app.invoices.services.recurring_periods import draft_period, propose_periods, skip_period
from app.invoices.services.recurring_plans import (
    PlanData,
    PlanLine,
    change_plan,
    end_plan,
    make_plan,
    pause_plan,
    resume_plan,
)
from app.invoices.services.refit import Refit, refit_draft
from app.invoices.services.sending import resend_invoice, send_invoice

__all__ = [
    "CorrectedLine",
    "CreditData",
    "DraftData",
    "DraftLine",
    "HistoryInvoice",
    "IssuePreview",
    "Part",
    "PlanData",
    "PlanLine",
    "Refit",
    "change_plan",
    "correct_invoice",
    "credit_invoice",
    "delete_draft",
    "draft_consolidated",
    "draft_credit",
    "draft_deposit",
    "draft_invoice",
    "draft_period",
    "end_plan",
    "find_issue_faults",
    "issue_credit",
    "issue_invoice",
    "list_correctable",
    "make_plan",
    "pause_plan",
    "preview_issue",
    "propose_periods",
    "refit_draft",
    "register_history_invoice",
    "register_history_invoices",
    "require_draft",
    "require_left",
    "resend_invoice",
    "resume_plan",
    "send_invoice",
    "skip_period",
    "update_draft",
]
