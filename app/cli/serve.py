"""The web server on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.cli.common import note

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

WORKERS, THREADS = 2, 4

# Seconds: a page that takes longer is killed; a stopping server lets running ones end
SLOWEST_PAGE, GRACE = 60, 20


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=WORKERS, show_default=True)
def serve(port: int, host: str, workers: int) -> None:
    """Serve the pages until told to stop. Put a proxy with TLS before it in production."""
    from app import create_app
    from config import Settings

    app = create_app(settings_for(port, Settings()))
    _tell_setup_code(app)
    _server(app, options_for(host, port, workers)).run()


def settings_for(port: int, settings: Settings) -> Settings:
    """The settings with the address of this port, unless one was set; a worker cannot know the port, so it is told."""
    if "public_base_url" in settings.model_fields_set:
        return settings
    address = f"http://127.0.0.1:{port}"
    if address != settings.public_base_url:
        note(f"Pages link to {address}. Set PUBLIC_BASE_URL to it, so that mails of the worker do as well.")
    return settings.model_copy(update={"public_base_url": address})


def options_for(host: str, port: int, workers: int = WORKERS) -> dict[str, Any]:
    """What differs from gunicorn's own settings, with the reason."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": THREADS,
        "timeout": SLOWEST_PAGE,
        "graceful_timeout": GRACE,
        "keepalive": 5,
        "max_requests": 5_000,  # gives leaked memory back, at different times per worker
        "max_requests_jitter": 500,
        "loglevel": "warning",  # one line per request is our own
        "control_socket_disable": True,  # it would be written into the home folder
        "forwarded_allow_ips": "",  # who is trusted to forward is said by TILLPAID_PROXY_HOPS alone
    }


def _tell_setup_code(app: Flask) -> None:
    """While nobody exists, whoever started the server gets the code for the first-run page."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.auth.first_run import ensure_setup_code
    from app.auth.queries import has_users
    from app.db.base import db

    settings = app.extensions["tillpaid_settings"]
    with app.app_context():
        try:
            if not has_users():
                code = ensure_setup_code(settings.instance_dir)
                note(f"Nobody can sign in yet. Open {settings.public_base_url}/first-run and type this code: {code}")
        except SQLAlchemyError:
            note("The database cannot be read. Has `tillpaid init` been run?")
        # nothing open may cross into the workers
        db.engine.dispose()


def _server(app: Flask, options: dict[str, Any]) -> Any:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn around the application that is there already."""

        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    return Server()


COMMANDS = {"serve": serve}
