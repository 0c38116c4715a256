"""Pages on which deals come in: typed, corrected, or as a file that is checked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.identifiers import check_email, check_vat_id
from app.company.queries import get_company
from app.company.queries_taxes import list_offered, read_tax_code
from app.customers import queries as customers
from app.db.unit_of_work import unit_of_work
from app.deals import intake, queries, services
from app.deals.forms import DealForm, DealsFileForm, form_data
from app.deals.models import DealState
from app.deals.pages import blueprint
from app.deals.rules import STANDARD_TYPE, Checks
from app.kernel.errors import BadInput
from app.web.arguments import id_argument
from app.web.filters import request_now, request_today
from app.web.uploads import pack, unpack
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

CHECKS = Checks(vat_id=check_vat_id, email=check_email, tax_code=read_tax_code)
SOURCE = "form"


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.DEALS_IMPORT)
def new() -> ResponseReturnValue:
    """A deal that somebody types in."""
    form = DealForm(data=_beginning())
    if form.is_submitted() and not _grew(form) and form.validate():
        try:
            if (done := _register(form)) is not None:
                return done
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("deals/form.html", form=form, deal=None, tax_codes=list_offered())
    return page, 422 if form.errors else 200


def _beginning() -> dict[str, object]:
    company = get_company()
    said: dict[str, object] = {
        "closed_on": request_today().isoformat(),
        "country": company.country,
        "currency": company.currency,
        "deal_type": STANDARD_TYPE,
        "lines": [{}],
    }
    if (customer_id := id_argument(request.args, "customer")) is not None:
        customer = customers.get_customer(customer_id)
        address = customers.billing_address(customer)
        said |= {name: getattr(customer, name) for name in ("country", "currency", "vat_id", "billing_email")}
        said |= {name: getattr(address, name) for name in ("street", "postal_code", "city")}
        said |= {"customer": customer.name, "payment_terms": customer.payment_terms}
    return said


def _register(form: DealForm) -> ResponseReturnValue | None:
    parsed = form.read(CHECKS, "")
    if parsed is None:
        return None
    with unit_of_work():
        external_id = intake.check_external_id(form.deal_id.data or "") or services.draw_form_id()
        done = services.register_deal(
            intake.with_external_id(parsed, external_id), source=SOURCE, actor=get_actor(), now=request_now()
        )
    if done.status != "created":
        raise BadInput("This deal id is taken. Choose another one.", field="deal_id")
    flash(f"Deal {external_id} waits at the gate.", "success")
    return redirect(url_for("deals.detail", deal_id=done.deal.id))


@blueprint.route("/<int:deal_id>/edit", methods=["GET", "POST"])
@guard(Permission.DEALS_IMPORT)
def edit(deal_id: int) -> ResponseReturnValue:
    """Corrects a deal that is not accepted yet; one that was returned waits again afterwards."""
    deal = queries.get_deal(deal_id)
    if deal.state is DealState.ACCEPTED:
        raise services.DealAcceptedAlready
    form = DealForm(data=form_data(deal))
    if form.is_submitted() and not _grew(form) and form.validate():
        try:
            if (done := _save(deal_id, form)) is not None:
                return done
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("deals/form.html", form=form, deal=deal, tax_codes=list_offered())
    return page, 422 if form.errors else 200


def _save(deal_id: int, form: DealForm) -> ResponseReturnValue | None:
    deal = queries.get_deal(deal_id)
    parsed = form.read(CHECKS, deal.external_id)
    if parsed is None:
        return None
    version, was_returned = read_version(form.version.data), deal.state is DealState.RETURNED
    with unit_of_work():
        if was_returned:
            services.resubmit_deal(deal_id, parsed, version=version, actor=get_actor(), now=request_now())
        else:
            services.edit_deal(deal_id, parsed, version=version, actor=get_actor(), now=request_now())
    flash("Saved. The deal waits at the gate again." if was_returned else "Saved.", "success")
    return redirect(url_for("deals.detail", deal_id=deal_id))


def _grew(form: DealForm) -> bool:
    """Whether the person only asked for one more line."""
    if request.form.get("add_line"):
        form.lines.append_entry()
        return True
    return False


@blueprint.route("/import", methods=["GET", "POST"], endpoint="import_file")
@guard(Permission.DEALS_IMPORT)
def import_file() -> ResponseReturnValue:
    """Drop a file, see each row's result, import all of it or only the good rows."""
    form = DealsFileForm()
    if not form.is_submitted() or not form.validate():
        return render_template("deals/import.html", form=form, done=None), 422 if form.errors else 200
    action = request.form.get("action", "")
    try:
        content, name = _content(form, action)
        parsed = intake.read_deals(content, name, encoding=form.encoding.data or None)
        done = intake.import_file(
            parsed,
            source=(form.source.data or intake.default_source(parsed))[:60],
            dry_run=action not in {"import", "keep_good"},
            keep_good=action == "keep_good",
            actor=get_actor(),
            now=request_now(),
        )
    except BadInput as refusal:
        form.file.errors = [str(refusal)]
        return render_template("deals/import.html", form=form, done=None), 422
    counts = intake.count_rows(done.rows)
    if done.is_imported:
        flash(f"{counts['created']} deals wait at the gate.", "success")
        return redirect(url_for("deals.index"))
    rows = [{"line": row.line, "key": row.deal_id, "status": row.status, "reasons": row.reasons} for row in done.rows]
    page = render_template(
        "deals/import.html", form=form, done=done, rows=rows, counts=counts, packed=pack(content), name=name,
        parsed=parsed,
    )  # fmt: skip
    return page, 422 if counts["rejected"] else 200


def _content(form: DealsFileForm, action: str) -> tuple[bytes, str]:
    """The chosen file, or the one that the checked page carried along."""
    if action in {"import", "keep_good"}:
        return unpack(request.form.get("packed", "")), request.form.get("name", "")[:200]
    content: bytes = form.file.data.read() if form.file.data else b""
    if not content:
        raise BadInput("Choose a file first.", field="file")
    return content, str(form.file.data.filename or "")[:200]
