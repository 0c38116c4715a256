"""The page that takes in a file of customers: first what would happen, then for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers import intake
from app.customers.forms import CustomersFileForm
from app.customers.pages import blueprint
from app.kernel.errors import BadInput
from app.kernel.texts import counted
from app.web.filters import request_now
from app.web.uploads import pack, unpack

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/import", methods=["GET", "POST"], endpoint="import_file")
@guard(Permission.CUSTOMERS_IMPORT)
def import_file() -> ResponseReturnValue:
    """Drop a file, see each row's result, import."""
    form = CustomersFileForm()
    if not form.is_submitted() or not form.validate():
        return render_template("customers/import.html", form=form, results=None), 422 if form.errors else 200
    for_good = request.form.get("action") == "import"
    try:
        content = unpack(request.form.get("packed", "")) if for_good else _read(form)
        parsed = intake.read_customers(content, encoding=form.encoding.data or None)
        results, is_imported = intake.import_file(parsed, dry_run=not for_good, actor=get_actor(), now=request_now())
    except BadInput as refusal:
        form.file.errors = [str(refusal)]
        return render_template("customers/import.html", form=form, results=None), 422
    if is_imported:
        created = counted(sum(row.status == "created" for row in results), "customer")
        flash(f"Created: {created}.", "success")
        return redirect(url_for("customers.index"))
    rows = [{"line": row.line, "key": row.name, "status": row.status, "reasons": row.reasons} for row in results]
    rejected = intake.has_rejected(results)
    page = render_template(
        "customers/import.html", form=form, results=rows, rejected=rejected, packed=pack(content), parsed=parsed
    )
    return page, 422 if rejected else 200


def _read(form: CustomersFileForm) -> bytes:
    content: bytes = form.file.data.read() if form.file.data else b""
    if not content:
        raise BadInput("Choose a file first.", field="file")
    return content
