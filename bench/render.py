"""Issue and render: invoices per second, against a plain loop of the PDF engine over the same pages in the same run.

    script/bench render [--invoices N]

A scratch SQLite database gets a company, customers and orders: one to nine lines, every twelfth with a description of
several lines, names in Greek and Arabic, every hundredth invoice with 45 lines. Issuing is the whole unit of work:
checks, number, snapshot, ledger, audit, queued mail. Rendering is what the worker does: lay out the snapshot, fill the
template, draw it in a renderer process that has started but has seen no invoice yet; what fits no form and takes the
full layout counts. The plain loop is `HTML(string=page).write_pdf()` with the engine's own fetcher and the same PDF/A
variant, in this process, on pages that are filled already.

Both kinds of rendering use one core, in turn, document by document. CPU time of every process that works: what other
programs do meanwhile counts little. The plain loop warms up first, so that nobody pays for loading the engine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
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
from app.documents.rendering import PDF_A, Renderer, Rendering
from app.invoices import pdf
from app.invoices.paper import lay_out
from config import Settings
from tests import factories

GOAL = 10
FLOOR = 2
LONG_EVERY = 100
WORDY_EVERY = 12
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
COMPANY = CompanyData(
    name="Bench Sensorik GmbH", street="Werkstraße 12", postal_code="10115", city="Berlin", country="DE",
    vat_id="DE136695976", email="billing@bench.example.com", bank_name="Musterbank", iban="DE89370400440532013000",
    bic="COBADEFFXXX", account_holder="Bench Sensorik GmbH",
)  # fmt: skip
CUSTOMERS = ("Nordlicht Logistik GmbH", "Zakład Łódź Sp. z o.o.", "Ελληνική Ναυτιλία Α.Ε.", "شركة النور للتجارة")
ITEMS = ("Vibration sensor", "Mounting kit, stainless", "Calibration on site", "Cable M12, 5 m", "Gateway with antenna")
WORDY = (
    "Vibration sensor for pumps and fans with three axes, IP69K, stainless housing, M12 connector; delivered with the"
    " calibration protocol of the accredited laboratory and a mounting adapter of your choice"
)


@dataclass(frozen=True)
class Measured:
    """CPU seconds for one document, plain and ours, and whether ours was filled into a form."""

    naive: float
    ours: float
    by_form: bool


def ratio(measured: Sequence[Measured]) -> float:
    """How many times as long the plain loop takes, over all of these."""
    return sum(one.naive for one in measured) / sum(one.ours for one in measured)


class Watched(Renderer):
    """A renderer that remembers how its last document was made."""

    by_form = False

    def render(self, html: str, **facts: Any) -> Rendering:
        made = super().render(html, **facts)
        self.by_form = made.by_form
        return made


def naive_render(page: str) -> bytes:
    """What a first version does: each page on its own, everything else left to the engine."""
    from weasyprint import HTML

    content: bytes = HTML(string=page, base_url=f"{ROOT}/").write_pdf(pdf_variant=PDF_A)
    return content


def measure(snapshots: Sequence[Any], renderer: Watched) -> list[Measured]:
    """Draws each document both ways."""
    pages = [pdf.build_html(snapshot, lay_out(snapshot), None) for snapshot in snapshots]
    naive_render(pages[0])
    renderer.warm_up()
    return [_measure(*one, renderer) for one in zip(snapshots, pages, strict=True)]


def _measure(snapshot: Any, page: str, renderer: Watched) -> Measured:
    begun = time.process_time()
    naive_render(page)
    naive = time.process_time() - begun
    begun = time.process_time() + _children_time(renderer)
    pdf.draw(snapshot, None)
    return Measured(naive, time.process_time() + _children_time(renderer) - begun, renderer.by_form)


def _children_time(renderer: Renderer) -> float:
    """CPU seconds the renderer processes have used so far."""
    return sum(_cpu_time(pid) for pid in renderer.pids())


def _cpu_time(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def issue_invoices(count: int) -> tuple[list[Any], float]:
    """Snapshots of freshly issued invoices, and the seconds one took to issue."""
    with unit_of_work():
        set_up_company(COMPANY, actor="system:bench", now=NOW)
    customers = [factories.make_customer(name, now=NOW) for name in CUSTOMERS]
    orders = [
        factories.make_plain_order(customers[number % len(customers)], *_lines(number)).id for number in range(count)
    ]
    begun = time.perf_counter()
    snapshots = [_issue(order_id) for order_id in orders]
    return snapshots, (time.perf_counter() - begun) / count


def _lines(number: int) -> list[tuple[str, str, str]]:
    """What invoice `number` is about."""
    count = 45 if number % LONG_EVERY == LONG_EVERY - 1 else number * 5 % 9 + 1
    items = [ITEMS[(line + number) % len(ITEMS)] for line in range(count)]
    if number % WORDY_EVERY == 0:
        items[-1] = WORDY
    return [(item, str(line), f"{12.35 * (line + number):.2f}") for line, item in enumerate(items, 1)]


def _issue(order_id: int) -> Any:
    from app.invoices.services import draft_invoice, issue_invoice

    with unit_of_work():
        draft = draft_invoice(order_id, actor="system:bench", now=NOW)
        return issue_invoice(draft.id, issued_on=TODAY, actor="system:bench", now=NOW).snapshot


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=200)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tillpaid-bench-") as folder:
        app = create_app(Settings.model_validate({"TILLPAID_INSTANCE_DIR": Path(folder), "database_url": ""}))
        with app.app_context():
            upgrade(db.engine)
            snapshots, seconds = issue_invoices(options.invoices)
            measured = _measure_invoices(snapshots)
            db.engine.dispose()
    print(f"{options.invoices} invoices on SQLite: issued {1 / seconds:.0f} a second")
    return _report(measured)


def _measure_invoices(snapshots: Sequence[Any]) -> list[Measured]:
    renderer = Watched(1)
    rendering.use_renderer(renderer)
    try:
        return measure(snapshots, renderer)
    finally:
        renderer.close()


def _report(measured: Sequence[Measured]) -> int:
    by_form = [one for one in measured if one.by_form]
    naive, ours = (
        sum(times) / len(measured) for times in zip(*((one.naive, one.ours) for one in measured), strict=True)
    )
    print(f"render, documents per second and core: plain loop {1 / naive:.1f}, Tillpaid {1 / ours:.1f}")
    print(
        f"{len(measured) - len(by_form)} of {len(measured)} took the full layout; without them {ratio(by_form):.1f} x"
    )
    print(f"ratio {ratio(measured):.2f} (goal {GOAL}, floor {FLOOR})")
    return 0 if ratio(measured) >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
