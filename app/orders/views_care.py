"""Pages of account care: what is to be done for whom, one reminder, notes, and the rules."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.queries import get_customer, names_of
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput, NotFound
from app.orders import queries_care, services_care
from app.orders.forms_care import MoveForm, NoteForm, OutcomeForm, ReminderForm
from app.orders.models_care import CareKind, CareReminder
from app.orders.pages import blueprint
from app.orders.queries import numbers_of
from app.orders.rules_care import LABELS, parse_days
from app.web.arguments import word_argument
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.listing import count_up_to, paginate
from app.web.lookups import look_up

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.web.forms import BaseForm


class When(enum.StrEnum):
    DUE = "due"
    ALL = "all"


class TypeUnknown(NotFound):
    """There is no such type of order."""


@blueprint.get("/care")
@guard(Permission.ORDERS_VIEW)
def care() -> ResponseReturnValue:
    """What is to be done for customers, the next first."""
    when = word_argument(request.args, "when", When) or When.DUE
    chosen = {When.DUE: queries_care.select_open(request_today()), When.ALL: queries_care.select_open()}
    page = paginate(chosen[when], order=[(CareReminder.due_on, "asc"), (CareReminder.id, "asc")])
    labels = {When.DUE: "Due", When.ALL: "All that come"}
    return render_template(
        "orders/care.html",
        page=page,
        when=when,
        names=names_of([one.customer_id for one in page.rows]),
        numbers=numbers_of([one.order_id for one in page.rows if one.order_id]),
        labels=LABELS,
        tabs=[
            {
                "label": labels[one], "url": url_for("orders.care", when=one.value), "active": one is when,
                "count": count_up_to(chosen[one]),
            }
            for one in When
        ],
    )  # fmt: skip


@blueprint.get("/care/<int:reminder_id>")
@guard(Permission.ORDERS_EDIT)
def reminder(reminder_id: int) -> ResponseReturnValue:
    """One reminder: what came of it, or another day."""
    return _show(queries_care.get_reminder(reminder_id))


def _show(found: CareReminder, sent: BaseForm | None = None) -> str:
    outcome = sent if isinstance(sent, OutcomeForm) else OutcomeForm(formdata=None)
    move = sent if isinstance(sent, MoveForm) else MoveForm(formdata=None)
    return render_template(
        "orders/care_reminder.html", reminder=found, customer=get_customer(found.customer_id), outcome=outcome,
        move=move, number=numbers_of([found.order_id] if found.order_id else []).get(found.order_id or 0, ""),
        label=found.text or LABELS[found.kind.value],
    )  # fmt: skip


@blueprint.post("/care/<int:reminder_id>/done")
@guard(Permission.ORDERS_EDIT)
def finish_care(reminder_id: int) -> ResponseReturnValue:
    """What came of it."""
    found, form = queries_care.get_reminder(reminder_id), OutcomeForm()
    if not form.validate():
        return _show(found, form), 422
    with unit_of_work():
        services_care.finish_reminder(reminder_id, form.outcome.data or "", actor=get_actor(), now=request_now())
    say("It is done; what came of it stands in the customer's timeline.")
    return redirect(url_for("orders.care"))


@blueprint.post("/care/<int:reminder_id>/move")
@guard(Permission.ORDERS_EDIT)
def move_care(reminder_id: int) -> ResponseReturnValue:
    """Another day."""
    found, form = queries_care.get_reminder(reminder_id), MoveForm()
    try:
        if form.validate():
            assert form.due_on.data is not None  # noqa: S101 - the form requires it
            with unit_of_work():
                services_care.move_reminder(reminder_id, form.due_on.data, actor=get_actor(), now=request_now())
            say("It comes up again that day.")
            return redirect(url_for("orders.care"))
    except BadInput as refusal:
        form.refuse(refusal)
    return _show(found, form), 422


# --- of a customer --------------------------------------------------------------------------------------------------


@blueprint.route("/of-customer/<int:customer_id>/remind", methods=["GET", "POST"])
@guard(Permission.ORDERS_EDIT)
def add_care(customer_id: int) -> ResponseReturnValue:
    """Something to do for a customer on a day."""
    customer, form = get_customer(customer_id), ReminderForm()
    try:
        if form.validate_on_submit():
            assert form.due_on.data is not None  # noqa: S101 - the form requires it
            with unit_of_work():
                services_care.add_reminder(
                    customer_id, form.text.data or "", due_on=form.due_on.data, actor=get_actor(), now=request_now()
                )
            say("You will find it under Account care on that day.")
            return redirect(url_for("customers.detail", customer_id=customer_id))
    except BadInput as refusal:
        form.refuse(refusal)
    page = render_template("orders/care_form.html", customer=customer, form=form, title="Remind of something")
    return page, 422 if form.errors else 200


@blueprint.route("/of-customer/<int:customer_id>/note", methods=["GET", "POST"])
@guard(Permission.ORDERS_COMMENT)
def note(customer_id: int) -> ResponseReturnValue:
    """A note on the account, for colleagues."""
    customer, form = get_customer(customer_id), NoteForm()
    if form.validate_on_submit():
        with unit_of_work():
            services_care.note_customer(customer_id, form.text.data or "", actor=get_actor(), now=request_now())
        say("The note stands in the timeline.")
        return redirect(url_for("customers.detail", customer_id=customer_id))
    page = render_template("orders/care_form.html", customer=customer, form=form, title="Add a note")
    return page, 422 if form.errors else 200


# --- the rules ------------------------------------------------------------------------------------------------------


@blueprint.route("/care/rules", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def care_rules() -> ResponseReturnValue:
    """After how many days somebody is reminded of what."""
    types = dict(look_up("order_types", []))
    rules = queries_care.read_rules()
    typed: dict[str, dict[str, str]] = {
        one: {kind.value: str(rules.get(one, {}).get(kind.value, "")) for kind in CareKind} for one in types
    }
    wrong: BadInput | None = None
    if request.method == "POST":
        try:
            return _save_rules(types, typed)
        except BadInput as refusal:
            wrong = refusal
    kinds = [(kind.value, LABELS[kind.value]) for kind in CareKind if kind is not CareKind.OTHER]
    page = render_template("orders/care_rules.html", types=types, kinds=kinds, typed=typed, wrong=wrong)
    return page, 422 if wrong else 200


def _save_rules(types: dict[str, str], typed: dict[str, dict[str, Any]]) -> ResponseReturnValue:
    order_type = request.form.get("order_type", "")
    if order_type not in types:
        raise TypeUnknown
    typed[order_type] |= {kind.value: request.form.get(kind.value, "")[:20] for kind in CareKind}
    days: dict[CareKind, int | None] = {
        kind: parse_days(typed[order_type][kind.value], kind.value, LABELS[kind.value])
        for kind in CareKind
        if kind is not CareKind.OTHER
    }
    with unit_of_work():
        services_care.set_rules(order_type, days, actor=get_actor(), now=request_now())
    say(f"Orders of the type “{types[order_type]}” get these reminders from now on.")
    return redirect(url_for("orders.care_rules"))
