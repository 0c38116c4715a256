"""Knows our own addresses: the present one with something changed, and whether one is ours at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def url_with(args: Mapping[str, Any] | None = None, path: str = "", **changes: str | int | None) -> str:
    """This address with some arguments changed; an empty value takes the argument out. Repeated ones stay repeated."""
    args = request.args if args is None else args
    pairs = args.items(multi=True) if isinstance(args, MultiDict) else args.items()
    kept = [(name, value) for name, value in pairs if name not in changes and value != ""]
    added = [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
    query = urlencode([*kept, *added])
    return (path or request.path) + (f"?{query}" if query else "")


def is_own_page(url: str) -> bool:
    """Whether it is the path of a page of ours, for a redirect: no host, no scheme, and a route that answers GET."""
    if not url.startswith("/") or url.startswith("//") or not url.isprintable() or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            return False
        endpoint, _ = current_app.create_url_adapter(request).match(parts.path, method="GET")  # type: ignore[union-attr]
    except RequestRedirect:
        return True
    except (HTTPException, ValueError):
        return False
    return bool(endpoint != "static")
