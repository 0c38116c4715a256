"""SMTP_URL, as people write it."""

import pytest

from app.kernel.errors import BadInput
from app.outbox.smtp_url import SmtpServerAddress, Tls, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("smtp://mail.example.com", SmtpServerAddress("mail.example.com", 25, Tls.NONE)),
        ("smtp://127.0.0.1:2525", SmtpServerAddress("127.0.0.1", 2525, Tls.NONE)),
        ("smtp://mail.example.com?tls=starttls", SmtpServerAddress("mail.example.com", 587, Tls.STARTTLS)),
        ("smtps://mail.example.com", SmtpServerAddress("mail.example.com", 465, Tls.TLS)),
        (
            "smtp://us%40er:p%2Fw@mail.example.com:25?tls=starttls",
            SmtpServerAddress("mail.example.com", 25, Tls.STARTTLS, "us@er", "p/w"),
        ),
        ("smtp://user:pw@localhost:1025", SmtpServerAddress("localhost", 1025, Tls.NONE, "user", "pw")),
    ],
)
def test_the_server_is_read_from_the_url(url, address):
    assert parse_smtp_url(url) == address


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://mail.example.com", "smtp://"),
        ("smtp://", "host"),
        ("mail.example.com", "smtp://"),
        ("smtp://mail.example.com?tls=maybe", "tls is maybe"),
        ("smtp://user:secret@mail.example.com", "a password needs"),
        ("smtp://mail.example.com:99999", "port"),
        ("smtp://[half", "address"),
    ],
)
def test_an_unusable_url_is_refused_with_its_reason(url, reason):
    with pytest.raises(BadInput, match=reason):
        parse_smtp_url(url)


def test_the_password_is_never_shown():
    assert "secret" not in repr(parse_smtp_url("smtps://user:secret@mail.example.com"))
