"""What follow-up says of a customer's account on the customer's page: the balance card, and statements sent."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from markupsafe import Markup

from app.auth.rules import Permission
from app.followup.queries_account_sent import list_sent
from app.followup.queries_card import read_card
from app.followup.rules_card import Standing
from app.kernel.money import write_money
from app.ledger.rules import NOT_DUE
from app.web.filters import request_today
from app.web.panels import Panel, panel_for

BUCKETS = {
    NOT_DUE: ("Not due", "good"),
    "1-30": ("1–30 days", "slate"),
    "31-60": ("31–60", "amber"),
    "61-90": ("61–90", "orange"),
    "91-120": ("91–120", "red"),
    "over_120": ("Over 120", "deep"),
}


@panel_for("customer", place=15, permission=Permission.FOLLOWUP_VIEW)
def customer_balance(customer_id: int) -> Panel:
    """What the customer owes by age, money not yet placed, the limit, and how the customer pays."""
    card = read_card(customer_id, request_today())
    url = url_for("followup.account", customer_id=customer_id)
    strips = {code: _strip(standing, url) for code, standing in card.standings.items()}
    sent = list_sent(customer_id)
    body = render_template("followup/_card.html", card=card, strips=strips, sent=sent, customer_id=customer_id)
    return Panel("Balance", Markup(body))  # noqa: S704 - our own template


def _strip(standing: Standing, url: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "amount": write_money(amount, standing.currency),
            "more": "",
            "weight": amount,
            "tone": tone,
            "url": url,
            "active": False,
        }
        for name, (label, tone) in BUCKETS.items()
        for amount in [standing.aging.buckets[name]]
    ]
