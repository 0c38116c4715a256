"""Puts the application together: settings, database, web, blueprints, answers. No logic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application. Raises config.UnsafeSettings when the settings may not be used in production."""
    from flask import Flask

    from app import blueprints, wiring
    from app.auth import accounts, guards
    from app.db.base import connect_database
    from app.db.events import connect_answers
    from app.db.schema import load_models
    from app.outbox.sender import connect_sender
    from app.web import setup as web
    from app.web.lookups import connect_lookups
    from config import ROOT, Settings

    settings = settings or Settings()
    settings.require_safe()
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    app = Flask(
        "tillpaid",
        root_path=str(ROOT),
        instance_path=str(settings.instance_dir.resolve()),
        template_folder=str(ROOT / "templates"),
        static_folder=None,  # app/web/static_files.py serves it
    )
    app.extensions["tillpaid_settings"] = settings
    load_models()
    connect_database(app, settings.effective_database_url)
    connect_answers(app, wiring.ANSWERS)
    connect_lookups(app, wiring.LOOKUPS)
    connect_sender(app, wiring.find_sender)
    web.install(app, settings)
    accounts.install(app, settings)
    blueprints.install(app)
    guards.check_all(app)
    app.extensions["tillpaid_wipe_demo"] = wiring.wipe_demo
    return app
