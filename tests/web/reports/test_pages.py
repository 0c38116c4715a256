"""The pages of the daily report: each figure opens exactly its rows; stored once, sent once, refused in words."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.company.queries import business_today
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.deals.models import Deal
from app.deals.services import return_deal
from app.deals.services_handoff import answer_gate
from app.documents.services import RenderedDocument, claim_requests, finish_request
from app.followup.batch import send_run
from app.followup.models import Notice
from app.invoices.services import credit_invoice
from app.kernel import clock
from app.orders.models import Order
from app.orders.services import cancel_order
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.payments.services import record_payment, reverse_payment
from app.reports.models import MisReport, MisSubscription
from app.reports.rules_view import short_amount
from app.reports.services import send_report, subscribe
from app.tasks.services import add_task
from tests.factories import (
    ACTOR,
    COMPANY,
    deal_line,
    finish_all_tasks,
    make_company,
    make_customer,
    make_deal,
    make_fulfilled_order,
    make_issued_invoice,
    make_open_invoice,
    make_order,
    make_payment,
    make_user,
    sign_in,
)
from tests.harness.statements import count_statements

ON = date(2026, 10, 20)
BEFORE = ON - timedelta(days=1)


def at(day, hour=9):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


EVENING = at(ON, 20)


def today():
    return clock.business_today(clock.now(), COMPANY.time_zone)


@pytest.fixture
def company(app, client):
    with app.app_context():
        make_company(now=at(date(2026, 8, 1)))


@pytest.fixture
def books(app, client, company):
    """A day on which everything happens, in two currencies; a manager reads its stored report."""
    sign_in(client, "manager")  # the first person is whom the book names as the one who did it all
    with app.app_context():
        _write_money()
        _write_work()
        for day in (BEFORE, ON):
            with unit_of_work():
                send_report(day, actor="system:mis", now=at(day, 20))


def _write_money():
    start = at(date(2026, 8, 1))
    north, tokyo = make_customer("Nordwind", now=start), make_customer("Tokyo K.K.", currency="JPY", now=start)
    for gross, due in ((119_000, date(2026, 5, 1)), (50_000, date(2026, 9, 1)), (23_800, date(2026, 10, 15))):
        make_open_invoice(north, gross, issued_on=due - timedelta(days=30), due_on=due, now=start)
    make_open_invoice(tokyo, 70_000, issued_on=date(2026, 8, 1), due_on=date(2026, 8, 31), currency="JPY", now=start)
    make_issued_invoice(north, issued_on=ON, now=at(ON))
    credited = make_issued_invoice(north, ("Kit", "1", "100"), issued_on=ON, now=at(ON))
    with unit_of_work():
        credit_invoice(credited.id, reason="wrong", issued_on=ON, actor=ACTOR, now=at(ON, 10))
    make_payment(north, 10_000, received_on=date(2026, 10, 5), now=at(date(2026, 10, 5)))
    make_payment(north, 4_000, received_on=ON, allocations=None, now=at(ON))
    make_payment(tokyo, 20_000, currency="JPY", received_on=ON, now=at(ON))
    bounced = make_payment(north, 7_500, received_on=ON, now=at(ON))
    with unit_of_work():
        reverse_payment(bounced.id, reason="bounced", actor=ACTOR, now=at(ON, 11))
    send_run(ON, actor=ACTOR, now=at(ON, 12))


def _write_work():
    now = at(ON)
    make_deal("D-1", now=now)
    make_deal("D-2", now=now, currency="JPY", lines=(deal_line("Kit", "1", "5000"),))
    returned = make_deal("D-3", now=now)
    with unit_of_work():
        return_deal(returned.id, "The price is missing.", actor=ACTOR, now=now)
    make_fulfilled_order("D-4", now=now)
    make_order("D-5", now=at(ON - timedelta(days=50)))
    make_order("D-6", now=now)
    with unit_of_work():
        cancel_order(_order("D-6"), "The site is closed.", actor=ACTOR, now=at(ON, 13))
    make_order("D-7", now=at(ON - timedelta(days=3)))


def _order(external_id):
    return session().scalars(select(Order.id).join(Deal).where(Deal.external_id == external_id)).one()


def state_of(app):
    """Everything the pages may change."""
    with app.app_context():
        counts = [session().scalar(select(func.count()).select_from(table)) for table in (MisReport, Message)]
        wishes = session().execute(select(MisSubscription.user_id, MisSubscription.paused))
        return counts, sorted(tuple(wish) for wish in wishes)


# --- reading pages ----------------------------------------------------------------------------------------------------


def text_of(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def number_in(text):
    """The first number a person reads: 1,190.00 as it is, 1.2k as it is."""
    found = re.search(r"-?\d[\d,]*(?:\.\d+)?[kM]?", text)
    return found[0].replace(",", "") if found else None


def list_figures(page):
    """(figure, address, what the link reads) of every figure on the page; the chart's twin in words is left out."""
    page = re.sub(r'<details class="chart-twin">.*?</details>', "", page, flags=re.DOTALL)
    links = re.findall(r'<a (?:class="[^"]*" )?href="([^"]*/rows\?figure=[^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    assert len(links) == page.count("/rows?figure=")
    return [(address.rpartition("figure=")[2], html.unescape(address), _shown(markup)) for address, markup in links]


def _shown(markup):
    value = re.search(r'(?:tile-value">|chart-value"[^>]*>|<b>)([^<]+)<', markup)
    return text_of(value[1] if value else markup)


def read_rows(page):
    """(name, date, amount or none, currency) of each row; how many and what sum the page itself says."""
    rows = []
    for row in re.findall(r"<tr data-row.*?</tr>", page, re.DOTALL):
        name, _of, on, amount = (text_of(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL))
        rows.append((name, on, *(_money(amount) if amount != "–" else (None, ""))))
    said = re.search(r"(\d+) rows?(?: · (.*?))?(?: · as known| ·|$)", text_of(_subtitle(page)))
    return rows, int(said[1]), said[2] or ""


def _money(text):
    amount, currency = text.split()
    return Decimal(amount.replace(",", "")), currency


def _subtitle(page):
    return re.search(r"<h1.*?</h1>(.*?)</header>|<h1.*?</h1>(.*?)<main", page, re.DOTALL)[0].partition("</h1>")[2]


RATIOS = {"past_due_percent": "aging.total", "dso": "aging.total", "add": "aging.total", "cei": "aging.total",
          "bpdso": "aging.not_due"}  # fmt: skip


def check_figure(client, figure, address, shown):
    """Opens the figure's rows; they make up exactly what the report says."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    rows, said, total = read_rows(answer.text)
    assert said == len(rows), figure
    parts = figure.split(".")
    if parts[0] == "activity" and "collected" in parts:
        parts = ["money", parts[3], "collected"]
    # what a customer owes stands beside how many instalments that are, both over the same rows
    if parts[0] != "money" or (len(parts) == 4 and parts[2] == "past_due" and shown.isdigit()):
        assert len(rows) == int(shown), figure
        return len(rows)
    amount = sum((row[2] for row in rows), Decimal(0))
    assert {row[3] for row in rows} <= {parts[1]}, figure
    if rows:
        assert _money(total) == (amount, parts[1]), figure
    if parts[2] in RATIOS:
        same = address.replace(figure, f"money.{parts[1]}.{RATIOS[parts[2]]}")
        assert rows == read_rows(client.get(same).text)[0], figure
    elif shown != parts[1]:  # the cell with the name of the currency opens what is receivable in it
        number = number_in(shown)
        is_short = number == short_amount(str(amount))
        assert is_short or Decimal(number) == amount, (figure, shown, amount)
    return len(rows)


# --- every figure opens its rows --------------------------------------------------------------------------------------

WORK = {
    "deals": {"received": 5, "accepted": 2, "returned": 1, "waiting": 2},
    "orders": {"booked": 2, "completed": 1, "cancelled": 1, "backlog": 2, "late": 1},
}
MONEY = {
    "money.EUR.invoiced_today": "1,190.00 EUR",
    "money.EUR.collected_today": "40.00 EUR",
    # 1,190 + 500 + 238 - 100 paid, and 1,190 of the day
    "money.EUR.aging.total": "3,018.00",
    "money.EUR.aging.not_due": "1,190.00",
    "money.EUR.aging.1-30": "238.00",
    "money.EUR.aging.31-60": "500.00",
    "money.EUR.aging.over_120": "1,090.00",
    "money.EUR.past_due": "1,828.00 EUR",
    "money.EUR.unapplied": "40.00 EUR",
    "money.EUR.receivable": "2,978.00 EUR",
    "money.JPY.aging.31-60": "50,000",
    "money.JPY.collected_mtd": "20,000",
}


def test_every_figure_of_the_page_opens_exactly_its_rows_and_they_add_up_to_it(client, books):
    page = client.get(f"/reports/daily?on={ON}").text
    figures = list_figures(page)
    filled = {figure for figure, address, shown in figures if check_figure(client, figure, address, shown)}
    assert len({figure for figure, _, _ in figures}) >= 14 + 5 + 2 * 14 - 3
    names = {figure.removeprefix("money.EUR.") for figure in filled}
    assert {"followup.notices", "tasks.opened", "tasks.done", "tasks.open", "tasks.overdue"} < names
    assert {"invoiced_mtd", "collected_mtd", "dso", "bpdso", "add", "cei", "past_due_percent"} < names


def test_the_figures_of_a_small_day_read_as_by_hand(client, books):
    shown = {}
    for figure, _address, text in list_figures(client.get(f"/reports/daily?on={ON}").text):
        shown.setdefault(figure, []).append(text)
    for block, counts in WORK.items():
        for name, count in counts.items():
            assert shown[f"{block}.{name}"] == [str(count)], name
    for figure, text in MONEY.items():
        assert text in shown[figure], figure
    assert shown["followup.notices"] == ["2"]


def test_what_happens_after_a_report_changes_neither_its_figures_nor_their_rows(app, client, books):
    page = client.get(f"/reports/daily?on={ON}").text
    with app.app_context():
        late = at(ON, 21)
        waiting = session().scalars(select(Deal.id).where(Deal.external_id == "D-1")).one()
        north = session().scalars(select(Notice.customer_id).order_by(Notice.id)).first()
        late_order = _order("D-7")
        make_deal("D-8", now=late)
        with unit_of_work():
            add_task(late_order, "Look again", department_code="operations", due_on=ON, actor=ACTOR, now=late)
        with unit_of_work():
            answer_gate(waiting, actor=ACTOR, now=late)
        finish_all_tasks(_order("D-5"), now=late)
        with unit_of_work():
            cancel_order(late_order, "Too late.", actor=ACTOR, now=late)
        with unit_of_work():
            record_payment(north, 5_000, currency="EUR", received_on=ON, actor=ACTOR, now=late)
        newcomer = make_customer("Zephyr", now=late)
        make_open_invoice(newcomer, 100, issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1), now=late)
        send_run(ON, actor=ACTOR, now=late)
    again = client.get(f"/reports/daily?on={ON}").text
    assert list_figures(again) == list_figures(page)
    for figure, address, shown in list_figures(again):
        check_figure(client, figure, address, shown)
    assert "Changed since this report was sent" in again
    assert "Changed since this report was sent" not in page


def test_rows_of_two_currencies_have_two_sums(client, books):
    page = client.get(f"/reports/daily/{ON}/rows?figure=deals.received").text
    rows, count, total = read_rows(page)
    sums = {}
    for _name, _on, amount, currency in rows:
        sums[currency] = sums.get(currency, 0) + amount
    assert (count, len(sums)) == (5, 2)
    assert total.replace(",", "") == " + ".join(f"{amount} {currency}" for currency, amount in sorted(sums.items()))


def test_rows_lead_to_what_they_name(client, books):
    for figure, place in (
        ("deals.waiting", "/deals/"), ("orders.late", "/orders/"), ("tasks.open", "/orders/"),
        ("followup.notices", "/customers/"), ("money.EUR.past_due", "/invoices/"),
        ("money.EUR.collected_mtd", "/payments/"), ("money.EUR.unapplied", "/customers/"),
    ):  # fmt: skip
        page = client.get(f"/reports/daily/{ON}/rows?figure={figure}").text
        links = re.findall(r'href="([^"]+)"[^>]*data-row-link', page)
        assert links, figure
        for link in links:
            assert link.startswith(place)
            assert client.get(link).status_code == 200, link


def test_the_exceptions_and_the_other_links_of_the_page_open(app, client, books):
    page = client.get(f"/reports/daily?on={ON}").text
    exceptions = re.findall(r'<a href="([^"]+)"><b>(\d+)</b> ([^<]+)</a>', page)
    assert {words for _, _, words in exceptions} >= {"mails nobody can be sure of", "mails refused", "jobs failed"}
    for address in {html.unescape(found) for found in re.findall(r'href="(/[^"#]*)"', page)}:
        if "/static/" not in address and f"{ON}/pdf" not in address and f"{ON}/xlsx" not in address:
            assert client.get(address).status_code == 200, address


def test_a_figure_that_was_zero_says_so(client, books):
    page = client.get(f"/reports/daily/{ON}/rows?figure=followup.disputed").text
    assert "This figure was zero on this day." in page


# --- which day --------------------------------------------------------------------------------------------------------


def test_a_stored_report_is_shown_as_stored_and_a_day_without_one_as_it_reads_so_far(client, books):
    assert "As known at 20 Oct 2026, 22:00" in text_of(client.get(f"/reports/daily?on={ON}").text)
    page = client.get("/reports/daily").text
    assert "Not stored yet: these are the figures so far" in page
    assert f"/reports/daily/{today()}/pdf" not in page
    for figure, address, shown in list_figures(page):
        check_figure(client, figure, address, shown)


def test_a_report_names_the_one_before_with_its_mails(client, books):
    page = text_of(client.get(f"/reports/daily?on={ON}").text)
    assert "The report of 19 Oct 2026 : nobody had subscribed." in page
    assert "This is the first report." in client.get(f"/reports/daily?on={BEFORE}").text


def test_a_day_ahead_is_refused_in_words_and_nothing_is_stored(app, client, books):
    before = state_of(app)
    ahead = today() + timedelta(days=1)
    for answer in (
        client.get(f"/reports/daily?on={ahead}"),
        client.get(f"/reports/daily/{ahead}/rows?figure=deals.received"),
        client.post(f"/reports/daily/{ahead}/send"),
    ):
        assert answer.status_code == 422
        assert "This day lies ahead" in answer.text
    assert state_of(app) == before
    assert f"on={ahead}" not in client.get("/reports/daily").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/reports/daily?on=x", 422),
        ("/reports/daily?on=2026-02-30", 422),
        ("/reports/daily?on=0001-01-01", 422),
        ("/reports/daily?on=20261020", 422),
        ("/reports/daily?on=%00", 400),
        ("/reports/daily/2026-10-20/rows", 404),
        ("/reports/daily/2026-10-20/rows?figure=", 404),
        ("/reports/daily/2026-10-20/rows?figure=deals", 404),
        ("/reports/daily/2026-10-20/rows?figure=deals.nonsense", 404),
        ("/reports/daily/2026-10-20/rows?figure=money.EUR", 404),
        ("/reports/daily/2026-10-20/rows?figure=money.EUR.nonsense", 404),
        ("/reports/daily/2026-10-20/rows?figure=a.b.c.d.e", 404),
        ("/reports/daily/2026-10-20/rows?figure=" + "x" * 300, 422),
        ("/reports/daily/x/rows?figure=deals.received", 404),
        ("/reports/daily/20261020/rows?figure=deals.received", 404),
        ("/reports/daily/0001-01-01/rows?figure=deals.received", 404),
        ("/reports/daily/2026-10-20/exe", 404),
        ("/reports/daily/2026-10-20/chart", 404),
        ("/reports/daily/2026-10-18/pdf", 404),
        ("/reports/daily/x/pdf", 404),
        ("/reports/nothing", 404),
    ],
)
def test_junk_in_an_address_is_refused(client, company, address, status):
    sign_in(client, "manager")
    assert client.get(address).status_code == status


def test_an_unknown_figure_is_refused_by_name_and_a_missing_report_by_its_day(client, company):
    sign_in(client, "manager")
    unknown = client.get(f"/reports/daily/{ON}/rows?figure=deals.nonsense")
    assert "The report has no figure named deals.nonsense." in unknown.text
    missing = client.get("/reports/daily/2026-10-18/pdf")
    assert "There is no stored report of 18 Oct 2026." in missing.text


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_a_file_is_handed_out_once_it_is_made(app, client, books, kind):
    address = f"/reports/daily/{ON}/{kind}"
    waiting = client.get(address)
    assert waiting.status_code == 302
    assert "This file is being made." in client.get(waiting.location).text
    with app.app_context(), unit_of_work():
        for claim in claim_requests(EVENING, limit=100):
            paper = RenderedDocument(claim.kind, f"{claim.kind}-{claim.owner_id}.bin", "x/y", claim.kind.encode())
            finish_request(claim, paper, now=EVENING)
    answer = client.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, kind.encode(), "x/y")
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{kind}-')


# --- sending and subscribing ------------------------------------------------------------------------------------------


def mails(app):
    with app.app_context():
        chosen = select(Message.recipient, Message.period).where(Message.kind == "mis").order_by(Message.recipient)
        return [tuple(row) for row in session().execute(chosen)]


@pytest.fixture
def readers(app, company):
    """Two people get the report, a third paused it."""
    ids = [make_user(app, "manager", email=f"{name}@tillpaid.test") for name in ("ada", "ben", "cleo")]
    with app.app_context(), unit_of_work():
        for user_id in ids:
            subscribe(user_id, since=ON, actor=ACTOR, now=EVENING)
        session().get_one(MisSubscription, ids[2]).paused = True
    return ids


def test_sending_stores_the_report_and_mails_it_once_to_each_subscriber(app, client, readers):
    sign_in(client, "finance")
    answer = client.post(f"/reports/daily/{ON}/send")
    assert answer.status_code == 302
    assert "The report goes to 2 subscribers." in client.get(answer.location).text
    assert mails(app) == [("ada@tillpaid.test", "2026-10-20"), ("ben@tillpaid.test", "2026-10-20")]
    after = state_of(app)
    assert client.post(f"/reports/daily/{ON}/send").status_code == 302
    assert state_of(app) == after
    assert "0 of 2 mails accepted" in text_of(client.get(f"/reports/daily?on={ON + timedelta(days=1)}").text)


def test_the_mails_that_arrived_are_told_with_the_report_after(app, client, readers):
    sign_in(client, "finance")
    client.post(f"/reports/daily/{ON}/send")
    with app.app_context(), unit_of_work():
        session().scalars(select(Message).where(Message.kind == "mis")).first().state = MessageState.ACCEPTED
    assert "1 of 2 mails accepted" in text_of(client.get(f"/reports/daily?on={ON + timedelta(days=1)}").text)


def test_sending_to_nobody_stores_the_report_and_says_so(app, client, company):
    sign_in(client, "finance")
    answer = client.post(f"/reports/daily/{ON}/send")
    assert "Nobody subscribed yet." in client.get(answer.location).text
    assert state_of(app)[0] == [1, 0]


@pytest.mark.parametrize("day", ["x", "2026-02-30", "20261020", "2026-W43-2", "0001-01-01"])
def test_what_is_no_day_is_not_sent(app, client, readers, day):
    sign_in(client, "finance")
    before = state_of(app)
    assert client.post(f"/reports/daily/{day}/send").status_code == 404
    assert state_of(app) == before


def test_a_person_turns_the_mail_on_and_off_and_on_again(app, client, company):
    user_id = sign_in(client, "finance")
    assert "Mail it to me" in client.get("/reports/daily").text
    for wanted, said, button, sent in (
        ("1", "You get the next report by mail.", "Stop mailing me", 1),
        ("0", "No more reports by mail", "Mail it to me", 0),
        ("1", "You get the next report by mail.", "Stop mailing me", 1),
    ):
        answer = client.post("/reports/daily/subscription", data={"wanted": wanted})
        page = client.get(answer.location).text
        assert said in page
        assert button in page
        assert state_of(app)[1] == [(user_id, not sent)]
        day = ON + timedelta(days=len(mails(app)) + sent * 3)
        with app.app_context(), unit_of_work():
            assert len(send_report(day, actor=ACTOR, now=at(day, 20)).messages) == sent


def test_to_stop_what_was_never_wanted_changes_nothing(app, client, company):
    sign_in(client, "finance")
    before = state_of(app)
    assert client.post("/reports/daily/subscription", data={"wanted": "perhaps"}).status_code == 302
    assert state_of(app) == before


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"), [("clerk", 403), ("member", 403), ("finance", 200), ("manager", 200), ("admin", 200)]
)
def test_who_may_see_the_report_may_have_it_sent_and_nobody_else_changes_anything(app, client, books, role, status):
    sign_in(client, role)
    for address in ("/reports/daily", f"/reports/daily/{ON}/rows?figure=deals.received"):
        assert client.get(address).status_code == status
    assert client.get(f"/reports/daily/{ON}/pdf").status_code == (302 if status == 200 else 403)
    before = state_of(app)
    answers = [
        client.post("/reports/daily/subscription", data={"wanted": "1"}),
        client.post(f"/reports/daily/{ON - timedelta(days=5)}/send"),
    ]
    assert [answer.status_code for answer in answers] == [302 if status == 200 else 403] * 2
    assert (state_of(app) == before) is (status == 403)


def test_a_post_from_elsewhere_changes_nothing(app, client, books):
    before = state_of(app)
    for address in ("/reports/daily/subscription", f"/reports/daily/{today()}/send"):
        assert client.post(address, data={"wanted": "1"}, headers={"X-CSRFToken": ""}).status_code == 400
    assert state_of(app) == before


# --- statements -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/reports/daily",
        "/reports/daily/{}/rows?figure=deals.received",
        "/reports/daily/{}/rows?figure=money.EUR.receivable",
        "/reports/daily/{}/rows?figure=money.EUR.collected_mtd",
    ],
)
def test_a_page_takes_the_same_statements_for_few_rows_or_many(app, client, company, address):
    def more(first, last):
        with app.app_context():
            now = clock.now()
            for number in range(first, last):
                customer = make_customer(f"Buyer {number}", now=now)
                make_open_invoice(customer, 100, due_on=ON, now=now)
                make_payment(customer, 50, received_on=business_today(now), allocations=None, now=now)
                make_deal(f"D-{number}", customer=customer.name, now=now)

    sign_in(client, "manager")
    more(0, 2)
    with app.app_context():
        engine = db.engine
    client.get(address.format(today()))
    with count_statements(engine) as few:
        client.get(address.format(today()))
    more(2, 40)
    with count_statements(engine) as many:
        assert "Buyer 3" in client.get(address.format(today())).text
    assert many.count == few.count
