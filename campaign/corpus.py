"""Computes other people's e-invoices again from their lines and compares every sum with what they say.

script/campaign corpus [--from FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from app.invoices.rules import compute_json
from app.kernel.money import minor_digits
from tests.harness.einvoice_reader import SUMS, Said, read_file

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "einvoice"


@dataclass(frozen=True)
class Compared:
    """One file: where `compute` differs from it, and what in the file itself explains that."""

    name: str
    differences: list[str]
    reasons: list[str]


def compare_all(folder: Path) -> list[Compared]:
    return [compare(path.relative_to(folder).as_posix(), read_file(path)) for path in sorted(folder.rglob("*.xml"))]


def compare(name: str, said: Said) -> Compared:
    """A reason counts only when every sum follows from the file's own lines: nothing else may differ."""
    differences = differences_of(said)
    if not differences:
        return Compared(name, [], [])
    with_their_nets = replace(said, document=take_nets(said))
    return Compared(name, differences, [] if differences_of(with_their_nets) else list(explain(said)))


def differences_of(said: Said) -> list[str]:
    """Where `compute` and the file differ: sums, tax breakdown, lines."""
    answer = compute_json(said.document)
    assert isinstance(answer, dict)
    if "error" in answer:
        return [f"refused: {answer['field']}: {answer['error']}"]
    differences = [
        f"{term} {said.sums[term]} computed {answer[field]}"
        for term, (field, *_paths) in SUMS.items()
        if Decimal(answer[field]) != said.sums[term]
    ]
    rows = {
        (row["category"], Decimal(row["rate"])): (Decimal(row["base"]), Decimal(row["tax"]))
        for row in answer["tax_breakdown"]
    }
    if rows != said.tax_rows:
        differences.append(f"BG-23 {_told(said.tax_rows)} computed {_told(rows)}")
    nets = [Decimal(line["net"]) for line in answer["lines"]]
    return differences + [
        f"BT-131 of line {place}: {stated} computed {right}"
        for place, (stated, right) in enumerate(zip(said.line_nets, nets, strict=True), 1)
        if stated != right
    ]


def take_nets(said: Said) -> dict[str, Any]:
    """The document with each line's net as the file says it."""
    lines = [
        {"quantity": "1", "unit_price": f"{net:f}", "taxes": line["taxes"]}
        for line, net in zip(said.document["lines"], said.line_nets, strict=True)
    ]
    return said.document | {"lines": lines}


def explain(said: Said) -> Iterator[str]:
    """What the file says that its own figures contradict; nothing here asks our arithmetic."""
    cent = Decimal(1).scaleb(-minor_digits(said.document["currency"]))
    for place, (line, stated) in enumerate(zip(said.document["lines"], said.line_nets, strict=True), 1):
        price, base = Decimal(line["unit_price"]), Decimal(line["base_quantity"])
        exact = Decimal(line["quantity"]) * price / base - Decimal(line["allowance"]) + Decimal(line["charge"])
        if exact.quantize(cent, ROUND_HALF_UP) != stated:
            yield f"line {place} says {stated} where its quantity x price - allowance + charge is {exact:f}"
    if sum(said.line_nets) != said.sums["BT-106"]:
        yield f"BT-106 is not the sum of its lines, {sum(said.line_nets)}"
    for (category, rate), (base, tax) in said.tax_rows.items():
        if (base * rate / 100).quantize(cent, ROUND_HALF_UP) != tax:
            yield f"the tax of {category} {rate} % is not its base x rate"
    if sum(tax for _base, tax in said.tax_rows.values()) != said.sums["BT-110"]:
        yield "BT-110 is not the sum of its breakdown"


def _told(rows: dict[tuple[str, Decimal], tuple[Decimal, Decimal]]) -> str:
    return ", ".join(f"{category}@{rate}: {base} -> {tax}" for (category, rate), (base, tax) in rows.items())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--from", dest="folder", type=Path, default=CORPUS)
    folder = options.parse_args().folder
    if not folder.is_dir():
        print(f"There is no folder {folder}; say where the examples are with --from.")
        return 2
    compared = compare_all(folder)
    unexplained = 0
    for one in compared:
        if one.differences:
            print(one.name, *one.differences, *(f"because {reason}" for reason in one.reasons), sep="\n  ")
            unexplained += not one.reasons
    matched = sum(not one.differences for one in compared)
    print(
        f"{matched} of {len(compared)} files match in BT-106 to BT-115, BG-23 and every line; {unexplained} unexplained"
    )
    return 1 if unexplained or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
