"""Knows how the web floor is put together: settings of the framework, then one `install` per concern, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import StrictUndefined

from app.web import arguments, errors, filters, headers, navigation, origin, requests, static_files
from config import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from config import Settings

LARGEST_BODY = 21 * 1024 * 1024  # a file of 20 MB and the form around it
MOST_FORM_PARTS = 2_000
LARGEST_FORM_FIELD = 1024 * 1024


def install(app: Flask, settings: Settings) -> None:
    """Makes the application safe and legible before any wing adds a page."""
    app.config.update(_framework_settings(settings))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    _trust_proxies(app, settings.proxy_hops)
    _tell_probes(app, list_trusted_hosts(settings))
    static_files.install(app, ROOT / "static")
    requests.install(app)
    errors.install(app)
    headers.install(app, in_production=settings.in_production)
    arguments.install(app)
    origin.install(app, public_base_url=settings.public_base_url)
    filters.install(app, default_zone=settings.company_time_zone)
    navigation.install(app)


def _framework_settings(settings: Settings) -> dict[str, object]:
    # __Host- ties the cookie to this very host and to https; a browser refuses the prefix over plain http
    cookie = "__Host-session" if settings.in_production else "session"
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_PARTS": MOST_FORM_PARTS,
        "MAX_FORM_MEMORY_SIZE": LARGEST_FORM_FIELD,
        "SESSION_COOKIE_NAME": cookie,
        "SESSION_COOKIE_SECURE": settings.in_production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PREFERRED_URL_SCHEME": urlsplit(settings.public_base_url).scheme or "http",
        "TRUSTED_HOSTS": list_trusted_hosts(settings),
        # the token lives as long as the session: a form left open over lunch must still save
        "WTF_CSRF_TIME_LIMIT": None,
    }


def list_trusted_hosts(settings: Settings) -> list[str]:
    """The host names a request may name: the public one, and in development this machine's own."""
    public = urlsplit(settings.public_base_url).hostname
    own = [] if settings.in_production else ["localhost", "127.0.0.1", "[::1]"]
    return [*([public] if public else []), *own]


def _tell_probes(app: Flask, hosts: list[str]) -> None:
    """A load balancer asks after our health by address, not by our public name."""
    inner = app.wsgi_app

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == "/healthz" and hosts:
            environ["HTTP_HOST"] = hosts[0]
        return inner(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign]


def _trust_proxies(app: Flask, hops: int) -> None:
    if hops:
        from werkzeug.middleware.proxy_fix import ProxyFix

        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
