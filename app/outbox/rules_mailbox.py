"""How a mail kept as a file reads: who, what, when, its texts, pictures and files; hostile or broken ones included."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime

from app.kernel.errors import RuleError
from app.outbox.rules_address import clean_file_name, clean_header

NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9]{6,18}\.eml")
MOST_PARTS = 200
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})


class UnreadableMail(RuleError):
    """This file is no mail that can be read. It can still be downloaded."""


@dataclass(frozen=True)
class Envelope:
    """The head of a mail. A file whose head cannot be read has empty words."""

    sender: str = ""
    recipient: str = ""
    subject: str = ""
    message_id: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True)
class File:
    """A file in a mail; `place` is its number among the mail's parts."""

    place: int
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A whole mail. `pictures` are those its HTML shows, by content id."""

    envelope: Envelope
    text: str = ""
    html: str | None = None
    files: list[File] = field(default_factory=list)
    pictures: dict[str, tuple[str, bytes]] = field(default_factory=dict)


def is_mail_name(name: str) -> bool:
    """Whether a file of the local mailbox can be called this: nothing that leads out of its folder."""
    return NAME.fullmatch(name) is not None


def read_envelope(head: bytes) -> Envelope:
    """The head of a mail from its first bytes; never fails."""
    return _envelope(BytesHeaderParser(policy=policy.compat32).parsebytes(head))


def read_mail(content: bytes) -> Mail:
    """The mail in these bytes. Raises UnreadableMail."""
    try:
        parsed = BytesParser(policy=policy.compat32).parsebytes(content)
        return _read(parsed)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise UnreadableMail from None


def show_pictures(html: str, pictures: Mapping[str, tuple[str, bytes]]) -> str:
    """The HTML with pictures it carries put in as data: addresses; links in it lead nowhere.

    The frame it is shown in may fetch nothing and open nothing, so an unknown picture stays empty.
    """

    def put_in(found: re.Match[str]) -> str:
        media_type, content = pictures.get(found[1], ("", b""))
        if media_type not in PICTURES:
            return found[0]
        return f"data:{media_type};base64,{base64.b64encode(content).decode()}"

    shown = re.sub(r"cid:([^\"'\s)>]{1,200})", put_in, html)
    # a link would load its page into the frame; a window of its own is something the sandbox refuses
    target = '<base target="_blank">'
    headed, count = re.subn(r"(?i)<head[^>]*>", lambda found: found[0] + target, shown, count=1)
    return headed if count else target + shown


def _read(parsed: Message) -> Mail:
    texts: dict[str, str] = {}
    files: list[File] = []
    pictures: dict[str, tuple[str, bytes]] = {}
    for place, part in _leaves(parsed):
        media_type = part.get_content_type()
        content = _bytes_of(part)
        content_id = str(part.get("Content-ID", "")).strip(" <>")
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if media_type in {"text/plain", "text/html"} and not is_file:
            texts.setdefault(media_type, _text_of(part, content))
        elif content_id and media_type in PICTURES:
            pictures[content_id] = (media_type, content)
        else:
            files.append(File(place, clean_file_name(_decoded(part.get_filename() or "")), media_type, content))
    return Mail(_envelope(parsed), texts.get("text/plain", ""), texts.get("text/html"), files, pictures)


def _leaves(parsed: Message) -> Iterator[tuple[int, Message]]:
    for place, part in enumerate(parsed.walk()):
        if place >= MOST_PARTS:
            return
        if not part.is_multipart():
            yield place, part


def _bytes_of(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text_of(part: Message, content: bytes) -> str:
    try:
        text = content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\x00", "")


def _envelope(parsed: Message) -> Envelope:
    return Envelope(
        sender=_decoded(parsed.get("From", "")),
        recipient=_decoded(parsed.get("To", "")),
        subject=_decoded(parsed.get("Subject", "")),
        message_id=clean_header(str(parsed.get("Message-ID", ""))),
        sent_at=_instant(str(parsed.get("Date", ""))),
    )


def _decoded(value: object) -> str:
    """A header in plain letters, on one line."""
    try:
        return clean_header(str(make_header(decode_header(str(value)))))
    except (ValueError, LookupError, TypeError):
        return clean_header(str(value))


def _instant(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant if instant.tzinfo is not None else None
