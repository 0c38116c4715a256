"""The life of a message as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from app.kernel.lifecycle import MoveRefused, ReasonMissing
from app.outbox.rules import ENDED, LIFE, MessageState, is_given_up, move_when_silent, pause_after

S = MessageState

# state -> moves that are possible in it
TABLE = {
    S.QUEUED: {"claim", "cancel"},
    S.DEFERRED: {"claim", "cancel"},
    S.CLAIMED: {"start_data", "release", "reject", "defer"},
    S.DATA_STARTED: {"accept", "reject", "defer", "doubt", "repeat"},
    S.UNCERTAIN: {"accept", "reject", "defer", "mark_as_arrived", "send_again", "cancel"},
    S.ACCEPTED: set(),
    S.REJECTED: {"set_aside"},
    S.CANCELLED: set(),
}


@pytest.mark.parametrize("state", S)
def test_each_state_allows_exactly_these_moves(state):
    assert {move.name for move in LIFE.moves_from(state)} == TABLE[state]


def test_a_message_that_may_have_arrived_is_never_claimed_again_by_itself():
    assert not LIFE.is_possible("claim", S.DATA_STARTED)
    assert not LIFE.is_possible("claim", S.UNCERTAIN)
    assert all(
        LIFE.move(move.name, state, reason="because") in ENDED for state in ENDED for move in LIFE.moves_from(state)
    )


def test_what_is_under_way_cannot_be_cancelled_and_a_cancellation_needs_a_reason():
    with pytest.raises(MoveRefused, match="claimed"):
        LIFE.move("cancel", S.CLAIMED, reason="changed our mind")
    with pytest.raises(ReasonMissing):
        LIFE.move("cancel", S.QUEUED)


@pytest.mark.parametrize(
    ("state", "repeatable", "move"),
    [
        (S.CLAIMED, False, "release"),
        (S.CLAIMED, True, "release"),
        (S.DATA_STARTED, False, "doubt"),
        (S.DATA_STARTED, True, "repeat"),
    ],
)
def test_a_silent_worker_leaves_its_message_queued_or_in_doubt(state, repeatable, move):
    assert move_when_silent(state, repeatable=repeatable) == move


def test_the_pauses_grow_to_eight_hours_but_a_server_in_trouble_is_asked_every_quarter_hour():
    minutes = [pause_after(attempts) // timedelta(minutes=1) for attempts in range(1, 10)]
    assert minutes == [1, 5, 15, 60, 120, 240, 480, 480, 480]
    in_trouble = [pause_after(attempts, server_trouble=True) // timedelta(minutes=1) for attempts in range(1, 6)]
    assert in_trouble == [1, 5, 15, 15, 15]


def test_we_give_up_after_three_days():
    queued = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    assert not is_given_up(queued, queued + timedelta(days=3))
    assert is_given_up(queued, queued + timedelta(days=3, seconds=1))
