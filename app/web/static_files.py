"""Knows how a browser keeps our style sheets, scripts and pictures: their address names their content, so for good.

A page needs some thirty of them; asked for again on every click they cost more than the page. What scripts and style
sheets name relative to themselves is under the same address.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import send_from_directory

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from werkzeug import Response

KEPT_FOR = 365 * 24 * 60 * 60  # seconds
LENGTH = 12


def install(app: Flask, folder: Path) -> None:
    """Adds `/static/VERSION/...`, to which `url_for("static", filename=...)` leads; `/static/...` is asked for anew."""
    current = fingerprint(folder)

    def send(filename: str, version: str = "") -> Response:
        """What another version asks for, as a page that is open while we are upgraded, it must not keep."""
        is_current = version == current
        answer = send_from_directory(folder, filename, max_age=KEPT_FOR if is_current else None)
        answer.cache_control.immutable = is_current
        return answer

    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("version", current)

    for rule in ("/static/<path:filename>", f"/static/<string(length={LENGTH}):version>/<path:filename>"):
        app.add_url_rule(rule, endpoint="static", view_func=send)
    app.url_defaults(name_version)


@cache
def fingerprint(folder: Path) -> str:
    """Another one as soon as a file has another name or content."""
    whole = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(folder).as_posix()} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:LENGTH]
