"""Two real worker processes fight for slots: a small run of campaign/slots.py."""

from datetime import date

import pytest

from campaign import slots as campaign


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_worker_processes_run_each_slot_once_although_one_is_killed(settings):
    tally = campaign.run(settings, count=24, workers=2, kills=1, seed=3)
    assert tally.holds, str(tally)


@pytest.mark.timeout(300)
def test_a_worker_off_for_three_days_makes_three_reports_in_order(settings):
    days = campaign.make_up_for_three_days(settings)
    assert days == [date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19)]
