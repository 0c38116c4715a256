"""The local mailbox as a page, and the test mail that tells what the server answered."""

from __future__ import annotations

import re
from functools import wraps

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.desk import views_test_mail
from app.documents.services import store_document
from app.outbox import services
from app.outbox.delivery import deliver_due
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.outbox.services import AttachmentRef, NewMessage
from app.outbox.smtp import Patience
from app.outbox.transports import MailboxTransport
from tests.factories import NOW, make_company, sign_in
from tests.harness.smtp import Answer, Drop, SmtpServer, Stall

HTML = '<html><head></head><body><h1>Hello</h1><img src="cid:chart"></body></html>'


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


@pytest.fixture
def folder(settings):
    return settings.instance_dir / "mail"


@inside
def send(folder, *, subject="Invoice INV-1", **changes):
    """A mail that went into the local mailbox; returns the name of its file."""
    facts = {
        "kind": "invoice", "object_kind": "invoice", "object_id": 1, "recipient": "ap@customer.example",
        "recipient_name": "Łódź Textiles", "body_text": "Plain words.", "body_html": HTML, "subject": subject,
        "attachments": [AttachmentRef("invoice", 1, "chart", "chart"), AttachmentRef("invoice", 1, "pdf")],
    }  # fmt: skip
    with unit_of_work():
        for kind, media_type, name in (("pdf", "application/pdf", "INV-1.pdf"), ("chart", "image/png", "chart.png")):
            store_document(
                owner_kind="invoice", owner_id=1, kind=kind, name=name, media_type=media_type,
                content=kind.encode(), now=NOW,
            )  # fmt: skip
        message_id = services.enqueue(NewMessage(**(facts | changes)), now=NOW).id
    deliver_due(MailboxTransport(folder), owner="test", now=lambda: NOW)
    return f"20261122T090000Z-{message_id:06d}.eml"


def get(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:1500]
    return answer.text


def test_the_mailbox_reads_like_a_mail_program(finance, folder):
    send(folder, subject="The first", period="1")
    name = send(folder, subject="The second", period="2")
    page = get(finance, "/outbox/mailbox")
    assert page.index("The second") < page.index("The first")
    assert f'src="/outbox/mailbox/{name}/html" sandbox' in page
    assert "INV-1.pdf" in page
    assert "chart.png" not in page
    assert "Plain words." in get(finance, f"/outbox/mailbox/{name}?show=text")


def test_a_mail_in_the_frame_can_do_nothing_and_shows_its_pictures(finance, folder):
    name = send(folder)
    frame = finance.get(f"/outbox/mailbox/{name}/html")
    assert frame.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'; img-src data:;")
    assert 'src="data:image/png;base64,' in frame.text


def test_files_and_the_mail_itself_can_be_saved(finance, folder):
    name = send(folder)
    (link,) = re.findall(rf"/outbox/mailbox/{re.escape(name)}/files/\d+", get(finance, f"/outbox/mailbox/{name}"))
    file = finance.get(link)
    assert (file.data, file.mimetype) == (b"pdf", "application/pdf")
    assert "attachment" in file.headers["Content-Disposition"]
    assert finance.get(f"/outbox/mailbox/{name}/eml").data == (folder / name).read_bytes()
    assert finance.get(f"/outbox/mailbox/{name}/files/99").status_code == 404


def test_thousands_of_mails_are_read_page_by_page(finance, folder):
    folder.mkdir()
    for number in range(2_000):
        head = f"Subject: mail {number}.\r\nTo: a@b.example\r\n\r\nx".encode()
        (folder / f"20261122T090000Z-{number:06d}.eml").write_bytes(head)
    page = get(finance, "/outbox/mailbox")
    assert "2,000" in page
    assert "mail 1999." in page
    assert "mail 1949." not in page
    older = re.search(r'href="([^"]+)" rel="next"', page)[1]
    page = get(finance, older)
    assert "mail 1949." in page
    assert "mail 1950." not in page


@pytest.mark.parametrize(
    "name",
    ["x", "..%2f..%2ftillpaid.sqlite3", "%2fetc%2fpasswd", "20261122T090000Z-000099.eml", "20261122T090000Z-1.eml.bak"],
)
@pytest.mark.parametrize("part", ["", "/html", "/eml", "/files/1"])
def test_a_name_that_is_no_mail_of_ours_is_a_404(finance, folder, name, part):
    send(folder)
    assert finance.get(f"/outbox/mailbox/{name}{part}").status_code == 404


@pytest.mark.parametrize("query", ["after=../x", "before=junk", "after=" + "9" * 100])
def test_a_junk_place_in_the_mailbox_is_refused(finance, folder, query):
    assert finance.get(f"/outbox/mailbox?{query}").status_code == 422


def test_a_broken_file_is_shown_as_such(client, house, folder):
    folder.mkdir()
    name = "20261122T090000Z-000001.eml"
    (folder / name).write_bytes(b"\x00\xff junk")
    sign_in(client, "admin")
    get(client, "/outbox/mailbox")
    for part in ("", "/eml"):
        assert client.get(f"/outbox/mailbox/{name}{part}").status_code == 200
    assert client.get(f"/outbox/mailbox/{name}/html").status_code in {404, 409}


def test_mails_nobody_knows_and_mails_that_let_people_in_are_for_administrators(client, house, folder):
    name = send(
        folder, kind="password_reset", object_kind="user", body_html=None, body_text="the-secret", attachments=()
    )
    stray = "20251122T090000Z-000001.eml"
    (folder / stray).write_bytes(b"Subject: old\r\nMessage-ID: <gone@x>\r\n\r\nthe-secret")
    sign_in(client, "manager")
    for each in (name, stray):
        assert "the-secret" not in get(client, f"/outbox/mailbox/{each}")
        assert "the-secret" not in get(client, f"/outbox/mailbox/{each}/eml", status=403)
    sign_in(client, "admin")
    for each in (name, stray):
        assert "the-secret" in get(client, f"/outbox/mailbox/{each}")


def test_with_a_mail_server_there_is_no_local_mailbox(finance, folder, change_settings):
    name = send(folder)
    change_settings(smtp_url="smtp://mail.example")
    for path in ("", f"/{name}", f"/{name}/html", f"/{name}/eml"):
        assert finance.get(f"/outbox/mailbox{path}").status_code == 404
    assert "Local mailbox" not in get(finance, "/outbox")


def test_an_empty_mailbox_teaches_what_comes(finance):
    assert "No mail yet" in get(finance, "/outbox/mailbox")


# --- the test mail


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(views_test_mail, "HASTE", Patience(command=0.3, data=0.3, final_dot=0.3))


@inside
def count_messages():
    return session().query(Message).count()


def try_mail(client, address="ada@customer.example", status=200):
    answer = client.post("/outbox/test", data={"address": address})
    assert answer.status_code == status, answer.text[:1500]
    return answer.text


@inside
def only_state():
    session().rollback()
    session().expire_all()
    return session().query(Message).one().state


def test_a_test_mail_goes_to_the_server_and_its_answers_are_shown(finance, smtp_server, change_settings):
    change_settings(smtp_url=smtp_server.url)
    page = try_mail(finance)
    (received,) = smtp_server.received
    assert received.recipients == ("ada@customer.example",)
    assert "The mail server took it." in page
    assert "RCPT TO:&lt;ada@customer.example&gt;" in page
    assert "250 2.0.0 taken in" in page
    assert only_state() == MessageState.ACCEPTED


def test_without_an_address_the_test_goes_to_whoever_asks(finance, smtp_server, change_settings):
    change_settings(smtp_url=smtp_server.url)
    assert finance.post("/outbox/test").status_code == 200
    assert smtp_server.received[0].recipients[0].startswith("finance-")


FAULTS = [
    (Answer("RCPT", "550 5.1.1 no such mailbox"), "There is no such mailbox", MessageState.REJECTED),
    (Answer("MAIL", "530 5.7.0 Must issue a STARTTLS command first"), "policy", MessageState.CANCELLED),
    (Answer("DOT", "451 4.3.0 try later"), "try later", MessageState.CANCELLED),
    (Drop("DATA"), "It did not go through.", MessageState.CANCELLED),
    (Drop("DOT", accepted=True), "after the mail was handed over", MessageState.CANCELLED),
    (Stall("DOT"), "did not answer in time", MessageState.CANCELLED),
]


@pytest.mark.parametrize(("fault", "told", "state"), FAULTS, ids=[repr(row[0]) for row in FAULTS])
def test_what_went_wrong_is_told_and_nothing_is_tried_again(
    finance, smtp_server, change_settings, impatient, fault, told, state
):
    change_settings(smtp_url=smtp_server.url)
    smtp_server.next_messages(fault)
    page = try_mail(finance)
    assert "It did not go through." in page
    assert told in page
    assert only_state() == state
    page = get(finance, "/outbox")
    assert ">Outbox<span" not in page
    assert ">Refused</span>" in page or state != MessageState.REJECTED


def test_without_a_mail_server_nobody_says_that_a_server_has_it(finance):
    try_mail(finance)
    page = get(finance, "/outbox")
    assert "in the local mailbox" in page
    assert "a server has them" not in page
    assert ">Kept here</span>" in page
    assert re.search(r"1\s+message\b", page)
    assert "Kept here" in get(finance, "/outbox/1")


def test_a_wrong_password_is_told_without_showing_it(finance, change_settings, impatient):
    with SmtpServer(user="us", password="right") as server:
        change_settings(smtp_url=server.url.replace("right", "my-wrong-password"))
        page = try_mail(finance)
    assert "refuses our sign-in" in page
    assert "my-wrong-password" not in page


def test_a_server_that_is_down_is_told(finance, change_settings, impatient):
    with SmtpServer() as server:
        url = server.url
    change_settings(smtp_url=url)
    assert "refused" in try_mail(finance)


def test_without_a_server_the_test_goes_into_the_local_mailbox(finance, folder):
    page = try_mail(finance)
    assert "It went into the local mailbox." in page
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "address", ["x", "a@b", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "x" * 400]
)
def test_an_address_that_is_none_is_refused_and_nothing_is_sent(finance, smtp_server, change_settings, address):
    change_settings(smtp_url=smtp_server.url)
    try_mail(finance, address, status=422)
    assert smtp_server.attempts == 0
    assert count_messages() == 0
