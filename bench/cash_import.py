"""Imports a bank file of 10,000 lines with matching, on both engines: lines a second beside storing them unmatched.

    script/bench cash_import [--lines N] [--engines sqlite,postgresql] [--beside N] [--seed N]

A database gets the customers, open invoices, payments and learned accounts that `bench/remittances.py` invents, and
`--beside` open invoices of other customers. Its lines are written as one camt.053 file with a statement for each
currency. The file is read, stored, matched, and what is certain is placed, as an upload does. Storing alone is the
baseline of the ratio. Afterwards every line that was placed is held against the truth: goal 99.9 % right.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from app import create_app
from app.db.base import db, session
from app.db.unit_of_work import in_unit_of_work
from app.payments import bank_files
from app.payments.models import Allocation
from app.payments.models_bank import BankStatement, LineState, StatementLine, StatementPlace
from app.payments.models_cash import LineMatch, MatchProposal
from app.payments.queries_matched import list_new
from app.payments.rules_cash import LineKind
from app.payments.services_bank import import_file
from bench._bank_book import ACTOR, NOW, Lines, sort_lines, store_world, write_camt
from bench.remittances import Truth, World, invent
from config import Settings
from tests import factories
from tests.harness import databases
from tests.harness.session import begin_run
from tests.harness.statements import count_statements

PRECISION = 0.999
ENGINES: tuple[databases.EngineName, ...] = ("sqlite", "postgresql")


def main() -> int:
    options = _parse()
    logging.disable(logging.CRITICAL)
    run = begin_run()
    try:
        return max(_measure(engine, run, options) for engine in options.engines.split(","))
    finally:
        run.end()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench cash_import", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000, metavar="N")
    parser.add_argument("--engines", default=",".join(ENGINES), help="sqlite,postgresql")
    parser.add_argument("--beside", type=int, default=0, metavar="N", help="open invoices no line is about (0)")
    parser.add_argument("--seed", type=int, default=11, metavar="N")
    return parser.parse_args()


def _measure(engine: databases.EngineName, run: Any, options: argparse.Namespace) -> int:
    database = databases.make_database(engine, run, name="bench")
    database.renew()
    instance = Path(tempfile.mkdtemp(prefix="cash-import-"))
    app = create_app(Settings.model_validate({"TILLPAID_INSTANCE_DIR": instance, "database_url": database.url}))
    try:
        with app.app_context():
            factories.make_company(now=NOW)
            world = invent(2 * options.lines, seed=options.seed)
            world.lines = _list_paid_once(world)[: options.lines]
            store_world(world, options.beside)
            with db.engine.connect() as connection:
                connection.execute(text("ANALYZE"))
                connection.commit()
            session().rollback()
            return _import(engine, sort_lines(world), len(world.items) + options.beside)
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        shutil.rmtree(instance, ignore_errors=True)


def _list_paid_once(world: World) -> Lines:
    """The lines without those for an instalment, or against a payment, that an earlier line was for already."""
    found, seen = Lines(), set[object]()
    for line, truth in world.lines:
        about: set[object] = {(invoice, instalment) for invoice, instalment, _ in truth.shares}
        if truth.payment_id is not None:
            about.add(truth.payment_id)
        if seen.isdisjoint(about):
            found.append((line, truth))
            seen |= about
    return found


def _import(engine: str, lines: Mapping[str, Lines], open_items: int) -> int:
    content, total = write_camt(lines), sum(map(len, lines.values()))
    with count_statements(db.engine) as counted:
        began, cpu = time.perf_counter(), time.process_time()
        file = bank_files.read("bench.xml", content)
        verdict = in_unit_of_work(lambda: import_file(file, actor=ACTOR, now=NOW))
        assert verdict.status == "imported", verdict.problems[:3]
        assert verdict.file_id is not None
        stored, storing = time.perf_counter() - began, counted.count
        bank_files.match_lines(list_new(verdict.file_id), now=NOW)
        whole, cpu = time.perf_counter() - began, time.process_time() - cpu
    groups, verdicts = _judge(verdict.file_id, lines)
    print(
        f"{engine:<11}{total:>7,} lines  {open_items:,} open items  {total / whole:7.0f} lines a second  "
        f"stored alone {total / stored:7.0f}  ratio {whole / stored:5.1f}  "
        f"{cpu / total * 1000:.1f} ms CPU each"
    )
    done = verdicts["right"] + verdicts["wrong"]
    precision = verdicts["right"] / max(1, done)
    asked = counted.count - storing
    said = ", ".join(f"{name} {groups[name]:,}" for name in ("done", "suggested", "unknown"))
    right = f"{verdicts['right']:,} of {done:,} right ({precision:.2%}, goal {PRECISION:.1%})"
    print(f"{'':<11}statements a line {asked / total:.1f}, {asked / max(1, done):.1f} a placed one;  {said};  {right}")
    return int(precision < PRECISION)


def _judge(file_id: int, lines: Mapping[str, Lines]) -> tuple[Counter[str], Counter[str]]:
    """How many lines are in which group, and how many of the placed are where the truth says."""
    session().rollback()
    matches = {one.line_id: one for one in session().scalars(select(LineMatch))}
    proposed = set(session().scalars(select(MatchProposal.line_id)))
    shares: dict[int, list[tuple[int, int, int]]] = {}
    for row in session().scalars(select(Allocation).where(Allocation.undoes.is_(None))):
        shares.setdefault(row.payment_id, []).append((row.invoice_id, row.instalment, row.amount))
    placed = (
        select(StatementLine, BankStatement.currency, StatementPlace.position)
        .join(StatementPlace, StatementPlace.entry_id == StatementLine.entry_id)
        .join(BankStatement, BankStatement.id == StatementPlace.statement_id)
        .where(BankStatement.file_id == file_id)
    )
    groups, verdicts = Counter[str](), Counter[str]()
    for line, currency, position in session().execute(placed):
        if line.state is LineState.OPEN:
            groups["suggested" if line.id in proposed else "unknown"] += 1
            continue
        groups["done"] += 1
        match = matches[line.id]
        is_right = _is_right(match, shares.get(match.payment_id, []), lines[currency][position - 1][1])
        verdicts["right" if is_right else "wrong"] += 1
    return groups, verdicts


def _is_right(match: LineMatch, shares: list[tuple[int, int, int]], truth: Truth) -> bool:
    if match.kind is LineKind.REVERSE:
        return match.payment_id == truth.payment_id
    return match.customer_id == truth.customer_id and sorted(shares) == sorted(truth.shares)


if __name__ == "__main__":
    sys.exit(main())
