"""Reminders go out once per level, one mail per customer, and the preview tells the truth, on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.followup import queries, services
from app.followup.batch import send_run
from app.followup.models import DunningRun, Notice, NoticeItem, RunState
from app.outbox.models import Message
from app.payments.services import record_payment
from tests.factories import ACTOR, make_company, make_customer, make_issued_invoice
from tests.harness.statements import count_statements

pytestmark = pytest.mark.usefixtures("app")

ISSUED = date(2026, 9, 1)
DUE = date(2026, 10, 1)
FIRST_DAY = date(2026, 10, 2)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


@pytest.fixture
def customer():
    make_company(now=at(ISSUED))
    return make_customer("Nordwind GmbH", billing_email="ap@nordwind.example.com", now=at(ISSUED))


def bill(customer, amount="100.00", *, currency="EUR", number=""):
    return make_issued_invoice(
        customer, ("Sensor", "1", amount), issued_on=ISSUED, now=at(ISSUED), currency=currency, number=number
    )


def mails() -> list[Message]:
    return list(session().scalars(select(Message).where(Message.kind == "dunning").order_by(Message.id)))


def test_what_the_preview_shows_is_what_goes(customer):
    bill(customer)
    planned = queries.preview(FIRST_DAY)
    _plan, sent = send_run(FIRST_DAY, actor=ACTOR, now=at(FIRST_DAY))
    assert list(planned.notices) == sent
    assert len(sent) == 1


def test_one_mail_lists_all_overdue_invoices_of_a_customer_in_every_currency(customer):
    first, second, third = bill(customer), bill(customer, "50.00"), bill(customer, "7000", currency="JPY")
    send_run(FIRST_DAY, actor=ACTOR, now=at(FIRST_DAY))
    (mail,) = mails()
    assert all(number in mail.body_text for number in (first.number, second.number, third.number))
    assert session().scalar(select(func.count()).select_from(Notice)) == 2


def test_the_plain_text_stands_in_paragraphs(customer):
    first = bill(customer)
    send_run(FIRST_DAY, actor=ACTOR, now=at(FIRST_DAY))
    paragraphs = [part.splitlines() for part in mails()[0].body_text.strip().split("\n\n")]
    assert [part[0].split()[0] for part in paragraphs] == [
        "Dear", "Perhaps", "Invoice", "May", "Please", "If", "Kind",
    ]  # fmt: skip
    assert paragraphs[2][0] == f"Invoice {first.number}"
    assert paragraphs[2][-1] == "Total: 119.00 EUR"
    assert len(paragraphs[4]) == 1


def test_sending_the_same_day_again_sends_nothing(customer):
    bill(customer)
    for _ in range(3):
        send_run(FIRST_DAY, actor=ACTOR, now=at(FIRST_DAY))
    assert len(mails()) == 1


def test_each_level_goes_once_and_in_order_however_often_the_run_is_sent(customer):
    bill(customer)
    for offset in range(90):
        day = FIRST_DAY + timedelta(days=offset)
        send_run(day, actor=ACTOR, now=at(day))
    steps = session().scalars(select(NoticeItem.step).order_by(NoticeItem.id)).all()
    days = session().scalars(select(DunningRun.on).join(Notice).join(NoticeItem).order_by(NoticeItem.id)).all()
    assert steps == [1, 2, 3]
    assert [(day - DUE).days for day in days] == [1, 14, 30]
    assert len(mails()) == 3


def test_a_customer_who_paid_a_moment_ago_is_not_reminded_even_if_the_plan_said_so(customer):
    invoice = bill(customer)
    assert queries.customers_due(FIRST_DAY) == [customer.id]
    with unit_of_work():
        record_payment(
            customer.id, invoice.amount_due, currency="EUR", received_on=FIRST_DAY, actor=ACTOR, now=at(FIRST_DAY)
        )
    with unit_of_work():
        assert services.send_notice(customer.id, FIRST_DAY, actor=ACTOR, now=at(FIRST_DAY)) == []
    assert mails() == []


def test_money_on_account_holds_the_reminder_and_says_why(customer):
    invoice = bill(customer)
    with unit_of_work():
        record_payment(
            customer.id, invoice.amount_due, currency="EUR", received_on=ISSUED, allocations=None,
            actor=ACTOR, now=at(FIRST_DAY),
        )  # fmt: skip
    planned = queries.preview(FIRST_DAY)
    assert [held.rule for held in planned.held] == ["unapplied_cash"]
    assert planned.notices == ()


def test_a_held_customer_waits_until_the_day_after(customer):
    bill(customer)
    with unit_of_work():
        services.hold_customer(customer.id, FIRST_DAY, reason="in talks", actor=ACTOR, now=at(FIRST_DAY))
    assert queries.preview(FIRST_DAY).notices == ()
    assert len(queries.preview(FIRST_DAY + timedelta(days=1)).notices) == 1


def test_the_run_is_proposed_once_and_closed_by_the_one_who_sends_it(customer):
    bill(customer)
    with unit_of_work():
        services.propose_run(FIRST_DAY, actor="system:followup", now=at(FIRST_DAY))
        services.propose_run(FIRST_DAY, actor="system:followup", now=at(FIRST_DAY))
    send_run(FIRST_DAY, actor="user:7", now=at(FIRST_DAY))
    run = session().scalars(select(DunningRun)).one()
    assert (run.state, run.approved_by) == (RunState.SENT, "user:7")


def test_the_database_itself_refuses_a_second_notice_of_a_level(customer):
    bill(customer)
    send_run(FIRST_DAY, actor=ACTOR, now=at(FIRST_DAY))
    item = session().scalars(select(NoticeItem)).one()
    facts = {
        "notice_id": item.notice_id, "invoice_id": item.invoice_id, "instalment": item.instalment,
        "due_on": item.due_on, "open_amount": 1, "days_past_due": 1, "level": 1, "step": 1,
    }  # fmt: skip
    with pytest.raises(IntegrityError), unit_of_work() as current:
        current.add(NoticeItem(**facts))


def test_reading_the_plan_takes_the_same_statements_for_one_customer_or_thirty(customer):
    bill(customer)
    with count_statements(db.engine) as few:
        queries.preview(FIRST_DAY)
    for number in range(30):
        bill(make_customer(f"Buyer {number}", billing_email=f"b{number}@example.com", now=at(ISSUED)))
    with count_statements(db.engine) as many:
        queries.preview(FIRST_DAY)
    assert many.count == few.count
