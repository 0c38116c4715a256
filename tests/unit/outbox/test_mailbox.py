"""The local mailbox: pages of thousands of files, names that lead nowhere else, mails that are broken or hostile."""

import os
from datetime import UTC, datetime

import pytest

from app.outbox.mailbox import BadMailName, MailNotFound, list_mails, read_bytes, read_kept
from app.outbox.rules_mail import Letter, Part, build_mail
from app.outbox.rules_mailbox import UnreadableMail, is_mail_name, read_envelope, read_mail, show_pictures

PNG = b"\x89PNG picture"


def letter(**changes: object) -> bytes:
    facts = {
        "number": 7, "message_id": "<x@y.example>", "queued_at": datetime(2026, 11, 22, 9, tzinfo=UTC),
        "sender": "billing@us.example", "sender_name": "Müller & Söhne", "recipient": "ap@them.example",
        "recipient_name": "Łódź", "subject": "Rechnung für Σ", "body_text": "Plain.\n", "body_html": None,
        "language": "en",
    }  # fmt: skip
    return build_mail(Letter(**(facts | changes)))


def fill(folder, count):
    for number in range(count):
        (folder / f"20261122T090000Z-{number:06d}.eml").write_bytes(b"Subject: " + str(number).encode() + b"\r\n\r\n")


def names(page):
    return [int(kept.name[17:23]) for kept in page.mails]


def test_a_mail_we_wrote_reads_back(tmp_path):
    picture = Part("chart.png", "image/png", PNG, "aging-chart")
    pdf = Part("INV-1.pdf", "application/pdf", b"%PDF-1.7")
    html = '<html><head></head><img src="cid:aging-chart"></html>'
    mail = read_mail(letter(body_html=html, parts=[picture, pdf]))
    assert mail.envelope.subject == "Rechnung für Σ"
    assert mail.envelope.sender == "Müller & Söhne <billing@us.example>"
    assert mail.envelope.recipient == "Łódź <ap@them.example>"
    assert mail.envelope.sent_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert mail.text == "Plain.\n"
    assert mail.html is not None
    assert mail.html.strip() == html
    assert mail.pictures == {"aging-chart": ("image/png", PNG)}
    assert [(one.name, one.media_type, one.content) for one in mail.files] == [
        ("INV-1.pdf", "application/pdf", b"%PDF-1.7")
    ]


def test_pictures_of_the_mail_become_data_and_links_open_nothing():
    html = '<html><head><title>x</title></head><img src="cid:a"><img src="cid:b"><a href="https://x.example">x</a>'
    shown = show_pictures(html, {"a": ("image/png", PNG), "b": ("text/html", b"<script>")})
    assert 'src="data:image/png;base64,' in shown
    assert 'src="cid:b"' in shown
    assert shown.index('<base target="_blank">') < shown.index("<title>")
    assert show_pictures("<p>hi</p>", {}) == '<base target="_blank"><p>hi</p>'


def test_pages_are_newest_first_and_meet_without_gaps(tmp_path):
    fill(tmp_path, 23)
    seen, page = [], list_mails(tmp_path, size=10)
    assert (page.count, page.newer) == (23, "")
    seen += names(page)
    while page.older:
        page = list_mails(tmp_path, after=page.older, size=10)
        seen += names(page)
    assert seen == list(range(22, -1, -1))
    back = list_mails(tmp_path, before=page.newer, size=10)
    assert names(back) == list(range(12, 2, -1))
    assert names(list_mails(tmp_path, before=back.newer, size=10)) == list(range(22, 12, -1))


def test_a_mail_that_comes_meanwhile_moves_nothing(tmp_path):
    fill(tmp_path, 20)
    older = list_mails(tmp_path, size=10).older
    (tmp_path / "20261123T090000Z-000099.eml").write_bytes(b"Subject: new\r\n\r\n")
    assert names(list_mails(tmp_path, after=older, size=10)) == list(range(9, -1, -1))


def test_only_the_heads_of_one_page_are_read(tmp_path, monkeypatch):
    fill(tmp_path, 3_000)
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda *arguments: (opened.append(arguments[0]), real(*arguments))[1])
    assert list_mails(tmp_path).count == 3_000
    assert len(opened) == 50


def test_a_folder_that_is_not_there_is_an_empty_mailbox(tmp_path):
    page = list_mails(tmp_path / "mail")
    assert (page.mails, page.count, page.older, page.newer) == ([], 0, "", "")


JUNK = [
    "../secret.eml", "..%2fsecret.eml", "/etc/passwd", "x.eml", "20261122T090000Z-000001.eml/../x",
    "20261122T090000Z-000001.eml\n", "20261122T090000Z-000001.txt", ".20261122T090000Z-000001.eml.77", "",
    "20261122T090000Z-٠٠٠٠٠١.eml", "20261122T090000Z-000001.eml\x00",
]  # fmt: skip


@pytest.mark.parametrize("name", JUNK)
def test_a_name_that_is_no_mail_is_never_opened(tmp_path, name):
    assert not is_mail_name(name)
    with pytest.raises(MailNotFound):
        read_bytes(tmp_path, name)
    if name:
        with pytest.raises(BadMailName):
            list_mails(tmp_path, after=name)


def test_links_folders_and_pipes_are_not_mails(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("Subject: secret\n\n")
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "20261122T090000Z-000001.eml").symlink_to(secret)
    (folder / "20261122T090000Z-000002.eml").mkdir()
    os.mkfifo(folder / "20261122T090000Z-000003.eml")
    for number in (1, 2, 3, 4):
        with pytest.raises(MailNotFound):
            read_bytes(folder, f"20261122T090000Z-00000{number}.eml")
    assert [kept.envelope.subject for kept in list_mails(folder).mails] == ["", "", ""]


def test_a_file_larger_than_any_mail_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("app.outbox.mailbox.LARGEST_MAIL", 100)
    name = "20261122T090000Z-000001.eml"
    (tmp_path / name).write_bytes(b"Subject: x\r\n\r\n" + b"x" * 200)
    with pytest.raises(UnreadableMail):
        read_kept(tmp_path, name)
    assert list_mails(tmp_path).mails[0].envelope.subject == "x"


BROKEN = [
    b"", b"\x00" * 50, b"\xff\xfe\xfd", b"no head at all", b"Subject: =?unknown?Q?x?=\r\n\r\nx",
    b"Content-Type: multipart/mixed\r\n\r\n--x", b"Content-Type: multipart/mixed; boundary=\r\n\r\n--",
    b"Content-Type: text/html; charset=klingon\r\n\r\n<p>x", b"Content-Transfer-Encoding: base64\r\n\r\n!!!",
    b"Content-Type: \r\nContent-Disposition: attachment; filename*=utf-8''%ff%fe../../x\r\n\r\nx",
    b"Date: the day before\r\n\r\nx", b"Date: Sun, 99 Nov 99999 25:61:00 +9999\r\n\r\nx", b"From: \xe4\xf6\r\n\r\nx",
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * 500 + b"--a--",
    b"Content-Disposition: attachment; filename=\"a\r\nX: y\"\r\n\r\nx",
    b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: deep\r\n\r\nx",
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_mail_reads_somehow_or_is_refused(content):
    read_envelope(content[:100])
    try:
        mail = read_mail(content)
    except UnreadableMail:
        return
    assert all("/" not in one.name for one in mail.files)
    assert len(mail.files) <= 200
