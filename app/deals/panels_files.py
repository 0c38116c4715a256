"""The files of a deal, on its page."""

from __future__ import annotations

from flask import render_template, url_for
from markupsafe import Markup

from app.auth.guards import may_current
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.deals import queries_files
from app.deals.forms_files import DealFileForm
from app.deals.models import DealState
from app.deals.queries import get_deal
from app.documents.rules_files import ACCEPT, MOST_FILES
from app.web.files import FileRow
from app.web.panels import Panel, panel_for


@panel_for("deal", place=7, permission="deals.view")
def show_files(deal_id: int) -> Panel | None:
    """The newest first, with what each was added for; they do not change any more once the deal is accepted."""
    deal, files = get_deal(deal_id), queries_files.list_files(deal_id)
    is_open = deal.state is not DealState.ACCEPTED
    may_change = is_open and (may_current(Permission.DEALS_DECIDE) or may_current(Permission.DEALS_IMPORT))
    if not files and not may_change:
        return None
    asked = queries_files.list_asked(deal.deal_type)
    names = name_actors(one.file.added_by for one in files)
    rows = [
        FileRow.of(
            one.document,
            by=names[one.file.added_by],
            at=one.file.added_at,
            url=url_for("deals.download", file_id=one.file.id),
            note=f"for: {asked[one.file.for_code]}" if one.file.for_code in asked else "",
            remove_url=url_for("deals.remove_file", file_id=one.file.id) if may_change else "",
        )
        for one in files
    ]
    body = render_template(
        "deals/_files.html",
        rows=rows,
        deal_id=deal_id,
        may_add=may_change,
        form=DealFileForm(formdata=None, asked=asked) if may_change and len(rows) < MOST_FILES else None,
        accept=ACCEPT,
        most=MOST_FILES,
    )
    return Panel("Files", Markup(body), count=len(rows) or None)  # noqa: S704 - the template escapes
