"""Builds the morning mail of the daily report: figures, chart, tables, links, and the same in plain text."""

from collections.abc import Mapping, Sequence
from typing import Any

import css_inline
from flask import current_app, render_template

from app.auth.models import User
from app.company.queries import get_company
from app.outbox.services import AttachmentRef, NewMessage
from app.reports import queries
from app.reports.models import MisReport
from app.reports.rules_view import View, build_view

CHART_ID = "aging-chart"
LARGEST_HTML = 100_000  # bytes; larger mails are cut off by mail programs


def build_report(report: MisReport, subscriber: User, changes: Sequence[Mapping[str, Any]]) -> NewMessage:
    """The outbox message of a stored report for one person; sent again under the same Message-ID when uncertain."""
    view = view_of(report)
    context = {
        "view": view,
        "report": report,
        "company": get_company(),
        "reader": subscriber,
        "changes": changes,
        "base_url": base_url(),
        "chart_id": CHART_ID,
    }
    return NewMessage(
        kind="mis",
        object_kind="mis_report",
        object_id=report.id,
        period=report.on.isoformat(),
        recipient=subscriber.email,
        recipient_name=subscriber.name,
        subject=view.subject,
        body_text=render_template("mail/mis.txt", **context),
        body_html=_inlined(render_template("mail/mis.html", **context)),
        attachments=[
            AttachmentRef("mis_report", report.id, "chart", CHART_ID),
            AttachmentRef("mis_report", report.id, "pdf"),
            AttachmentRef("mis_report", report.id, "xlsx"),
        ],
        resend_when_uncertain=True,
    )


def view_of(report: MisReport) -> View:
    """A stored report as people read it, beside the one before it."""
    before = queries.find_report_before(report.on)
    return build_view(report.figures, before.figures if before else None, base_url())


def base_url() -> str:
    """Where links in mails lead: always the configured address, never the host of a request."""
    return str(current_app.extensions["tillpaid_settings"].public_base_url)


def _inlined(html: str) -> str:
    """Mail programs read style attributes only; dark mode keeps its at-rules."""
    return str(css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(html))
