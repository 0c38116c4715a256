"""The statement of account of a customer: between which days, on screen, as PDF and spreadsheet, and sent."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.followup import services_account as services
from app.followup.account_files import XLSX, draw_account_pdf, draw_account_xlsx, file_name
from app.followup.account_paper import list_sums, say_bucket, say_item, say_line
from app.followup.pages import blueprint
from app.followup.queries_account import read_statement
from app.followup.queries_account_sent import find_sent_on
from app.followup.rules_account import require_past
from app.followup.texts_account import ENGLISH
from app.invoices.pdf import PDF
from app.kernel.errors import BadInput, RuleError
from app.kernel.money import to_minor
from app.ledger.queries import position_at
from app.web.arguments import date_argument, id_argument
from app.web.filters import company_zone, day, money, request_now, request_today

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask.typing import ResponseReturnValue

FIELDS = {"since": "From", "until": "To", "known": "As known on"}


@blueprint.get("/customers/<int:customer_id>/account")
@guard(Permission.FOLLOWUP_VIEW)
def account(customer_id: int) -> ResponseReturnValue:
    """Opening, movements, closing and what is open, in every currency of the customer."""
    customer = get_customer(customer_id)
    since, until, known = _span(MultiDict())
    content, refused = None, {}
    try:
        since, until, known = _span(request.args)
        statement = read_statement(customer_id, since, until, up_to=_position(known))
        content = services.build_content(customer, statement)
    except BadInput as refusal:
        refused = {refusal.field or "": _say(refusal)}
    page = render_template(
        "followup/account.html",
        customer=customer,
        content=content,
        refused=refused,
        typed={name: request.args.get(name, "") for name in FIELDS},
        since=since,
        until=until,
        known=known,
        sent_today=find_sent_on(request_today(), customer_id, since, until),
        months=_months(request_today()),
        say_money=lambda text, code: money(to_minor(Decimal(text), code), code),
        say_day=lambda iso: day(date.fromisoformat(iso)),
        say_line=lambda line: say_line(line, ENGLISH),
        say_item=say_item,
        list_sums=lambda account: list_sums(account, ENGLISH),
        say_bucket=lambda name: say_bucket(name, ENGLISH),
    )
    return page, 422 if refused else 200


@blueprint.get("/customers/<int:customer_id>/account.pdf")
@guard(Permission.FOLLOWUP_VIEW)
def account_pdf(customer_id: int) -> ResponseReturnValue:
    """On paper, in the customer's language; nothing is kept."""
    return _file(customer_id, draw_account_pdf, PDF, "inline", "pdf")


@blueprint.get("/customers/<int:customer_id>/account.xlsx")
@guard(Permission.FOLLOWUP_VIEW)
def account_xlsx(customer_id: int) -> ResponseReturnValue:
    """As a spreadsheet with typed cells."""
    return _file(customer_id, draw_account_xlsx, XLSX, "attachment", "xlsx")


@blueprint.post("/customers/<int:customer_id>/account/send")
@guard(Permission.FOLLOWUP_SEND)
def send_account(customer_id: int) -> ResponseReturnValue:
    """Mails the statement with both files to the customer."""
    since, until, known = _span(request.form)
    back = redirect(url_for("followup.account", customer_id=customer_id, since=since, until=until, known=known))
    try:
        with unit_of_work():
            services.send_account_statement(
                customer_id, since, until, up_to=_position(known), after=id_argument(request.form, "after"),
                actor=get_actor(), now=request_now(),
            )  # fmt: skip
    except (BadInput, RuleError) as refusal:
        flash(str(refusal), "bad")
        return back
    flash("The statement of account is on its way.", "good")
    return back


def _content(customer_id: int) -> dict[str, Any]:
    since, until, known = _span(request.args)
    statement = read_statement(customer_id, since, until, up_to=_position(known))
    return services.build_content(get_customer(customer_id), statement)


def _span(args: MultiDict[str, str]) -> tuple[date, date, date | None]:
    """The days of the address; from the first of last month to today unless it names others."""
    today = request_today()
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    since, until = date_argument(args, "since") or last_month, date_argument(args, "until") or today
    known = date_argument(args, "known")
    require_past({"until": until, "known": known}, today)
    return since, until, known


def _say(refusal: BadInput) -> str:
    """With the field called as on the page."""
    text, name = str(refusal), refusal.field or ""
    return f"{FIELDS[name]} {text.removeprefix(f'{name} ')}" if text.startswith(f"{name} ") else text


def _position(known: date | None) -> int | None:
    """What was known at the end of this day."""
    if known is None:
        return None
    end = datetime.combine(known + timedelta(days=1), time(), company_zone())
    return position_at(end - timedelta(microseconds=1))


def _months(today: date) -> list[tuple[str, date, date]]:
    """Spans people ask for."""
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    return [
        ("This month", first, today),
        ("Last month", before.replace(day=1), before),
        ("This year", today.replace(month=1, day=1), today),
    ]


def _file(
    customer_id: int, draw: Callable[[Mapping[str, Any]], bytes], media_type: str, disposition: str, ending: str
) -> ResponseReturnValue:
    """The statement drawn; of days that make no sense the page, which says what is wrong with them."""
    try:
        content = _content(customer_id)
    except BadInput:
        asked: dict[str, Any] = {name: request.args[name] for name in FIELDS if name in request.args}
        return redirect(url_for("followup.account", customer_id=customer_id, **asked))
    response = Response(draw(content), mimetype=media_type)
    response.headers["Content-Disposition"] = f'{disposition}; filename="{file_name(content, ending)}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
