"""A real SMTP server that keeps what it accepts and misbehaves exactly as it is told.

Verbs are CONNECT, EHLO, AUTH, MAIL, RCPT, DATA (the command), BODY (half of the message has come) and DOT (its end).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any, Literal, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LINES_OF_HALF_A_MESSAGE = 5
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # what goes wrong here goes wrong on purpose

Verb = Literal["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "DOT"]


@dataclass(frozen=True)
class Answer:
    """Say `reply` at `verb`, such as "451 4.3.0 try again later", instead of what the server would say."""

    verb: Verb
    reply: str


@dataclass(frozen=True)
class Drop:
    """Cut the connection at `verb` without a word. With `accepted` a message cut at DOT was taken in all the same."""

    verb: Verb
    accepted: bool = False


@dataclass(frozen=True)
class Stall:
    """Say nothing at `verb` until `SmtpServer.release()`; the client's patience decides what happens."""

    verb: Verb


@dataclass(frozen=True)
class Slow:
    """Go on at `verb` as if nothing were wrong, but only after some seconds; at DOT the message is taken in first."""

    verb: Verb
    seconds: float
    accepted: bool = True


Fault = Answer | Drop | Stall | Slow


@dataclass(frozen=True)
class Received:
    """One message the server took in, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=SMTP_POLICY)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Script:
    """What the server shall do wrong, in order: one fault, or None, for each message; some recipients always."""

    per_message: deque[Fault | None] = field(default_factory=deque)
    per_recipient: dict[str, str] = field(default_factory=dict)
    per_connection: deque[Fault | None] = field(default_factory=deque)
    decide: Callable[[str, int], Fault | None] | None = None


class SmtpServer:
    """Starts on a free port in a thread of its own. `with SmtpServer() as server: ... server.received`."""

    def __init__(self, *, user: str = "", password: str = "") -> None:
        self.script = Script()
        self.received: list[Received] = []
        self.attempts = 0  # messages begun (MAIL)
        self.connections = 0
        self.user, self.password = user, password
        self._released = threading.Event()
        self._controller = _Controller(self)

    # --- for tests

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return self._controller.port

    @property
    def url(self) -> str:
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"smtp://{login}{self.host}:{self.port}"

    def next_messages(self, *faults: Fault | None) -> None:
        """The coming messages meet these faults, one each; None is a message that goes well."""
        self.script.per_message.extend(faults)

    def next_connections(self, *faults: Fault | None) -> None:
        """The coming connections meet these faults at CONNECT or EHLO."""
        self.script.per_connection.extend(faults)

    def refuse_recipient(self, address: str, reply: str = "550 5.1.1 no such mailbox") -> None:
        """This address is refused in every message until `behave()`."""
        self.script.per_recipient[address.lower()] = reply

    def decide(self, rule: Callable[[str, int], Fault | None]) -> None:
        """For long runs: `rule(sender, attempt)` is asked at each message; attempts count from 1."""
        self.script.decide = rule

    def behave(self) -> None:
        """Forgets every fault."""
        self.script = Script()
        self.release()

    def release(self) -> None:
        """Ends every stall there is now."""
        self._released.set()
        self._released = threading.Event()

    def messages_to(self, address: str) -> list[Received]:
        return [one for one in self.received if address.lower() in map(str.lower, one.recipients)]

    def start(self) -> SmtpServer:
        self._controller.start()
        self.connections = 0  # starting the server connects once
        return self

    def stop(self) -> None:
        self.release()
        self._controller.stop()

    def __enter__(self) -> SmtpServer:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    # --- for the protocol below

    def begin_message(self, sender: str) -> Fault | None:
        self.attempts += 1
        if self.script.decide is not None:
            return self.script.decide(sender, self.attempts)
        return self.script.per_message.popleft() if self.script.per_message else None

    def begin_connection(self) -> Fault | None:
        self.connections += 1
        return self.script.per_connection.popleft() if self.script.per_connection else None

    async def stall(self) -> None:
        released = self._released
        while not released.is_set():
            await asyncio.sleep(0.01)

    def is_login(self, name: bytes, password: bytes) -> bool:
        return (name.decode(), password.decode()) == (self.user, self.password)


class _Protocol(SMTP):
    """aiosmtpd's protocol with a place for a fault at every verb."""

    def __init__(self, owner: SmtpServer, **options: Any) -> None:
        super().__init__(_Keeper(owner), **options)
        self.owner = owner
        self.connection_fault: Fault | None = None
        self.message_fault: Fault | None = None

    async def meet(self, verb: Verb, fault: Fault | None) -> str | None:
        """The reply a fault wants here, after what else it does; None when nothing is wrong at this verb."""
        if fault is None or fault.verb != verb:
            return None
        if isinstance(fault, Answer):
            return fault.reply
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
            return None
        if isinstance(fault, Stall):
            await self.owner.stall()
        raise self.cut()

    def cut(self) -> asyncio.CancelledError:
        """Cuts the line; what is returned ends the conversation when raised."""
        cast(asyncio.Transport, self.transport).abort()
        return asyncio.CancelledError()

    async def _answered(self, verb: Verb, fault: Fault | None) -> bool:
        """Whether a fault answered in the server's place."""
        reply = await self.meet(verb, fault)
        if reply is not None:
            await self.push(reply)
        return reply is not None

    async def _handle_client(self) -> None:
        self.connection_fault = self.owner.begin_connection()
        if await self._answered("CONNECT", self.connection_fault):
            if self.transport is not None:
                self.transport.close()
            return
        await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._answered("EHLO", self.connection_fault):
            await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self._answered("AUTH", self.connection_fault):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.message_fault = self.owner.begin_message(arg or "")
        if not await self._answered("MAIL", self.message_fault):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        refusal = next(
            (text for who, text in self.owner.script.per_recipient.items() if who in (arg or "").lower()), None
        )
        if refusal is not None:
            await self.push(refusal)
        elif not await self._answered("RCPT", self.message_fault):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if await self._answered("DATA", self.message_fault):
            return
        if self.message_fault is not None and self.message_fault.verb == "BODY":
            await self._break_in_body(self.message_fault)
            return
        await super().smtp_DATA(arg)

    async def _break_in_body(self, fault: Fault) -> None:
        """Takes the first lines of the message, then does what the fault says and cuts the line."""
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        for _ in range(LINES_OF_HALF_A_MESSAGE):
            await self._reader.readline()
        await self._answered("BODY", fault)
        raise self.cut()


class _Keeper:
    """Takes messages in; the end of a message is where the most interesting faults are."""

    def __init__(self, owner: SmtpServer) -> None:
        self.owner = owner

    async def handle_DATA(self, server: _Protocol, _session: Session, envelope: Envelope) -> str:
        fault = server.message_fault
        fails_here = fault is not None and fault.verb == "DOT"
        if not fails_here or getattr(fault, "accepted", False):
            content = envelope.original_content or b""
            self.owner.received.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return await server.meet("DOT", fault) or "250 2.0.0 taken in"


class _Controller(Controller):
    def __init__(self, owner: SmtpServer) -> None:
        self.owner = owner
        super().__init__(_Keeper(owner), hostname="127.0.0.1", port=0)

    def factory(self) -> _Protocol:
        login: dict[str, Any] = {}
        if self.owner.user:
            login = {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a password without TLS, on the loopback
            return _Protocol(self.owner, enable_SMTPUTF8=True, ident="test", timeout=60, loop=self.loop, **login)

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and self.owner.is_login(data.login, data.password)
        return AuthResult(success=good, handled=False)

    def _trigger_server(self) -> None:
        self.port = cast(asyncio.Server, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's own
