"""The outbox pages: what leaves, what became of it, what a person decides, and what nobody else may read."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from functools import wraps

import pytest
from sqlalchemy import event

from app.audit.models import AuditEntry
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.documents.services import request_document, store_document
from app.outbox import queries, queries_list, services
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.outbox.services import AttachmentRef, NewMessage
from tests.factories import NOW, make_company, make_customer, make_user, sign_in

S = MessageState
PNG = b"\x89PNG picture"


HOUSE = []


@pytest.fixture
def house(app):
    """An application with a company. No context stays open, so that each request is one of its own."""
    HOUSE[:] = [app]
    with app.app_context():
        make_company()
    return app


def inside(work):
    """Runs what looks behind the pages in a context of its own."""

    @wraps(work)
    def run(*arguments, **named):
        with HOUSE[0].app_context():
            return work(*arguments, **named)

    return run


@pytest.fixture
def finance(client, house):
    sign_in(client, "finance")
    return client


@inside
def queue(number=1, *, state=None, **changes):
    """A message; `state` is set by hand, as a worker would have left it."""
    facts = {
        "kind": "invoice", "object_kind": "invoice", "object_id": number, "recipient": f"ap{number}@customer.example",
        "recipient_name": "Łódź Textiles", "subject": f"Invoice INV-{number}", "body_text": "Here it is.",
    }  # fmt: skip
    with unit_of_work():
        message = services.enqueue(NewMessage(**(facts | changes)), now=NOW + timedelta(seconds=number))
        if state is not None:
            message.state = state
            message.last_reply = "550 5.1.1 nobody here" if state == S.REJECTED else "The line broke."
        return message.id


@inside
def store(kind="pdf", owner_id=1, *, content=b"%PDF-1.7", media_type="application/pdf", name="INV-1.pdf"):
    with unit_of_work():
        store_document(
            owner_kind="invoice", owner_id=owner_id, kind=kind, name=name, media_type=media_type, content=content,
            now=NOW,
        )  # fmt: skip


@inside
def state_of(message_id):
    session().rollback()
    session().expire_all()
    return queries.get_message(message_id).state


@inside
def read(message_id):
    """A few facts about a message."""
    message = queries.get_message(message_id)
    return message.edition, message.state, message.recipient


@inside
def to_decide():
    return queries_list.count_to_decide()


def get(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:1500]
    return answer.text


# --- the list


def test_the_list_shows_newest_first_with_state_and_counts(finance):
    queue(1, state=S.ACCEPTED)
    queue(2, state=S.UNCERTAIN)
    page = get(finance, "/outbox")
    assert page.index("Invoice INV-2") < page.index("Invoice INV-1")
    assert "Uncertain" in page
    assert "2 messages" in page
    assert re.search(r"<b>1</b>\s+mail waits", page)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=uncertain", {2}), ("state=waiting", {1, 4}), ("state=rejected", {3}), ("state=decide", {2, 3}),
        ("kind=dunning", {4}), ("q=AP3@", {3}), ("q=ódź tex", {1, 2, 3, 4}), ("q=inv-4", {4}), ("q=%25", set()),
        ("customer=77", {4}), ("state=rejected&q=ap1", set()),
    ],
)  # fmt: skip
def test_the_list_is_filtered_by_state_kind_recipient_and_customer(finance, query, shown):
    queue(1)
    queue(2, state=S.UNCERTAIN)
    queue(3, state=S.REJECTED)
    queue(4, kind="dunning", object_kind="customer", object_id=77, customer_id=77)
    page = get(finance, f"/outbox?{query}")
    assert {number for number in range(1, 5) if f">Invoice INV-{number}<" in page} == shown


@pytest.mark.parametrize("query", ["state=nonsense", "kind=nonsense", "customer=x", "q=" + "x" * 200, "after=junk"])
def test_junk_in_the_address_of_the_list_is_refused(finance, query):
    assert finance.get(f"/outbox?{query}").status_code == 422


def test_the_list_reads_on_from_a_key_and_costs_the_same_on_every_page(finance):
    for number in range(1, 121):
        queue(number, state=S.UNCERTAIN if number % 2 else None)
    counted, url, seen = [], "/outbox?kind=invoice", []
    while url:
        statements = []
        with counting(statements):
            page = get(finance, url)
        counted.append(len(statements))
        seen += [int(number) for number in re.findall(r"data-row-link>Invoice INV-(\d+)<", page)]
        older = re.search(r'href="([^"]+)" rel="next"', page)
        url = older[1].replace("&amp;", "&") if older else ""
    assert seen == list(range(120, 0, -1))
    assert len(set(counted)) == 1, counted


@contextmanager
def counting(statements):
    """Every statement sent to the database meanwhile is added to the list."""

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    with HOUSE[0].app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", note)


@inside
def add_attempts(message_id, *attempts):
    with unit_of_work():
        for outcome, reply in attempts:
            services.add_attempt(message_id, outcome, reply, actor=services.SYSTEM, now=NOW)


def test_the_statements_of_a_detail_page_do_not_grow_with_files_and_attempts(finance):
    def cost(number, files, attempts):
        refs = [AttachmentRef("invoice", number, f"pdf-{one}") for one in range(files)]
        message_id = queue(number, attachments=refs)
        for one in range(files):
            store(f"pdf-{one}", number, name=f"{one}.pdf", content=f"{number}/{one}".encode())
        add_attempts(message_id, *[("deferred", "451 later")] * attempts)
        statements = []
        with counting(statements):
            get(finance, f"/outbox/{message_id}")
        return len(statements)

    assert cost(1, files=1, attempts=1) == cost(2, files=6, attempts=20)


@inside
def count(**options):
    return queries_list.count_states(**options)[S.QUEUED]


def test_counting_stops_where_it_is_told_to(house):
    for number in range(1, 8):
        queue(number)
    assert count(most=3) == 4
    assert count() == 7


@inside
def explain_count_to_decide():
    """How SQLite finds what waits for a person: the words of its plan."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_rest):
        if not statement.startswith("EXPLAIN"):
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    queries_list.count_to_decide()
    event.remove(db.engine, "before_cursor_execute", note)
    statement, parameters = asked[-1]
    plan = session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return " ".join(row[3] for row in plan)


def test_what_waits_for_a_person_is_found_by_indexes_alone(house):
    plan = explain_count_to_decide()
    assert "(state=?)" in plan
    assert "ix_message_object (object_kind=? AND object_id=? AND id>?)" in plan
    assert "SCAN message" not in plan


@inside
def ask_for_pdf():
    with unit_of_work():
        request_document(owner_kind="invoice", owner_id=1, kind="pdf", now=NOW)


def test_a_message_says_that_it_waits_for_its_document(finance):
    ask_for_pdf()
    message_id = queue(1, attachments=[AttachmentRef("invoice", 1, "pdf")])
    assert "Waiting for its document" in get(finance, "/outbox")
    page = get(finance, f"/outbox/{message_id}")
    assert "waiting for the PDF" in page
    assert finance.get(f"/outbox/{message_id}/eml").status_code == 409
    store()
    assert "Waiting for its document" not in get(finance, "/outbox")


# --- one message


def test_the_detail_page_tells_what_happened_in_plain_words(finance):
    message_id = queue(1, state=S.REJECTED)
    add_attempts(message_id, ("deferred", "450 4.2.0 greylisted"), ("rejected", "550 5.1.1 nobody here"))
    page = get(finance, f"/outbox/{message_id}")
    assert "There is no such mailbox" in page
    assert "550 5.1.1 nobody here" in page
    assert "Not now; it is tried again" in page
    assert page.index("Refused for good") < page.index("Not now; it is tried again") < page.rindex("Queued")


def test_the_mail_is_shown_in_a_frame_that_can_do_nothing(finance):
    html = (
        '<html><head><script>alert(1)</script></head><img src="cid:chart"><img src="https://spy.example/x.png"></html>'
    )
    refs = [AttachmentRef("invoice", 1, "chart", "chart"), AttachmentRef("invoice", 1, "pdf")]
    message_id = queue(1, body_html=html, attachments=refs)
    store()
    store("chart", media_type="image/png", content=PNG, name="chart.png")
    page = get(finance, f"/outbox/{message_id}")
    assert re.search(rf'<iframe [^>]*src="/outbox/{message_id}/html" sandbox ', page)
    frame = finance.get(f"/outbox/{message_id}/html")
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert "allow" not in policy
    assert "frame-ancestors 'self'" in policy
    assert 'src="data:image/png;base64,' in frame.text
    assert frame.headers["Cache-Control"] == "no-store"


def test_a_mail_without_html_is_shown_as_text_and_has_no_frame(finance):
    message_id = queue(1, body_text="<b>not bold</b>")
    page = get(finance, f"/outbox/{message_id}")
    assert "&lt;b&gt;not bold" in page
    assert "<iframe" not in page
    assert finance.get(f"/outbox/{message_id}/html").status_code == 404


def test_the_mail_and_its_files_can_be_saved(finance):
    message_id = queue(1, attachments=[AttachmentRef("invoice", 1, "pdf")])
    store(name="Rechnung Ä.pdf")
    saved = finance.get(f"/outbox/{message_id}/eml")
    assert saved.mimetype == "message/rfc822"
    mail = message_from_bytes(saved.data, policy=SMTP)
    assert mail["To"].addresses[0].addr_spec == "ap1@customer.example"
    (link,) = re.findall(rf"/outbox/{message_id}/attachments/\d+", get(finance, f"/outbox/{message_id}"))
    file = finance.get(link)
    assert (file.data, file.mimetype) == (b"%PDF-1.7", "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment; filename")
    assert file.headers["Cache-Control"] == "no-store"


def test_a_file_of_another_mail_is_not_there(finance):
    one, other = queue(1, attachments=[AttachmentRef("invoice", 1, "pdf")]), queue(2)
    store()
    (link,) = re.findall(r"attachments/\d+", get(finance, f"/outbox/{one}"))
    assert finance.get(f"/outbox/{other}/{link}").status_code == 404


@pytest.mark.parametrize("path", ["999", "x", "-1", "9" * 30, "999/html", "999/eml", "999/peek", "1/attachments/x"])
def test_a_message_that_is_not_there_is_a_404(finance, path):
    assert finance.get(f"/outbox/{path}").status_code == 404


def test_the_peek_is_a_fragment(finance):
    message_id = queue(1, state=S.REJECTED)
    page = get(finance, f"/outbox/{message_id}/peek")
    assert "<html" not in page
    assert "There is no such mailbox" in page


# --- decisions


def test_a_message_is_sent_again_as_a_new_edition(finance):
    message_id = queue(1, state=S.ACCEPTED)
    answer = finance.post(f"/outbox/{message_id}/resend")
    new_id = int(answer.location.rpartition("/")[2])
    assert read(new_id) == (2, S.QUEUED, "ap1@customer.example")
    assert "edition 2" in get(finance, answer.location)
    assert state_of(message_id) == S.ACCEPTED


def test_a_refused_message_goes_to_a_corrected_address_and_asks_nobody_any_more(finance):
    message_id = queue(1, state=S.REJECTED)
    assert to_decide() == 1
    answer = finance.post(f"/outbox/{message_id}/resend", data={"recipient": "right@customer.example"})
    assert read(int(answer.location.rpartition("/")[2])) == (2, S.QUEUED, "right@customer.example")
    assert to_decide() == 0
    assert finance.post(f"/outbox/{message_id}/resend", data={"recipient": "a@b, c@d.example"}).status_code == 422


def test_a_refused_message_is_set_aside_with_a_reason(finance):
    message_id = queue(1, state=S.REJECTED)
    assert finance.post(f"/outbox/{message_id}/set-aside").status_code == 409
    assert finance.post(f"/outbox/{message_id}/set-aside", data={"reason": "sent by post"}).status_code == 302
    assert state_of(message_id) == S.CANCELLED
    assert to_decide() == 0
    assert "sent by post" in get(finance, f"/outbox/{message_id}")


def test_a_waiting_message_is_cancelled_with_a_reason(finance):
    message_id = queue(1)
    assert finance.post(f"/outbox/{message_id}/cancel", data={"reason": "  "}).status_code == 409
    assert state_of(message_id) == S.QUEUED
    finance.post(f"/outbox/{message_id}/cancel", data={"reason": "wrong customer"})
    assert state_of(message_id) == S.CANCELLED
    assert "wrong customer" in get(finance, f"/outbox/{message_id}")


@inside
def who_decided():
    (entry,) = session().query(AuditEntry).filter(AuditEntry.action.in_(["message.arrived", "message.sent_again"]))
    return entry.actor


@pytest.mark.parametrize(("decision", "state"), [("arrived", S.ACCEPTED), ("send-again", S.QUEUED)])
def test_a_person_ends_a_doubt(finance, decision, state):
    message_id = queue(1, state=S.UNCERTAIN)
    page = get(finance, f"/outbox/{message_id}")
    assert "Did it arrive?" in page
    assert f"/outbox/{message_id}/{decision}" in page
    assert finance.post(f"/outbox/{message_id}/{decision}").status_code == 302
    assert state_of(message_id) == state
    assert who_decided().startswith("user:")


@pytest.mark.parametrize("decision", ["arrived", "send-again", "cancel", "set-aside"])
def test_what_a_state_does_not_allow_is_refused_and_changes_nothing(finance, decision):
    message_id = queue(1, state=S.ACCEPTED)
    answer = finance.post(f"/outbox/{message_id}/{decision}", data={"reason": "because"})
    assert answer.status_code == 409
    assert state_of(message_id) == S.ACCEPTED


def test_the_count_beside_the_entry_is_what_waits_for_a_person(finance):
    queue(1, state=S.UNCERTAIN)
    queue(2, state=S.REJECTED)
    queue(3, state=S.ACCEPTED)
    page = get(finance, "/outbox")
    assert re.search(r'data-hot>.*?Outbox<span class="nav-count">2<', page)


# --- who may


@pytest.mark.parametrize("role", ["clerk", "member"])
def test_roles_without_the_outbox_do_not_see_it(client, house, role):
    message_id = queue(1)
    sign_in(client, role)
    for path in ("", f"{message_id}", f"{message_id}/html", f"{message_id}/eml", "mailbox", "test"):
        assert client.get(f"/outbox/{path}").status_code == 403
    assert client.post(f"/outbox/{message_id}/cancel", data={"reason": "x"}).status_code == 403
    assert state_of(message_id) == S.QUEUED


@inside
def count_messages():
    return session().query(Message).count()


def test_a_mail_that_lets_its_reader_in_is_read_by_administrators_only(client, house):
    link = "http://tillpaid.test/reset-password/the-secret"
    message_id = queue(
        1, kind="password_reset", object_kind="user", body_text=link, body_html=f"<a>{link}</a>", state=S.ACCEPTED
    )
    sign_in(client, "manager")
    for path in (f"{message_id}", f"{message_id}?show=text", f"{message_id}/peek"):
        assert "the-secret" not in get(client, f"/outbox/{path}")
    for path in ("html", "eml"):
        assert "the-secret" not in get(client, f"/outbox/{message_id}/{path}", status=403)
    stolen = client.post(f"/outbox/{message_id}/resend", data={"recipient": "thief@elsewhere.example"})
    assert stolen.status_code == 409
    assert count_messages() == 1
    sign_in(client, "admin")
    assert "the-secret" in get(client, f"/outbox/{message_id}?show=text")


def test_decisions_need_a_token(finance):
    message_id = queue(1)
    answer = finance.post(f"/outbox/{message_id}/cancel", data={"reason": "x"}, headers={"X-CSRFToken": ""})
    assert answer.status_code == 400
    assert state_of(message_id) == S.QUEUED


# --- panels


def test_pages_of_customers_and_invoices_show_their_mails(finance):
    customer_id = new_customer()
    for number in range(1, 12):
        queue(number, kind="dunning", customer_id=customer_id, object_kind="customer", object_id=customer_id,
              period=str(number))  # fmt: skip
    page = get(finance, f"/customers/{customer_id}")
    panel = page[page.index(">Messages<") :].partition("</ul>")[0]
    assert "Invoice INV-11" in panel
    assert f"/outbox?customer={customer_id}" in panel  # the way to all
    assert panel.count('<a href="/outbox/') == 6  # the newest


def test_a_panel_is_for_those_who_see_the_outbox_and_only_where_there_are_mails(client, house):
    customer_id = new_customer()
    sign_in(client, "finance")
    assert ">Messages<" not in get(client, f"/customers/{customer_id}")
    queue(1, customer_id=customer_id)
    assert ">Messages<" in get(client, f"/customers/{customer_id}")
    sign_in(client, "clerk")
    assert ">Messages<" not in get(client, f"/customers/{customer_id}")


@inside
def new_customer():
    return make_customer().id


def test_a_person_is_linked_for_those_who_may_look_after_people(client, house):
    user_id = make_user(house, "clerk")
    message_id = queue(1, kind="password_changed", object_kind="user", object_id=user_id)
    sign_in(client, "finance")
    assert "Open the person" not in get(client, f"/outbox/{message_id}")
    sign_in(client, "admin")
    assert f"/settings/users/{user_id}" in get(client, f"/outbox/{message_id}")
