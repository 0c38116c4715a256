"""Knows how to show every component without the application: a tiny Flask app with invented rows and the real CSP."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, flash, render_template, request
from jinja2 import StrictUndefined
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    FileField,
    Form,
    FormField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

ROOT = Path(__file__).resolve().parents[2]
CSP = (
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
TODAY = date(2026, 11, 22)
CUSTOMERS = (
    "Pinnacle Office Supply",
    "Łódź Textiles S.A.",
    "Meridian Outdoor AB",
    "Nordwind Logistik GmbH",
    "Αθηναϊκή Τροφοδοσία",
    "شركة الخليج للتجارة",
    "Baltic Timber OÜ",
    "Kestrel Foods plc",
    "Casa Verde SRL",
    "Stellar Robotics BV",
    "Fjord Marine AS",
    "東京機械",
)
AGES = (124, 97, 97, 97, 97, 88, 71, 63, 44, 31, 12, 3, 0, -4)
MINORS = (1804242, 651145, 287272, 510445, 741434, 1509715, 544728, 485055, 485198, 2385755, 586947, 1495445)


class LineForm(Form):
    item = StringField("Item", [InputRequired()])
    quantity = DecimalField("Quantity", [InputRequired()])
    unit_price = DecimalField("Unit price", [InputRequired()])
    tax = SelectField("Tax", choices=[SelectChoice("19", "VAT 19 %"), SelectChoice("7", "VAT 7 %")])


class OrderForm(Form):
    customer = StringField("Customer", [InputRequired()])
    kind = SelectField("Order type", choices=[SelectChoice("a", "Hardware"), SelectChoice("b", "Service")])
    limit = DecimalField("Credit limit")
    wanted_on = DateField("Wanted on", [InputRequired()])
    invoicing = RadioField(
        "Invoice", choices=[SelectChoice("all", "All at once"), SelectChoice("part", "In parts")], default="all"
    )
    urgent = BooleanField("Rush order", description="Departments see it first; the customer pays the surcharge.")
    remark = TextAreaField("Remark")
    lines = FieldList(FormField(LineForm), label="Lines", min_entries=2)
    file = FileField("File")


def build_gallery(*, signed_in: bool = True) -> Flask:
    """The gallery at /, its peek fragments, a palette search and a bare page, under the production CSP."""
    app = Flask("gallery", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.secret_key = "gallery"
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    app.jinja_env.filters.update(money=_money, day=_day, moment=lambda instant: instant.strftime("%-d %b, %H:%M"))
    app.context_processor(lambda: {"navigation": _navigation(), "current_person": _person() if signed_in else None})
    app.after_request(_with_csp)
    app.add_url_rule("/", view_func=_show_gallery, methods=["GET", "POST"], endpoint="gallery")
    app.add_url_rule("/peek/<int:row>", view_func=_show_peek, endpoint="peek")
    app.add_url_rule("/search", view_func=_search, endpoint="search")
    app.add_url_rule("/bare", view_func=_show_bare, endpoint="bare")
    app.add_url_rule("/echo", view_func=_echo, methods=["POST"], endpoint="echo")
    app.add_url_rule("/open/<path:what>", view_func=_open, endpoint="open")
    return app


def _with_csp(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    return response


def _money(minor: int, currency: str) -> str:
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    return f"{minor / 10**digits:,.{digits}f} {currency}"


def _day(day: date) -> str:
    return day.strftime("%-d %b") if day.year == TODAY.year else day.strftime("%-d %b %Y")


def _person() -> dict[str, str]:
    return {"name": "Anita Koch", "role": "Finance", "initials": "AK"}


def _navigation() -> list[dict[str, Any]]:
    groups: tuple[tuple[str, tuple[tuple[str, str, int | None], ...]], ...] = (
        ("", (("Today", "house", 6),)),
        (
            "Sell",
            (
                ("Deals", "handshake", 4),
                ("Orders", "package", 14),
                ("My tasks", "list-checks", 3),
                ("Customers", "users", None),
            ),
        ),
        ("Bill", (("Invoices", "file-text", None), ("Overdue", "clock-alert", 45), ("Payments", "banknote", 3))),
        ("Know", (("Daily report", "chart-column", None),)),
        ("Run", (("Outbox", "send", 1), ("Health", "activity", None), ("Settings", "settings", None))),
    )
    return [
        {
            "label": label,
            "items": [
                {
                    "label": text,
                    "url": f"/open/{text}",
                    "icon": icon,
                    "count": count,
                    "active": text == "Overdue",
                    "hot": text == "Outbox",
                }
                for text, icon, count in items
            ],
        }
        for label, items in groups
    ]


def _rows() -> list[SimpleNamespace]:
    rows = []
    for n in range(24):
        age = AGES[n % len(AGES)]
        rows.append(
            SimpleNamespace(
                id=n,
                number=f"INV-2026-{1188 + n:05d}",
                customer=CUSTOMERS[n % len(CUSTOMERS)],
                due_on=TODAY - timedelta(days=age),
                age=age,
                minor=MINORS[n % len(MINORS)],
                currency=("EUR", "EUR", "EUR", "JPY", "KWD")[n % 5],
                part=n % 4 == 1,
                state=("overdue" if age > 0 else "not_due"),
                disputed=n == 7,
                promise=TODAY + timedelta(days=3) if n % 3 == 0 else None,
            )
        )
    return rows


def _events() -> list[dict[str, Any]]:
    at = datetime(2026, 11, 12, 7, 30, tzinfo=UTC)
    return [
        {
            "icon": "send",
            "text": "Reminder 3 sent",
            "actor": "system:followup",
            "at": at,
            "tone": "info",
            "note": "",
            "url": "/open/mail",
        },
        {
            "icon": "phone",
            "text": "Call logged",
            "actor": "Anita Koch",
            "at": at - timedelta(days=3),
            "note": "“Waiting for the goods-receipt note.”",
        },
        {
            "icon": "banknote",
            "text": "Payment of 10,208.92 EUR allocated",
            "actor": "Jan Meyer",
            "at": at - timedelta(days=9),
            "tone": "good",
        },
        {"icon": "file-text", "text": "Invoice issued", "actor": "Jan Meyer", "at": at - timedelta(days=40)},
    ]


def _segments() -> list[dict[str, Any]]:
    buckets = (
        ("Not due", 210_344_10, 31, "good"),
        ("1–30 days", 140_074_49, 17, "slate"),
        ("31–60", 91_227_63, 12, "amber"),
        ("61–90", 99_493_29, 8, "orange"),
        ("91–120", 40_300_00, 5, "red"),
        ("Over 120", 25_040_45, 3, "deep"),
    )
    total = sum(weight for _, weight, _, _ in buckets)
    return [
        {
            "label": label,
            "amount": _money(weight, "EUR"),
            "more": f"{count} · {weight * 100 // total} %",
            "weight": weight,
            "tone": tone,
            "url": f"/?bucket={n}",
            "active": n == 3,
        }
        for n, (label, weight, count, tone) in enumerate(buckets)
    ]


def _form() -> OrderForm:
    refused = MultiDict(
        {
            "customer": "",
            "limit": "abc",
            "kind": "a",
            "invoicing": "all",
            "lines-0-tax": "19",
            "lines-1-tax": "7",
            "wanted_on": "",
            "lines-0-item": "Sensor",
            "lines-0-quantity": "4",
            "lines-0-unit_price": "12.35",
            "lines-1-item": "",
            "lines-1-quantity": "1",
            "lines-1-unit_price": "1",
        }
    )
    form = OrderForm(refused)
    form.validate()
    return form


def _show_gallery() -> str:
    if request.args.get("flash"):
        flash({"text": "INV-2026-01211 is written off.", "undo_url": "/"}, "success")
        flash("The bank file was imported. 3 lines wait for you.", "info")
        flash("Two notices are held back.", "warning")
        flash("The mail server does not answer.", "error")
    rows = [] if request.args.get("empty") else _rows()
    return render_template(
        "gallery.html", rows=rows, events=_events(), segments=_segments(), form=_form(), today=TODAY, peek_row=None
    )


def _show_peek(row: int) -> str:
    return render_template("gallery_peek.html", row=_rows()[row], events=_events())


def _show_bare() -> tuple[str, int]:
    return render_template(
        "errors/error.html",
        code=404,
        title="This page is not here",
        message="The address may be old, or the document was moved.",
        request_id="01JD8K3Z7Q",
    ), 404


def _search() -> list[dict[str, str]]:
    wanted = request.args["q"].lower()
    return [
        {"label": f"{row.number} · {row.customer}", "url": f"/open/{row.number}", "kind": "Invoice"}
        for row in _rows()
        if wanted in row.number.lower() or wanted in row.customer.lower()
    ]


def _echo() -> str:
    return f"token: {request.headers.get('X-CSRFToken')}"


def _open(what: str) -> str:
    return f"<!doctype html><title>{what}</title><h1>opened {what}</h1>"
