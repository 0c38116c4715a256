"""How a message looks on the wire: the same message always becomes the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.outbox.rules_address import clean_file_name, clean_header
from app.outbox.rules_header import address_header, text_header

KEPT = "Kept in the local mailbox"  # how the reply begins when a mail did not leave the house


@dataclass(frozen=True)
class Part:
    """A file in a letter; with a content id it is a picture the HTML body shows."""

    name: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True)
class Letter:
    """Everything a mail says, as plain values."""

    number: int
    message_id: str
    queued_at: datetime
    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    subject: str
    body_text: str
    body_html: str | None
    language: str
    parts: Sequence[Part] = ()


def file_name(letter: Letter) -> str:
    """The name of the mail as a file: sorts by time, the same at each attempt."""
    return f"{letter.queued_at:%Y%m%dT%H%M%SZ}-{letter.number:06d}.eml"


def build_mail(letter: Letter) -> bytes:
    """The mail in wire format: CRLF, 7-bit safe, lines within limits, no header a value could have smuggled in."""
    body = EmailMessage(policy=SMTP)
    body.set_content(letter.body_text, cte="quoted-printable")
    if letter.body_html is not None:
        _add_html(body, letter.body_html, [part for part in letter.parts if part.content_id])
    for part in letter.parts:
        if letter.body_html is None or not part.content_id:
            maintype, subtype = _media_type(part)
            body.add_attachment(part.content, maintype, subtype, filename=clean_file_name(part.name))
    _fix_boundaries(body, letter.message_id)
    return "".join(_headers(letter)).encode("ascii") + body.as_bytes()


def _headers(letter: Letter) -> list[str]:
    return [
        address_header("From", letter.sender, letter.sender_name),
        address_header("To", letter.recipient, letter.recipient_name),
        text_header("Subject", letter.subject),
        f"Date: {format_datetime(letter.queued_at)}\r\n",
        f"Message-ID: {letter.message_id}\r\n",
        "Auto-Submitted: auto-generated\r\n",
        text_header("Content-Language", letter.language),
    ]


def _add_html(mail: EmailMessage, html: str, pictures: Sequence[Part]) -> None:
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    twin = mail.get_payload()[-1]  # type: ignore[index]
    for picture in pictures:
        maintype, subtype = _media_type(picture)
        twin.add_related(  # type: ignore[union-attr]
            picture.content, maintype, subtype,
            cid=f"<{clean_header(picture.content_id)}>", filename=clean_file_name(picture.name), disposition="inline",
        )  # fmt: skip


def _media_type(part: Part) -> tuple[str, str]:
    maintype, _, subtype = part.media_type.partition("/")
    return (maintype, subtype) if maintype in {"application", "image"} and subtype else ("application", "octet-stream")


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    """A boundary by the message's own name instead of chance, so that a repeated mail is the same mail."""
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            digest = hashlib.sha256(f"{message_id}/{number}".encode()).hexdigest()
            part.set_boundary(f"=_{digest[:32]}")
