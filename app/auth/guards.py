"""Knows who may open which route: every route says it itself, and one that does not stops the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from flask import current_app, g, redirect, request, url_for
from flask_login import current_user

from app.auth.rules import ROLE_LABELS, Permission, list_roles_with, may
from app.kernel.errors import Forbidden

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.auth.models import User

F = TypeVar("F", bound=Callable[..., Any])
log = structlog.stdlib.get_logger("tillpaid.auth")


@dataclass(frozen=True)
class Guard:
    """Who may: everybody, whoever is signed in, or holders of one of the permissions."""

    is_public: bool = False
    permissions: tuple[Permission, ...] = ()


PUBLIC = Guard(is_public=True)
SIGNED_IN = Guard()

# Routes of libraries, which cannot carry our decorator. A library route that is not here stops the start.
DECLARED: Mapping[str, Guard] = {
    "static": PUBLIC,
    "security.login": PUBLIC,
    "security.logout": PUBLIC,
    "security.forgot_password": PUBLIC,
    "security.reset_password": PUBLIC,
    "security.change_password": SIGNED_IN,
}


class UndeclaredRoute(RuntimeError):
    """A route has no guard; the argument names all such routes."""


class NotAllowed(Forbidden):
    """Your role does not allow this. It needs the permission {permission}, held by: {roles}. Ask an administrator."""


def guard(*permissions: Permission) -> Callable[[F], F]:
    """Only for holders of one of these permissions."""
    if not permissions:
        raise TypeError("name the permission, or use @signed_in or @public")
    return _mark(Guard(permissions=permissions))


def public(view: F) -> F:
    """For everybody, signed in or not."""
    return _mark(PUBLIC)(view)


def signed_in(view: F) -> F:
    """For everybody who is signed in, whatever the role."""
    return _mark(SIGNED_IN)(view)


def _mark(rule: Guard) -> Callable[[F], F]:
    def mark(view: F) -> F:
        view.tillpaid_guard = rule  # type: ignore[attr-defined]
        return view

    return mark


def find_guard(app: Flask, endpoint: str) -> Guard | None:
    """The guard of an endpoint: its own, or the declared one of a library's route."""
    own: Guard | None = getattr(app.view_functions.get(endpoint), "tillpaid_guard", None)
    return own or DECLARED.get(endpoint)


def check_all(app: Flask) -> None:
    """Raises UndeclaredRoute when any route has no guard."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    if missing := sorted(endpoint for endpoint in endpoints if find_guard(app, endpoint) is None):
        raise UndeclaredRoute(f"no guard is declared for: {', '.join(missing)}. Add @guard, @signed_in or @public.")


def enforce() -> ResponseReturnValue | None:
    """Before every request: lets in, sends to the sign-in page, or refuses by name of the permission."""
    if request.endpoint is None:
        return None
    rule = find_guard(current_app, request.endpoint)
    if rule is None:
        raise UndeclaredRoute(request.endpoint)
    if rule.is_public:
        return None
    if not current_user.is_authenticated:
        return _send_to_sign_in()
    require(*rule.permissions)
    return None


def require(*permissions: Permission) -> None:
    """Raises NotAllowed unless the current user has one of them; for decisions inside a view."""
    if not permissions or any(may_current(permission) for permission in permissions):
        return
    wanted = permissions[0]
    log.warning("denied", permission=wanted.value, route=request.endpoint, actor=g.get("actor"))
    roles = ", ".join(ROLE_LABELS[role] for role in list_roles_with(wanted))
    raise NotAllowed(permission=wanted.value, roles=roles)


def may_current(permission: Permission | str) -> bool:
    """Whether the current user may; templates call it `may("invoices.issue")`."""
    return bool(current_user.is_authenticated) and may(current_user.role, permission)


def get_actor() -> str:
    """The actor of the current request, for services: `user:3`."""
    user: User = current_user
    return user.actor


def _send_to_sign_in() -> ResponseReturnValue:
    """To the sign-in page and back here afterwards; a fragment moves the whole page, not the fragment."""
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": url_for("security.login")}
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("security.login", next=wanted if wanted != "/" else None))
