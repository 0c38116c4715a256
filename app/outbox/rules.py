"""The life of a message: which step leads from which state to which, and how long a refused one waits."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from app.kernel.lifecycle import Lifecycle, Move


class MessageState(enum.StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    DATA_STARTED = "data_started"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


_S = MessageState

LIFE = Lifecycle(
    "message",
    _S.QUEUED,
    (
        # a worker takes it
        Move.of("claim", (_S.QUEUED, _S.DEFERRED), _S.CLAIMED),
        # committed before the server is told DATA: from here on it may have arrived
        Move.of("start_data", _S.CLAIMED, _S.DATA_STARTED),
        # the server took responsibility: 250 after the final dot. The answer of a worker that was slow, but still
        # held the message, is better than our doubt
        Move.of("accept", (_S.DATA_STARTED, _S.UNCERTAIN), _S.ACCEPTED),
        # the server said never (5xx), or we gave up
        Move.of("reject", (_S.CLAIMED, _S.DATA_STARTED, _S.UNCERTAIN), _S.REJECTED),
        # the server said later (4xx), or could not be reached
        Move.of("defer", (_S.CLAIMED, _S.DATA_STARTED, _S.UNCERTAIN), _S.DEFERRED),
        # nobody can know whether the server has it
        Move.of("doubt", _S.DATA_STARTED, _S.UNCERTAIN),
        # a worker went silent before anything left
        Move.of("release", _S.CLAIMED, _S.QUEUED),
        # in doubt, but this message may go out twice under one Message-ID
        Move.of("repeat", _S.DATA_STARTED, _S.QUEUED),
        # what a person found out, or decides
        Move.of("mark_as_arrived", _S.UNCERTAIN, _S.ACCEPTED),
        Move.of("send_again", _S.UNCERTAIN, _S.QUEUED),
        Move.of("cancel", (_S.QUEUED, _S.DEFERRED, _S.UNCERTAIN), _S.CANCELLED, needs_reason=True),
        # nobody will send it again, and nobody needs to look at it any more
        Move.of("set_aside", _S.REJECTED, _S.CANCELLED, needs_reason=True),
    ),
)

WAITING = frozenset({_S.QUEUED, _S.DEFERRED})
UNDER_WAY = frozenset({_S.CLAIMED, _S.DATA_STARTED})
ENDED = frozenset({_S.ACCEPTED, _S.REJECTED, _S.CANCELLED})

# Sent while somebody looks on, who sees at once what became of it: nobody else has to decide
WATCHED_KINDS = frozenset({"test"})

# What these say lets its reader in: nobody else reads it, and it goes to no other address
PRIVATE_KINDS = frozenset({"password_reset", "invitation"})

# What a claim may take before the mail is handed over: connect, greeting, TLS, sign-in, MAIL, RCPT at 10 s each
CLAIM_LEASE = timedelta(minutes=2)
# RFC 5321 4.5.3.2.6 gives a server ten minutes after the final dot; sending the body comes before it
DATA_LEASE = timedelta(minutes=15)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480))
LONGEST_SERVER_PAUSE = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)


def pause_after(attempts: int, *, server_trouble: bool = False) -> timedelta:
    """How long a deferred message waits after so many attempts: 1, 5, 15 min, 1, 2, 4, then 8 hours.

    When the server itself is in trouble it is asked every quarter of an hour at least: it is not the message's fault.
    """
    pause = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return min(pause, LONGEST_SERVER_PAUSE) if server_trouble else pause


def is_given_up(patience_from: datetime, next_attempt_at: datetime) -> bool:
    """Whether the next attempt would come later than three days after the first could have."""
    return next_attempt_at - patience_from > GIVE_UP_AFTER


def move_when_silent(state: MessageState, *, repeatable: bool) -> str:
    """What becomes of a message whose worker went silent past its lease."""
    if state == MessageState.CLAIMED:
        return "release"
    return "repeat" if repeatable else "doubt"
