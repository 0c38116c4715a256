"""Knows how holders of the ball are called, and shows how long each held an order's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import render_template
from markupsafe import Markup

from app.orders.models import OrderState
from app.orders.queries import get_order
from app.tasks.queries import name_departments
from app.tasks.queries_holder import list_shares
from app.tasks.rules_holder import CUSTOMER, DEPARTMENT, HOLD, SALES, Share
from app.web.filters import request_now
from app.web.panels import Panel, panel_for

NAMES = {SALES: "Sales", CUSTOMER: "Customer", HOLD: "On hold"}
TONES = {SALES: "slate", CUSTOMER: "amber", HOLD: "red"}
DEPARTMENT_TONES = ("accent", "info", "good", "deep", "orange", "faint")
WIDTH = 600


def name_holder(holder: str, departments: Mapping[str, str]) -> str:
    code = holder.removeprefix(DEPARTMENT)
    return NAMES.get(holder) or departments.get(code, code)


def tone_of(holder: str, departments: Sequence[str]) -> str:
    """The colour of a holder, the same on every page."""
    code = holder.removeprefix(DEPARTMENT)
    place = departments.index(code) if code in departments else len(departments)
    return TONES.get(holder) or DEPARTMENT_TONES[place % len(DEPARTMENT_TONES)]


@panel_for("order", place=20, permission="tasks.view")
def show_holders(order_id: int) -> Panel | None:
    """The working time each holder had the ball, as a bar and in words."""
    shares = list_shares(order_id, request_now())
    if not shares:
        return None
    departments = name_departments()
    body = render_template(
        "tasks/_holders.html",
        parts=_parts(shares, departments),
        total=sum(share.minutes for share in shares),
        is_open=get_order(order_id).state is OrderState.IN_PROGRESS,
        width=WIDTH,
    )
    return Panel("Who held it", Markup(body))  # noqa: S704 - the template escapes


def _parts(shares: list[Share], departments: Mapping[str, str]) -> list[dict[str, object]]:
    total, at, parts = sum(share.minutes for share in shares), 0, []
    order = list(departments)
    for share in shares:
        parts.append(
            {
                "name": name_holder(share.holder, departments),
                "tone": tone_of(share.holder, order),
                "minutes": share.minutes,
                "is_now": share.is_now,
                "x": round(WIDTH * at / total, 2) if total else 0,
                "width": round(WIDTH * share.minutes / total, 2) if total else 0,
            }
        )
        at += share.minutes
    return parts
