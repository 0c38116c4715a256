"""The campaigns can fail: with their protection switched off they find what they look for."""

import pytest

from campaign import mail_kill, slots


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_without_the_commit_before_data_a_killed_worker_doubles_mails(settings):
    for seed in range(1, 4):
        tally = mail_kill.run(settings, kills=3, mails=24, seed=seed, protected=False)
        if tally.duplicated:
            return
    raise AssertionError(f"no mail was doubled: {tally}")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_without_claims_two_worker_processes_run_slots_twice(settings):
    tally = slots.run(settings, count=40, workers=2, kills=0, seed=1, protected=False)
    assert tally.twice > 0, str(tally)
