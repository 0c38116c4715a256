"""Takes due messages to the transport: each step is committed before the next, and none is open meanwhile.

The one module below the roof that opens units of work: what happened at the server cannot be undone with them.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.outbox import queries, services
from app.outbox.models import Message
from app.outbox.rules import CLAIM_LEASE, DATA_LEASE, LIFE, MessageState, is_given_up, move_when_silent, pause_after
from app.outbox.services import SYSTEM, NewMessage
from app.outbox.transports import Answer, Outcome, Transport

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Claim:
    """A message this worker holds. The fence tells whether it still does."""

    message_id: int
    fence: int


@dataclass(frozen=True)
class DeliveryCount:
    """What came of a round. `refused` are late answers of a worker that had lost the message."""

    accepted: int = 0
    rejected: int = 0
    deferred: int = 0
    uncertain: int = 0
    refused: int = 0
    released: int = 0

    @property
    def attempted(self) -> int:
        return self.accepted + self.rejected + self.deferred + self.uncertain + self.refused


def deliver_due(
    transport: Transport, *, owner: str, now: Clock, limit: int = 1_000, may_go_on: Callable[[], bool] = lambda: True
) -> DeliveryCount:
    """Sends what is due, at most `limit` messages; stops early when the server is in trouble."""
    count: Counter[str] = Counter(released=in_unit_of_work(lambda: release_silent(now(), transport.repeatable)))
    try:
        while sum(count.values()) - count["released"] < limit and may_go_on():
            claim = in_unit_of_work(lambda: claim_next(owner, now()))
            if claim is None:
                break
            answer = attempt(claim, transport, now)
            count[in_unit_of_work(lambda: settle(claim, answer, now()))] += 1  # noqa: B023 - called at once
            if answer.server_trouble:
                break
    finally:
        transport.close()
    return DeliveryCount(**count)


def deliver_at_once(new: NewMessage, transport: Transport, *, owner: str, actor: str, now: Clock) -> tuple[int, Answer]:
    """Queues a message and sends it here and now, once; returns its id and what came of it.

    The unit of work that queues it claims it too, so no worker takes it. What neither was accepted nor refused at once
    is dropped, so that no worker has to do with it; a refused one stays refused.
    """

    def queue() -> Claim:
        message = services.enqueue(new, actor=actor, now=now())
        return claim_message(message, owner, now())

    claim = in_unit_of_work(queue)
    try:
        answer = attempt(claim, transport, now)
    finally:
        transport.close()
    in_unit_of_work(lambda: settle(claim, answer, now()))
    in_unit_of_work(lambda: _drop(claim.message_id, actor, now()))
    return claim.message_id, answer


TRIED_ONCE = "It was to be tried once only."


def _drop(message_id: int, actor: str, now: datetime) -> None:
    state = services.lock_message(message_id).state
    if state in {MessageState.DEFERRED, MessageState.UNCERTAIN}:
        services.cancel_message(message_id, TRIED_ONCE, actor=actor, now=now)


def release_silent(now: datetime, repeatable: bool = False) -> int:
    """Takes back messages whose worker went silent: before DATA they are queued again, after it they are in doubt."""
    silent = select(Message).where(queries.is_silent(now)).order_by(Message.id).with_for_update(skip_locked=True)
    messages = session().scalars(silent).all()
    for message in messages:
        move = move_when_silent(message.state, repeatable=repeatable or message.resend_when_uncertain)
        message.state = LIFE.move(move, message.state)
        message.lease_until, message.lease_owner = None, None
        if move == "doubt":
            _take_down(message, "uncertain", "The worker stopped while handing the mail over.", now)
            continue
        message.next_attempt_at = now
        services.add_attempt(message.id, move, _WHY_AGAIN[move], actor=SYSTEM, now=now)
    return len(messages)


_WHY_AGAIN = {
    "release": "The worker stopped before the mail was handed over; it is queued again.",
    "repeat": "The worker stopped while handing the mail over; it is sent again under the same Message-ID.",
}


def claim_next(owner: str, now: datetime) -> Claim | None:
    """Takes the message that has waited longest; on PostgreSQL those other workers look at are passed over."""
    due = select(Message).where(queries.is_due(now)).order_by(Message.next_attempt_at, Message.id)
    message = session().scalars(due.limit(1).with_for_update(skip_locked=True, of=Message)).first()
    return None if message is None else claim_message(message, owner, now)


def claim_message(message: Message, owner: str, now: datetime) -> Claim:
    """Takes this message, which the caller has locked."""
    message.state = LIFE.move("claim", message.state)
    message.lease_owner, message.lease_until = owner, now + CLAIM_LEASE
    message.fence += 1
    message.attempts += 1
    return Claim(message.id, message.fence)


def attempt(claim: Claim, transport: Transport, now: Clock) -> Answer:
    """One attempt, without a transaction. A fault of ours before the hand-over puts the message off."""
    started = False

    def begin() -> bool:
        nonlocal started
        started = in_unit_of_work(lambda: start_data(claim, now()))
        return started

    try:
        letter = queries.read_letter(queries.get_message(claim.message_id))
        session().rollback()
        return transport.send(letter, start_data=begin)
    except Exception as error:
        log.exception("message %s could not be sent", claim.message_id)
        session().rollback()
        return Answer(Outcome.UNCERTAIN if started else Outcome.DEFERRED, f"Fault in Tillpaid: {error!r}"[:500])


def start_data(claim: Claim, now: datetime) -> bool:
    """Commits that the server may have the mail from now on; False when the message is no longer ours."""
    message = services.lock_message(claim.message_id)
    if message.fence != claim.fence or message.state != MessageState.CLAIMED:
        return False
    message.state = LIFE.move("start_data", message.state)
    message.data_started_at, message.lease_until = now, now + DATA_LEASE
    return True


def settle(claim: Claim, answer: Answer, now: datetime) -> str:
    """Takes down what came of an attempt; the answer of a worker that lost the message only enters its history."""
    message = services.lock_message(claim.message_id)
    if message.fence != claim.fence or not _fits(message, answer):
        services.add_attempt(message.id, "too late", answer.reply, actor=SYSTEM, now=now)
        return "refused"
    outcome, reply = answer.outcome, answer.reply
    if outcome == Outcome.UNCERTAIN and message.resend_when_uncertain:
        outcome = Outcome.DEFERRED
    if outcome == Outcome.DEFERRED:
        message.next_attempt_at = now + pause_after(message.attempts, server_trouble=answer.server_trouble)
        if is_given_up(message.patience_from, message.next_attempt_at):
            outcome, reply = Outcome.REJECTED, f"Given up after three days. Last answer: {reply}"
    message.state = LIFE.move(outcome.value, message.state)
    message.lease_until, message.lease_owner = None, None
    message.accepted_at = now if outcome == Outcome.ACCEPTED else None
    word = message.state.value
    _take_down(message, word, reply, now)
    return word


def _fits(message: Message, answer: Answer) -> bool:
    return answer.outcome != Outcome.WITHDRAWN and LIFE.is_possible(answer.outcome.value, message.state)


def _take_down(message: Message, word: str, reply: str, now: datetime) -> None:
    message.last_reply = reply
    services.add_attempt(message.id, word, reply, actor=SYSTEM, now=now)
    if word != "deferred":
        services.note(message, word, actor=SYSTEM, now=now, reply=reply)
