"""What may stand in an address and in a header line of a mail, so that nobody can write a header of their own."""

from __future__ import annotations

import re
import unicodedata

from app.kernel.errors import BadInput

LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3 without the angle brackets
LONGEST_LOCAL_PART = 64
LONGEST_HEADER = 250
LONGEST_FILE_NAME = 120

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class BadAddress(BadInput):
    """{address} is not a mail address. Write one like billing@example.com."""


def parse_address(text: str, field: str = "recipient") -> str:
    """The one mail address in `text`, its domain in lower-case ASCII (IDNA). Raises BadAddress.

    Strict on purpose: one address, no display name, no quoted local part, no list, no comment.
    """
    written = text.strip(" ")
    local, _, domain = written.rpartition("@")
    host = _ascii_domain(domain)
    address = f"{local}@{host}"
    local_is_fine = _LOCAL_PART.fullmatch(local) is not None and len(local) <= LONGEST_LOCAL_PART
    if not local_is_fine or not _is_domain(host) or len(address) > LONGEST_ADDRESS:
        raise BadAddress(field=field, address=shown(written) or "Nothing")
    return address


def clean_header(text: str, longest: int = LONGEST_HEADER) -> str:
    """One line without control characters, and without anything a mail library could decode into one.

    Some Python releases decode an encoded word (=?utf-8?q?...?=) in a subject and let its line breaks through.
    """
    line = "".join(" " if _breaks_line(letter) else letter for letter in text)
    line = unicodedata.normalize("NFC", " ".join(line.split()))
    # In both orders, else a removed character could join two harmless halves
    return line.replace("=?", "= ?").replace("?=", "? =")[:longest].rstrip()


def clean_file_name(text: str) -> str:
    """A file name people can save anywhere: no path, no control characters, never empty."""
    line = clean_header(text, longest=1_000)
    name = "".join("-" if letter in '/\\:*?"<>|' else letter for letter in line).strip(" .-")
    stem, dot, ending = name.rpartition(".")
    if dot and len(name) > LONGEST_FILE_NAME:
        return f"{stem[: LONGEST_FILE_NAME - len(ending) - 1]}.{ending}"[:LONGEST_FILE_NAME]
    return name[:LONGEST_FILE_NAME] or "attachment"


def shown(text: str) -> str:
    """Foreign text, short and on one line, for a message to a person."""
    return clean_header(text, longest=80)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _breaks_line(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode().lower() if domain else ""
    except UnicodeError:
        return ""


def _is_domain(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= 253 and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
