"""Who our mails come from: the roof says it, because the company lies to the right of the outbox."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, current_app

FALLBACK_DOMAIN = "tillpaid.localhost"


@dataclass(frozen=True)
class Sender:
    address: str
    name: str = ""


def connect_sender(app: Flask, find_sender: Callable[[], Sender | None]) -> None:
    """`find_sender` is asked at each enqueue, in the caller's unit of work."""
    app.extensions["tillpaid_sender"] = find_sender


def current_sender() -> Sender:
    """The company's address; before it is set up, one at the host of PUBLIC_BASE_URL."""
    find_sender: Callable[[], Sender | None] | None = current_app.extensions.get("tillpaid_sender")
    found = find_sender() if find_sender else None
    return found or Sender(f"no-reply@{_own_domain()}", "Tillpaid")


def _own_domain() -> str:
    settings = current_app.extensions.get("tillpaid_settings")
    host = urlsplit(settings.public_base_url).hostname if settings else ""
    has_name = bool(host) and "." in str(host) and not str(host).replace(".", "").isdigit()
    return str(host) if has_name else FALLBACK_DOMAIN
