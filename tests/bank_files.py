"""Makes bank files as readers would give them: a statement from a few lines, its halves, its lines in another order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from app.payments.rules_bank import Problem
from app.payments.services_bank import HandedIn
from app.payments.statements.model import Balance, BankFile, Detail, Entry, Format, Statement

IBAN = "DE89370400440532013000"  # of the company in tests
DAY = date(2026, 11, 20)


def entry(amount: int, text: str = "", *, on: date = DAY, currency: str = "EUR", **facts: Any) -> Entry:
    facts = {
        "line": 1,
        "value_on": on,
        "bank_reference": "",
        "details": (Detail(amount=amount, remittance=text),),
    } | facts
    return Entry(booked_on=on, amount=amount, currency=currency, **facts)


def statement(entries: Sequence[Entry], *, opening: int | None = 0, **facts: Any) -> Statement:
    facts = {"line": 1, "account": IBAN, "currency": "EUR"} | facts
    if opening is None:
        return Statement(entries=tuple(entries), **facts)
    moved = sum(one.amount for one in entries if not one.is_pending)
    balances = [Balance(minor, facts["currency"], DAY) for minor in (opening, opening + moved)]
    return Statement(entries=tuple(entries), **({"opening": balances[0], "closing": balances[1]} | facts))


def handed_in(*statements: Statement, form: Format = Format.MT940, name: str = "a.sta", salt: str = "") -> HandedIn:
    """As read from a file; equal statements are equal bytes, unless salted."""
    said = BankFile(format=form, statements=statements)
    content = f"{salt}{said}".encode()
    return HandedIn(name, hashlib.sha256(content).hexdigest(), len(content), content, said)


def unreadable(reason: str = "This is no bank file.", line: int = 3, name: str = "x.bin") -> HandedIn:
    return HandedIn(name, hashlib.sha256(name.encode()).hexdigest(), 9, b"what is it", Problem(reason, line))
