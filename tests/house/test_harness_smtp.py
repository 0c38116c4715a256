"""The SMTP server of the tests does what it is told, or every test of delivery proves nothing."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest

from tests.harness.smtp import Answer, Drop, Fault, SmtpServer, Stall


def send(server: SmtpServer, *recipients: str) -> dict[str, tuple[int, bytes]]:
    message = EmailMessage()
    message["From"] = "sender@tillpaid.test"
    message["To"] = ", ".join(recipients or ["one@customer.test"])
    message["Subject"] = "Rechnung für Łódź"
    message.set_content("line\n" * 20)
    with smtplib.SMTP(server.host, server.port, timeout=0.5) as line:
        return line.send_message(message)


def test_an_accepted_message_is_kept_with_its_envelope(smtp_server: SmtpServer) -> None:
    assert send(smtp_server, "one@customer.test", "two@customer.test") == {}
    (received,) = smtp_server.received
    assert received.recipients == ("one@customer.test", "two@customer.test")
    assert received.subject == "Rechnung für Łódź"


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
def test_each_verb_can_be_answered_badly_once(smtp_server: SmtpServer, verb: str) -> None:
    smtp_server.next_messages(Answer(verb, "451 4.3.0 try later"))  # type: ignore[arg-type]
    with pytest.raises(smtplib.SMTPException, match=r"451|try later"):
        send(smtp_server)
    send(smtp_server)
    assert len(smtp_server.received) == 1


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (Drop("MAIL"), 0),
        (Drop("DATA"), 0),
        (Drop("BODY"), 0),
        (Drop("DOT"), 0),
        (Drop("DOT", accepted=True), 1),
        (Stall("DOT"), 0),
    ],
    ids=str,
)
def test_a_lost_connection_tells_the_client_nothing_of_what_was_kept(
    smtp_server: SmtpServer, fault: Fault, kept: int
) -> None:
    smtp_server.next_messages(fault)
    with pytest.raises((smtplib.SMTPServerDisconnected, TimeoutError)):
        send(smtp_server)
    assert len(smtp_server.received) == kept


def test_a_connection_can_be_refused_before_any_message(smtp_server: SmtpServer) -> None:
    smtp_server.next_connections(Answer("CONNECT", "421 4.3.2 busy"), Drop("CONNECT"))
    with pytest.raises(smtplib.SMTPConnectError):
        send(smtp_server)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    assert (smtp_server.connections, smtp_server.attempts) == (2, 0)


def test_one_recipient_can_be_refused_while_the_other_is_served(smtp_server: SmtpServer) -> None:
    smtp_server.refuse_recipient("two@customer.test")
    assert set(send(smtp_server, "one@customer.test", "two@customer.test")) == {"two@customer.test"}
    assert smtp_server.received[0].recipients == ("one@customer.test",)
