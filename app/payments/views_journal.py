"""The journal for the general ledger: what a range of days is booked as, its exports, and the accounts they name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document
from app.kernel.errors import BadInput, Conflict
from app.payments import queries_journal as queries
from app.payments import services_journal as services
from app.payments.models_journal import JournalExport
from app.payments.pages import DAYS, say_day
from app.payments.routes import blueprint
from app.payments.rules_journal import (
    BANK,
    DISCOUNT,
    DISCOUNTS,
    GAIN,
    LOSS,
    OPENING,
    PREPAID,
    RECEIVABLE,
    UNAPPLIED,
    Key,
    Voucher,
    name_key,
    sum_sides,
)
from app.payments.rules_journal_file import ADVISOR, CLIENT
from app.payments.rules_settling import DeductionCode
from app.web.arguments import date_argument
from app.web.files import send_stored
from app.web.filters import request_now, request_today
from app.web.listing import paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

MOST_SHOWN = 50
LET_GO = ("", *(code.value for code in DeductionCode if code.value not in DISCOUNTS))
FIXED: tuple[Key, ...] = (
    RECEIVABLE, UNAPPLIED, BANK, OPENING, PREPAID, DISCOUNT, GAIN, LOSS, ("revenue", ""), ("tax", ""),
    *(("write_off", reason) for reason in LET_GO), ("transfer", ""), ADVISOR, CLIENT,
)  # fmt: skip
LABELS = {ADVISOR: "EXTF advisor number", CLIENT: "EXTF client number"}


@blueprint.get("/journal")
@guard(Permission.PAYMENTS_VIEW)
def journal() -> ResponseReturnValue:
    """The exports, newest first, and a look at the vouchers of some days before they are exported."""
    return _show("")


def _show(error: str) -> ResponseReturnValue:
    args = request.form if request.method == "POST" else request.args
    since, until = _days(MultiDict())
    vouchers: list[Voucher] = []
    is_cut, refused = False, {}
    try:
        since, until = _days(args)
        vouchers, is_cut = queries.preview(queries.range_of_days(since, until))
    except BadInput as refusal:
        refused = {refusal.field: say_day(refusal)}
    page = paginate(queries.select_exports(), order=[(JournalExport.id, "desc")])
    body = render_template(
        "payments/journal.html",
        page=page,
        names=name_actors({one.exported_by for one in page.rows}),
        since=since,
        until=until,
        error="" if refused else error,
        refused=refused,
        typed={name: args.get(name, "") for name in DAYS},
        vouchers=[(one, sum_sides([one])[one.currency]) for one in vouchers[:MOST_SHOWN]],
        count=len(vouchers),
        is_cut=is_cut,
        totals={} if is_cut else sum_sides(vouchers),
        unrated=queries.count_unrated(vouchers),
        layouts=queries.LAYOUTS,
    )
    return body, 422 if error or refused else 200


def _days(args: MultiDict[str, str]) -> tuple[date, date]:
    """This month until today, where nothing else is said."""
    today = request_today()
    return date_argument(args, "since") or today.replace(day=1), date_argument(args, "until") or today


@blueprint.post("/journal")
@guard(Permission.PERIODS_CLOSE)
def export_journal() -> ResponseReturnValue:
    """Writes and stores a file: of days, or of everything recorded since the last one."""
    layout = request.form.get("layout", "")
    now = request_now()
    try:
        if layout not in queries.LAYOUTS:
            raise BadInput("Choose the layout of the file.", field="layout")
        prepared = queries.prepare(_range(), layout, now=now)
        with unit_of_work():
            export = services.store_export(prepared, actor=get_actor(), now=now)
            told = f"{export.entries} entries are exported."
    except (BadInput, Conflict) as refusal:
        return _show(str(refusal))
    flash(told, "good")
    return redirect(url_for("payments.journal"))


def _range() -> queries.Range:
    if request.form.get("range") == "new":
        return queries.range_since_last()
    since, until = date_argument(request.form, "since"), date_argument(request.form, "until")
    if since is None or until is None:
        raise BadInput("Choose the first and the last day.", field="since")
    return queries.range_of_days(since, until)


@blueprint.get("/journal/<int:export_id>.csv")
@guard(Permission.PAYMENTS_VIEW)
def journal_file(export_id: int) -> ResponseReturnValue:
    """The bytes as they were written."""
    export = queries.get_export(export_id)
    stored = find_document(services.OWNER, export.id, "csv")
    if stored is None:
        raise queries.ExportUnknown
    return send_stored(stored)


@blueprint.route("/journal/accounts", methods=["GET", "POST"])
@guard(Permission.PERIODS_CLOSE)
def journal_accounts() -> ResponseReturnValue:
    """The account for each kind of booking; a reason or rate without one of its own takes that of its kind."""
    accounts, tax_keys = queries.read_accounts()
    banks = {(BANK[0], bank.number): f"Bank: {bank.name}, {bank.number}" for bank in queries.list_banks()}
    keys = _keys(accounts, banks)
    error, status = "", 200
    if request.method == "POST":
        wanted = {key: _typed(key) for key in keys}
        try:
            with unit_of_work():
                services.set_accounts(wanted, actor=get_actor(), now=request_now())
        except BadInput as refusal:
            error, status = str(refusal), 422
            accounts = {key: account for key, (account, _) in wanted.items()}
            tax_keys = {key: tax_key for key, (_, tax_key) in wanted.items()}
        else:
            flash("The accounts are saved.", "good")
            return redirect(url_for("payments.journal"))
    rows = [
        {
            "name": services.field_name(key),
            "label": LABELS.get(key) or banks.get(key) or _begin_large(name_key(key)),
            "account": accounts.get(key, ""),
            "tax_key": tax_keys.get(key, ""),
        }
        for key in keys
    ]
    return render_template("payments/journal_accounts.html", rows=rows, error=error), status


def _keys(accounts: dict[Key, Any], banks: Iterable[Key]) -> list[Key]:
    rates = [(kind, rate) for rate in queries.list_tax_keys() for kind in ("revenue", "tax")]
    fixed = [key for one in FIXED for key in ([one, *banks] if one == BANK else [one])]
    return list(dict.fromkeys([*fixed, *rates, *sorted(accounts)]))


def _begin_large(text: str) -> str:
    """With its other letters as they are: ``Revenue S 19``."""
    return text[:1].upper() + text[1:]


def _typed(key: Key) -> tuple[str, str]:
    name = services.field_name(key)
    return request.form.get(name, "").strip(), request.form.get(f"{name}-tax", "").strip()
