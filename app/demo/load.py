"""Lives the demo year day by day through the real services, each day one unit of work, and sends its mails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TypeVar

from flask import Flask
from sqlalchemy import select

from app.auth import services as auth
from app.company.queries import find_company
from app.company.services import set_up_company
from app.company.services_texts import set_texts
from app.customers.models import Customer
from app.db.base import db, is_sqlite, session
from app.db.unit_of_work import in_unit_of_work
from app.deals import services as deals
from app.deals.models import ReturnCode
from app.deals.rules import STANDARD_TYPE
from app.deals.services_checklist import add_item
from app.deals.services_files import add_file
from app.deals.services_handoff import add_promise, answer_gate
from app.demo.accounts import keep_accounts
from app.demo.amendments import amend_some
from app.demo.bank import hand_in_files
from app.demo.clocks import run_clocks
from app.demo.conversations import look_back_on_care, talk_over
from app.demo.month_end import end_month
from app.demo.owners import share_accounts
from app.demo.parts import bill_again_and_again, bill_in_parts
from app.demo.plan import YEAR, Fate, plan_year
from app.demo.playbooks import give_evidence, improve_playbooks, refuse_one
from app.demo.rates import keep_rates
from app.demo.settling import settle_some
from app.demo.taxes import bill_by_code, keep_tax_codes
from app.demo.vat import check_some
from app.demo.views import keep_views
from app.demo.world import (
    CANCEL_REASONS,
    COMPANY,
    CREDIT_REASONS,
    FILED_EVERY,
    OFFER,
    PEOPLE,
    PROMISED_EVERY,
    PROMISES,
    REPAIRED,
    RETURN_REASONS,
    TEXTS,
)
from app.followup.queries import customers_due
from app.followup.services import close_run, send_notice
from app.invoices import services as invoices
from app.invoices.models import Invoice
from app.jobs import skip_missed
from app.kernel.clock import business_today
from app.kernel.einvoices import EinvoiceFormat
from app.kernel.errors import RuleError
from app.ledger import queries as ledger
from app.ledger import services as ledger_services
from app.orders import services as orders
from app.orders.models import Order
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.payments import services as payments
from app.reports import services as reports
from app.tasks import services as tasks
from app.tasks.models import Task, TaskState
from app.worker import Worker

SYSTEM = "system:demo"
REPORT_DAYS = 10
RETURNED_EVERY = 11
MORNING = time(8, 30, tzinfo=UTC)


T = TypeVar("T")
SignIn = tuple[str, str, str]  # role, e-mail, password


class NotEmpty(RuleError):
    """There is a company already; the demo only goes into an empty database."""


@dataclass
class World:
    """What the story remembers from day to day: ids only."""

    people: dict[str, str] = field(default_factory=dict)  # role or department -> actor
    due: dict[date, list[Callable[[datetime], None]]] = field(default_factory=lambda: defaultdict(list))
    notes: int = 0

    def at(self, day: date, work: Callable[[datetime], None]) -> None:
        """Does this on the day, or on the next working day."""
        while day.weekday() > 4:
            day += timedelta(days=1)
        self.due[day].append(work)

    def actor(self, *keys: str) -> str:
        return next((self.people[key] for key in keys if key in self.people), SYSTEM)

    def pick(self, texts: tuple[T, ...]) -> T:
        self.notes += 1
        return texts[self.notes % len(texts)]


def load_demo(app: Flask, *, count: int, seed: int, now: datetime, say: Callable[[str], None]) -> list[SignIn]:
    """Loads the demo into the empty database of this application's context: the year, its papers and its mails."""
    if find_company() is not None:
        raise NotEmpty
    with _quick_commits():
        sign_ins = load_year(count=count, seed=seed, now=now, today=business_today(now, COMPANY.time_zone), say=say)
        say("drawing the papers")
        worker = Worker(app, lambda: now)
        worker.render_documents()
        say("delivering the mails")
        _deliver_in_order(app, now)
        in_unit_of_work(lambda: skip_missed(now))
    return sign_ins


@contextmanager
def _quick_commits() -> Iterator[None]:
    """SQLite need not wait for the disk after each day of an invented year: a power cut costs a demo, no data."""
    if not is_sqlite(db.engine):
        yield
        return
    session().rollback()
    session().connection().exec_driver_sql("COMMIT")
    session().connection().exec_driver_sql("PRAGMA synchronous=OFF")
    session().rollback()
    yield


def _deliver_in_order(app: Flask, now: datetime) -> None:
    """Each mail leaves at the minute it was queued, so that the outbox tells the year as it was."""
    queued = sorted(set(session().scalars(select(Message.queued_at).where(Message.state == MessageState.QUEUED))))
    session().rollback()
    for at in queued:
        Worker(app, partial(min, at, now)).deliver()


def load_year(*, count: int, seed: int, now: datetime, today: date, say: Callable[[str], None]) -> list[SignIn]:
    """Loads the company and its year up to `today`; returns (role, e-mail, password) of everybody who signs in."""
    first = today - timedelta(days=YEAR)
    world = World()
    sign_ins = in_unit_of_work(lambda: _open_house(world, _morning(first), first))
    for fate in plan_year(orders=count, seed=seed, today=today):
        world.at(fate.deal.closed_on, _Story(world, fate).hand_over)
    for offset in range(YEAR + 1):
        day = first + timedelta(days=offset)
        at = min(_morning(day), now)
        if offset % 7 == 0 or day == today:
            in_unit_of_work(lambda: keep_rates(day, actor=world.actor("finance"), now=at))  # noqa: B023 - called at once
        _live(world, day, at, now)
        if day.weekday() == 0 or day == today:
            _follow_up(day, at, world, is_today=day == today)
        if 0 < (today - day).days <= REPORT_DAYS:
            in_unit_of_work(lambda: reports.send_report(day, actor=SYSTEM, now=at + timedelta(hours=14)))  # noqa: B023
        if day.day == 1:
            say(f"{day:%B %Y}")
    in_unit_of_work(lambda: talk_over(world.people, now))
    in_unit_of_work(lambda: look_back_on_care(world.people, now))
    in_unit_of_work(lambda: run_clocks(world.people, now))
    in_unit_of_work(lambda: refuse_one(world.people, now))
    in_unit_of_work(lambda: bill_in_parts(world.people, now))
    in_unit_of_work(lambda: bill_again_and_again(world.people, now))
    in_unit_of_work(lambda: end_month(world.people, now))
    in_unit_of_work(lambda: amend_some(world.people, now))
    in_unit_of_work(lambda: bill_by_code(world.people, now))
    in_unit_of_work(lambda: settle_some(world.people, now))
    in_unit_of_work(lambda: share_accounts(world.people, now))
    in_unit_of_work(lambda: keep_views(world.people, now))
    in_unit_of_work(lambda: hand_in_files(today, actor=world.actor("finance"), now=now))
    in_unit_of_work(lambda: keep_accounts(world.people, now))
    in_unit_of_work(lambda: check_some(actor=world.actor("finance"), now=now))
    in_unit_of_work(lambda: ledger_services.ensure_snapshots(today.replace(day=1) - timedelta(days=1), now))
    return sign_ins


def _open_house(world: World, at: datetime, on: date) -> list[SignIn]:
    set_up_company(COMPANY, actor=SYSTEM, now=at, is_demo=True)
    for language, texts in TEXTS.items():
        set_texts(language, texts, version=0, actor=SYSTEM, now=at)
    add_item(STANDARD_TYPE, "The delivery address is known", actor=SYSTEM, now=at)
    sign_ins = []
    for person in PEOPLE:
        user, password = auth.add_user(
            person.email, person.role, name=person.name, department_code=person.department, actor=SYSTEM, now=at
        )
        session().flush()
        world.people.setdefault(person.role.value, f"user:{user.id}")
        if person.department:
            world.people.setdefault(person.department, f"user:{user.id}")
        if person.role.value == "manager":
            reports.subscribe(user.id, since=on, actor=SYSTEM, now=at)
        sign_ins.append((person.role.value, person.email, password))
    improve_playbooks(actor=world.actor("manager"), now=at)
    keep_tax_codes(actor=SYSTEM, now=at)
    return sign_ins


def _live(world: World, day: date, at: datetime, now: datetime) -> None:
    """Everything of one day, some seconds apart and never after now, as one unit of work."""

    def work() -> None:
        place = 0
        # what happens may lead to something else on the same day, such as a deal accepted at once
        while happenings := world.due.pop(day, []):
            for happening in happenings:
                happening(min(at + timedelta(seconds=20 * place), now))
                place += 1

    if world.due.get(day):
        in_unit_of_work(work)


def _follow_up(day: date, at: datetime, world: World, *, is_today: bool) -> None:
    """Reminders go out every Monday; today's wait for a person."""
    if is_today:
        return

    def work() -> None:
        for customer_id in customers_due(day):
            send_notice(customer_id, day, actor=world.actor("finance"), now=at + timedelta(hours=2))
        close_run(day, actor=world.actor("finance"), now=at + timedelta(hours=2))

    in_unit_of_work(work)


@dataclass
class _Story:
    """One deal's way from hand-off to cash."""

    world: World
    fate: Fate
    deal_id: int = 0
    order_id: int = 0
    invoice_id: int = 0

    def hand_over(self, at: datetime) -> None:
        fate = self.fate
        registration = deals.register_deal(fate.deal, source="demo", actor=SYSTEM, now=at)
        session().flush()
        self.deal_id = registration.deal.id
        customer = session().get_one(Customer, registration.deal.customer_id)
        customer.language, customer.payment_terms = fate.buyer.language, fate.buyer.terms
        if fate.buyer.reference:
            customer.buyer_reference, customer.einvoice = fate.buyer.reference, EinvoiceFormat.XRECHNUNG_CII.value
        self.promise(at)
        if self.deal_id % FILED_EVERY == 0:
            add_file(self.deal_id, "offer.txt", OFFER, actor=self.world.actor("clerk"), now=at)
        is_returned = fate.is_returned or self.deal_id % RETURNED_EVERY == 3
        after = self.reject if is_returned else self.accept
        self.world.at(fate.deal.closed_on + timedelta(days=fate.accepted_after), after)

    def promise(self, at: datetime) -> None:
        """Now and then Sales has promised more than the contract says."""
        said = PROMISES.get(self.deal_id % PROMISED_EVERY)
        if said is not None:
            department, text, days = said
            add_promise(
                self.deal_id, text, department_code=department, due_after_days=days,
                actor=self.world.actor("clerk"), now=at,
            )  # fmt: skip

    def reject(self, at: datetime) -> None:
        """Most come back, put right."""
        code, reason = self.world.pick(RETURN_REASONS)
        deals.return_deal(self.deal_id, reason, code=ReturnCode(code), actor=self.world.actor("clerk"), now=at)
        if self.deal_id % 3:
            self.world.at(at.date() + timedelta(days=2), self.hand_in_again)

    def hand_in_again(self, at: datetime) -> None:
        deals.resubmit_deal(self.deal_id, note=REPAIRED, actor=self.world.actor("clerk"), now=at)
        self.world.at(at.date() + timedelta(days=1), self.accept)

    def accept(self, at: datetime) -> None:
        answer_gate(self.deal_id, actor=self.world.actor("clerk"), now=at)
        session().flush()
        order = session().scalars(select(Order).where(Order.deal_id == self.deal_id)).one()
        self.order_id = order.id
        ends = at.date() + timedelta(days=self.fate.fulfilled_after)
        if self.fate.is_cancelled:
            self.world.at(at.date() + timedelta(days=2), self.cancel)
            return
        steps = max(len(list(session().scalars(select(Task.id).where(Task.order_id == order.id)))), 1)
        for step in range(1, steps + 1):
            self.world.at(at.date() + timedelta(days=round(self.fate.fulfilled_after * step / steps)), self.work)
        self.world.at(ends + timedelta(days=self.fate.billed_after), self.bill)

    def cancel(self, at: datetime) -> None:
        reason = self.world.pick(CANCEL_REASONS)
        orders.cancel_order(self.order_id, reason, actor=self.world.actor("clerk"), now=at)

    def work(self, at: datetime) -> None:
        """Finishes what is open now; what it frees waits for its own day."""
        for task in (
            session()
            .scalars(
                select(Task).where(Task.order_id == self.order_id, Task.state == TaskState.OPEN).order_by(Task.position)
            )
            .all()
        ):
            actor = self.world.actor(task.department_code, "clerk")
            tasks.finish_task(task.id, given=give_evidence(task), actor=actor, now=at)

    def bill(self, at: datetime) -> None:
        while session().scalar(
            select(Task.id).where(Task.order_id == self.order_id, Task.state == TaskState.OPEN).limit(1)
        ):
            self.work(at)
            session().flush()
        actor = self.world.actor("finance")
        draft = invoices.draft_invoice(self.order_id, actor=actor, now=at)
        session().flush()
        invoice = invoices.issue_invoice(draft.id, issued_on=at.date(), actor=actor, now=at)
        self.invoice_id = invoice.id
        if self.fate.is_credited:
            self.world.at(at.date() + timedelta(days=6), self.credit)
        elif self.fate.pays_late is not None:
            for instalment in invoice.instalments:
                paid_on = max(instalment.due_on + timedelta(days=self.fate.pays_late), at.date() + timedelta(days=1))
                self.world.at(paid_on, self.pay)

    def credit(self, at: datetime) -> None:
        reason = self.world.pick(CREDIT_REASONS)
        invoices.credit_invoice(
            self.invoice_id, reason=reason, issued_on=at.date(), actor=self.world.actor("finance"), now=at
        )

    def pay(self, at: datetime) -> None:
        """Pays the oldest open instalment of this invoice, in full, a little short, or too much."""
        invoice = session().get_one(Invoice, self.invoice_id)
        open_parts = [
            (part.position, open_amount)
            for part in invoice.instalments
            if (open_amount := ledger.open_amount(f"invoice:{invoice.id}", part.position)) > 0
        ]
        if not open_parts:
            return
        position, open_amount = open_parts[0]
        amount = open_amount * self.fate.paid_percent // 100 or open_amount
        payments.record_payment(
            invoice.customer_id,
            amount,
            currency=invoice.currency,
            received_on=at.date(),
            remittance=f"{invoice.number}",
            allocations=[(invoice.id, position, min(amount, open_amount))],
            actor=self.world.actor("finance"),
            now=at,
        )


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING)
