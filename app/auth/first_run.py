"""Knows the very first visit: while nobody exists every page leads to the one that makes the first administrator."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from flask import redirect, request, url_for
from flask_login import current_user

from app.auth.queries import has_users
from app.kernel.errors import BadInput

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

FILE_NAME = "setup-code.txt"
OPEN_WHEN_EMPTY = {"static", "healthz", "auth.first_run", "auth.healthz"}


class WrongSetupCode(BadInput):
    """This is not the set-up code. It stands in {path} on the machine that runs Tillpaid."""


def ensure_setup_code(instance_dir: Path) -> str:
    """The code that proves who may make the first administrator; written once, readable by the owner alone."""
    path = instance_dir / FILE_NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    code = "-".join(secrets.token_hex(2) for _ in range(4))
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(code + "\n")
    return code


def find_code_file(instance_dir: Path) -> Path:
    """Where the code stands, as somebody at the machine finds it."""
    return (instance_dir / FILE_NAME).resolve()


def check_setup_code(instance_dir: Path, typed: str) -> None:
    """Raises WrongSetupCode unless it is the one in the file."""
    code = ensure_setup_code(instance_dir)
    if not hmac.compare_digest(code.encode(), typed.strip().lower().encode()):
        raise WrongSetupCode(field="code", path=find_code_file(instance_dir))


def drop_setup_code(instance_dir: Path) -> None:
    (instance_dir / FILE_NAME).unlink(missing_ok=True)


def redirect_when_empty() -> ResponseReturnValue | None:
    """Before every request of a stranger: is there anybody at all?"""
    if request.endpoint in OPEN_WHEN_EMPTY or request.endpoint is None or current_user.is_authenticated:
        return None
    if has_users():
        return None
    return redirect(url_for("auth.first_run"))
