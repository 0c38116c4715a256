"""Breaks bank files by chance, 20,000 times per format: each is read or refused, and never slowly.

script/campaign bank_fuzz [--count N] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from app.payments.statements.detect import read_bank_file
from app.payments.statements.model import Unreadable
from tests.unit.payments.statements.mutate import mutate
from tests.unit.payments.statements.samples import ALL

SLOWEST = 1.0  # seconds for a file of a few thousand bytes


def run(name: str, *, count: int, seed: int) -> list[str]:
    """What went wrong; says how many were read and refused."""
    chance = random.Random(f"{name} {seed}")
    read, faults = 0, []
    for number in range(count):
        content = mutate(ALL[name].encode(), chance)
        began = time.process_time()
        try:
            read_bank_file(content, name)
            read += 1
        except Unreadable:
            pass
        except Exception as error:
            faults.append(f"{name} {number}: {type(error).__name__}: {error}\n    {content!r}")
        if time.process_time() - began > SLOWEST:
            faults.append(f"{name} {number} took too long\n    {content!r}")
    print(f"{name}: {read} of {count} read, {count - read - len(faults)} refused, {len(faults)} faults")
    return faults


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    faults = [fault for name in ALL for fault in run(name, count=chosen.count, seed=chosen.seed)]
    print(*faults[:20], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
