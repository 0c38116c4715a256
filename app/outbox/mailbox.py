"""The local mailbox as people read it: mails kept as files, newest first, page by page, however many there are."""

from __future__ import annotations

import os
import stat
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path

from app.kernel.errors import BadInput, NotFound
from app.outbox.rules_mailbox import Envelope, Mail, UnreadableMail, is_mail_name, read_envelope, read_mail

PAGE_SIZE = 50
HEAD_BYTES = 16 * 1024  # our own heads take less than one of these
LARGEST_MAIL = 64 * 1024 * 1024


class MailNotFound(NotFound):
    """There is no such mail in the local mailbox."""


class BadMailName(BadInput):
    """This place in the mailbox cannot be found. Start again from the first page."""


@dataclass(frozen=True)
class Kept:
    """One mail of the list: the name of its file and its head."""

    name: str
    envelope: Envelope


@dataclass(frozen=True)
class MailPage:
    """Mails newest first. `older` and `newer` are the names to read on from; empty on the last and first page."""

    mails: list[Kept]
    count: int
    older: str = ""
    newer: str = ""


def list_mails(folder: Path, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> MailPage:
    """One page: the mails older than `after`, or those just newer than `before`. Only their heads are read."""
    if not all(is_mail_name(name) for name in (after, before) if name):
        raise BadMailName(field="after")
    names = _names(folder)
    end = bisect_left(names, after) if after else len(names)
    if before:
        end = min(len(names), bisect_right(names, before) + size)
    start = max(end - size, 0)
    shown = names[start:end][::-1]
    return MailPage(
        mails=[Kept(name, _head(folder, name)) for name in shown],
        count=len(names),
        older=shown[-1] if shown and start > 0 else "",
        newer=shown[0] if shown and end < len(names) else "",
    )


def read_kept(folder: Path, name: str) -> Mail:
    """The whole mail. Raises MailNotFound, UnreadableMail."""
    return read_mail(read_bytes(folder, name))


def read_bytes(folder: Path, name: str) -> bytes:
    """The file as it is. Raises MailNotFound; nothing but a plain file of this folder is ever opened."""
    return _read(folder, name, LARGEST_MAIL)


def _names(folder: Path) -> list[str]:
    """The names of all mails, oldest first: they begin with the instant."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if is_mail_name(entry.name))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _head(folder: Path, name: str) -> Envelope:
    try:
        return read_envelope(_read(folder, name, HEAD_BYTES, whole=False))
    except (MailNotFound, UnreadableMail):
        return Envelope()


def _read(folder: Path, name: str, most: int, *, whole: bool = True) -> bytes:
    if not is_mail_name(name):
        raise MailNotFound
    try:
        # a link could lead out of the folder, and a pipe could make us wait
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise MailNotFound from None
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise MailNotFound
    with os.fdopen(descriptor, "rb") as file:
        if whole and facts.st_size > most:
            raise UnreadableMail
        return file.read(most)
