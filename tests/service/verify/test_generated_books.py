"""Books written by chance, through the services, are in order: the self-check raises no false alarm."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.audit.services import seal_entries
from app.db.base import session
from app.deals.services import accept_deal, register_deal, return_deal
from app.followup.batch import send_run
from app.invoices.models import Invoice
from app.invoices.services import credit_invoice, draft_invoice, issue_invoice
from app.kernel.errors import TillpaidError
from app.ledger.services import ensure_snapshots
from app.orders.queries import find_order_of
from app.orders.services import cancel_order
from app.payments.models import Allocation, Payment
from app.payments.services import record_payment, reverse_payment, undo_allocation
from app.reports.services import take_report
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task
from app.verify import verify
from tests.book import at, do
from tests.factories import ACTOR, deal_line, make_company, parsed_deal

TERMS = ("30 days", "2% 10, net 30", "50% 15 days, remainder 45 days", "14 days end of month", "immediately")
CURRENCIES = {"EUR": 2, "JPY": 0, "KWD": 3, "PLN": 2}
DAYS = 70
STEPS_A_DAY = 3


@dataclass
class Chance:
    """One seed's way through ten weeks."""

    seed: int
    orders: list[int] = field(default_factory=list)
    invoices: list[int] = field(default_factory=list)
    deals: int = 0

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def live(self) -> None:
        make_company(now=at("09-01", 1))
        steps = (self.sell, self.sell, self.bill, self.bill, self.pay, self.pay, self.undo, self.bounce, self.credit,
                 self.cancel)  # fmt: skip
        for number in range(DAYS):
            now = at("09-01") + timedelta(days=number)
            for minute in range(STEPS_A_DAY):
                step = self.draw.choice(steps)
                moment = now + timedelta(minutes=minute)
                with suppress(TillpaidError):  # a refused step leaves nothing behind
                    do(lambda: step(moment))  # noqa: B023 - called at once
            if number % 7 == 6:
                send_run(now.date(), actor=ACTOR, now=now + timedelta(hours=1))
            if number % 30 == 29:
                do(lambda: ensure_snapshots(now.date().replace(day=1) - timedelta(days=1), now + timedelta(hours=2)))  # noqa: B023
                do(lambda: take_report(now.date(), actor=ACTOR, now=now + timedelta(hours=3)))  # noqa: B023
                do(lambda: seal_entries(now + timedelta(hours=4)))  # noqa: B023

    def sell(self, now: datetime) -> None:
        self.deals += 1
        currency = self.draw.choice(list(CURRENCIES))
        lines = tuple(self.line(currency) for _ in range(self.draw.randint(1, 4)))
        parsed = parsed_deal(
            f"D-{self.deals}", lines=lines, customer=f"Customer {self.draw.randint(1, 4)}", currency=currency,
            payment_terms=self.draw.choice(TERMS), closed_on=now.date(), po_number=f"PO-{self.deals}",
        )  # fmt: skip
        deal = register_deal(parsed, source="file", actor=ACTOR, now=now).deal
        session().flush()
        if self.draw.random() < 0.2:
            return_deal(deal.id, "Not complete", actor=ACTOR, now=now)
        elif self.draw.random() < 0.9:
            accept_deal(deal.id, actor=ACTOR, now=now)
            session().flush()
            order = find_order_of(deal.id)
            assert order is not None
            self.orders.append(order.id)

    def line(self, currency: str):
        price = Decimal(self.draw.randint(1, 99_999)).scaleb(-CURRENCIES[currency])
        rate = self.draw.choice((19, 7, 0))
        return deal_line(
            "Part", str(Decimal(self.draw.randint(1, 9_999)) / 100), str(price), tax_rate=Decimal(rate),
            tax_category="S" if rate else "Z", discount_percent=Decimal(self.draw.choice((0, 0, 5, 12))),
        )  # fmt: skip

    def cancel(self, now: datetime) -> None:
        cancel_order(self.draw.choice(self.orders or [0]), "No longer wanted", actor=ACTOR, now=now)

    def bill(self, now: datetime) -> None:
        order = self.draw.choice(self.orders or [0])
        while waiting := [task for task in list_tasks_of(order) if task.state is TaskState.OPEN]:
            for task in waiting:
                finish_task(task.id, actor=ACTOR, now=now)
        draft = draft_invoice(order, actor=ACTOR, now=now)
        session().flush()
        self.invoices.append(issue_invoice(draft.id, issued_on=now.date(), actor=ACTOR, now=now).id)

    def pay(self, now: datetime) -> None:
        invoice = session().get(Invoice, self.draw.choice(self.invoices or [0]))
        if invoice is not None and invoice.amount_due > 0:
            percent = self.draw.choice((30, 98, 100, 100, 130))
            received = max(now.date() - timedelta(days=self.draw.randint(0, 9)), date(2026, 9, 1))
            record_payment(
                invoice.customer_id, max(invoice.amount_due * percent // 100, 1), currency=invoice.currency,
                received_on=received, allocations=self.draw.choice(("oldest", "oldest", None)), actor=ACTOR, now=now,
            )  # fmt: skip

    def undo(self, now: datetime) -> None:
        ids = session().scalars(select(Allocation.id).order_by(Allocation.id)).all()
        if ids:
            undo_allocation(self.draw.choice(ids), reason="Meant otherwise", actor=ACTOR, now=now)

    def bounce(self, now: datetime) -> None:
        ids = session().scalars(select(Payment.id).order_by(Payment.id)).all()
        if ids and self.draw.random() < 0.5:
            reverse_payment(self.draw.choice(ids), reason="Bounced", actor=ACTOR, now=now)

    def credit(self, now: datetime) -> None:
        if self.invoices and self.draw.random() < 0.5:
            note = credit_invoice(
                self.draw.choice(self.invoices), reason="Wrong", issued_on=now.date(), actor=ACTOR, now=now
            )
            assert note.number


@pytest.mark.parametrize("seed", range(2))
def test_a_book_written_by_chance_is_clean(app, seed: int):
    story = Chance(seed)
    story.live()
    session().expire_all()
    assert len(story.invoices) > 10
    verification = verify(at("11-22"))
    assert [
        (one.invariant.code, found.what, found.detail) for one in verification.broken for found in one.findings
    ] == []
