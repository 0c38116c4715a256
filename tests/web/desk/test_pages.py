"""The pages that look across: Today by role, the palette's search, and who may open the machine room."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.company.models import Company
from app.db.base import db, session
from app.db.slots import Slot, SlotState
from app.db.unit_of_work import unit_of_work
from app.documents.models import DocumentRequest, RequestState
from app.documents.services import request_document
from app.followup.services import send_notice
from app.invoices.services import draft_invoice
from app.kernel import clock
from app.outbox.rules import MessageState
from app.outbox.services import NewMessage, enqueue
from app.reports.services import send_report
from app.tasks.models import Task, TaskState
from app.tasks.services import assign_task
from tests.factories import (
    ACTOR,
    COMPANY,
    make_company,
    make_customer,
    make_deal,
    make_fulfilled_order,
    make_open_invoice,
    make_order,
    make_payment,
    make_plain_order,
    make_user,
    sign_in,
)
from tests.harness.statements import count_statements

NOW = clock.now()
LONG_AGO = NOW - timedelta(days=60)
ROLES = ("clerk", "member", "finance", "manager", "admin")

TASKS, DEALS, LATE = "Tasks due", "Deals to accept or return", "Orders past their day"
TO_INVOICE, DRAFTS, REMIND = "Fulfilled, not invoiced", "Invoice drafts to issue", "Customers to remind today"
CALL = "Customers to call"
UNAPPLIED, UNCERTAIN, REFUSED = (
    "Customers with unapplied cash",
    "Mails nobody can be sure of",
    "Mails refused by a server",
)
FAILED, COPY = "Jobs or documents that failed", "Restored copy to confirm"

COUNTS = {
    TASKS: 2, DEALS: 3, LATE: 1, TO_INVOICE: 1, DRAFTS: 1, REMIND: 1, CALL: 1, UNAPPLIED: 1, UNCERTAIN: 1, REFUSED: 2,
    FAILED: 2, COPY: 1,
}  # fmt: skip
SEEN = {
    "clerk": {TASKS, DEALS, LATE},
    "member": {TASKS},
    "finance": {TASKS, TO_INVOICE, DRAFTS, REMIND, CALL, UNAPPLIED, UNCERTAIN, REFUSED, FAILED, COPY},
    "manager": {TASKS, DEALS, LATE, REMIND, CALL, UNCERTAIN, REFUSED, FAILED, COPY},
    "admin": set(COUNTS),
}


def ago(days):
    return clock.business_today(clock.now(), COMPANY.time_zone) - timedelta(days=days)


@pytest.fixture
def company(app, client):
    with app.app_context():
        make_company(now=LONG_AGO)


@pytest.fixture
def house(app, client, company):
    """Something of everything waits; the two late tasks are of whoever signs in through `enter`."""
    with app.app_context():
        _wait_for_operations()
        _wait_for_finance()
        _wait_for_whoever_runs_it()


def _wait_for_operations():
    for number in range(3):
        make_deal(f"W-{number}", now=NOW)
    make_order("L-1", now=LONG_AGO)
    make_order("L-2", now=NOW)
    make_fulfilled_order("F-1", now=NOW)


def _wait_for_finance():
    debtor = make_customer("Debtor", billing_email="ap@debtor.example", now=NOW)
    make_open_invoice(debtor, 119_000, issued_on=ago(50), due_on=ago(20), number="OLD-1", now=NOW)
    deaf = make_customer("Deaf", billing_email="ap@deaf.example", now=NOW)
    make_open_invoice(deaf, 6_000, issued_on=ago(90), due_on=ago(60), number="OLD-2", now=NOW)
    for days in (59, 46, 30):
        with unit_of_work():
            assert send_notice(deaf.id, ago(days), actor=ACTOR, now=NOW)
    payer = make_customer("Payer", now=NOW)
    make_payment(payer, 5_000, received_on=ago(1), allocations=None, now=NOW)
    billed = make_plain_order(debtor)
    with unit_of_work():
        draft_invoice(billed.id, actor=ACTOR, now=NOW)


def _wait_for_whoever_runs_it():
    for number, state in enumerate((MessageState.UNCERTAIN, MessageState.REJECTED, MessageState.REJECTED)):
        with unit_of_work():
            mail = NewMessage(
                kind="invoice",
                object_kind="user",
                object_id=number,
                recipient="a@b.example",
                subject="s",
                body_text="t",
            )
            enqueue(mail, now=NOW).state = state
    with unit_of_work() as current:
        current.get_one(Company, 1).quarantined_at = NOW
        current.add(
            Slot(
                job="mis.daily", local_time="2026-01-02T07:00", period="2026-01-02", due_at=LONG_AGO, attempts=5,
                state=SlotState.FAILED, started_at=LONG_AGO, finished_at=LONG_AGO, error="The chart broke",
            )
        )  # fmt: skip
        wanted = request_document(owner_kind="invoice", owner_id=1, kind="pdf", now=NOW)
        wanted.state, wanted.error = RequestState.FAILED, "The renderer was killed"


def enter(app, client, role):
    """Signs somebody in and gives them the two oldest open tasks."""
    user_id = make_user(app, role, department_code="operations" if role == "member" else None)
    with app.app_context():
        open_now = select(Task.id).where(Task.state == TaskState.OPEN).order_by(Task.due_on, Task.id).limit(2)
        for task_id in session().scalars(open_now).all():
            with unit_of_work():
                assign_task(task_id, user_id, actor=ACTOR, now=NOW)
    return sign_in(client, user_id=user_id)


def read_needs(page):
    """What waits -> (how many, where to)."""
    found = re.findall(
        r'<span class="worklist-count[^"]*">(\d+)</span><span class="worklist-text"><a href="([^"]+)">([^<]+)</a>', page
    )
    return {html.unescape(label): (int(count), html.unescape(address)) for count, address, label in found}


# --- Today ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_today_shows_a_role_what_it_may_do_with_the_count_and_a_page_that_opens(app, client, house, role):
    enter(app, client, role)
    page = client.get("/").text
    needs = read_needs(page)
    assert {label: count for label, (count, _) in needs.items()} == {label: COUNTS[label] for label in SEEN[role]}
    words = "one thing waits" if len(needs) == 1 else f"{len(needs)} things wait"
    assert f"{words} for you" in page
    for label, (_, address) in needs.items():
        assert client.get(address).status_code == 200, label


@pytest.mark.parametrize("label", [TASKS, DEALS, LATE, TO_INVOICE, DRAFTS, REMIND, CALL, UNAPPLIED, UNCERTAIN])
def test_a_count_on_today_is_the_number_of_rows_it_opens(app, client, house, label):
    enter(app, client, "admin")
    count, address = read_needs(client.get("/").text)[label]
    assert client.get(address).text.count("<tr data-row") == count


def test_what_is_fulfilled_and_not_invoiced_says_its_amount(app, client, house):
    enter(app, client, "finance")
    assert "49.40 EUR before tax, not asked for yet" in client.get("/").text.replace("\xa0", " ")


def test_what_is_urgent_comes_first(app, client, house):
    enter(app, client, "admin")
    labels = list(read_needs(client.get("/").text))
    urgent = {TASKS, LATE, UNCERTAIN, REFUSED, FAILED, COPY}
    assert set(labels[: len(urgent)]) == urgent
    assert labels[-1] == DRAFTS


@pytest.mark.parametrize("role", ROLES)
def test_where_nothing_waits_today_says_so(client, company, role):
    sign_in(client, role)
    page = client.get("/").text
    assert "All clear" in page
    assert "nothing waits for you" in page
    assert read_needs(page) == {}


def test_what_is_done_no_longer_waits(app, client, house):
    enter(app, client, "finance")
    client.post(f"/overdue/notices/{ago(0)}/send")
    client.post("/health/run-again", data={"job": "mis.daily", "local_time": "2026-01-02T07:00"})
    needs = read_needs(client.get("/").text)
    assert REMIND not in needs
    assert needs[FAILED][0] == 1
    with app.app_context():
        request_id = session().scalars(select(DocumentRequest.id).where(DocumentRequest.error.is_not(None))).one()
    client.post(f"/health/documents/{request_id}/retry")
    assert FAILED not in read_needs(client.get("/").text)


@pytest.mark.parametrize("role", ROLES)
def test_how_the_company_stands_is_for_those_who_may_read_the_report(app, client, house, role):
    with app.app_context(), unit_of_work():
        send_report(ago(1), actor=ACTOR, now=NOW)
    sign_in(client, role)
    page = client.get("/").text
    may_see = role in ("finance", "manager", "admin")
    assert ("How we stood on" in page) is may_see
    assert ("1,250.00" in page) is may_see
    tiles = re.findall(r'<a class="tile" href="([^"]+)"', page)
    assert len(tiles) == (5 if may_see else 0)
    for address in tiles:
        assert client.get(html.unescape(address)).status_code == 200


def test_today_before_the_company_is_set_up_says_what_to_do(client):
    sign_in(client, "admin")
    answer = client.get("/")
    assert answer.status_code == 200
    assert "/settings" in answer.text


def test_a_stranger_is_sent_to_the_sign_in_page(app, client, company):
    make_user(app, "clerk")
    for address in ("/", "/search?q=no", "/health"):
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer.location.startswith("/login")


def test_today_takes_the_same_statements_for_few_things_or_many(app, client, house):
    enter(app, client, "admin")
    with app.app_context():
        engine = db.engine
    client.get("/")
    with count_statements(engine) as few:
        client.get("/")
    with app.app_context():
        for number in range(30):
            make_deal(f"M-{number}", now=NOW)
            customer = make_customer(f"Buyer {number}", billing_email=f"b{number}@example.com", now=NOW)
            make_open_invoice(customer, 100, issued_on=ago(50), due_on=ago(20), now=NOW)
            make_payment(customer, 10, received_on=ago(1), allocations=None, now=NOW)
    with count_statements(engine) as many:
        needs = read_needs(client.get("/").text)
    assert needs[DEALS][0] == 33
    assert needs[REMIND][0] == 31
    assert many.count == few.count


# --- search -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def named(app, client, company):
    """One of each kind whose number or name begins alike."""
    with app.app_context():
        customer = make_customer("Xenon 100% GmbH", now=NOW)
        make_open_invoice(customer, 1_000, issued_on=ago(30), due_on=ago(1), number="XEN-INV", now=NOW)
        make_deal("XEN-D", now=NOW)
        make_plain_order(customer, number="XEN-O")
        make_payment(customer, 100, received_on=ago(1), allocations=None, now=NOW)


def find(client, text):
    answer = client.get("/search", query_string={"q": text}, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    return [(hit["kind"], hit["label"]) for hit in answer.get_json()]


INVOICE, ORDER, DEAL = ("Invoice", "XEN-INV"), ("Order", "XEN-O"), ("Deal", "XEN-D")
CUSTOMER = ("Customer", "Xenon 100% GmbH")


@pytest.mark.parametrize(
    ("role", "hits", "sees_payments"),
    [
        ("clerk", [INVOICE, ORDER, DEAL, CUSTOMER], False),
        ("member", [ORDER], False),
        ("finance", [INVOICE, ORDER, DEAL, CUSTOMER], True),
        ("manager", [INVOICE, ORDER, DEAL, CUSTOMER], True),
        ("admin", [INVOICE, ORDER, DEAL, CUSTOMER], True),
    ],
)
def test_the_search_finds_by_the_beginning_what_the_role_may_open(client, named, role, hits, sees_payments):
    sign_in(client, role)
    assert find(client, "xen") == hits
    assert bool(find(client, "PAY-")) is sees_payments
    for text in ("xen", "PAY-"):
        for hit in client.get("/search", query_string={"q": text}, headers={"Accept": "application/json"}).get_json():
            assert client.get(hit["url"]).status_code == 200, hit


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("", []),
        ("x", []),
        ("  xen-o  ", [ORDER, CUSTOMER]),
        ("EN-O", [CUSTOMER]),  # a number is found by its beginning, a name by parts of its words
        ("non 1", [CUSTOMER]),  # a name by any part
        ("100%", [CUSTOMER]),
        ("%%", []),
        ("__", []),
        ("\\\\", []),
        ("' OR zero=zero --", []),
    ],
)
def test_what_is_typed_is_taken_by_its_letters(client, named, text, hits):
    sign_in(client, "admin")
    assert find(client, text) == hits


def test_the_search_shows_at_most_six_of_a_kind(app, client, company):
    with app.app_context():
        for number in range(9):
            make_customer(f"Many {number}", now=NOW)
    sign_in(client, "clerk")
    assert find(client, "many") == [("Customer", f"Many {number}") for number in range(6)]


def test_without_a_script_the_search_is_a_page(client, named):
    sign_in(client, "admin")
    page = client.get("/search?q=xen", headers={"Accept": "text/html"}).text
    for _kind, label in (INVOICE, ORDER, DEAL, CUSTOMER):
        assert label in page
    assert "Nothing found" in client.get("/search?q=zzz", headers={"Accept": "text/html"}).text


def test_what_was_typed_is_shown_and_never_run(client, named):
    sign_in(client, "admin")
    page = client.get("/search?q=<script>alert(1)</script>", headers={"Accept": "text/html"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("address", "status"), [("/search?q=" + "x" * 300, 422), ("/search?q=%00", 400), ("/search", 200)]
)
def test_junk_in_a_search_is_refused(client, company, address, status):
    sign_in(client, "clerk")
    assert client.get(address).status_code == status


def test_the_search_takes_the_same_statements_for_few_hits_or_many(app, client, named):
    sign_in(client, "admin")
    with app.app_context():
        engine = db.engine
    find(client, "xen")
    with count_statements(engine) as few:
        find(client, "xen")
    with app.app_context():
        for number in range(10):
            make_customer(f"Xen {number}", now=NOW)
            make_deal(f"XEN-{number}", now=NOW)
    with count_statements(engine) as many:
        assert len(find(client, "xen")) == 14
    assert many.count == few.count


# --- the machine room -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"), [("clerk", 403), ("member", 403), ("finance", 302), ("manager", 302), ("admin", 302)]
)
def test_a_refused_press_in_the_machine_room_changes_nothing(app, client, house, role, status):
    with app.app_context():
        request_id = session().scalars(select(DocumentRequest.id).where(DocumentRequest.error.is_not(None))).one()
    sign_in(client, role)
    assert client.get("/health").status_code == (200 if status == 302 else 403)
    run = {"job": "mis.daily", "local_time": "2026-01-02T07:00"}
    assert client.post("/health/run-again", data=run).status_code == status
    assert client.post(f"/health/documents/{request_id}/retry").status_code == status
    with app.app_context():
        slot = session().get_one(Slot, ("mis.daily", "2026-01-02T07:00"))
        wanted = session().get_one(DocumentRequest, request_id)
        expected = (SlotState.FAILED, RequestState.FAILED) if status == 403 else (SlotState.DUE, RequestState.PENDING)
        assert (slot.state, wanted.state) == expected


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"job": "mis.daily", "local_time": "junk"}, 404),
        ({"job": "x" * 300, "local_time": "2026-01-02T07:00"}, 422),
        ({"job": "\x00", "local_time": "2026-01-02T07:00"}, 400),
        ({}, 404),
    ],
)
def test_junk_in_a_press_is_refused(client, house, data, status):
    sign_in(client, "admin")
    assert client.post("/health/run-again", data=data).status_code == status
    assert client.post("/health/documents/x/retry").status_code == 404
    assert client.post(f"/health/documents/{'9' * 40}/retry").status_code == 404


def test_the_machine_room_takes_the_same_statements_for_few_troubles_or_many(app, client, house):
    sign_in(client, "admin")
    with app.app_context():
        engine = db.engine
    client.get("/health")
    with count_statements(engine) as few:
        client.get("/health")
    with app.app_context(), unit_of_work():
        for number in range(15):
            wanted = request_document(owner_kind="invoice", owner_id=number + 2, kind="pdf", now=NOW)
            wanted.state, wanted.error = RequestState.FAILED, f"Killed {number}"
    with count_statements(engine) as many:
        assert "Killed 14" in client.get("/health").text
    assert many.count == few.count


@pytest.mark.parametrize("typed", ["łódź", "lodz", "textiles LODZ"])
def test_the_search_finds_a_customer_however_the_name_is_typed(app, client, company, typed):
    with app.app_context():
        make_customer("Łódź Textiles S.A.")
    sign_in(client, "clerk")
    found = client.get("/search", query_string={"q": typed}, headers={"Accept": "application/json"}).json
    assert [hit["label"] for hit in found] == ["Łódź Textiles S.A."]


def test_a_search_for_signs_alone_finds_no_customer(app, client, company):
    with app.app_context():
        make_customer("Łódź Textiles S.A.")
    sign_in(client, "clerk")
    assert client.get("/search", query_string={"q": "%%"}, headers={"Accept": "application/json"}).json == []
