"""Who answers which news, and who renders which document: the seams between wings, in one table each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.company.events import CompanySetUp, TaxRatesChanging
from app.company.queries import find_company, find_zone
from app.db.events import Event
from app.deals import services_checklist as deals_checklist
from app.deals.events import DealAccepted
from app.documents.services import RenderedDocument
from app.followup import services as followup
from app.followup.account_files import render_account_pdf, render_account_xlsx
from app.followup.letters import render_letter
from app.invoices.events import InvoiceCredited, InvoiceCrediting
from app.invoices.pdf import render_invoice
from app.invoices.services.orders import require_not_below_invoiced, require_not_invoiced
from app.invoices.services.rates import require_rates_agree
from app.invoices.services.reasons import take_reasons
from app.jobs import JOBS
from app.orders import services as orders
from app.orders import services_care as care
from app.orders import services_deliveries as deliveries
from app.orders import services_holds as holds
from app.orders.events import (
    ExceptionResolving,
    OrderAmended,
    OrderAmending,
    OrderCancelled,
    OrderCancelling,
    OrderCutShort,
    OrderFreed,
    OrderFulfilled,
    OrderHeld,
    OrderOpened,
    OrderReopening,
)
from app.outbox.sender import Sender
from app.payments import services as payments
from app.payments.services_credits import drop_deductions, free_deductions, record_credit
from app.payments.services_discount import renew_discount
from app.reports import documents as report_documents
from app.tasks import services as tasks
from app.tasks import services_promised as tasks_promised
from app.tasks.queries import list_departments, list_playbooks
from app.tasks.services_holder import pass_ball
from app.tasks.services_ladder import ensure_standard_ladder
from app.tasks.services_playbooks import ensure_standard_playbooks
from app.tasks.services_refuse import require_decided_again

# event -> services that answer it, in order, in the same unit of work
ANSWERS: Mapping[type[Event], Sequence[Callable[[Any], Any]]] = {
    CompanySetUp: (
        lambda _news: deals_checklist.ensure_standard_checklists(),
        lambda news: ensure_standard_playbooks(news.now),
        lambda _news: ensure_standard_ladder(),
        lambda _news: followup.ensure_standard_procedure(),
    ),
    TaxRatesChanging: (require_rates_agree,),
    DealAccepted: (lambda news: orders.open_order(news.deal_id, actor=news.actor, now=news.now),),
    OrderOpened: (
        lambda news: tasks.plan_tasks(news.order_id, actor=news.actor, now=news.now),
        lambda news: tasks_promised.plan_promises(news.order_id, actor=news.actor, now=news.now),
        lambda news: holds.check_credit(news.order_id, actor="system:credit", now=news.now),
    ),
    OrderHeld: (lambda news: pass_ball(news.order_id, now=news.now),),
    OrderFreed: (lambda news: pass_ball(news.order_id, now=news.now),),
    OrderCancelling: (lambda news: require_not_invoiced(news.order_id),),
    OrderReopening: (
        lambda news: require_not_invoiced(news.order_id),
        lambda news: deliveries.take_back_rest(news.order_id, actor=news.actor, now=news.now),
    ),
    OrderFulfilled: (
        lambda news: deliveries.deliver_rest(news.order_id, actor=news.actor, now=news.now),
        lambda news: care.plan_care(news.order_id, actor="system:care", now=news.now),
    ),
    OrderAmended: (lambda news: take_reasons(news.order_id),),
    OrderAmending: (lambda news: require_not_below_invoiced(news.order_id, news.quantities, repriced=news.repriced),),
    ExceptionResolving: (lambda news: require_decided_again(news.source),),
    OrderCutShort: (lambda news: tasks.close_tasks(news.order_id, actor=news.actor, now=news.now),),
    InvoiceCrediting: (
        lambda news: payments.free_invoice(
            news.invoice_id, on=news.on, reason=news.reason, amount=news.amount, actor=news.actor, now=news.now
        ),
        lambda news: free_deductions(
            news.invoice_id, on=news.on, reason=news.reason, amount=news.amount, actor=news.actor, now=news.now
        ),
    ),
    InvoiceCredited: (
        lambda news: record_credit(news.credit_note_id, actor=news.actor, now=news.now),
        lambda news: renew_discount(news.invoice_id, news.on, actor=news.actor, now=news.now),
        lambda news: drop_deductions(news.credit_note_id, now=news.now),
    ),
    OrderCancelled: (
        lambda news: care.drop_care(news.order_id),
        lambda news: holds.drop_holds(news.order_id, actor=news.actor, now=news.now),
        lambda news: tasks.close_tasks(news.order_id, actor=news.actor, now=news.now),
    ),
}

# question -> who answers it for wings that stand to the left
LOOKUPS: Mapping[str, Callable[[], Any]] = {
    "zone": find_zone,
    "jobs": lambda: [(job.name, job.title) for job in JOBS],
    "order_types": lambda: [(playbook.order_type, playbook.name) for playbook in list_playbooks()],
    "departments": lambda: [(department.code, department.name) for department in list_departments()],
}

# (owner kind, document kind) -> renders it from frozen facts, outside a transaction, and returns the bytes' facts
RENDERERS: Mapping[tuple[str, str], Callable[[int, datetime], RenderedDocument]] = {
    ("invoice", "pdf"): render_invoice,
    ("dunning_letter", "pdf"): render_letter,
    ("account_statement", "pdf"): render_account_pdf,
    ("account_statement", "xlsx"): render_account_xlsx,
    ("mis_report", "chart"): report_documents.render_chart,
    ("mis_report", "pdf"): report_documents.render_report_pdf,
    ("mis_report", "xlsx"): report_documents.render_xlsx,
}


def find_sender() -> Sender | None:
    """Mails come from the company; before it is set up the outbox has an address of its own."""
    company = find_company()
    return Sender(company.email, company.name) if company is not None else None


def wipe_demo(*, actor: str, now: datetime) -> None:
    """What the settings page calls to remove the demo; loaded only then."""
    from app.demo import wipe

    wipe.wipe_demo(actor=actor, now=now)
