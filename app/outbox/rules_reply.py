"""What a mail server's answer means, in words of people: by its enhanced code (RFC 3463), else by its number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_REPLY = re.compile(r"(?<![0-9])(?P<code>[2-5][0-9]{2})(?:[ -]+(?P<enhanced>[245]\.[0-9]{1,3}\.[0-9]{1,3}))?(?![0-9])")

# subject.detail of the enhanced code -> meaning; the first digit says for now (4) or for good (5)
ENHANCED: Mapping[str, str] = {
    "1.1": "There is no such mailbox. Check the part before the @.",
    "1.2": "The domain after the @ takes no mail, or does not exist.",
    "1.3": "The server cannot read this address.",
    "1.6": "The mailbox has moved and left no address.",
    "1.8": "The server knows no way back to our address. Check the company's e-mail address and its domain.",
    "1.10": "This domain says that it never takes mail.",
    "2.1": "The mailbox is switched off.",
    "2.2": "The mailbox is full.",
    "2.3": "The mail is larger than this mailbox takes.",
    "3.1": "The server's own disk is full.",
    "3.2": "The server takes no mail at the moment.",
    "3.4": "The mail is larger than the server takes.",
    "4.1": "The recipient's server does not answer.",
    "4.2": "The connection to the recipient's server broke.",
    "4.3": "The recipient's domain cannot be looked up at the moment.",
    "4.4": "The server knows no way to the recipient's domain.",
    "5.3": "Too many recipients at once for this server.",
    "6.0": "The server refuses the content of the mail.",
    "7.0": "The server refuses for a reason of its policy; its own words say more.",
    "7.1": "The server does not take this from us. Ask its operator, or check SPF and DKIM of the company's domain.",
    "7.8": "The server refuses our sign-in. Check user and password in SMTP_URL.",
    "7.23": "The company's domain does not name this server as a sender (SPF).",
    "7.26": "The mail fails the checks of our own domain (SPF, DKIM, DMARC).",
    "7.57": "The server wants a sign-in first. Put user and password into SMTP_URL.",
}
COME_BACK = "The server asks strangers to come back later, or thinks that too much came at once."
CODES: Mapping[str, str] = {
    "421": "The server is busy or closing.",
    "450": "The mailbox cannot take mail at the moment, or the server asks strangers to come back later.",
    "451": "The server has a problem of its own.",
    "452": "The server has no room at the moment.",
    "454": "Encryption or sign-in does not work at the moment.",
    "500": "The server does not understand us.",
    "501": "The server cannot read what we said, often an address.",
    "502": "The server does not offer this.",
    "503": "The server expected something else first, often a sign-in.",
    "504": "The server does not offer this way of signing in.",
    "521": "This server takes no mail.",
    "530": "The server wants encryption or a sign-in first. Check SMTP_URL.",
    "534": "The server wants another way of signing in.",
    "535": "The server refuses our sign-in. Check user and password in SMTP_URL.",
    "538": "The server wants encryption before the sign-in: add ?tls=starttls to SMTP_URL.",
    "550": "The server refuses this mailbox, or refuses us.",
    "551": "The mailbox is elsewhere.",
    "552": "The mail is too large, or the mailbox is full.",
    "553": "The server does not accept this address.",
    "554": "The server refuses the mail.",
}


def explain_reply(reply: str | None) -> str:
    """One sentence about a refusal such as `550 5.1.1 no such user`; empty when the words speak for themselves."""
    found = _REPLY.search(reply or "")
    if found is None or found["code"][0] in "23":
        return ""
    if (found["enhanced"] or "").startswith("4.7."):
        return COME_BACK
    enhanced = (found["enhanced"] or "").partition(".")[2]
    return ENHANCED.get(enhanced) or CODES.get(found["code"], "")


@dataclass(frozen=True)
class Exchange:
    """What we said (empty: the line was opened), what the server answered, and what that means."""

    said: str
    answered: str
    meaning: str
    is_good: bool


_GOOD: Mapping[str, str] = {
    "": "The server is there.",
    "EHLO": "It says what it can do.",
    "HELO": "It greets us.",
    "STARTTLS": "From here on the line is encrypted.",
    "AUTH": "It accepts user and password.",
    "(sign-in)": "It accepts user and password.",
    "MAIL": "It takes mail from this sender.",
    "RCPT": "It takes mail for this recipient.",
    "DATA": "It is ready for the mail.",
    "(the": "It has the mail and delivers it from here.",
    "RSET": "It forgets what was begun.",
    "QUIT": "It says goodbye.",
}


def read_dialogue(lines: Iterable[str]) -> list[Exchange]:
    """A dialogue of lines such as `> RCPT TO:<x@y>` and `< 250 ok`, step by step."""
    steps: list[Exchange] = []
    said = ""
    for line in lines:
        word, _, text = line.partition(" ")
        if word == ">":
            said = text
        else:
            steps.append(_exchange(said, text))
            said = ""
    return [*steps, Exchange(said, "", "The server did not answer.", is_good=False)] if said else steps


def _exchange(said: str, answered: str) -> Exchange:
    is_good = answered[:1] in {"2", "3"}
    verb, _, rest = said.partition(" ")
    shown = verb if verb.startswith("(") else verb.upper()
    good = "It asks for the password." if answered.startswith("334") else _GOOD.get(shown, "")
    return Exchange(f"{shown} {rest}".strip(), answered, good if is_good else explain_reply(answered), is_good)
