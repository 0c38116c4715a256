"""Reads SMTP_URL: smtp://user:password@host:port?tls=starttls."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from app.kernel.errors import BadInput


class Tls(enum.StrEnum):
    NONE = "none"
    STARTTLS = "starttls"  # begins in the clear and must change to TLS
    TLS = "tls"  # TLS from the first byte; smtps:// says the same


PORTS = {Tls.NONE: 25, Tls.STARTTLS: 587, Tls.TLS: 465}


class BadSmtpUrl(BadInput):
    """SMTP_URL is not usable: {reason}. Write smtp://user:password@host:port?tls=starttls."""


@dataclass(frozen=True)
class SmtpServerAddress:
    """Where and how to hand over mail."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)


def parse_smtp_url(url: str) -> SmtpServerAddress:
    """The server in an SMTP_URL. Raises BadSmtpUrl; a password never goes over an open line to another host."""
    parts, port = _split(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadSmtpUrl(field="SMTP_URL", reason="it needs smtp:// or smtps:// and a host")
    tls = _tls(parts.scheme, parse_qs(parts.query).get("tls", [""])[-1])
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and tls == Tls.NONE and not _is_here(parts.hostname):
        raise BadSmtpUrl(field="SMTP_URL", reason="a password needs ?tls=starttls or smtps://")
    return SmtpServerAddress(parts.hostname, port or PORTS[tls], tls, user, password)


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError as error:
        raise BadSmtpUrl(field="SMTP_URL", reason=f"its address or port is wrong ({error})") from None


def _tls(scheme: str, word: str) -> Tls:
    if word not in {"", *Tls}:
        raise BadSmtpUrl(field="SMTP_URL", reason=f"tls is {word[:20]}, not one of none, starttls, tls")
    return Tls.TLS if scheme == "smtps" else Tls(word or "none")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
