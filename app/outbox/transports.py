"""What a way of sending mail offers, and the local mailbox: mails as files for a house without a mail server."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.outbox.rules_mail import KEPT, Letter, build_mail, file_name


class Outcome(enum.StrEnum):
    """How an attempt ended. The values are the moves of the message's life."""

    ACCEPTED = "accept"
    REJECTED = "reject"
    DEFERRED = "defer"
    UNCERTAIN = "doubt"
    WITHDRAWN = "withdrawn"  # not handed over: another worker holds the message now


@dataclass(frozen=True)
class Answer:
    """What came of an attempt, with the server's words. After `server_trouble` other messages would fare no better."""

    outcome: Outcome
    reply: str
    server_trouble: bool = False


class Transport(Protocol):
    """A way of sending mail. It never raises for what a server says or does."""

    @property
    def repeatable(self) -> bool:
        """Whether sending the same letter twice leaves one mail."""

    def send(self, letter: Letter, *, start_data: Callable[[], bool]) -> Answer:
        """Sends one letter. `start_data` is called once, just before the mail is handed over; False withdraws it."""

    def close(self) -> None:
        """Ends a connection that was kept for the next letter."""


class MailboxTransport:
    """Keeps each mail as an .eml file; the same mail again replaces its own file."""

    repeatable = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, letter: Letter, *, start_data: Callable[[], bool]) -> Answer:
        content = build_mail(letter)
        if not start_data():
            return Answer(Outcome.WITHDRAWN, "")
        path = self.folder / file_name(letter)
        try:
            write_at_once(path, content)
        except OSError as error:
            return Answer(Outcome.DEFERRED, f"The mailbox folder cannot be written: {error}", server_trouble=True)
        return Answer(Outcome.ACCEPTED, f"{KEPT} as {path.name}; no mail server is set.")

    def close(self) -> None:
        """Nothing is kept open."""


def write_at_once(path: Path, content: bytes) -> None:
    """Writes a file that is either there as a whole, on disk, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
