"""A real worker process is killed while mails wait: a small run of campaign/mail_kill.py."""

import pytest

from campaign import mail_kill


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_worker_killed_in_the_middle_doubles_and_loses_no_mail(settings):
    size = {"kills": 4, "mails": 32} if settings.database_url.startswith("sqlite") else {"kills": 2, "mails": 16}
    tally = mail_kill.run(settings, seed=7, **size)
    assert tally.holds, str(tally)
    assert tally.kills == size["kills"]
