"""Several processes issue at once, every seventh transaction is rolled back: 1..n, and not without the lock."""

import pytest

from campaign.numbering import run

pytestmark = pytest.mark.slow


def test_numbers_have_no_gap_and_no_duplicate_when_processes_race(settings):
    outcome = run(settings.effective_database_url, invoices=14, processes=2)
    assert outcome.is_sound, outcome
    assert outcome.issued == 14
    assert outcome.rolled_back >= 2


def test_the_same_race_fails_without_the_counters_lock(settings):
    outcome = run(settings.effective_database_url, invoices=10, processes=2, without_lock=True)
    assert outcome.duplicates > 0, outcome
    assert not outcome.is_sound
