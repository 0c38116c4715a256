"""The mail on the wire: every part arrives, the same message is the same bytes, and no value adds a header."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from app.outbox.rules_mail import Letter, Part, build_mail, file_name

LETTER = Letter(
    number=12,
    message_id="<0123@example.com>",
    queued_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    sender="billing@tillpaid.example",
    sender_name="Müller & Söhne GmbH, Köln",
    recipient="ap@customer.example",
    recipient_name="Ελένη Παπαδοπούλου",
    subject="Rechnung INV-2026-00001 über 1.035,00 €",
    body_text="Guten Tag,\n\nanbei die Rechnung.\n.\nEine Zeile mit Punkt davor.\n" + "lang " * 400,
    body_html="<p>Guten Tag,</p><img src='cid:chart'>" + "<b>ü</b>" * 2_000,
    language="de",
    parts=(
        Part("INV-2026-00001.pdf", "application/pdf", b"%PDF-1.7 \x00\xff" * 50),
        Part("chart.png", "image/png", b"\x89PNG...", content_id="chart"),
    ),
)

HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    "Content-Language",
}  # fmt: skip


def read(content):
    return message_from_bytes(content, policy=SMTP)


def test_every_part_arrives_as_it_was_written():
    mail = read(build_mail(LETTER))
    assert mail.get_content_type() == "multipart/mixed"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip() == LETTER.body_text.rstrip()
    assert mail.get_body(("html",)).get_content().strip() == LETTER.body_html
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("INV-2026-00001.pdf", LETTER.parts[0].content)
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<chart>", "inline")


def test_the_headers_say_who_what_when_and_that_a_machine_wrote_it():
    mail = read(build_mail(LETTER))
    assert set(mail.keys()) == HEADERS
    assert str(mail["Subject"]) == LETTER.subject
    assert mail["From"].addresses[0].display_name == LETTER.sender_name
    assert mail["To"].addresses[0].addr_spec == LETTER.recipient
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == LETTER.queued_at
    assert mail["Message-ID"] == "<0123@example.com>"


def test_the_wire_format_is_seven_bit_with_short_lines_and_crlf():
    content = build_mail(LETTER)
    assert max(content) < 128
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 78


def test_the_same_message_is_the_same_bytes():
    assert build_mail(LETTER) == build_mail(LETTER)
    assert build_mail(LETTER) != build_mail(replace(LETTER, message_id="<other@example.com>"))


def test_a_letter_without_html_or_files_is_plain_text():
    mail = read(build_mail(replace(LETTER, body_html=None, parts=())))
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize("media_type", ["text/html", "message/rfc822", "nonsense", "", "multipart/mixed"])
def test_an_attachment_is_never_shown_inline_as_a_page(media_type):
    letter = replace(LETTER, parts=(Part("x.html", media_type, b"<script>"),))
    (attached,) = read(build_mail(letter)).iter_attachments()
    assert (attached.get_content_type(), attached.get_content_disposition()) == (
        "application/octet-stream",
        "attachment",
    )


def test_no_name_or_subject_can_add_a_header_or_a_recipient():
    chance = random.Random(11)
    alphabet = [
        "\r", "\n", "\r\n", "\x00", "\u2028", "Bcc: evil@example.com", "To: evil@example.com", "=?utf-8?q?=0D=0A", "?=",
        "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=", "<evil@example.com>", '"', "\\", ",", ";", ":", "(", ")", "@",
        "ü", "漢", "a", " ", "\t", "x" * 90, ".", "\n.\n",
    ]  # fmt: skip
    for _ in range(1_500):
        noise = lambda: "".join(chance.choice(alphabet) for _ in range(chance.randint(0, 7)))  # noqa: E731
        letter = replace(
            LETTER,
            subject=noise() or "x",
            recipient_name=noise(),
            sender_name=noise(),
            body_html=None,
            parts=(Part(noise(), "application/pdf", b"%PDF"),),
        )
        content = build_mail(letter)
        mail = read(content)
        assert set(mail.keys()) <= HEADERS | {"Content-Transfer-Encoding"}, content
        assert len(mail.keys()) == len(set(mail.keys()))
        (attached,) = mail.iter_attachments()
        assert set(attached.keys()) == {
            "Content-Type",
            "Content-Transfer-Encoding",
            "Content-Disposition",
            "MIME-Version",
        }
        assert [one.addr_spec for one in mail["To"].addresses] == ["ap@customer.example"], content
        assert [one.addr_spec for one in mail["From"].addresses] == ["billing@tillpaid.example"], content


def test_a_display_name_never_looks_like_another_sender():
    mail = read(build_mail(replace(LETTER, sender_name='"Your Bank" <bank@example.com>')))
    assert mail["From"].addresses[0].display_name == "Your Bank bank@example.com"


def test_a_mail_file_is_named_by_time_and_number():
    assert file_name(LETTER) == "20261122T090000Z-000012.eml"
