"""TLS to the mail server: verified, required when it is asked for, and no mail without it."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from app.outbox.rules_mail import Letter
from app.outbox.smtp import Patience, SmtpTransport
from app.outbox.transports import Outcome

# A certificate for localhost that nobody trusts, with its key; good for these tests only
CERTIFICATE = Path(__file__).parents[2] / "harness" / "certificates" / "localhost.pem"
LETTER = Letter(
    number=1, message_id="<1@example.com>", queued_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC), sender="a@example.com",
    sender_name="", recipient="b@example.com", recipient_name="", subject="x", body_text="x", body_html=None,
    language="en",
)  # fmt: skip


class Keeper:
    def __init__(self) -> None:
        self.received = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd looks for this name
        self.received.append(envelope)
        return "250 taken in"


class OnFreePort(Controller):
    def _trigger_server(self) -> None:
        """Port 0 was asked for: the real one is known now."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.fixture
def serve():
    """`serve(how)`: a server that speaks TLS "at once", after "starttls", or "never"."""
    running = []

    def start(how, host="127.0.0.1"):
        options = {"at once": {"ssl_context": server_context()}, "starttls": {"tls_context": server_context()}}
        keeper = Keeper()
        server = OnFreePort(keeper, hostname=host, port=0, **options.get(how, {}))
        server.start()
        running.append(server)
        return server.port, keeper

    yield start
    for server in running:
        server.stop()


def send(url, trusted):
    context = ssl.create_default_context(cafile=str(CERTIFICATE)) if trusted else None
    transport = SmtpTransport(url, patience=Patience(2, 2, 2), tls_context=context)
    try:
        return transport.send(LETTER, start_data=lambda: True)
    finally:
        transport.close()


URLS = {"starttls": "smtp://localhost:{port}?tls=starttls", "at once": "smtps://localhost:{port}"}


@pytest.mark.parametrize("how", URLS)
def test_a_server_with_a_trusted_certificate_gets_the_mail(serve, how):
    port, keeper = serve(how)
    answer = send(URLS[how].format(port=port), trusted=True)
    assert answer.outcome == Outcome.ACCEPTED, answer
    assert len(keeper.received) == 1


@pytest.mark.parametrize("how", URLS)
def test_a_server_whose_certificate_nobody_trusts_gets_nothing(serve, how):
    port, keeper = serve(how)
    answer = send(URLS[how].format(port=port), trusted=False)
    assert (answer.outcome, answer.server_trouble) == (Outcome.DEFERRED, True)
    assert "certificate cannot be trusted" in answer.reply
    assert keeper.received == []


@pytest.mark.parametrize("how", URLS)
def test_a_certificate_for_another_name_is_not_trusted(serve, how):
    port, keeper = serve(how, "127.0.0.2")
    answer = send(URLS[how].format(port=port).replace("localhost", "127.0.0.2"), trusted=True)
    assert answer.outcome == Outcome.DEFERRED
    assert "certificate cannot be trusted" in answer.reply
    assert keeper.received == []


def test_a_server_without_tls_gets_nothing_where_tls_is_required(serve):
    port, keeper = serve("never")
    answer = send(URLS["starttls"].format(port=port), trusted=True)
    assert answer.outcome == Outcome.DEFERRED
    assert "STARTTLS" in answer.reply
    assert keeper.received == []
