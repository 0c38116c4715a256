"""Knows how to write the present address with something changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict


def url_with(args: Mapping[str, Any] | None = None, path: str = "", **changes: str | int | None) -> str:
    """This address with some arguments changed; an empty value takes the argument out. Repeated ones stay repeated."""
    args = request.args if args is None else args
    pairs = args.items(multi=True) if isinstance(args, MultiDict) else args.items()
    kept = [(name, value) for name, value in pairs if name not in changes and value != ""]
    added = [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
    query = urlencode([*kept, *added])
    return (path or request.path) + (f"?{query}" if query else "")
