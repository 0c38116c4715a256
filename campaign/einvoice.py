"""Writes every kind of invoice in every format and syntax, has the official rules look, and moves each total by a cent.

script/campaign einvoice
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from copy import deepcopy
from decimal import Decimal
from typing import Any

from app.invoices.einvoice.check import find_einvoice_faults, find_obstacles
from app.invoices.einvoice.codes import Syntax
from app.invoices.einvoice_files import find_broken_rules
from tests.einvoices import documents

CENT = Decimal("0.01")


def check(name: str, document: dict[str, Any], counted: Counter[str]) -> list[str]:
    """The faults of one document in both syntaxes."""
    faults = find_obstacles(document) + [fault.message for fault in find_einvoice_faults(document)]
    for syntax in Syntax:
        counted["documents"] += 1
        faults += [f"{syntax}: {one.rule} {one.text}" for one in find_broken_rules(document, syntax)]
    for total in document["totals"]:
        wrong = deepcopy(document)
        wrong["totals"][total] = str(Decimal(wrong["totals"][total]) + CENT)
        counted["mutations"] += 1
        if not find_einvoice_faults(wrong):
            faults.append(f"{total} + 0.01 passes our own checks")
        counted["mutations the official rules see"] += bool(find_broken_rules(wrong, Syntax.CII))
    return [f"{name}: {fault}" for fault in faults]


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    started, counted = time.monotonic(), Counter[str]()
    faults = [fault for name, document in documents() for fault in check(name, document, counted)]
    print(*faults, sep="\n", end="\n" if faults else "")
    said = ", ".join(f"{number} {what}" for what, number in counted.items())
    print(f"{said}; {len(faults)} findings in {time.monotonic() - started:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
