"""Computes many random SLA clocks and compares each with one that walks each minute; prints seed and differences.

script/campaign sla [--count 20000] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter

from tests.unit.tasks import sla_chance
from tests.unit.tasks.test_sla import differences

SHOWN = 5


def run(count: int, seed: int) -> int:
    """The number of clocks whose answer differs; the first few are printed with their JSON."""
    rng, started, zones, wrong = random.Random(seed), time.monotonic(), Counter[str](), 0
    for _ in range(count):
        asked = sla_chance.clock(rng)
        zones[asked["zone"]] += 1
        if faults := differences(asked):
            wrong += 1
            if wrong <= SHOWN:
                print(json.dumps(asked), *faults, sep="\n  ")
    print(f"seed {seed}: {count} clocks in {len(zones)} zones, {time.monotonic() - started:.0f} s: {wrong} differences")
    return wrong


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=random.randrange(10**9))
    chosen = options.parse_args()
    return 1 if run(chosen.count, chosen.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
