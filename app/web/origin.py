"""Knows where a change may come from: our own pages, proved by a token and by what the browser says of its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

if TYPE_CHECKING:
    from flask import Flask

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class ForeignOrigin(BadRequest):
    """The change was asked for by a page that is not ours."""

    description = "This was sent from another site, so nothing was changed. Open the page here and try again."


def install(app: Flask, *, public_base_url: str) -> None:
    CSRFProtect(app)
    public = origin_of(public_base_url)

    @app.before_request
    def _refuse_foreign_changes() -> None:
        if request.method in SAFE_METHODS:
            return
        own = {public, origin_of(request.host_url)}
        if not is_own(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), own):
            raise ForeignOrigin


def is_own(fetch_site: str | None, origin: str | None, own: set[str]) -> bool:
    """Whether a browser's own words place the request on our pages; a client that says neither is no browser."""
    if fetch_site is not None and fetch_site not in {"same-origin", "none"}:
        return False
    return origin is None or origin_of(origin) in own


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, in one spelling."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}"
