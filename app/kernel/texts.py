"""Knows which text people may type, when two spellings are one name, how a day near today reads, and how counts do."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from app.kernel.errors import BadInput

LONGEST_LINE = 200
LONGEST_BLOCK = 4000
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
# What only hides or turns text: bidi overrides can make a name read as another one.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class TextMissing(BadInput):
    """{label} is missing."""


class TextTooLong(BadInput):
    """{label} is longer than {most} characters."""


class TextUnreadable(BadInput):
    """{label} contains characters that cannot be shown."""


def clean_line(text: object, field: str, *, label: str = "", most: int = LONGEST_LINE, required: bool = False) -> str:
    """One line of text: composed (NFC), single spaces. Raises TextMissing, TextTooLong, TextUnreadable."""
    label = label or label_of(field)
    written = "" if text is None else str(text)
    if len(written) > 4 * most + 100:
        raise TextTooLong(field=field, label=label, most=most)
    _require_shown(written.replace("\t", " ").replace("\r", " ").replace("\n", " "), field, label)
    return _measured(" ".join(unicodedata.normalize("NFC", written).split()), field, label, most, required)


def clean_block(text: object, field: str, *, label: str = "", most: int = LONGEST_BLOCK, required: bool = False) -> str:
    """Text of several lines; line ends become one newline."""
    label = label or label_of(field)
    written = "" if text is None else str(text)
    if len(written) > 4 * most + 100:
        raise TextTooLong(field=field, label=label, most=most)
    lines = _LINE_END.sub("\n", written).replace("\t", " ")
    _require_shown(lines.replace("\n", " "), field, label)
    return _measured(unicodedata.normalize("NFC", lines).strip(), field, label, most, required)


def label_of(field: str) -> str:
    """The words for a field's name: ``postal_code`` is "Postal code"."""
    name = field.rpartition(".")[2]
    return _WORDS.get(name) or name.replace("_", " ").capitalize()


# fields that people do not call by their name with spaces
_WORDS = {
    "bic": "BIC", "billing_email": "Billing e-mail", "email": "E-mail", "iban": "IBAN", "po_number": "Purchase order",
    "qr_iban": "QR-IBAN", "street2": "Further line", "vat_id": "VAT id",
}  # fmt: skip


def identity_key(name: str) -> str:
    """Equal for two spellings of one party's name: compatibility form, no case, no punctuation, single spaces.

    Stricter than `references.name_key`, which guesses: accents and legal forms tell parties apart here.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(" " if unicodedata.category(letter)[0] in "PZ" else letter for letter in folded)
    return " ".join(kept.split()) or " ".join(folded.split())


def _require_shown(text: str, field: str, label: str) -> None:
    for letter in text:
        if letter in _TURNING or unicodedata.category(letter) in {"Cc", "Cs", "Co"}:
            raise TextUnreadable(field=field, label=label)


def _measured(text: str, field: str, label: str, most: int, required: bool) -> str:
    if required and not text:
        raise TextMissing(field=field, label=label)
    if len(text) > most:
        raise TextTooLong(field=field, label=label, most=most)
    return text


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def short_day(on: date) -> str:
    """`22 Nov`: a day near today, for lines with little room."""
    return f"{on.day} {MONTHS[on.month - 1]}"


def write_day(on: date) -> str:
    """`22 Nov 2026`: as pages show days."""
    return f"{short_day(on)} {on.year}"


def plural(number: int, one: str, many: str = "") -> str:
    """The word that goes with a number: `day` with 1, else `days` or `many`."""
    return one if number == 1 else many or f"{one}s"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 day`, `1,240 days`: a number with its word."""
    return f"{number:,} {plural(number, one, many)}"
