"""Knows the two layouts of a journal file: plain CSV with a row per booking, and EXTF rows with a pair per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from app.kernel.money import format_decimal
from app.payments.rules_journal import Key, Voucher, find_account, pair

PLAIN_HEADS = (
    "position", "date", "voucher", "account", "tax_key", "debit", "credit", "currency", "text",
)  # fmt: skip
EXTF_HEADS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz",
    "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto",
    "Buchungstext",
)  # fmt: skip
ADVISOR, CLIENT = ("extf", "advisor"), ("extf", "client")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_NUMBER, LONGEST_TEXT = 36, 60


def write_plain(vouchers: Iterable[Voucher], accounts: Mapping[Key, str], tax_keys: Mapping[Key, str]) -> bytes:
    """UTF-8 with a mark, so that a spreadsheet reads it."""
    return ("\ufeff" + _write(_plain_rows(vouchers, accounts, tax_keys), delimiter=",")).encode()


def write_extf(
    vouchers: Sequence[Voucher], accounts: Mapping[Key, str], tax_keys: Mapping[Key, str], *, base: str, at: datetime
) -> bytes:
    """Header, heads and rows in cp1252; a sign it lacks becomes a question mark, as the format has no other."""
    days = [voucher.on for voucher in vouchers]
    head = _extf_head(accounts, min(days, default=at.date()), max(days, default=at.date()), base, at)
    rows = [head, EXTF_HEADS, *_extf_rows(vouchers, accounts, tax_keys, base)]
    return _write(rows, delimiter=";").encode("cp1252", errors="replace")


def _plain_rows(
    vouchers: Iterable[Voucher], accounts: Mapping[Key, str], tax_keys: Mapping[Key, str]
) -> Iterator[Sequence[str]]:
    yield PLAIN_HEADS
    for voucher in vouchers:
        for one in voucher.bookings:
            amount = format_decimal(abs(one.amount), voucher.currency)
            sides = (amount, "") if one.amount > 0 else ("", amount)
            yield (
                str(voucher.position), voucher.on.isoformat(), _text(voucher.number), find_account(one.key, accounts),
                find_account(one.key, tax_keys), *sides, voucher.currency, _text(voucher.text),
            )  # fmt: skip


def _extf_rows(
    vouchers: Iterable[Voucher], accounts: Mapping[Key, str], tax_keys: Mapping[Key, str], base: str
) -> Iterator[Sequence[str]]:
    for voucher in vouchers:
        foreign = voucher.currency != base
        for debit, credit, amount, worth in pair(voucher.bookings):
            rate = voucher.rate if foreign and worth is not None else None
            yield (
                _comma(format_decimal(amount, voucher.currency)), "S", voucher.currency,
                _comma(f"{rate:f}") if rate else "",
                _comma(format_decimal(worth, base)) if rate and worth is not None else "", base if rate else "",
                find_account(debit, accounts), find_account(credit, accounts),
                find_account(debit, tax_keys) or find_account(credit, tax_keys), f"{voucher.on:%d%m}",
                _text(voucher.number)[:LONGEST_NUMBER], "", "", _text(voucher.text)[:LONGEST_TEXT],
            )  # fmt: skip


def _extf_head(accounts: Mapping[Key, str], first: date, last: date, base: str, at: datetime) -> Sequence[str]:
    year = first.replace(month=1, day=1)
    length = max((len(account) for key, account in accounts.items() if key[0] != "extf"), default=4)
    return (
        "EXTF", "700", "21", "Buchungsstapel", "13", f"{at:%Y%m%d%H%M%S}000", "", "RE", "", "",
        accounts.get(ADVISOR, ""), accounts.get(CLIENT, ""), f"{year:%Y%m%d}", str(max(length, 4)), f"{first:%Y%m%d}",
        f"{last:%Y%m%d}", "Tillpaid", "", "1", "0", "0", base,
    )  # fmt: skip


def _write(rows: Iterable[Sequence[str]], *, delimiter: str) -> str:
    sheet = io.StringIO()
    csv.writer(sheet, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return sheet.getvalue()


def _text(text: str) -> str:
    """A text that a spreadsheet would calculate gets an apostrophe before it; one line."""
    line = " ".join(text.split())
    return "'" + line if line.startswith(FORMULA_STARTS) else line


def _comma(number: str) -> str:
    return number.replace(".", ",")
