"""Random streams of issuing, paying, placing, taking back, crediting and closing: any day equals their replay."""

from unittest.mock import patch

from app.ledger import queries
from tests.factories import make_company, make_customer
from tests.service.ledger.replay import Tally, play_stream

STREAMS = {"sqlite": range(13), "postgresql": range(100, 112)}


def play(seeds):
    make_company()
    customers = [make_customer(name).id for name in ("Adler", "Birke", "Ceder")]
    tally = Tally()
    for seed in seeds:
        tally.add(play_stream(seed, customers))
    return tally


def test_every_day_at_every_moment_equals_a_replay_of_the_events(app, engine_name):
    tally = play(STREAMS[engine_name])
    assert tally.faults == []
    assert tally.refused.total() > 10
    assert len(+tally.events) > 10, "nearly every kind of event happened"


def test_a_ledger_that_overlooks_late_entries_is_found_out(app):
    with patch.object(queries, "newest_month_end", lambda: None):
        assert play(range(1, 3)).faults
