"""Computes many random documents and compares each with the separate oracle; prints the seed and the differences.

script/campaign compute [--count N] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from typing import Any

from app.invoices.rules import compute_json
from tests.unit.invoices import chance, oracle

SHOWN = 5


def check(document: dict[str, Any]) -> tuple[list[str], bool]:
    """The faults of the answer to a document that must be accepted, and whether the oracle could tell every sum."""
    answer, undiscounted = compute_json(document), compute_json(oracle.without_discount(document))
    assert isinstance(answer, dict)
    assert isinstance(undiscounted, dict)
    return ([answer["error"]], True) if "error" in answer else oracle.differences(document, answer, undiscounted)


def run(count: int, seed: int) -> int:
    """The number of documents whose answer differs; the first few are printed with their JSON."""
    rng, started, kinds = random.Random(seed), time.monotonic(), Counter[str]()
    for _ in range(count):
        document = chance.document(rng)
        faults, complete = check(document)
        kinds["different" if faults else "equal" if complete else "equal but for sums that depend on shares"] += 1
        if faults and kinds["different"] <= SHOWN:
            print(json.dumps(document), *faults, sep="\n  ")
    seconds = time.monotonic() - started
    print(f"seed {seed}: {count} documents in {seconds:.0f} s: {dict(kinds)}; {kinds['different']} differences")
    return kinds["different"]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=random.randrange(10**9))
    chosen = options.parse_args()
    return 1 if run(chosen.count, chosen.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
