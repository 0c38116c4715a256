"""Random streams of events over two years, and the ledger asked about any day as known at any moment, against a replay.

script/campaign ledger_replay [--streams 2000] [--seed N] [--engine sqlite|postgresql] [--plant late|clock|undo]

Each stream issues, pays, places, splits, takes back, reverses, credits, discounts, writes off, back-dates, takes
snapshots and closes periods through the services; tests/service/ledger/replay.py says what is written more cheaply than
people do. Buckets and unapplied cash per customer and currency, every open instalment and the receivable have to equal
a replay of the events effective and recorded by then; what was known then is asked again at the end of the stream.
`--plant` breaks the ledger on purpose, to show that it would be found: late entries overlooked, the moment of knowing
ignored, or an undoing that reaches back to the day of what it undoes. The run then has to find differences.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app import create_app
from app.db.base import db
from app.ledger import queries, services
from config import Settings
from tests import factories
from tests.harness.databases import ENGINES, make_database
from tests.harness.session import begin_run
from tests.service.ledger.replay import Tally, play_stream

SHOWN = 5


def _overlook_late() -> Any:
    return patch.object(queries, "newest_month_end", lambda: None)


def _ignore_clock() -> Any:
    return patch.object(queries, "position_at", lambda _known_at: queries.last_position())


def _undo_from_the_first() -> Any:
    build = services._build_opposite

    def opposite(entry: Any, _on: Any, reason: str) -> Any:
        return replace(build(entry, entry.effective_on, reason), effective_on=entry.effective_on)

    return patch.object(services, "_build_opposite", opposite)


PLANTS: dict[str | None, Callable[[], Any]] = {
    None: nullcontext, "late": _overlook_late, "clock": _ignore_clock, "undo": _undo_from_the_first,
}  # fmt: skip


def run(url: str, folder: Path, *, streams: int, seed: int, plant: str | None) -> Tally:
    """Plays the streams seed, seed + 1, ... against a database that has the schema and nothing else."""
    app = create_app(Settings.model_validate({"database_url": url, "TILLPAID_INSTANCE_DIR": folder}))
    tally = Tally()
    with app.app_context():
        factories.make_company()
        customers = [factories.make_customer(name).id for name in ("Adler", "Birke", "Ceder")]
        with PLANTS[plant]():
            for number in range(seed, seed + streams):
                tally.add(play_stream(number, customers))
        db.engine.dispose()
    return tally


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--plant", choices=[name for name in PLANTS if name])
    chosen = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    test_run, found = begin_run(), 0
    try:
        for engine in chosen.engine or ENGINES:
            database = make_database(engine, test_run, name="replay")
            database.renew()
            began = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="replay-") as folder:
                tally = run(database.url, Path(folder), streams=chosen.streams, seed=chosen.seed, plant=chosen.plant)
            found += len(tally.faults)
            print(f"{engine}, seed {chosen.seed}: {tally}, {time.monotonic() - began:.0f} s")
            print("  events ", dict(sorted(tally.events.items())))
            print("  refused", dict(sorted(tally.refused.items())))
            print(*tally.faults[:SHOWN], sep="\n  ", flush=True)
    finally:
        test_run.end()
    return int(found == 0) if chosen.plant else int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
