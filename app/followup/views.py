"""Pages of payment follow-up: who owes what for how long, tomorrow's notices before they go, and holding one back."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth.guards import get_actor, guard
from app.auth.names import list_people, name_actors
from app.auth.rules import Permission
from app.company.queries import business_today
from app.customers.queries import list_owners
from app.db.unit_of_work import unit_of_work
from app.followup import (  # noqa: F401 - panels and other views add their own
    panels,
    panels_account,
    queries,
    services,
    views_account,
    views_letters,
)
from app.followup.batch import send_run
from app.followup.forms import check_hold
from app.followup.mails import build_notice
from app.followup.models import RunState
from app.followup.pages import NothingDue, blueprint, read_day
from app.followup.queries_letters import letters_of_run
from app.followup.rules_worklist import WorkRow
from app.kernel import clock
from app.kernel.errors import BadInput
from app.kernel.texts import counted
from app.ledger.rules import BUCKETS, bucket
from app.web.arguments import date_argument, id_argument, text_argument
from app.web.filters import day

ROWS_A_PAGE = 50
VIEWS = {"": "All overdue", "due": "Due for reminder", "held": "Held back", "later": "Later", "call": "Call"}
TONES = {"1-30": "slate", "31-60": "amber", "61-90": "orange", "91-120": "red", "over_120": "deep"}
LABELS = {"1-30": "1–30 days", "31-60": "31–60", "61-90": "61–90", "91-120": "91–120", "over_120": "Over 120"}


@blueprint.get("")
@guard(Permission.FOLLOWUP_VIEW)
def index() -> ResponseReturnValue:
    """The overdue worklist: oldest first, each row with its next action and the reason."""
    today = business_today(clock.now())
    view, age, text = (text_argument(request.args, name) for name in ("view", "age", "q"))
    if view not in VIEWS or age not in {"", *BUCKETS}:
        raise BadInput("This list has no such view or age.", field="view")
    owner = id_argument(request.args, "owner") or 0
    owned = {customer_id for customer_id, one in list_owners().items() if one == owner} if owner else None
    rows = [
        row
        for row in queries.list_work(today)
        if _matches(row, text) and (owned is None or row.item.customer_id in owned)
    ]
    aged = [row for row in rows if not age or bucket(row.item.days_past_due) == age]
    shown = [row for row in aged if not view or row.action.view == view]
    start = min(id_argument(request.args, "from") or 0, max(len(shown) - 1, 0))
    return render_template(
        "followup/index.html",
        today=today,
        rows=shown[start : start + ROWS_A_PAGE],
        count=len(shown),
        start=start,
        totals=_totals(shown),
        customers=len({row.item.customer_id for row in shown}),
        strip=_strip(rows, view=view, q=text, active=age, owner=owner),
        tabs=_tabs(aged, view=view, q=text, age=age, owner=owner),
        view=view,
        age=age,
        q=text,
        owner=owner,
        people=list_people(),
        newer=_page(max(start - ROWS_A_PAGE, 0), view, age, text, owner) if start else "",
        older=_page(start + ROWS_A_PAGE, view, age, text, owner) if start + ROWS_A_PAGE < len(shown) else "",
    )


@blueprint.get("/notices")
@guard(Permission.FOLLOWUP_VIEW)
def notices() -> ResponseReturnValue:
    """What leaves on a date before it leaves: today's to approve, tomorrow's to look at."""
    today = business_today(clock.now())
    on = date_argument(request.args, "on") or today
    run = queries.find_run(on)
    plan = queries.preview(on)
    sent = queries.list_notices(run.id) if run and run.state is RunState.SENT else []
    debtors = queries.list_debtors([one.item.customer_id for one in plan.held] + [one.customer_id for one in sent], on)
    return render_template(
        "followup/notices.html",
        on=on,
        today=today,
        plan=plan,
        names={customer_id: debtor.name for customer_id, debtor in debtors.items()},
        mails=len({notice.debtor.customer_id for notice in plan.notices}),
        totals=_sum((notice.currency, notice.amount) for notice in plan.notices),
        sent_by=name_actors([run.approved_by]).get(run.approved_by or "") if run else None,
        sent=sent,
        letters=letters_of_run(run.id) if run and sent else {},
        tomorrow=today + timedelta(days=1),
    )


@blueprint.get("/notices/<on>/customers/<int:customer_id>")
@guard(Permission.FOLLOWUP_VIEW)
def notice(on: str, customer_id: int) -> ResponseReturnValue:
    """The very mail a customer would get on a date, before it leaves."""
    day = read_day(on)
    plan = queries.preview(day, customer_id)
    if not plan.notices:
        raise NothingDue
    mail = build_notice(plan.notices, day)
    return render_template("followup/notice.html", on=day, mail=mail, customer_id=customer_id)


@blueprint.post("/notices/<on>/send")
@guard(Permission.FOLLOWUP_SEND)
def send(on: str) -> ResponseReturnValue:
    """Approves the run of a date: each customer's one mail goes to the outbox, once per level."""
    day, now = read_day(on), clock.now()
    if day > business_today(now):
        raise BadInput("Reminders of a later day cannot go yet. Look at them now, send them on their day.", field="on")
    _plan, sent = send_run(day, actor=get_actor(), now=now)
    count = len({notice.debtor.customer_id for notice in sent})
    told = (
        counted(count, "reminder is on its way", "reminders are on their way") if count else "Nothing was due any more"
    )
    flash(f"{told}.", "good" if count else "info")
    return redirect(url_for("followup.notices", on=on))


@blueprint.post("/customers/<int:customer_id>/hold")
@guard(Permission.FOLLOWUP_SEND)
def hold(customer_id: int) -> ResponseReturnValue:
    """Stops reminders to a customer up to a day with a reason, or lets them go again."""
    now, actor = clock.now(), get_actor()
    until, reason = check_hold(
        date_argument(request.form, "until"), request.form.get("reason", ""), business_today(now)
    )
    with unit_of_work():
        services.hold_customer(customer_id, until, reason=reason, actor=actor, now=now)
    flash(f"No reminders until {day(until)}." if until else "Reminders go again.", "good")
    return redirect(url_for("followup.notices"))


def _matches(row: WorkRow, text: str) -> bool:
    return not text or text.casefold() in row.customer.casefold() or text.casefold() in row.item.number.casefold()


def _totals(rows: Sequence[WorkRow]) -> dict[str, int]:
    return _sum((row.item.currency, row.item.open) for row in rows)


def _sum(amounts: Any) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for currency, minor in amounts:
        totals[currency] += minor
    return dict(sorted(totals.items()))


def _strip(rows: Sequence[WorkRow], *, view: str, q: str, active: str, owner: int) -> list[dict[str, Any]]:
    by_age: dict[str, list[WorkRow]] = defaultdict(list)
    for row in rows:
        by_age[bucket(row.item.days_past_due)].append(row)
    return [
        {
            "label": label,
            "totals": _totals(by_age[name]),
            "count": len(by_age[name]),
            "tone": TONES[name],
            "url": _page(0, view, "" if name == active else name, q, owner),
            "active": name == active,
        }
        for name, label in LABELS.items()
    ]


def _tabs(rows: Sequence[WorkRow], *, view: str, q: str, age: str, owner: int) -> list[dict[str, Any]]:
    counts = Counter(row.action.view for row in rows)
    return [
        {
            "label": label,
            "url": _page(0, name, age, q, owner),
            "count": counts[name] if name else len(rows),
            "active": name == view,
        }
        for name, label in VIEWS.items()
    ]


def _page(start: int, view: str, age: str, q: str, owner: int) -> str:
    arguments: dict[str, Any] = {"view": view, "age": age, "q": q, "owner": owner, "from": start}
    return url_for("followup.index", **{name: value for name, value in arguments.items() if value})
