"""Two people at once on the same money, a few rounds of each race of the campaign on both engines."""

from __future__ import annotations

import pytest

from campaign import cash_races
from tests.factories import make_company

ROUNDS = 2


@pytest.mark.parametrize("race", cash_races.RACES, ids=lambda race: race.__name__)
def test_whoever_comes_second_sees_what_the_first_did(app, race):
    make_company()
    tally = cash_races.run(app, race, ROUNDS)
    assert (tally.rounds, tally.faults, tally.broken) == (ROUNDS, [], [])
