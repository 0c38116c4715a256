"""The daily report: figures by hand, rows that add up to them, stored once, bridged when the past changes."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.auth.services import add_user
from app.cli import main
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices.services import credit_invoice
from app.kernel.money import format_decimal
from app.payments.services import record_payment
from app.reports import documents, queries, services
from app.reports.queries_rows import FigureUnknown, list_figure_rows
from app.reports.rules_view import build_view
from tests.factories import (
    ACTOR,
    finish_all_tasks,
    make_company,
    make_customer,
    make_deal,
    make_issued_invoice,
    make_order,
)

pytestmark = pytest.mark.usefixtures("app")

ON = date(2026, 11, 20)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


EVENING = at(ON, 20)


@pytest.fixture
def customer():
    make_company(now=at(date(2026, 8, 1)))
    return make_customer("Nordwind GmbH", now=at(date(2026, 8, 1)))


def bill(customer, issued_on: date, net: str = "100.00", **changes):
    return make_issued_invoice(customer, ("Sensor", "1", net), issued_on=issued_on, now=at(issued_on), **changes)


def pay(customer, amount: int, on: date, *, known: datetime | None = None, **changes):
    with unit_of_work():
        return record_payment(
            customer.id, amount, currency="EUR", received_on=on, actor=ACTOR, now=known or at(on), **changes
        )


def test_the_money_figures_follow_their_formulas(customer):
    bill(customer, date(2026, 9, 1))  # 119.00, due 1 Oct: 50 days past due
    bill(customer, date(2026, 10, 15))  # due 14 Nov: 6 days past due
    bill(customer, date(2026, 11, 10), "200.00")  # 238.00, not due
    bill(customer, ON)  # 119.00 today
    pay(customer, 5000, date(2026, 11, 18))
    money = queries.compute_figures(ON, EVENING)["money"]["EUR"]
    assert money["aging"] == {
        "not_due": "357.00", "1-30": "119.00", "31-60": "69.00", "61-90": "0.00", "91-120": "0.00", "over_120": "0.00",
        "total": "545.00", "unapplied": "0.00", "receivable": "545.00",
    }  # fmt: skip
    assert (money["past_due"], money["past_due_percent"]) == ("188.00", "34.5")
    assert (money["invoiced_today"], money["invoiced_mtd"]) == ("119.00", "357.00")
    assert (money["collected_today"], money["collected_mtd"]) == ("0.00", "50.00")
    # sales of 90 days 595.00: 545/595 x 90, 357/595 x 90, 188/595 x 90
    assert (money["dso"], money["bpdso"], money["add"]) == ("82.4", "54.0", "28.4")
    # begin 238, sales 357: (595 - 545) / (595 - 357) x 100
    assert money["cei"] == "21.0"


def test_a_credit_note_lowers_sales_and_an_unplaced_payment_stands_as_unapplied(customer):
    invoice = bill(customer, date(2026, 11, 10))
    with unit_of_work():
        credit_invoice(invoice.id, reason="returned", issued_on=ON, actor=ACTOR, now=at(ON))
    pay(customer, 2500, ON, allocations=None)
    money = queries.compute_figures(ON, EVENING)["money"]["EUR"]
    assert (money["invoiced_today"], money["invoiced_mtd"]) == ("-119.00", "0.00")
    assert (money["unapplied"], money["receivable"]) == ("25.00", "-25.00")
    assert (money["dso"], money["cei"]) == (None, None)


def test_the_working_figures_count_the_day_in_the_company_zone(customer):
    late_evening = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # half past midnight of the 20th in Berlin
    make_deal("D-1", now=late_evening)
    order = make_order("D-2", now=at(ON))
    finish_all_tasks(order.id, now=at(ON, 11))
    make_order("D-3", now=at(ON - timedelta(days=60)))
    figures = queries.compute_figures(ON, EVENING)
    assert figures["deals"] == {"received": 2, "accepted": 1, "returned": 0, "waiting": 1}
    assert {name: figures["orders"][name] for name in ("booked", "completed", "backlog", "late")} == {
        "booked": 1, "completed": 1, "backlog": 1, "late": 1,
    }  # fmt: skip
    assert figures["tasks"]["done"] > 0
    assert figures["tasks"]["overdue"] > 0


def test_every_figure_opens_exactly_its_rows(customer):
    bill(customer, date(2026, 9, 1))
    bill(customer, ON)
    pay(customer, 30_000, ON)
    make_deal("D-1", now=at(ON))
    finish_all_tasks(make_order("D-2", now=at(ON)).id, now=at(ON, 11))
    figures = queries.compute_figures(ON, EVENING)
    for block in ("deals", "orders", "tasks", "followup"):
        for name, count in figures[block].items():
            assert len(list_figure_rows(f"{block}.{name}", ON, EVENING)) == count, f"{block}.{name}"
    for currency, money in figures["money"].items():
        names = ("receivable", "past_due", "invoiced_today", "invoiced_mtd", "collected_today", "collected_mtd")
        for name in (*names, "unapplied", *(f"aging.{bucket}" for bucket in money["aging"])):
            figure = money[name] if name in money else money["aging"][name.removeprefix("aging.")]
            if name in ("aging.unapplied", "aging.receivable"):
                continue  # the same as unapplied and receivable
            rows = list_figure_rows(f"money.{currency}.{name}", ON, EVENING)
            assert format_decimal(sum(row.amount for row in rows), currency) == figure, name


def test_what_a_customer_owes_and_what_a_person_did_opens_its_rows(customer):
    other = make_customer("Südwind GmbH", now=at(date(2026, 8, 1)))
    for one, on in ((customer, date(2026, 9, 1)), (customer, date(2026, 9, 2)), (other, date(2026, 9, 3))):
        bill(one, on)
    subscribe()
    pay(customer, 3000, ON)
    finish_all_tasks(make_order("D-2", now=at(ON)).id, now=at(ON, 11))
    bill(customer, ON)
    figures = queries.compute_figures(ON, EVENING)
    view = build_view(figures, None, "")
    for row in view.overdue:
        rows = list_figure_rows(row.amount.url.partition("=")[2], ON, EVENING)
        assert (str(len(rows)), {one.text for one in rows}) == (row.items.value, {row.customer.value})
        assert f"{format_decimal(sum(one.amount for one in rows), 'EUR')} EUR" == row.amount.value
    (person,) = view.activity
    orders, tasks, mails = (figure.value for figure in person.counts)
    assert (int(orders), int(tasks) > 0, int(mails)) == (3, True, 1)
    for figure in person.counts:
        assert str(len(list_figure_rows(figure.url.partition("=")[2], ON, EVENING))) == figure.value, figure.label
    (collected,) = person.collected
    (paid,) = list_figure_rows(collected.url.partition("=")[2], ON, EVENING)
    assert (collected.value, paid.amount) == ("30.00 EUR", 3000)


def test_what_nobody_can_do_yet_is_shown_nowhere_and_kept_in_the_figures(customer):
    subscribe()
    figures = queries.compute_figures(ON, EVENING)
    assert (figures["orders"]["on_hold"], figures["followup"]["promises_due"]) == (0, 0)
    shown = {cell.label for table in build_view(figures, None, "").work for row in table.rows for cell in row}
    assert shown & {"On hold", "Promises due", "Promises broken", "Disputed"} == set()
    assert "Backlog" in shown


def test_a_tile_says_what_stands_in_the_other_currencies(customer):
    bill(customer, ON)
    for currency in ("USD", "GBP"):
        bill(customer, ON, currency=currency)
    view = build_view(queries.compute_figures(ON, EVENING), None, "")
    tiles = {tile.label: (tile.value, tile.more) for tile in view.tiles}
    assert tiles["Invoiced"] == ("119.00 EUR", "+ 119.00 GBP + 119.00 USD")
    assert tiles["Past due"] == ("0.00 EUR", "")


@pytest.mark.parametrize("figure", [
    "", "deals", "deals.nonsense", "money.EUR.nonsense", "money.EUR", "a.b.c.d.e", "activity.1.nonsense",
    "activity.x.mails", "activity.1", "money.EUR.past_due.x",
])  # fmt: skip
def test_an_unknown_figure_is_refused_by_name(customer, figure):
    with pytest.raises(FigureUnknown):
        list_figure_rows(figure, ON, EVENING)


def test_a_report_is_taken_once_and_never_changes(customer):
    bill(customer, ON)
    with unit_of_work():
        first = services.take_report(ON, actor=ACTOR, now=EVENING).sha256
    bill(customer, ON, "55.00")
    with unit_of_work():
        assert services.take_report(ON, actor=ACTOR, now=at(ON, 21)).sha256 == first
    with pytest.raises(DBAPIError), unit_of_work() as current:
        current.execute(text("UPDATE mis_report SET sha256 = 'x'"))


def test_a_back_dated_payment_is_bridged_with_its_entry_and_adds_up(customer):
    bill(customer, date(2026, 9, 1))
    with unit_of_work():
        report = services.take_report(ON, actor=ACTOR, now=EVENING)
        assert queries.changed_since(report, EVENING) == []
    payment = pay(customer, 4000, ON, known=at(ON + timedelta(days=3)))
    changes = {change["figure"]: change for change in queries.changed_since(report, at(ON + timedelta(days=3)))}
    receivable = changes["money.EUR.receivable"]
    assert (receivable["was"], receivable["now"]) == ("119.00", "79.00")
    assert any(f"payment:{payment.id}" in reason or "allocation" in reason for reason in receivable["because"])
    assert queries.get_report(ON).figures["money"]["EUR"]["receivable"] == "119.00"


def test_each_report_carries_the_fingerprint_of_the_one_before(customer):
    with unit_of_work():
        first = services.take_report(ON, actor=ACTOR, now=EVENING)
        second = services.take_report(ON + timedelta(days=1), actor=ACTOR, now=EVENING + timedelta(days=1))
    assert (first.previous_sha256, second.previous_sha256) == ("", first.sha256)


def subscribe(email: str = "boss@example.com") -> None:
    with unit_of_work():
        user, _password = add_user(email, "manager", name="Ida", actor=ACTOR, now=EVENING)
        session().flush()
        services.subscribe(user.id, since=ON, actor=ACTOR, now=EVENING)


def send() -> list:
    with unit_of_work():
        return [message.id for message in services.send_report(ON, actor=ACTOR, now=EVENING).messages]


def test_a_day_without_activity_is_still_reported_and_says_so(customer):
    subscribe()
    from app.outbox.queries import get_message

    (message_id,) = send()
    mail = get_message(message_id)
    assert mail.subject == "MIS 20 Nov: no activity, invoiced 0 EUR, overdue 0 EUR"
    assert "Nothing happened on this day" in mail.body_text


def test_the_mail_has_the_figure_in_its_subject_a_plain_twin_links_and_stays_small(customer):
    from app.outbox.queries import get_message

    bill(customer, date(2026, 9, 1), "250000.00")
    bill(customer, ON, "40000.00")
    subscribe()
    mail = get_message(send()[0])
    assert mail.subject == "MIS 20 Nov: invoiced 47.6k EUR, overdue 298k EUR"
    assert len(mail.body_html.encode()) < 100_000
    assert "297,500.00 EUR" in mail.body_text
    assert "http://tillpaid.test/reports/daily/2026-11-20/rows?figure=money.EUR.past_due" in mail.body_html
    assert {one.document_kind for one in mail.attachments} == {"chart", "pdf", "xlsx"}


def test_sending_again_reaches_nobody_twice(customer):
    subscribe()
    assert send() == send()


def test_sending_again_says_who_is_new(customer):
    subscribe()
    send()
    subscribe("new@example.com")
    with unit_of_work():
        sending = services.send_report(ON, actor=ACTOR, now=EVENING)
        assert [message.recipient for message in sending.queued] == ["new@example.com"]
        assert len(sending.messages) == 2


def test_the_command_says_who_gets_it_now_and_who_had_it(app, settings, customer, monkeypatch):
    monkeypatch.setattr("app.create_app", lambda: app)
    subscribe()
    command = ["mis", "send", "--on", str(ON), "--now", EVENING.isoformat()]
    first, again = (CliRunner().invoke(main, [*command, "--json"]) for _ in range(2))
    keys = ("sent_to", "queued_now", "queued_before")
    assert [json.loads(first.stdout)[key] for key in keys] == [["boss@example.com"], ["boss@example.com"], []]
    assert [json.loads(again.stdout)[key] for key in keys] == [["boss@example.com"], [], ["boss@example.com"]]
    assert "Already sent to everybody." in CliRunner().invoke(main, command).stderr


def test_a_paused_reader_gets_nothing(customer):
    subscribe()
    user_id = queries.list_subscribers()[0].id
    with unit_of_work():
        services.pause_subscription(user_id, actor=ACTOR, now=EVENING)
    assert send() == []


def test_the_files_are_a_png_a_pdf_and_a_spreadsheet_with_numbers(customer):
    import pypdfium2
    import python_calamine

    bill(customer, date(2026, 9, 1))
    with unit_of_work():
        report_id = services.take_report(ON, actor=ACTOR, now=EVENING).id
    chart = documents.render_chart(report_id, EVENING)
    assert chart.content.startswith(b"\x89PNG")
    paper = pypdfium2.PdfDocument(documents.render_report_pdf(report_id, EVENING).content)
    assert "119.00" in paper[0].get_textpage().get_text_bounded()
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(documents.render_xlsx(report_id, EVENING).content))
    figures = dict(row[:2] for row in book.get_sheet_by_name("Figures").to_python())
    assert figures["money.EUR.receivable"] == 119.0


def test_rendering_a_report_again_gives_the_same_bytes(customer):
    bill(customer, date(2026, 9, 1))
    with unit_of_work():
        report_id = services.take_report(ON, actor=ACTOR, now=EVENING).id
    first, again = (documents.render_report_pdf(report_id, EVENING).content for _ in range(2))
    assert first == again
    assert documents.render_chart(report_id, EVENING).content == documents.render_chart(report_id, EVENING).content


def test_the_view_speaks_of_the_report_before(customer):
    bill(customer, ON - timedelta(days=1), "100.00")
    bill(customer, ON, "112.00")
    before = queries.compute_figures(ON - timedelta(days=1), EVENING)
    view = build_view(queries.compute_figures(ON, EVENING), before, "https://t.example")
    assert view.subject == "MIS 20 Nov: invoiced 133 EUR (+12 %), overdue 0 EUR"
