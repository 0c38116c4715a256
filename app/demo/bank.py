"""Knows the bank files of the demo: one in the books, and two that wait for an account and for a CSV profile."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from app.company.queries import get_company
from app.demo.bank_payments import hand_in_payments
from app.payments.rules_bank import Problem
from app.payments.services_accounts import add_account
from app.payments.services_bank import HandedIn, import_file
from app.payments.services_csv import add_profile
from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.detect import UNKNOWN_COLUMNS
from app.payments.statements.model import Balance, BankFile, Detail, Entry, Format, Statement

OPENING = 1_840_250
BOOKED = (
    (4_500, "Meridian Outdoor AB", "SE4550000000058398257466", "Sample order"),
    (128_000, "Unknown payer", "", "thanks for everything"),
    (-1_490, "", "", "Account fee"),
)
SAVINGS = "DE02120300000000202051"
OTHER_ACCOUNT = "NL91ABNA0417164300"
SAVINGS_SAMPLE = b"Day,Who,What for,Money\n03/11/2026,Musterbank,Interest,12.50\n"
SAVINGS_COLUMNS = CsvProfile(
    name="Savings bank", booked_on="Day", date_format="DD/MM/YYYY", decimal_mark=".", delimiter=",", amount="Money",
    party_name="Who", remittance="What for", own_account=SAVINGS, own_currency="EUR",
)  # fmt: skip
CARDS = b"Card,Day,Shop,Sum\n4711,03/11/2026,Books,12.50\n4711,04/11/2026,Trains,48.00\n"


def hand_in_files(today: date, *, actor: str, now: datetime) -> None:
    """A second account, yesterday's statement, and one of another account, which is quarantined."""
    yesterday = today - timedelta(days=1)
    add_account(SAVINGS, "Savings", "EUR", actor=actor, now=now)
    import_file(_file("statement.sta", get_company().iban, yesterday, BOOKED), actor=actor, now=now)
    hand_in_payments(yesterday, actor=actor, now=now)
    import_file(_file("amsterdam.sta", OTHER_ACCOUNT, yesterday, BOOKED[:1]), actor=actor, now=now)
    import_file(_unexplained("cards.csv"), actor=actor, now=now)
    add_profile(SAVINGS_COLUMNS, SAVINGS_SAMPLE, actor=actor, now=now)


def _file(name: str, account: str, on: date, booked: tuple[tuple[int, str, str, str], ...]) -> HandedIn:
    closing = OPENING + sum(amount for amount, *_ in booked)
    entries = tuple(
        Entry(
            line=5 + 2 * place, booked_on=on, value_on=on, amount=amount, currency="EUR", code="NTRF",
            details=(Detail(amount=amount, remittance=text, party_name=who, party_account=other),),
        )
        for place, (amount, who, other, text) in enumerate(booked)
    )  # fmt: skip
    said = Statement(
        line=1, account=account, currency="EUR", reference="226/1", opening=Balance(OPENING, "EUR", on),
        closing=Balance(closing, "EUR", on), entries=entries,
    )  # fmt: skip
    content = _write(account, on, closing, booked)
    file = BankFile(format=Format.MT940, statements=(said,))
    return HandedIn(name, hashlib.sha256(content).hexdigest(), len(content), content, file)


def _unexplained(name: str) -> HandedIn:
    """A CSV file that waits for somebody to say what its columns mean."""
    return HandedIn(name, hashlib.sha256(CARDS).hexdigest(), len(CARDS), CARDS, Problem(UNKNOWN_COLUMNS, 1, True))


def _write(account: str, on: date, closing: int, booked: tuple[tuple[int, str, str, str], ...]) -> bytes:
    """The same as MT940."""
    day = f"{on:%y%m%d}"
    lines = [":20:DEMO", f":25:{account}", ":28C:226/1", f":60F:C{day}EUR{_amount(OPENING)}"]
    for amount, who, other, text in booked:
        lines.append(f":61:{day}{on:%m%d}{'C' if amount > 0 else 'D'}{_amount(abs(amount))}NTRFNONREF")
        lines.append(f":86:166?20{text}?31{other}?32{who}")
    return "\r\n".join([*lines, f":62F:C{day}EUR{_amount(closing)}", "-", ""]).encode("latin-1")


def _amount(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"
