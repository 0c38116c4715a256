"""Issue and render: invoices per second, against a plain loop of the PDF engine over the same pages in the same run.

    script/bench render [--invoices N] [--rounds N]

A scratch SQLite database gets a company, customers and orders of one to nine lines. Issuing is the whole unit of work:
checks, number, snapshot, ledger, audit, queued mail. Rendering is what the worker does: lay out the snapshot, fill the
template, draw it in the renderer process. The plain loop is `HTML(string=page).write_pdf()` with the engine's own
fetcher and the same PDF/A variant, in this process, on pages that are filled already.

Both kinds of rendering use one core. CPU time of every process that works, best of the rounds, in turn: what other
programs do meanwhile counts little. The plain loop warms up first, so that nobody pays for loading the engine.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from app import create_app
from app.company.services import CompanyData, set_up_company
from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.db.upgrade import upgrade
from app.documents import rendering
from app.documents.children import ROOT
from app.documents.rendering import PDF_A, Renderer
from app.invoices import pdf
from app.invoices.paper import lay_out
from config import Settings
from tests import factories

GOAL = 1.6
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
COMPANY = CompanyData(
    name="Bench Sensorik GmbH", street="Werkstraße 12", postal_code="10115", city="Berlin", country="DE",
    vat_id="DE136695976", email="billing@bench.example.com", bank_name="Musterbank", iban="DE89370400440532013000",
    bic="COBADEFFXXX", account_holder="Bench Sensorik GmbH",
)  # fmt: skip
CUSTOMERS = ("Nordlicht Logistik GmbH", "Zakład Łódź Sp. z o.o.", "Ελληνική Ναυτιλία Α.Ε.", "شركة النور للتجارة")
ITEMS = ("Vibration sensor", "Mounting kit, stainless", "Calibration on site", "Cable M12, 5 m", "Gateway with antenna")


@dataclass(frozen=True)
class Comparison:
    """CPU seconds per document; `ratio` says how many times faster ours is."""

    naive: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.naive / self.ours


def naive_loop(pages: Sequence[str]) -> list[bytes]:
    """What a first version does: each page on its own, everything else left to the engine."""
    from weasyprint import HTML

    return [HTML(string=page, base_url=f"{ROOT}/").write_pdf(pdf_variant=PDF_A) for page in pages]


def compare(draw: Callable[[], Any], pages: Sequence[str], renderer: Renderer, rounds: int) -> Comparison:
    """Runs both in turn; `draw` renders as many documents as there are pages, through `renderer`."""
    naive_loop(pages[:2])
    draw()
    naive, ours = [], []
    for _ in range(rounds):
        begun = time.process_time()
        naive_loop(pages)
        naive.append(time.process_time() - begun)
        begun = time.process_time() + _children_time(renderer)
        draw()
        ours.append(time.process_time() + _children_time(renderer) - begun)
    return Comparison(min(naive) / len(pages), min(ours) / len(pages))


def _children_time(renderer: Renderer) -> float:
    """CPU seconds the renderer processes have used so far."""
    return sum(_cpu_time(pid) for pid in renderer.pids())


def _cpu_time(pid: int) -> float:
    facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def issue_invoices(count: int) -> tuple[list[Any], float]:
    """Snapshots of freshly issued invoices, and the seconds one took to issue."""
    with unit_of_work():
        set_up_company(COMPANY, actor="system:bench", now=NOW)
    customers = [factories.make_customer(name, now=NOW) for name in CUSTOMERS]
    orders = [
        factories.make_plain_order(
            customers[number % len(customers)],
            *[
                (ITEMS[line % len(ITEMS)], str(line + 1), f"{12.35 * (line + number + 1):.2f}")
                for line in range(number % 9 + 1)
            ],
        ).id
        for number in range(count)
    ]
    begun = time.perf_counter()
    snapshots = [_issue(order_id) for order_id in orders]
    return snapshots, (time.perf_counter() - begun) / count


def _issue(order_id: int) -> Any:
    from app.invoices.services import draft_invoice, issue_invoice

    with unit_of_work():
        draft = draft_invoice(order_id, actor="system:bench", now=NOW)
        return issue_invoice(draft.id, issued_on=TODAY, actor="system:bench", now=NOW).snapshot


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tillpaid-bench-") as folder:
        app = create_app(Settings.model_validate({"TILLPAID_INSTANCE_DIR": Path(folder), "database_url": ""}))
        with app.app_context():
            upgrade(db.engine)
            snapshots, seconds = issue_invoices(options.invoices)
            found = _compare_invoices(snapshots, options.rounds)
            db.engine.dispose()
    print(f"{options.invoices} invoices on SQLite: issued {1 / seconds:.0f} a second")
    print(f"render, documents per second and core: plain loop {1 / found.naive:.1f}, Tillpaid {1 / found.ours:.1f}")
    print(f"ratio {found.ratio:.2f} (goal {GOAL})")
    return 0 if found.ratio >= GOAL else 1


def _compare_invoices(snapshots: Sequence[Any], rounds: int) -> Comparison:
    renderer = Renderer(1)
    rendering.use_renderer(renderer)
    try:
        pages = [pdf.build_html(snapshot, lay_out(snapshot), None) for snapshot in snapshots]
        return compare(lambda: [pdf.draw(snapshot, None) for snapshot in snapshots], pages, renderer, rounds)
    finally:
        renderer.close()


if __name__ == "__main__":
    sys.exit(main())
