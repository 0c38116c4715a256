"""The site map: one row per wing that has pages."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

SITE: tuple[tuple[str, str], ...] = (
    # wing with views.py, or the module itself where pages stand further right than their wing; prefix
    ("auth", ""),
    ("desk", ""),
    ("company", "/settings"),
    ("customers", "/customers"),
    ("deals", "/deals"),
    ("orders", "/orders"),
    ("orders.views_exceptions", "/exceptions"),
    ("tasks", "/tasks"),
    ("invoices", "/invoices"),
    ("payments", "/payments"),
    ("payments.views_bank", "/payments/files"),
    ("payments.views_cash", "/payments/cash"),
    ("payments.views_accounts", "/settings/bank-accounts"),
    ("payments.views_csv", "/settings/bank-accounts/csv"),
    ("followup", "/overdue"),
    ("reports", "/reports"),
    ("desk.views_outbox", "/outbox"),
    ("desk.views_saved", "/views"),
    ("desk.views_periods", "/closing"),
    ("invoices.views_texts", "/settings/texts"),
)


def install(app: Flask) -> None:
    """Registers each wing's `views.blueprint` under its prefix. A slash too many at the end is forgiven."""
    app.url_map.strict_slashes = False
    for place, prefix in SITE:
        module = import_module(f"app.{place}" if "." in place else f"app.{place}.views")
        app.register_blueprint(module.blueprint, url_prefix=prefix or None)
