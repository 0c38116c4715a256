"""Knows what every reader of a bank's file needs: its limits, and how texts, amounts and days are read or refused."""

from __future__ import annotations

import codecs
import re
from calendar import monthrange
from datetime import date
from decimal import Decimal

from app.kernel.errors import BadInput
from app.kernel.money import MAX_MINOR, is_currency, to_minor
from app.payments.statements.model import Balance, Fault, Unreadable

MOST_BYTES = 50 * 1024 * 1024
MOST_ENTRIES = 200_000  # and as many details
MOST_LINES = 2_000_000  # and as many tags
LONGEST_LINE = 20_000
MOST_SAMPLED = 48_000  # bytes of a table: some hundred rows
LONGEST_TEXT = 4_000

# Minor digits of currencies that ISO 4217 has withdrawn and old statements still show
_WITHDRAWN = dict.fromkeys(("ATS", "BEF", "DEM", "ESP", "FIM", "FRF", "HRK", "IEP", "ITL", "LUF", "NLG", "PTE"), 2)
_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,18})(?:[.,](?P<part>[0-9]{0,18}))?")
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LINES = re.compile(r"\r\n|\n|\r")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(content: bytes, encoding: str = "") -> str:
    """The text by its BOM, as UTF-8, as it is declared, as Windows-1252, as Latin-1; NUL is refused.

    Letters beyond ASCII are hardly ever UTF-8 throughout by chance, so that it goes before what is declared.
    """
    marked = next((name for bom, name in _BOMS if content.startswith(bom)), "")
    for name in filter(None, (marked, "utf-8", encoding, "cp1252", "latin-1")):
        try:
            text = content.decode(name)
            break
        except (UnicodeError, LookupError):
            if name == encoding:
                raise Unreadable(reason=f"The file is not written in {encoding[:40]}.", line=0) from None
    if "\0" in text:
        raise Unreadable(reason="The file holds bytes that are no text.", line=1 + text[: text.index("\0")].count("\n"))
    return text


def cut_lines(content: bytes) -> bytes:
    """Whole lines from its beginning, few enough to travel with a form."""
    if len(content) <= MOST_SAMPLED:
        return content
    end = b"\n\0" if content.startswith(b"\xff\xfe") else b"\n" if b"\n" in content[:MOST_SAMPLED] else b"\r"
    head = content[: content.rfind(end, 0, MOST_SAMPLED) + len(end)]
    while head.count(b'"') % 2:  # not within a text of several lines
        head = head[: head.rfind(end, 0, -len(end)) + len(end)]
    return head


def split_lines(text: str) -> list[str]:
    """The lines without their ends; one that is absurdly long is refused before anything searches in it."""
    lines = _LINES.split(text, MOST_LINES)
    require_lines(len(lines))
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise Unreadable(reason=f"The line is longer than {LONGEST_LINE:,} characters.", line=number)
    return lines


def tidy(text: str | None) -> str:
    """One line of single spaces, without control characters, of a bearable length."""
    return _UNSEEN.sub(" ", (text or "")[: 4 * LONGEST_TEXT]).strip()[:LONGEST_TEXT]


def account_of(text: str | None) -> str:
    """An account or reference without spaces."""
    return tidy(text).replace(" ", "")[:100]


def is_iban(number: str) -> bool:
    """In capitals and without spaces, with the right check digits."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", number):
        return False
    return int("".join(str(int(one, 36)) for one in number[4:] + number[:4])) % 97 == 1


def read_amount(text: str | None, currency: str, line: int) -> int:
    """Minor units of an amount with a point or a comma before its decimals and nothing between its thousands."""
    found = _AMOUNT.fullmatch((text or "").strip())
    if not found:
        raise Unreadable(reason=f"“{tidy(text)[:40]}” is not an amount.", line=line)
    amount = Decimal(f"{found['sign']}{found['whole']}.{found['part'] or 0}")
    return minor_of(amount, currency, line)


def minor_of(amount: Decimal, currency: str, line: int) -> int:
    """Minor units. Zeros beyond the currency's decimals mean nothing; other digits there are refused."""
    if currency and not is_currency(currency) and currency not in _WITHDRAWN:
        raise Unreadable(reason=f"“{tidy(currency)[:20]}” is not a currency.", line=line)
    try:
        return to_minor(amount, currency if is_currency(currency) else "EUR")
    except BadInput as error:
        raise Unreadable(reason=error.message, line=line) from None


def read_minor(text: str, line: int) -> int:
    """An amount that is written in minor units."""
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text.strip()) or abs(int(text)) > MAX_MINOR:
        raise Unreadable(reason=f"“{tidy(text)[:40]}” is not an amount in whole cents.", line=line)
    return int(text)


def find_missing(opening: tuple[str, Balance | None], closing: tuple[str, Balance | None], line: int) -> Fault | None:
    """What a statement lacks that must begin and end with a balance, each with what its format calls it."""
    named = (("opening", *opening), ("closing", *closing))
    missing = [f"no {what} balance ({name})" for what, name, balance in named if balance is None]
    if not missing:
        return None
    return Fault(f"The statement has {' and '.join(missing)}: nobody can check its entries. Fetch it again.", line)


def day_of(year: int, month: int, day: int, line: int, *, shown: str) -> date:
    """A day that exists."""
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable(reason=f"“{tidy(shown)[:40]}” is not a day of the calendar.", line=line) from None


def value_day_of(year: int, month: int, day: int, line: int, *, shown: str) -> tuple[date | None, str]:
    """A value date, or none and why: banks count interest in months of 30 days, so that February has 30."""
    if month == 2 and monthrange(year, 2)[1] < day < 32:
        return None, f"The value date “{tidy(shown)[:40]}” is not a day of the calendar; it is left out."
    return day_of(year, month, day, line, shown=shown), ""


def read_short_day(text: str, line: int) -> date:
    """YYMMDD."""
    return day_of(*_split_short(text, line), line, shown=text)


def read_value_day(text: str, line: int) -> tuple[date | None, str]:
    """YYMMDD of a value date, or none and why."""
    return value_day_of(*_split_short(text, line), line, shown=text)


def short_year(text: str) -> int:
    """The first two of YYMMDD; 80 to 99 are of the last century."""
    year = int(text[:2])
    return year + (1900 if year >= 80 else 2000)


def _split_short(text: str, line: int) -> tuple[int, int, int]:
    if not re.fullmatch("[0-9]{6}", text):
        raise Unreadable(reason=f"“{tidy(text)[:40]}” is not a day written as YYMMDD.", line=line)
    return short_year(text), int(text[2:4]), int(text[4:])


def require_lines(count: int) -> None:
    """Refuse a file of endless short lines, or tags, that would take minutes to say nothing."""
    if count > MOST_LINES:
        raise Unreadable(reason=f"The file has more than {MOST_LINES:,} lines.", line=MOST_LINES)


def require_room(count: int, line: int) -> None:
    """Refuse the entry that is one too many."""
    if count > MOST_ENTRIES:
        raise Unreadable(reason=f"The file has more than {MOST_ENTRIES:,} entries. Ask for shorter periods.", line=line)
