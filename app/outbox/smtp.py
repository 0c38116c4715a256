"""Hands mails to an SMTP server, one recipient each, and knows what each of its answers means for the message."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.outbox.rules_mail import Letter, build_mail
from app.outbox.smtp_url import SmtpServerAddress, Tls, parse_smtp_url
from app.outbox.transports import Answer, Outcome

LONGEST_REPLY = 500
MOST_LETTERS_PER_CONNECTION = 100
TOO_LARGE = 552
CLOSING = 421


@dataclass(frozen=True)
class Patience:
    """How many seconds we wait: for the line and each command, for taking the body, and after the final dot."""

    command: float = 10
    data: float = 60
    final_dot: float = 600


class SmtpTransport:
    """Sends over one connection that is kept between letters."""

    repeatable = False

    def __init__(
        self, smtp_url: str, *, patience: Patience | None = None, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self.address: SmtpServerAddress = parse_smtp_url(smtp_url)
        self.patience = patience or Patience()
        self.tls_context = tls_context
        self.dialogue: list[str] = []
        self._line: _Line | None = None
        self._letters = 0

    def send(self, letter: Letter, *, start_data: Callable[[], bool]) -> Answer:
        content = build_mail(letter)
        self.dialogue.clear()
        try:
            line = self._connected()
            refusal = _introduce(line, letter, len(content))
        except (OSError, smtplib.SMTPException) as error:
            return self._lost(_trouble(error))
        if refusal is not None:
            return self._after_refusal(refusal)
        if not start_data():
            return self._after_refusal(Answer(Outcome.WITHDRAWN, ""))
        return self._hand_over(line, content)

    def close(self) -> None:
        """Says QUIT when a connection is open; whether the server likes it does not matter any more."""
        line, self._line = self._line, None
        if line is not None:
            try:
                line.quit()
            except (OSError, smtplib.SMTPException):
                line.close()

    def _connected(self) -> _Line:
        if self._letters >= MOST_LETTERS_PER_CONNECTION:
            self.close()
        if self._line is None:
            self._line, self._letters = self._open(), 0
        self._letters += 1
        self._wait(self._line, self.patience.command)
        return self._line

    def _open(self) -> _Line:
        kind = _TlsLine if self.address.tls == Tls.TLS else _Line
        options: dict[str, Any] = {"context": self._context()} if kind is _TlsLine else {}
        line = kind(timeout=self.patience.command, local_hostname=_own_name(), **options)
        line.dialogue = self.dialogue
        line.host_name(self.address.host)
        try:
            code, reply = line.connect(self.address.host, self.address.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, reply)
            _greet(line)
            if self.address.tls == Tls.STARTTLS:
                line.starttls(context=self._context())
                line.ehlo()
            if self.address.user:
                line.login(self.address.user, self.address.password)
        except BaseException:
            line.close()
            raise
        return line

    def _context(self) -> ssl.SSLContext:
        return self.tls_context or ssl.create_default_context()

    def _hand_over(self, line: _Line, content: bytes) -> Answer:
        """DATA, body, final dot. Up to the dot a broken line means the server has nothing; after it nobody knows."""
        try:
            self._wait(line, self.patience.data)
            code, reply = line.docmd("DATA")
            if code != 354:
                return self._after_refusal(_judge(code, reply))
            line.send(_stuffed(content))
        except (OSError, smtplib.SMTPException) as error:
            return self._lost(_trouble(error))
        try:
            self._wait(line, self.patience.final_dot)
            line.send(b".\r\n")
            self.dialogue.append("> (the mail) .")
            code, reply = line.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return self._lost(
                Answer(Outcome.UNCERTAIN, f"The line broke after the mail was handed over: {_said(error)}", True)
            )
        if 200 <= code < 300:
            return Answer(Outcome.ACCEPTED, _words(code, reply))
        return self._after_refusal(_judge(code, reply))

    def _after_refusal(self, answer: Answer) -> Answer:
        """Keeps the connection for the next letter if the server lets us begin anew."""
        if answer.server_trouble or self._line is None:
            return self._lost(answer)
        try:
            if self._line.rset()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            return self._lost(answer)
        return answer

    def _lost(self, answer: Answer) -> Answer:
        line, self._line = self._line, None
        if line is not None:
            line.close()
        return answer

    @staticmethod
    def _wait(line: _Line, seconds: float) -> None:
        line.timeout = seconds
        if line.sock is not None:
            line.sock.settimeout(seconds)


class _Line(smtplib.SMTP):
    """smtplib's client that also notes what was said, passwords left out."""

    dialogue: list[str]
    _secret = False

    def host_name(self, host: str) -> None:
        # connect() without a host in the constructor leaves the name TLS verifies unset
        self._host = host

    def putcmd(self, cmd: str, args: str = "") -> None:
        self.dialogue.append("> (sign-in)" if self._secret else f"> {_shown_command(cmd, args)}")
        super().putcmd(cmd, args)
        self._secret = self._secret or cmd.upper().startswith("AUTH")

    def getreply(self) -> tuple[int, bytes]:
        code, reply = super().getreply()
        self._secret = self._secret and code == 334
        self.dialogue.append(f"< {_words(code, reply)}")
        return code, reply


class _TlsLine(_Line, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def _greet(line: _Line) -> None:
    """EHLO; HELO only for a server that does not know EHLO, not for one that has no time."""
    code, reply = line.ehlo()
    if 500 <= code < 600:
        code, reply = line.helo()
    if code != 250:
        raise smtplib.SMTPHeloError(code, reply)


def _introduce(line: _Line, letter: Letter, size: int) -> Answer | None:
    """MAIL and RCPT; the refusal, or None when the server wants the mail."""
    options = [f"size={size}"] if line.has_extn("size") else []
    code, reply = line.mail(letter.sender, options)
    if code != 250:
        is_large = code == TOO_LARGE
        outcome = Outcome.REJECTED if is_large else Outcome.DEFERRED
        return Answer(outcome, _words(code, reply), server_trouble=not is_large)
    code, reply = line.rcpt(letter.recipient)
    return None if code in {250, 251} else _judge(code, reply)


def _judge(code: int, reply: bytes) -> Answer:
    """5xx is never, everything else is later; 421 and 530 are about the server or our sign-in, not the message."""
    about_server = code in {CLOSING, 530, 535}
    never = 500 <= code < 600 and not about_server
    return Answer(Outcome.REJECTED if never else Outcome.DEFERRED, _words(code, reply), server_trouble=about_server)


def _trouble(error: Exception) -> Answer:
    return Answer(Outcome.DEFERRED, _said(error), server_trouble=True)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "The server did not answer in time."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The server's certificate cannot be trusted: {error.verify_message}."
    if isinstance(error, socket.gaierror):
        return "The server's name cannot be found."
    return (str(error) or type(error).__name__)[:LONGEST_REPLY]


def _words(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{code} {shown}"[:LONGEST_REPLY]


def _shown_command(cmd: str, args: str) -> str:
    """The command as RFC 5321 spells it; which letters are small depends on the version of Python."""
    if cmd.upper().startswith("AUTH"):
        return f"{cmd.split(' ')[0]} (sign-in)"
    return f"{cmd} {re.sub('^(to|from):', lambda word: word[0].upper(), args)}".strip()


def _stuffed(content: bytes) -> bytes:
    """A line that begins with a dot gets a second one; the body ends with a line end (RFC 5321 4.5.2)."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _own_name() -> str:
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+\.[A-Za-z0-9-]+", name) else "[127.0.0.1]"
