"""Quick entry: many deals typed into a grid or pasted from a spreadsheet, looked at, and saved at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.identifiers import check_email, read_vat_id
from app.company.queries import get_company
from app.company.queries_taxes import list_offered, read_tax_code
from app.db.unit_of_work import unit_of_work
from app.deals import quick
from app.deals.forms_quick import ROWS_AT_FIRST, QuickForm, grow
from app.deals.pages import blueprint
from app.deals.rules import STANDARD_TYPE, Checks
from app.deals.rules_quick import LABELS
from app.deals.services import draw_form_id
from app.kernel.errors import BadInput
from app.kernel.texts import counted
from app.web.filters import request_now, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.deals.intake import Import

CHECKS = Checks(vat_id=read_vat_id, email=check_email, tax_code=read_tax_code)
SAVING = {"save", "keep_good"}


@blueprint.route("/quick", methods=["GET", "POST"], endpoint="quick")
@guard(Permission.DEALS_IMPORT)
def quick_entry() -> ResponseReturnValue:
    """First a look at what was understood, then all rows are saved, or the good ones."""
    form = QuickForm(data={"closed_on": request_today().isoformat()})
    if request.method == "GET":
        return _show(form)
    if request.form.get("add_line"):
        grow(form, ROWS_AT_FIRST)
        return _show(form)
    if not form.validate():
        return _show(form, 422)
    try:
        return _take(form, request.form.get("action", ""))
    except BadInput as refusal:
        form.refuse(refusal)
        return _show(form, 422)


def _show(form: QuickForm, status: int = 200, **more: object) -> ResponseReturnValue:
    shown = {"rows": None, "good": 0, "wrong": 0, "left_out": (), **more}
    return render_template("deals/quick.html", form=form, labels=LABELS, tax_codes=list_offered(), **shown), status


def _take(form: QuickForm, action: str) -> ResponseReturnValue:
    if not quick.is_entry(form.entry.data or ""):
        action = "check"  # what nobody has looked at is not saved
        with unit_of_work():
            form.entry.data = draw_form_id()
    typed, text = form.list_typed(), form.pasted.data or ""
    read = quick.read_entry(
        typed, text, said_for_all=_said_for_all(form), currency=get_company().currency, entry=form.entry.data or "",
        checks=CHECKS,
    )  # fmt: skip
    if not read.rows and not read.parsed.problems:
        raise BadInput("Type a row or paste some first.", field="pasted")
    done = quick.save_entry(
        read, dry_run=action not in SAVING, keep_good=action == "keep_good", actor=get_actor(), now=request_now()
    )
    rows = quick.list_rows(read, done)
    wrong = [row for row in rows if row.reasons]
    if done.is_imported:
        _say_saved(done)
        if not wrong:
            return redirect(url_for("deals.index"))
    moved: frozenset[int] = frozenset()
    if wrong:
        left = quick.sort_out(read, rows, typed, text, only_wrong=done.is_imported)
        form.show(left.grid, left.text, "" if done.is_imported else form.entry.data or "")
        for path, reason in left.errors:
            form.refuse(BadInput(reason, field=path))
        moved = left.moved
    good = 0 if done.is_imported else len({row.deal_id for row in rows if not row.reasons})
    shown = [row for row in (wrong if done.is_imported else rows) if row.line not in moved]
    return _show(form, 422 if wrong else 200, rows=shown, good=good, wrong=len(wrong), left_out=read.pasted.left_out)


def _say_saved(done: Import) -> None:
    fresh = sum(row.status == "created" for row in done.rows)
    flash(f"{counted(fresh, 'deal waits', 'deals wait')} at the gate." if fresh else "They were saved before.", "good")


def _said_for_all(form: QuickForm) -> dict[str, str]:
    said = {
        "closed_on": form.closed_on.data or request_today().isoformat(),
        "currency": form.currency.data or "",
        "owner": form.owner.data or "",
        "deal_type": STANDARD_TYPE,
    }
    return {name: value for name, value in said.items() if value}
