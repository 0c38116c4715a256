"""Pages of customers: list, one customer, its form."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from app.audit.queries import list_timeline
from app.auth.guards import get_actor, guard
from app.auth.names import list_people, name_actors, name_users
from app.auth.rules import Permission
from app.company.queries import get_company
from app.customers import queries, services, views_import, views_vat  # noqa: F401 - they add their routes
from app.customers.forms import CustomerForm
from app.customers.models import Customer
from app.customers.pages import blueprint
from app.db.unit_of_work import unit_of_work
from app.kernel.einvoices import FORMAT_NAMES, MAILING_NAMES, mailing_of
from app.kernel.errors import BadInput
from app.kernel.money import format_decimal
from app.web.arguments import id_argument, text_argument, word_argument
from app.web.filters import request_now
from app.web.listing import ExportColumn, choose_sort, count_up_to, export_csv, paginate
from app.web.panels import list_panels
from app.web.timeline import build_timeline, list_actors
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SORTS = {"name": Customer.name_key, "number": Customer.number, "country": Customer.country}
EXPORT = (
    ExportColumn("number", lambda customer: customer.number),
    ExportColumn("name", lambda customer: customer.name),
    ExportColumn("country", lambda customer: customer.country),
    ExportColumn("vat_id", lambda customer: customer.vat_id),
    ExportColumn("billing_email", lambda customer: customer.billing_email),
    ExportColumn("currency", lambda customer: customer.currency),
    ExportColumn("payment_terms", lambda customer: customer.payment_terms),
    ExportColumn("credit_limit", lambda customer: _limit_text(customer)),
)


@blueprint.get("")
@guard(Permission.CUSTOMERS_VIEW)
def index() -> ResponseReturnValue:
    """Customers by name."""
    query = text_argument(request.args, "q")
    view = word_argument(request.args, "view", queries.View) or queries.View.ACTIVE
    owner_id = id_argument(request.args, "owner")
    statement = queries.filter_customers(query=query, active=view.is_active, owner_id=owner_id)
    sort = choose_sort(SORTS, default="name", tie=Customer.id)
    if request.args.get("export"):
        return export_csv(statement, order=sort.order, columns=EXPORT, name="customers", now=request_now())
    return render_template(
        "customers/index.html",
        page=paginate(statement, order=sort.order),
        count=count_up_to(statement),
        sort=sort,
        query=query,
        view=view,
        views=list(queries.View),
        owner_id=owner_id,
        people=list_people(),
    )


@blueprint.get("/<int:customer_id>")
@guard(Permission.CUSTOMERS_VIEW)
def detail(customer_id: int) -> ResponseReturnValue:
    """Everything about one customer."""
    customer = queries.get_customer(customer_id)
    entries = list_timeline(customer_id=customer_id, limit=30)
    return render_template(
        "customers/detail.html",
        einvoice_formats=FORMAT_NAMES,
        mailings=MAILING_NAMES,
        mailing=mailing_of(customer.einvoice, customer.mailing),
        customer=customer,
        owner=name_users([customer.owner_id]).get(customer.owner_id or 0),
        billing=queries.billing_address(customer),
        deliveries=queries.delivery_addresses(customer),
        company=get_company(),
        panels=list_panels("customer", customer_id),
        events=build_timeline(entries, name_actors(list_actors(entries)), here="customer"),
    )


@blueprint.get("/<int:customer_id>/peek")
@guard(Permission.CUSTOMERS_VIEW)
def peek(customer_id: int) -> ResponseReturnValue:
    """A customer beside the list."""
    customer = queries.get_customer(customer_id)
    return render_template("customers/peek.html", customer=customer, billing=queries.billing_address(customer))


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.CUSTOMERS_EDIT)
def new() -> ResponseReturnValue:
    """A customer that is not known yet."""
    company = get_company()
    form = CustomerForm(data={"country": company.country, "currency": company.currency, "language": company.language})
    if form.is_submitted() and not _grew(form) and form.validate():
        try:
            with unit_of_work():
                customer = services.create_customer(form.said(), actor=get_actor(), now=request_now())
            flash(f"{customer.name} is customer {customer.number}.", "success")
            return redirect(url_for("customers.detail", customer_id=customer.id))
        except BadInput as refusal:
            form.refuse(refusal)
    form.ensure_lines()
    return render_template("customers/form.html", form=form, customer=None, theirs=[]), 422 if form.errors else 200


@blueprint.route("/<int:customer_id>/edit", methods=["GET", "POST"])
@guard(Permission.CUSTOMERS_EDIT)
def edit(customer_id: int) -> ResponseReturnValue:
    """What is said about a customer."""
    customer = queries.get_customer(customer_id)
    form = CustomerForm(data=_form_data(customer))
    theirs: list[tuple[str, str, str]] = []
    if form.is_submitted() and not _grew(form) and form.validate():
        try:
            return _save(customer_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
        except services.CustomerChanged:
            theirs = _differences(customer_id, form)
    form.ensure_lines()
    status = 409 if theirs else 422 if form.errors else 200
    return render_template("customers/form.html", form=form, customer=customer, theirs=theirs), status


def _save(customer_id: int, form: CustomerForm) -> ResponseReturnValue:
    with unit_of_work():
        services.update_customer(
            customer_id, form.said(), version=read_version(form.version.data), actor=get_actor(), now=request_now()
        )
    flash("Saved.", "success")
    return redirect(url_for("customers.detail", customer_id=customer_id))


def _grew(form: CustomerForm) -> bool:
    """Whether the person only asked for one more line."""
    wanted = request.form.get("add_line")
    if wanted:
        for entries in (form.deliveries, form.contacts):
            entries.append_entry()
    return bool(wanted)


def _form_data(customer: Customer) -> dict[str, Any]:
    said = asdict(services.data_of(customer))
    until = said["no_chase_until"]
    return {
        **said,
        "version": customer.version,
        "no_chase_until": date.fromisoformat(until) if until else None,
        "credit_limit": None if said["credit_limit"] is None else _limit_text(customer),
    }


def _differences(customer_id: int, form: CustomerForm) -> list[tuple[str, str, str]]:
    """Label, the stored value and the typed one; saving again is then a decision made with both in sight."""
    customer = queries.get_customer(customer_id)
    stored, said = asdict(services.data_of(customer)), asdict(form.said())
    form.version.data = str(customer.version)
    names = name_users([customer.owner_id, form.owner_id.data])
    for values in (stored, said):
        values["owner_id"] = names.get(values["owner_id"])
    different = [name for name in stored if name in form._fields and stored[name] != said[name]]
    return [(form._fields[name].label.text, _shown(stored[name]), _shown(said[name])) for name in different] or [
        ("Everything", "as you typed it", "the same")
    ]


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(", ".join(str(part) for part in entry.values() if part) for entry in value)
    return "empty" if value in (None, "") else str(value)


def _limit_text(customer: Customer) -> str:
    limit = customer.credit_limit
    return "" if limit is None else format_decimal(limit, customer.currency)
