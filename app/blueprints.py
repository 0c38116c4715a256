"""The site map: one row per wing that has pages."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

SITE: tuple[tuple[str, str], ...] = (
    # wing with views.py, prefix
    ("auth", ""),
    ("desk", ""),
    ("company", "/settings"),
    ("customers", "/customers"),
    ("deals", "/deals"),
    ("orders", "/orders"),
    ("tasks", "/tasks"),
    ("invoices", "/invoices"),
    ("payments", "/payments"),
    ("followup", "/overdue"),
    ("reports", "/reports"),
    ("outbox", "/outbox"),
)


def install(app: Flask) -> None:
    """Registers each wing's `views.blueprint` under its prefix."""
    for wing, prefix in SITE:
        app.register_blueprint(import_module(f"app.{wing}.views").blueprint, url_prefix=prefix or None)
