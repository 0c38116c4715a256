"""Matches invented bank lines whose truth is known: the confusion table, and lines per second beside a plain search.

    script/bench matching [--lines N] [--seed N]

`bench/remittances.py` describes the lines and their noise. For each kind: how many were allocated by themselves, right
or wrong; proposed first, right or wrong, or further down; or not at all. Right is the customer and every share to the
cent, for what came back the payment. A line that is nobody's is right when nothing is certain about it. Goals: of what
is allocated by itself 99.9 % right; of all lines that have a place 90 % allocated or proposed first. The plain search
beside takes the first word of the text that is an open number, when the amount is the invoice's, and nothing else.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from app.payments.rules_book import MatchLine, OpenBook, OpenItem
from app.payments.rules_matching import Action, Proposal, propose
from app.payments.rules_names import NameIndex
from app.payments.rules_remittance import Series
from bench.remittances import KINDS, Truth, World, invent

PRECISION, FOUND = 0.999, 0.90
VERDICTS = ("allocated right", "allocated wrong", "first right", "first wrong", "further down", "nothing")
SERIES = Series(("INV-{year}-{number:05d}",), ("SO-{year}-{number:05d}",), ("C-{number:05d}",))


def build_book(world: World) -> OpenBook:
    return OpenBook(
        series=SERIES, items=world.items, settled_numbers=world.settled, accounts=world.accounts,
        names=NameIndex((party.id, party.name) for party in world.parties),
        numbers={party.number: party.id for party in world.parties}, habits=world.habits, payments=world.payments,
    )  # fmt: skip


def is_right(proposal: Proposal, truth: Truth) -> bool:
    if truth.is_charge:
        return proposal.action is Action.CHARGE
    if truth.payment_id is not None:
        return proposal.payment_id == truth.payment_id
    same = sorted(map(tuple, proposal.shares)) == sorted(truth.shares)
    return proposal.action is Action.ALLOCATE and proposal.customer_id == truth.customer_id and same


def judge(proposals: Sequence[Proposal], truth: Truth) -> str:
    if not proposals:
        return "nothing"
    right = [is_right(one, truth) for one in proposals]
    if proposals[0].is_certain:
        return "allocated right" if right[0] else "allocated wrong"
    if truth.kind == "unknown":
        return "first wrong"
    return "first right" if right[0] else "further down" if any(right) else "first wrong"


def tabulate(world: World, book: OpenBook) -> dict[tuple[str, str], Counter[str]]:
    """(kind, how) -> verdict -> lines."""
    table: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for line, truth in world.lines:
        table[truth.kind, truth.how][judge(propose(line, book), truth)] += 1
    return table


def add_up(table: dict[tuple[str, str], Counter[str]]) -> tuple[float, float]:
    """Precision of what is allocated by itself, and the share of placeable lines allocated or proposed first."""
    total = sum(table.values(), Counter[str]())
    allocated = total["allocated right"] + total["allocated wrong"]
    placeable = sum((found for (kind, _), found in table.items() if kind != "unknown"), Counter[str]())
    reached = placeable["allocated right"] + placeable["first right"]
    return total["allocated right"] / max(1, allocated), reached / max(1, placeable.total())


def search_plainly(lines: Sequence[MatchLine], items: Sequence[OpenItem]) -> int:
    by_number = {item.number: item for item in items}
    found = 0
    for line in lines:
        words = re.findall(r"[A-Z]+-\d{4}-\d+|R\d+", line.remittance)
        item = next((by_number[word] for word in words if word in by_number), None)
        found += item is not None and item.open == line.amount
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench matching", description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=11, metavar="N")
    parser.add_argument("--detail", action="store_true", help="a row for each way a line was made")
    options = parser.parse_args()
    world = invent(options.lines, seed=options.seed)
    size = f"{len(world.items):,} open items, {len(world.parties):,} customers"
    print(f"{options.lines:,} lines, seed {options.seed}; {size}")
    began = time.process_time()
    book = build_book(world)
    built = time.process_time()
    table = tabulate(world, book)
    matched = time.process_time()
    plain = search_plainly([line for line, _ in world.lines], world.items)
    searched = time.process_time()
    print_table(table, detail=options.detail)
    precision, found = add_up(table)
    print(f"allocated by itself and right: {precision:.4%} (goal {PRECISION:.1%})")
    print(f"allocated or proposed first:   {found:.2%} (goal {FOUND:.0%})")
    print(f"book built in {built - began:.2f} s; {options.lines / (matched - built):,.0f} lines a second;")
    speed = options.lines / max(1e-9, searched - matched)
    print(f"the plain search: {speed:,.0f} lines a second, {plain / options.lines:.1%} found")
    return 0 if precision >= PRECISION and found >= FOUND else 1


def print_table(table: dict[tuple[str, str], Counter[str]], *, detail: bool) -> None:
    print(f"{'kind':<30}" + "".join(f"{verdict:>17}" for verdict in VERDICTS))
    for kind in KINDS:
        rows = {how: found for (one, how), found in sorted(table.items()) if one == kind}
        print(f"{kind:<30}" + _row(sum(rows.values(), Counter[str]())))
        for how, found in rows.items() if detail else ():
            print(f"  {how:<28}" + _row(found))


def _row(found: Counter[str]) -> str:
    return "".join(f"{found[verdict]:>17,}" for verdict in VERDICTS)


if __name__ == "__main__":
    sys.exit(main())
