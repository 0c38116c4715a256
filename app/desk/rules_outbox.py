"""How the outbox is shown: groups of states to filter by, kinds of messages, what happened in plain words."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from app.outbox.rules import MessageState
from app.outbox.rules_mail import KEPT
from app.outbox.rules_reply import explain_reply

_S = MessageState


class Show(enum.StrEnum):
    """What a list of messages is limited to: one state, what is on its way, or what waits for a person."""

    WAITING = "waiting"
    QUEUED = "queued"
    CLAIMED = "claimed"
    DATA_STARTED = "data_started"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    DECIDE = "decide"

    @property
    def states(self) -> frozenset[MessageState]:
        if self is Show.WAITING:
            return frozenset({_S.QUEUED, _S.CLAIMED, _S.DATA_STARTED})
        return frozenset({MessageState(self.value)}) if self is not Show.DECIDE else frozenset()


@dataclass(frozen=True)
class Segment:
    """One part of the strip above the list."""

    show: Show
    label: str
    more: str
    tone: str


SEGMENTS = (
    Segment(Show.WAITING, "On their way", "leave next round", "slate"),
    Segment(Show.DEFERRED, "Will try again", "the server said later", "amber"),
    Segment(Show.UNCERTAIN, "Uncertain", "somebody decides", "orange"),
    Segment(Show.REJECTED, "Refused", "the server said never", "red"),
    Segment(Show.ACCEPTED, "Delivered", "a server has them", "good"),
    Segment(Show.CANCELLED, "Cancelled", "never leave", "slate"),
)

# what "a server has them" is in a house without a mail server
IN_MAILBOX = "in the local mailbox"

KINDS: Mapping[str, str] = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "dunning": "Reminder",
    "account_statement": "Statement of account",
    "mis": "Daily report",
    "invitation": "Invitation",
    "order.mention": "Mention",
    "exception.handover": "Exception",
    "task.escalation": "Escalation",
    "password_reset": "Password link",
    "password_changed": "Password notice",
    "test": "Test mail",
}


def name_kind(kind: str) -> str:
    """What people call this kind of message."""
    return KINDS.get(kind) or kind.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Happening:
    """One line of a message's history: an icon, a sentence, a tone and what was said."""

    icon: str
    text: str
    tone: str
    note: str


# outcome of an attempt, or decision of a person -> icon, sentence, tone
_HAPPENINGS: Mapping[str, tuple[str, str, str]] = {
    "accepted": ("check", "A server took it", "good"),
    "rejected": ("circle-x", "Refused for good", "bad"),
    "deferred": ("clock", "Not now; it is tried again", "warn"),
    "uncertain": ("circle-help", "Nobody can tell whether it arrived", "warn"),
    "release": ("rotate-ccw", "Queued again", ""),
    "repeat": ("rotate-ccw", "Queued again", ""),
    "too late": ("history", "A worker answered too late; nothing was changed", ""),
    "arrived": ("check", "Marked as arrived", "good"),
    "sent again": ("send", "Sent again under the same Message-ID", "info"),
    "cancelled": ("ban", "Cancelled", ""),
    "set aside": ("ban", "Set aside", ""),
}


def tell_attempt(outcome: str, reply: str) -> Happening:
    """An attempt in plain words, with the server's own beneath."""
    icon, text, tone = _HAPPENINGS.get(outcome, ("activity", outcome.capitalize(), ""))
    if outcome == "accepted" and reply.startswith(KEPT):
        text = "It is in the local mailbox"
    meaning = explain_reply(reply)
    return Happening(icon, text, tone, f"{meaning} The server said: {reply}" if meaning else reply)
