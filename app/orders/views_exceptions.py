"""Pages of exceptions: the queue, one with all that happened to it, and what people do with it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user

from app.audit.queries import list_entries_of
from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.queries_absence import list_covered
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.orders import queries_exceptions as queries
from app.orders import services_exceptions as services
from app.orders.forms_exceptions import HandForm, RaiseForm, ReopenForm, ResolveForm, SuspendForm
from app.orders.models_exceptions import OrderException
from app.orders.queries import get_order
from app.orders.rows_exceptions import build_exception_rows, build_hand_form, build_raise_form
from app.orders.rules_exceptions import CAUSE_LABELS, LIFECYCLE, Cause, ExceptionState
from app.orders.services_handover import hand_over
from app.web.arguments import id_argument, word_argument
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.listing import count_up_to, paginate, url_with
from app.web.timeline import build_timeline, list_actors
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.web.forms import BaseForm

blueprint = Blueprint("exceptions", __name__)


class Show(enum.StrEnum):
    """A list of exceptions that people ask for."""

    OPEN = "open"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"
    ALL = "all"

    @property
    def state(self) -> ExceptionState | None:
        return None if self is Show.ALL else ExceptionState(self.value)


class Who(enum.StrEnum):
    """Whose exceptions."""

    MINE = "mine"


TABS = {Show.OPEN: "Open", Show.SUSPENDED: "Put aside", Show.RESOLVED: "Resolved", Show.ALL: "All"}


@blueprint.get("")
@guard(Permission.ORDERS_VIEW)
def index() -> ResponseReturnValue:
    """The queue, the oldest first."""
    show = word_argument(request.args, "state", Show) or Show.OPEN
    cause, who = word_argument(request.args, "cause", Cause), word_argument(request.args, "who", Who)
    mine = _find_mine() if who else ()
    counts = {
        one: count_up_to(queries.select_exceptions(request_today(), state=one.state, cause=cause, mine=mine))
        for one in TABS
    }
    statement = queries.select_exceptions(request_today(), state=show.state, cause=cause, mine=mine)
    page = paginate(statement, order=[(OrderException.raised_at, "asc"), (OrderException.id, "asc")])
    return render_template(
        "exceptions/index.html",
        page=page,
        rows=build_exception_rows(page.rows),
        show=show,
        cause=cause,
        who=who,
        count=counts[show],
        causes=CAUSE_LABELS,
        tabs=[_tab(one, counts[one], show) for one in TABS],
    )


def _find_mine() -> list[tuple[int, str | None]]:
    """Me, and everybody I stand in for today, each with the department."""
    people = [current_user, *list_covered(current_user.id, request_today())]
    return [(person.id, person.department_code) for person in people]


def _tab(one: Show, count: object, show: Show) -> dict[str, Any]:
    url = url_with(state=None if one is Show.OPEN else one.value, after=None, before=None)
    return {"label": TABS[one], "url": url, "count": count, "active": one is show}


@blueprint.route("/raise", methods=["GET", "POST"], endpoint="raise")
@guard(Permission.ORDERS_COMMENT)
def raise_exception() -> ResponseReturnValue:
    """Says that an order cannot go on, and why."""
    order_id = id_argument(request.args, "order")
    if order_id is None:
        raise BadInput("Say on which order.", field="order")
    order, form = get_order(order_id), build_raise_form(sent=request.method == "POST")
    if form.validate_on_submit():
        try:
            return _raise(order_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("exceptions/raise.html", order=order, form=form), 422 if form.errors else 200


def _raise(order_id: int, form: RaiseForm) -> ResponseReturnValue:
    with unit_of_work():
        services.raise_exception(
            order_id,
            Cause(form.cause.data),
            form.description.data or "",
            owner_id=form.person,
            department_code=form.department,
            actor=get_actor(),
            now=request_now(),
        )
    say("The exception is in the queue.")
    return redirect(url_for("orders.detail", order_id=order_id) + "#exceptions")


@blueprint.get("/<int:exception_id>")
@guard(Permission.ORDERS_VIEW)
def detail(exception_id: int) -> ResponseReturnValue:
    """One exception: what it is about, who sees to it, what happened, and what can be done."""
    return _show(exception_id)


def _show(exception_id: int, sent: BaseForm | None = None) -> str:
    exception = queries.get_exception(exception_id)
    row = build_exception_rows([exception])[0]
    entries = list_entries_of("order_exception", exception_id)
    forms = [kind(formdata=None) for kind in (SuspendForm, ResolveForm, ReopenForm)]
    suspend_form, resolve_form, reopen_form = (sent if type(sent) is type(form) else form for form in forms)
    return render_template(
        "exceptions/detail.html",
        row=row,
        moves={move.name for move in LIFECYCLE.moves_from(row.standing)},
        hand_form=sent if isinstance(sent, HandForm) else build_hand_form(),
        suspend_form=suspend_form,
        resolve_form=resolve_form,
        reopen_form=reopen_form,
        events=build_timeline(entries, name_actors(list_actors(entries)), here="order_exception"),
    )


@blueprint.post("/<int:exception_id>/hand")
@guard(Permission.ORDERS_EDIT)
def hand(exception_id: int) -> ResponseReturnValue:
    """Somebody else sees to it from now on, and is told."""
    form = build_hand_form(sent=True)
    return _do(
        exception_id,
        lambda **stamp: hand_over(
            exception_id, form.note.data or "", owner_id=form.person, department_code=form.department, **stamp
        ),
        "It is handed over, and they are told.",
        form,
    )


@blueprint.post("/<int:exception_id>/suspend")
@guard(Permission.ORDERS_EDIT)
def suspend(exception_id: int) -> ResponseReturnValue:
    """Aside until a day, on which it is back by itself."""
    form = SuspendForm()

    def work(**stamp: Any) -> None:
        assert form.until.data is not None  # noqa: S101 - the form requires it
        services.suspend_exception(exception_id, form.until.data, **stamp)

    return _do(exception_id, work, "It is put aside until that day, and then comes back by itself.", form)


@blueprint.post("/<int:exception_id>/resume")
@guard(Permission.ORDERS_EDIT)
def resume(exception_id: int) -> ResponseReturnValue:
    """Back before its day."""
    return _do(exception_id, lambda **stamp: services.resume_exception(exception_id, **stamp), "It is open again.")


@blueprint.post("/<int:exception_id>/resolve")
@guard(Permission.ORDERS_EDIT)
def resolve(exception_id: int) -> ResponseReturnValue:
    """The order can go on."""
    form = ResolveForm()
    return _do(
        exception_id,
        lambda **stamp: services.resolve_exception(exception_id, form.note.data or "", **stamp),
        "It is resolved.",
        form,
    )


@blueprint.post("/<int:exception_id>/reopen")
@guard(Permission.ORDERS_EDIT)
def reopen(exception_id: int) -> ResponseReturnValue:
    """Not resolved after all."""
    form = ReopenForm()
    return _do(
        exception_id,
        lambda **stamp: services.reopen_exception(exception_id, form.reason.data or "", **stamp),
        "It is open again.",
        form,
    )


def _do(exception_id: int, work: Callable[..., Any], said: str, form: BaseForm | None = None) -> ResponseReturnValue:
    """The move in one unit of work, or the page again with what was refused."""
    queries.get_exception(exception_id)
    if form is not None and not form.validate():
        return _show(exception_id, form), 422
    version = read_version(request.form.get("version"))
    try:
        with unit_of_work():
            work(version=version, actor=get_actor(), now=request_now())
    except BadInput as refusal:
        if form is None:
            raise
        form.refuse(refusal)
        return _show(exception_id, form), 422
    say(said)
    return redirect(url_for("exceptions.detail", exception_id=exception_id))
