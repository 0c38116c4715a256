"""The pages of follow-up: the worklist with its reasons, a day's notices before they go, sending and holding back."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app.cli import main
from app.customers.models import Customer
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.followup import services
from app.followup.models import DunningRun, Notice
from app.kernel import clock
from app.outbox.models import Message
from app.web import filters
from tests.factories import (
    ACTOR,
    COMPANY,
    make_company,
    make_customer,
    make_open_invoice,
    make_payment,
    make_user,
    sign_in,
)
from tests.harness.statements import count_statements

# The pages ask the clock, so the book is written in days before it
NOW = clock.now()


def ago(days):
    return clock.business_today(clock.now(), COMPANY.time_zone) - timedelta(days=days)


def owe(customer, number, gross, *, days, currency="EUR"):
    """An instalment `days` past due."""
    return make_open_invoice(
        customer, gross, issued_on=ago(days + 30), due_on=ago(days), currency=currency, number=number, now=NOW
    )


def remind(customer, *days):
    """Notices of these days ago, each a level."""
    for back in days:
        with unit_of_work():
            assert services.send_notice(customer.id, ago(back), actor=ACTOR, now=NOW)


@pytest.fixture
def books(app, client):
    """Eight customers, each overdue for another reason to chase or not to chase; a person of finance looks."""
    with app.app_context():
        make_company(now=NOW)
        ids = _write_book()
    sign_in(client, "finance")
    return ids


def _write_book():
    made = {}
    for name, email in (
        ("Nordwind", "ap@nordwind.example"), ("Talks", "ap@talks.example"), ("Mailless", ""),
        ("Cash", "ap@cash.example"), ("Later", "ap@later.example"), ("Spaced", "ap@spaced.example"),
        ("Final", "ap@final.example"), ("Punctual", "ap@punctual.example"),
    ):  # fmt: skip
        made[name] = make_customer(name, billing_email=email, now=NOW)
    owe(made["Nordwind"], "N-1", 119_000, days=20)
    owe(made["Nordwind"], "N-2", 5_000, days=95)
    owe(made["Nordwind"], "N-3", 12_000, days=65, currency="JPY")
    owe(made["Talks"], "T-1", 70_000, days=40)
    services_hold(made["Talks"], "in talks about the claim")
    owe(made["Mailless"], "M-1", 3_000, days=130)
    owe(made["Cash"], "C-1", 20_000, days=10)
    make_payment(made["Cash"], 25_000, received_on=ago(1), allocations=None, now=NOW)
    owe(made["Later"], "L-1", 8_000, days=3)
    remind(made["Later"], 2)
    owe(made["Spaced"], "S-1", 9_000, days=15)
    remind(made["Spaced"], 3)
    owe(made["Final"], "F-1", 6_000, days=60)
    remind(made["Final"], 59, 46, 30)
    owe(made["Punctual"], "P-1", 99_900, days=0)
    return {name: customer.id for name, customer in made.items()}


def services_hold(customer, reason):
    with unit_of_work():
        services.hold_customer(customer.id, ago(-5), reason=reason, actor=ACTOR, now=NOW)


def text_of(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def read_table(page, caption):
    """The cells of a table as a person reads them, row by row; none where the page has no such table."""
    if f">{caption}</caption>" not in page:
        return []
    table = page.split(f">{caption}</caption>")[1].split("</tbody>")[0]
    rows = re.findall(r"<tr data-row.*?</tr>", table, re.DOTALL)
    return [[text_of(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows]


def worklist(client, arguments=""):
    """Number -> (customer, overdue, open, reminded, next)."""
    rows = read_table(client.get(f"/overdue{arguments}").text, "Overdue instalments")
    return {row[1]: (row[0], row[3], row[4], row[5], row[6]) for row in rows}


def mails(app):
    with app.app_context():
        return [
            (message.recipient, message.period)
            for message in session().scalars(select(Message).where(Message.kind == "dunning").order_by(Message.id))
        ]


def state_of(app):
    """Everything the pages may change."""
    with app.app_context():
        tables = (Message, Notice, DunningRun)
        counts = [session().scalar(select(func.count()).select_from(table)) for table in tables]
        holds = session().execute(
            select(Customer.id, Customer.no_chase_until, Customer.no_chase_reason).order_by(Customer.id)
        )
        return counts, [tuple(hold) for hold in holds]


# --- the worklist -----------------------------------------------------------------------------------------------------


def short(day):
    return f"{day.day} {day:%b}"


@pytest.mark.parametrize(
    ("number", "customer", "overdue", "owed", "following"),
    [
        ("N-1", "Nordwind", 20, "1,190.00 EUR", lambda: "Send reminder 1 20 days past due"),
        ("N-3", "Nordwind", 65, "12,000 JPY", lambda: "Send reminder 1 65 days past due"),
        ("T-1", "Talks", 40, "700.00 EUR", lambda: f"Held back in talks about the claim, until {short(ago(-5))}"),
        ("M-1", "Mailless", 130, "30.00 EUR",
         lambda: "Held back Mailless has no billing e-mail address: add one, or call"),
        ("C-1", "Cash", 10, "200.00 EUR", lambda: "Held back money on account would pay this: allocate it first"),
        ("L-1", "Later", 3, "80.00 EUR", lambda: f"Reminder 2 on {short(ago(-11))} not old enough yet"),
        ("S-1", "Spaced", 15, "90.00 EUR",
         lambda: f"Held back reminded on {short(ago(3))}; the next notice may go on {short(ago(-4))}, "
                 f"until {short(ago(-3))}"),
        ("F-1", "Final", 60, "60.00 EUR", lambda: "Call the final reminder has gone"),
    ],
)  # fmt: skip
def test_each_row_says_what_to_do_next_and_why(client, books, number, customer, overdue, owed, following):
    row = worklist(client)[number]
    assert (row[0], row[1], row[2], row[4]) == (customer, f"{overdue} d", owed, following())


def test_the_list_is_oldest_first_and_adds_up_by_currency_without_what_is_due_today(client, books):
    assert list(worklist(client)) == ["M-1", "N-2", "N-3", "F-1", "T-1", "N-1", "S-1", "C-1", "L-1"]
    page = text_of(client.get("/overdue").text)
    # 30 + 50 + 60 + 700 + 1,190 + 90 + 200 + 80 EUR
    assert "2,400.00 EUR + 12,000 JPY owed on 9 instalments by 7 customers" in page
    assert "P-1" not in page


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ("?view=due", ["N-2", "N-3", "N-1"]),
        ("?view=held", ["M-1", "T-1", "S-1", "C-1"]),
        ("?view=later", ["L-1"]),
        ("?view=call", ["F-1"]),
        ("?age=1-30", ["N-1", "S-1", "C-1", "L-1"]),
        ("?age=31-60", ["F-1", "T-1"]),
        ("?age=61-90", ["N-3"]),
        ("?age=91-120", ["N-2"]),
        ("?age=over_120", ["M-1"]),
        ("?age=not_due", []),
        ("?q=NORDW", ["N-2", "N-3", "N-1"]),
        ("?q=s-1", ["S-1"]),
        ("?view=held&age=1-30", ["S-1", "C-1"]),
        ("?view=held&age=1-30&q=cash", ["C-1"]),
        ("?q=nobody", []),
        ("?q=%25", []),
    ],
)
def test_views_ages_and_words_narrow_the_list_together(client, books, arguments, numbers):
    assert list(worklist(client, arguments)) == numbers


def test_the_list_is_narrowed_to_the_customers_somebody_looks_after(app, client, books):
    ada = make_user(app, "finance", name="Ada Koch")
    assert "Nothing overdue fits this filter." in client.get(f"/overdue?owner={ada}").text
    with app.app_context(), unit_of_work() as current:
        current.get_one(Customer, books["Nordwind"]).owner_id = ada
    assert set(worklist(client, f"?owner={ada}")) == {"N-1", "N-2", "N-3"}
    assert f"owner={ada}" in client.get(f"/overdue?owner={ada}").text


def test_whom_to_call_is_shown_with_the_number(app, client, books):
    with app.app_context(), unit_of_work() as current:
        for name in ("Final", "Nordwind"):
            current.get_one(Customer, books[name]).phone = "+49 (0)30 / 123-45"
    assert worklist(client)["F-1"][4] == "Call the final reminder has gone +49 (0)30 / 123-45"
    assert client.get("/overdue").text.count('href="tel:+493012345"') == 1


def test_a_filter_that_fits_nothing_offers_the_way_back(client, books):
    assert "Nothing overdue fits this filter." in client.get("/overdue?q=nobody").text


def test_the_tabs_and_the_strip_count_what_they_open(client, books):
    page = client.get("/overdue?q=&view=held").text
    tabs = re.findall(r'<a class="tab" href="([^"]+)"[^>]*>[^<]*<span class="tab-count">(\d+)<', page)
    strip = re.findall(r'<a class="strip-item" href="([^"]+)".*?<span class="strip-more">(\d+) inst', page, re.DOTALL)
    assert len(tabs) == 5
    assert len(strip) == 5
    for address, count in tabs:
        assert len(read_table(client.get(html.unescape(address)).text, "Overdue instalments")) == int(count), address
    # an age keeps the view, but counts all of that age: whoever opens it sees the rest in the other tabs
    for address, count in strip:
        every = html.unescape(address).replace("view=held", "view=")
        assert len(read_table(client.get(every).text, "Overdue instalments")) == int(count), address


def test_the_list_goes_on_and_back_and_shows_each_row_once(app, client, books):
    with app.app_context():
        customer = session().get_one(Customer, books["Nordwind"])
        for number in range(105):
            owe(customer, f"X-{number:03d}", 100, days=5)
    seen, address, pages = [], "/overdue?q=X-", []
    while address:
        page = client.get(address).text
        pages.append(address)
        seen += [row[1] for row in read_table(page, "Overdue instalments")]
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(found[1]) if found else ""
    assert seen == [f"X-{number:03d}" for number in range(105)]
    assert len(pages) == 3
    back = re.search(r'href="([^"]+)" rel="prev"', client.get(pages[2]).text)[1]
    assert next(iter(worklist(client, html.unescape(back).removeprefix("/overdue")))) == "X-050"
    assert "105 to 105 of 105" in client.get("/overdue?q=X-&from=999999").text


def test_nothing_overdue_says_so(app, client):
    with app.app_context():
        make_company(now=NOW)
    sign_in(client, "finance")
    assert "Nothing is overdue here" in client.get("/overdue").text
    assert "No reminders on this day" in client.get("/overdue/notices").text


# --- the notices of a day ---------------------------------------------------------------------------------------------


@pytest.fixture
def propose(books, settings, monkeypatch):
    """What `followup propose` says of a day."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))

    def run(day):
        done = CliRunner().invoke(main, ["followup", "propose", "--on", day.isoformat(), "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("ahead", [0, 1, 5, 11, 40])
def test_the_page_of_a_day_shows_what_the_command_proposes(client, books, propose, ahead):
    day = ago(-ahead)
    page = client.get(f"/overdue/notices?on={day}").text
    proposed = propose(day)
    shown = [
        (row[0], row[1], re.findall(r"[A-Z]-\d", row[2]), row[3].replace(",", ""), row[4])
        for row in read_table(page, "Notices")
    ]
    assert shown == [
        (
            notice["customer"], f"R{notice['level']}", notice["invoices"], f"{notice['amount']} {notice['currency']}",
            notice["to"],
        )
        for notice in proposed["notices"]
    ]  # fmt: skip
    held = [(row[0], row[1], row[3]) for row in read_table(page, "Held back")]
    assert held == [(hold["customer"], hold["invoice"], hold["reason"]) for hold in proposed["held"]]
    assert shown
    assert held


def test_the_notices_of_today_by_customer_and_currency_and_what_is_held_and_until_when(client, books):
    page = client.get("/overdue/notices").text
    leaving = [row[:5] for row in read_table(page, "Notices")]
    assert leaving == [
        ["Nordwind", "R1", "N-2 95 d , N-1 20 d", "1,240.00 EUR", "ap@nordwind.example"],
        ["Nordwind", "R1", "N-3 65 d", "12,000 JPY", "ap@nordwind.example"],
    ]
    assert "1 customer gets one mail about 1,240.00 EUR + 12,000 JPY" in text_of(page)
    until = {row[1]: row[4] for row in read_table(page, "Held back")}
    assert set(until) == {"T-1", "M-1", "C-1", "S-1"}
    assert until["M-1"] == "it is put right"
    assert until["T-1"].startswith(f"{ago(-5).day} ")


# --- sending ----------------------------------------------------------------------------------------------------------


def send(client, day):
    return client.post(f"/overdue/notices/{day}/send")


def test_a_run_sends_each_customer_one_mail_and_a_second_press_sends_nothing(app, client, books):
    with app.app_context():
        other = make_customer("Zephyr", billing_email="ap@zephyr.example", now=NOW)
        owe(other, "Z-1", 4_200, days=2)
    before = mails(app)
    answer = send(client, ago(0))
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "2 reminders are on their way." in page
    assert sorted(address for address, _ in mails(app)[len(before) :]) == ["ap@nordwind.example", "ap@zephyr.example"]
    assert [row[1:3] for row in read_table(page, "Sent notices")] == [
        ["R1", "1,240.00 EUR"], ["R1", "12,000 JPY"], ["R1", "42.00 EUR"],
    ]  # fmt: skip
    assert not read_table(page, "Notices")
    assert "Sent by Finance" in page
    after = state_of(app)
    assert "Nothing was due any more." in client.get(send(client, ago(0)).location).text
    assert state_of(app) == after
    assert worklist(client)["N-1"][3].startswith("R1")


@pytest.mark.parametrize("role", ["finance", "manager"])
def test_what_is_read_before_is_what_is_sent(app, client, books, role):
    sign_in(client, role)
    page = client.get("/overdue/notices").text
    address = f"/overdue/notices/{ago(0)}/customers/{books['Nordwind']}"
    assert f'href="{address}"' in page
    before = state_of(app)
    read = client.get(address)
    assert read.status_code == 200
    assert state_of(app) == before
    send(client, ago(0))
    with app.app_context():
        mail = session().scalars(select(Message).where(Message.customer_id == books["Nordwind"])).one()
        subject, body = mail.subject, mail.body_text
    shown = html.unescape(re.search(r'<div class="mail-text"[^>]*>(.*?)</div>', read.text, re.DOTALL)[1])
    assert shown == body
    assert f"<h1>{subject}</h1>" in re.sub(r"<h1[^>]*>", "<h1>", html.unescape(read.text))
    assert "N-1" in shown
    assert client.get(address).status_code == 404


def test_a_mail_nobody_gets_cannot_be_read(client, books):
    for day in ("0001-01-01", "9999-12-31"):
        assert client.get(f"/overdue/notices/{day}/customers/{books['Nordwind']}").status_code in (404, 422)
    for customer_id in (books["Talks"], books["Punctual"], 4242):
        assert client.get(f"/overdue/notices/{ago(0)}/customers/{customer_id}").status_code == 404
    assert client.get(f"/overdue/notices/junk/customers/{books['Nordwind']}").status_code == 422


def test_reading_a_notice_is_guarded_as_the_page_is(client, books):
    sign_in(client, "member")
    addresses = ("/overdue/notices", f"/overdue/notices/{ago(0)}/customers/{books['Nordwind']}")
    assert [client.get(address).status_code for address in addresses] == [403, 403]


def test_a_later_day_is_shown_but_cannot_be_sent(app, client, books):
    before = state_of(app)
    page = client.get(f"/overdue/notices?on={ago(-1)}").text
    assert "It can be sent on that day" in text_of(page)
    assert "/send" not in page
    answer = send(client, ago(-1))
    assert answer.status_code == 422
    assert "Reminders of a later day cannot go yet" in answer.text
    assert state_of(app) == before


@pytest.mark.parametrize("day", ["junk", "2026-02-30", "20261122", "2026-W40-1", "0001-01-01", "1", "9" * 40])
def test_what_is_no_day_sends_nothing(app, client, books, day):
    before = state_of(app)
    assert 400 <= send(client, day).status_code < 500
    assert state_of(app) == before


# --- holding back -----------------------------------------------------------------------------------------------------


def hold(client, customer_id, **facts):
    return client.post(f"/overdue/customers/{customer_id}/hold", data=facts)


def test_a_held_customer_moves_to_the_held_ones_with_the_reason_and_is_let_go_again(app, client, books):
    answer = hold(client, books["Nordwind"], until=ago(-3).isoformat(), reason="  new   contact  ")
    assert f"No reminders until {filters.day(ago(-3))}." in client.get(answer.location).text
    page = client.get("/overdue/notices").text
    assert not read_table(page, "Notices")
    assert {row[1]: row[3] for row in read_table(page, "Held back")}["N-1"] == "new contact"
    before = mails(app)
    send(client, ago(0))
    assert mails(app) == before
    assert "Reminders go again." in client.get(hold(client, books["Nordwind"]).location).text
    assert worklist(client)["N-1"][4].startswith("Send reminder 1")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"until": "soon", "reason": "x"}, "until must be a date"),
        ({"until": "2026-02-30", "reason": "x"}, "until must be a date"),
        ({"until": "", "reason": "x"}, "until which day"),
        ({"until": lambda: ago(1).isoformat(), "reason": "x"}, "Choose a day from today on"),
        ({"until": lambda: ago(-1).isoformat(), "reason": ""}, "Say why"),
        ({"until": lambda: ago(-1).isoformat(), "reason": "   "}, "Say why"),
        ({"until": lambda: ago(-1).isoformat()}, "Say why"),
    ],
)
def test_a_hold_needs_a_day_to_come_and_a_reason(app, client, books, facts, said):
    before = state_of(app)
    answer = hold(client, books["Nordwind"], **{name: v() if callable(v) else v for name, v in facts.items()})
    assert answer.status_code == 422
    assert said in answer.text
    assert state_of(app) == before


# --- who may, and junk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"), [("clerk", 403), ("member", 403), ("finance", 200), ("manager", 200), ("admin", 200)]
)
def test_who_collects_sees_the_pages_and_who_does_not_changes_nothing(app, client, books, role, status):
    sign_in(client, role)
    assert [client.get(address).status_code for address in ("/overdue", "/overdue/notices")] == [status, status]
    before = state_of(app)
    answers = [
        send(client, ago(0)),
        hold(client, books["Final"], until=ago(-1).isoformat(), reason="x"),
    ]
    if status == 403:
        assert [answer.status_code for answer in answers] == [403, 403]
        assert state_of(app) == before
    else:
        assert [answer.status_code for answer in answers] == [302, 302]
        assert state_of(app) != before


def test_a_post_from_elsewhere_changes_nothing(app, client, books):
    before = state_of(app)
    for address in (f"/overdue/notices/{ago(0)}/send", f"/overdue/customers/{books['Talks']}/hold"):
        assert client.post(address, headers={"X-CSRFToken": ""}).status_code == 400
        assert client.get(address).status_code == 405
    assert state_of(app) == before


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/overdue?view=x", 422),
        ("/overdue?age=x", 422),
        ("/overdue?view=due&age=31", 422),
        ("/overdue?from=x", 422),
        ("/overdue?from=-1", 422),
        ("/overdue?from=" + "9" * 40, 422),
        ("/overdue?q=" + "x" * 300, 422),
        ("/overdue?q=%00", 400),
        ("/overdue/notices?on=x", 422),
        ("/overdue/notices?on=2026-02-30", 422),
        ("/overdue/notices?on=0001-01-01", 422),
        ("/overdue/nothing", 404),
    ],
)
def test_junk_in_an_address_is_refused(client, books, address, status):
    assert client.get(address).status_code == status


@pytest.mark.parametrize("customer_id", ["0", "424242", "9" * 40, "x", "-1"])
def test_nobody_who_is_no_customer_is_held(client, books, customer_id):
    assert hold(client, customer_id, until=ago(-1).isoformat(), reason="x").status_code == 404


def test_a_name_of_a_stranger_and_a_reason_are_shown_and_never_run(app, client, books):
    with app.app_context():
        stranger = make_customer("<script>alert(1)</script>", billing_email="a@b.example", now=NOW)
        owe(stranger, "Q-1", 100, days=50)
    hold(client, books["Talks"], until=ago(-1).isoformat(), reason="<img src=x onerror=alert(1)>")
    for address in ("/overdue", "/overdue/notices"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page
        assert "&lt;img src=x" in page


@pytest.mark.parametrize("address", ["/overdue", "/overdue/notices"])
def test_a_list_takes_the_same_statements_for_few_rows_or_many(app, client, books, address):
    with app.app_context():
        engine = db.engine
    client.get(address)
    with count_statements(engine) as few:
        client.get(address)
    with app.app_context():
        for number in range(30):
            customer = make_customer(f"Buyer {number}", billing_email=f"b{number}@example.com", now=NOW)
            owe(customer, f"B-{number}", 100, days=number + 1)
            if number % 3 == 0:
                services_hold(customer, "waits")
    with count_statements(engine) as many:
        assert "Buyer 29" in client.get(address).text
    assert many.count == few.count
