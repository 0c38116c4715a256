"""A small company with two months behind it, in which everything has happened once: for tests that look at the whole.

Nothing is rendered: stored documents are a few bytes. Every step goes through the services, in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TypeVar

from flask import Flask

from app.audit.services import seal_entries
from app.auth.services import add_user
from app.db import slots
from app.db.base import db, session
from app.db.rules_slots import Daily
from app.db.unit_of_work import unit_of_work
from app.deals.queries import find_deal, get_deal
from app.deals.queries_gate import find_twins
from app.deals.services import accept_deal, register_deal, return_deal
from app.documents.services import RenderedDocument, claim_requests, finish_request, store_document
from app.followup.batch import send_run
from app.invoices.models import Invoice
from app.invoices.queries import get_invoice
from app.invoices.services import credit_invoice, draft_invoice, issue_invoice, register_history_invoice
from app.kernel.clock import zone_named
from app.ledger.services import ensure_snapshots
from app.orders.queries import find_order_of
from app.orders.services import cancel_order
from app.outbox.delivery import deliver_due
from app.outbox.transports import MailboxTransport
from app.payments.models import Payment
from app.payments.queries import list_allocations
from app.payments.services import record_payment, reverse_payment, undo_allocation
from app.payments.services_bank import import_file
from app.payments.services_cash import accept
from app.reports.services import send_report, subscribe
from app.verify import INVARIANTS
from config import Settings
from tests.bank_files import entry, handed_in, statement
from tests.factories import ACTOR, PASSWORD, deal_line, finish_all_tasks, make_company, parsed_deal

T = TypeVar("T")
YESTERDAY, TODAY = date(2026, 11, 21), date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MIS = Daily(time(7))
BANK_FILE = handed_in(
    statement([entry(100, "A"), entry(100, "A"), entry(-30, "fee"), entry(0, "nothing")], opening=500)
)
# What rows can break: the look at the schema takes longer than all the others together, and no service changes it
ROWS = [one for one in INVARIANTS if one.code != "I42"]


@dataclass
class Book:
    """The ids of what stands in it, by what became of it."""

    app: Flask
    instance: Path
    paid: int = 0
    overdue: int = 0
    instalments: int = 0
    credited: int = 0
    yen: int = 0
    history: int = 0
    payment: int = 0
    unapplied: int = 0
    bounced: int = 0


def write_book(app: Flask, instance: Path) -> Book:
    """Writes the book into the application's database; its context must be open, the database empty."""
    book = Book(app, instance)
    _open_the_house()
    _sell(book)
    _collect(book)
    _keep_the_house(book)
    return book


@contextmanager
def open_app(settings: Settings) -> Iterator[Flask]:
    """Another application beside that of the test, with its context open and no connection left behind."""
    from app import create_app

    app = create_app(settings)
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(f"2026-{day}"), time(hour), UTC)


def do(work: Callable[[], T]) -> T:
    with unit_of_work():
        return work()


# --- the story --------------------------------------------------------------------------------------------------------


def _open_the_house() -> None:
    now = at("09-01")
    make_company(now=now)

    def people() -> None:
        admin, _ = add_user("ada@tillpaid.test", "admin", name="Ada", password=PASSWORD, actor="system:test", now=now)
        session().flush()
        subscribe(admin.id, since=now.date(), actor=ACTOR, now=now)

    do(people)


def _sell(book: Book) -> None:
    book.paid = _bill("D-1", "09-02", "Nordlicht Logistik GmbH", terms="2% 10, net 30")
    book.overdue = _bill("D-2", "09-03", "Zażółć Gęślą S.A.", country="PL")
    book.instalments = _bill("D-3", "09-04", "Αθήνα Ναυτιλία", country="GR", terms="50% 15 days, remainder 45 days")
    do(lambda: seal_entries(at("09-06")))
    book.credited = _bill("D-4", "09-07", "Nordlicht Logistik GmbH")
    book.yen = _bill("D-5", "09-08", "Tōkyō Keisoku K.K.", country="JP", currency="JPY", price="12000")
    do(lambda: _take_over("D-6", "09-09", accept=True))
    do(lambda: cancel_order(_order("D-6"), "The customer closed the site.", actor=ACTOR, now=at("09-10")))
    do(lambda: _take_over("D-7", "09-10", accept=False))
    do(lambda: register_deal(parsed_deal("D-8"), source="file", actor=ACTOR, now=at("09-11")))
    do(
        lambda: credit_invoice(
            book.credited, reason="Wrong sensor", issued_on=date(2026, 9, 14), actor=ACTOR, now=at("09-14")
        )
    )


def _bill(
    key: str, day: str, customer: str, *, country: str = "DE", currency: str = "EUR", price: str = "12.35",
    terms: str = "30 days",
) -> int:  # fmt: skip
    """A deal, fulfilled and billed on its day; returns the invoice."""
    now = at(day)
    kit = deal_line("Mounting kit", "1.5", price, tax_rate=0, tax_category="Z")
    lines = (deal_line("Vibration sensor", "4", price), kit)
    parsed = parsed_deal(
        key, lines=lines, customer=customer, country=country, currency=currency, payment_terms=terms,
        closed_on=now.date(), po_number=f"PO-{key}",
    )  # fmt: skip
    deal = do(lambda: register_deal(parsed, source="file", actor=ACTOR, now=now).deal)
    do(lambda: _accept(deal.id, now))
    finish_all_tasks(_order(key), now=now)

    def issue() -> Invoice:
        draft = draft_invoice(_order(key), actor=ACTOR, now=now)
        return issue_invoice(draft.id, issued_on=now.date(), actor=ACTOR, now=now)

    return do(issue).id


def _take_over(key: str, day: str, *, accept: bool) -> None:
    deal = register_deal(parsed_deal(key, po_number=f"PO-{key}"), source="file", actor=ACTOR, now=at(day)).deal
    session().flush()
    if accept:
        _accept(deal.id, at(day))
    else:
        return_deal(deal.id, "The price is missing.", actor=ACTOR, now=at(day))


def _accept(deal_id: int, now: datetime) -> None:
    """Although it may look like another one: the sensors are sold again and again."""
    accept_deal(deal_id, in_spite_of=[twin.id for twin in find_twins(get_deal(deal_id))], actor=ACTOR, now=now)


def _order(key: str) -> int:
    deal = find_deal("file", key)
    assert deal is not None
    order = find_order_of(deal.id)
    assert order is not None
    return order.id


def _collect(book: Book) -> None:
    book.payment = _pay(book.paid, 8_000, "09-20")  # more than is owed: the rest stays unapplied
    book.bounced = _pay(book.overdue, 1_000, "09-21")
    do(lambda: reverse_payment(book.bounced, reason="Bounced", actor=ACTOR, now=at("09-24")))
    book.unapplied = _pay(book.instalments, 2_000, "09-22")
    allocation = list_allocations(book.unapplied)[0]
    do(lambda: undo_allocation(allocation.id, reason="Meant for another one", actor=ACTOR, now=at("09-25")))
    _pay(book.yen, 30_000, "09-26")
    with unit_of_work():
        customer = session().get_one(Invoice, book.overdue).customer_id
        book.history = register_history_invoice(
            "OLD-77", customer, issued_on=date(2026, 5, 4), due_on=date(2026, 6, 3), currency="EUR", gross=50_000,
            actor=ACTOR, now=at("09-27"),
        ).id  # fmt: skip
    send_run(date(2026, 10, 12), actor=ACTOR, now=at("10-12"))
    send_run(date(2026, 10, 26), actor=ACTOR, now=at("10-26"))


def _pay(invoice_id: int, amount: int, day: str) -> int:
    def record() -> Payment:
        invoice = session().get_one(Invoice, invoice_id)
        return record_payment(
            invoice.customer_id, amount, currency=invoice.currency, received_on=at(day).date(),
            remittance=f"{invoice.number}", actor=ACTOR, now=at(day),
        )  # fmt: skip

    return do(record).id


def _keep_the_house(book: Book) -> None:
    do(lambda: ensure_snapshots(date(2026, 10, 31), at("11-01")))
    for day in ("11-20", "11-21"):
        do(lambda: send_report(at(day).date(), actor="system:mis", now=at(day, 20)))  # noqa: B023 - called at once
    _draw_papers(at("11-21", 21))
    deliver_due(MailboxTransport(book.instance / "mail"), owner="test", now=lambda: at("11-21", 22))
    do(_plan_jobs)
    do(lambda: slots.beat("host:1", started_at=at("11-21"), now=NOW))
    do(lambda: seal_entries(at("11-21", 23)))
    do(lambda: import_file(BANK_FILE, actor=ACTOR, now=at("11-20")))
    customer_id = get_invoice(book.overdue).customer_id
    facts = {"actor": ACTOR, "now": at("11-20")}
    do(lambda: accept(2, customer_id=customer_id, shares=[(book.overdue, 1, 60)], version=1, **facts))


def _draw_papers(now: datetime) -> None:
    def draw() -> None:
        for claim in claim_requests(now, limit=100):
            content = f"%PDF of {claim.owner_kind} {claim.owner_id} {claim.kind}".encode()
            finish_request(
                claim, RenderedDocument(claim.kind, f"{claim.kind}.pdf", "application/pdf", content), now=now
            )
        store_document(
            owner_kind="company", owner_id=1, kind="logo-1", name="logo.png", media_type="image/png",
            content=bytes(range(256)) * 20, now=now,
        )  # fmt: skip

    do(draw)


def _plan_jobs() -> None:
    """One run done, one failed for good, one ahead."""
    zone = zone_named("Europe/Berlin")
    slots.plan_slots("mis.daily", MIS, zone, since=at("11-20", 22), look_back=slots.timedelta(days=2), now=NOW)
    done = slots.claim_slot(["mis.daily"], owner="host:1", now=at("11-21", 7))
    assert done is not None
    slots.finish_slot(slots.lock_slot(done), {"messages": 1}, now=at("11-21", 7))
    for _ in range(5):
        failing = session().get_one(slots.Slot, ("mis.daily", "2026-11-22T07:00"))
        claim = slots.claim_slot(["mis.daily"], owner="host:1", now=failing.next_attempt_at or failing.due_at)
        assert claim is not None
        slots.fail_slot(claim, "The chart could not be drawn", now=failing.due_at)
