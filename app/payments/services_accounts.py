"""Says which bank accounts are ours: a statement of any other is kept aside."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.audit.services import record
from app.company.identifiers import check_iban
from app.db.base import session
from app.kernel.errors import BadInput, Conflict
from app.kernel.money import UnknownCurrency, is_currency
from app.kernel.texts import clean_line
from app.payments.models_bank import BankAccount
from app.payments.queries_bank import get_account
from app.payments.rules_bank import compact

LONGEST_NUMBER = 40


class AccountTaken(BadInput):
    """This account is there already. Change it in the list, or write another number."""


class NumberMissing(BadInput):
    """Write the IBAN or the account number as it stands on the statement."""


class AccountChanged(Conflict):
    """Somebody changed this account in the meantime. Load it again and repeat your change."""


def add_account(
    number: str, name: str, currency: str, *, also_as: str = "", actor: str, now: datetime
) -> BankAccount:  # fmt: skip
    """An account whose statements belong to us. Raises BadInput naming the field."""
    number, currency = _read_number(number), currency.strip().upper()
    if not is_currency(currency):
        raise UnknownCurrency(currency=currency[:20], field="currency")
    if session().scalar(select(BankAccount.id).where(BankAccount.number == number)) is not None:
        raise AccountTaken(field="number")
    account = BankAccount(
        number=number, name=clean_line(name, "name", most=100, required=True), currency=currency,
        also_as=_read_others(also_as), added_at=now, added_by=actor,
    )  # fmt: skip
    session().add(account)
    session().flush()
    _record("added", account, actor=actor, now=now)
    return account


def change_account(
    account_id: int, name: str, *, also_as: str, is_active: bool, version: int, actor: str, now: datetime
) -> BankAccount:
    """What it is called and whether statements of it are taken. Raises AccountChanged, BadInput naming the field."""
    get_account(account_id)
    account = session().get_one(BankAccount, account_id, with_for_update=True, populate_existing=True)
    if account.version != version:
        raise AccountChanged
    wanted = {"name": clean_line(name, "name", most=100, required=True), "also_as": _read_others(also_as)}
    changes = {key: [getattr(account, key), value] for key, value in wanted.items() if getattr(account, key) != value}
    if account.active != is_active:
        changes["active"] = [account.active, is_active]
    if changes:
        account.name, account.also_as, account.active = wanted["name"], wanted["also_as"], is_active
        account.version += 1
        session().flush()
        _record("changed", account, actor=actor, now=now, changes=changes)
    return account


def _read_number(text: str) -> str:
    number = compact(clean_line(text, "number", most=LONGEST_NUMBER))
    if len(number) < 4:
        raise NumberMissing(field="number")
    return check_iban(number, "number") if re.match(r"[A-Z]{2}\d{2}", number) else number


def _read_others(text: str) -> str:
    """Other ways to write the number, with a space between two."""
    return " ".join(filter(None, map(compact, re.split(r"[\s,;]+", clean_line(text, "also_as", most=200)))))


def _record(what: str, account: BankAccount, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        f"bank_account.{what}", actor=actor, now=now, object_kind="bank_account", object_id=account.id,
        number=account.number, name=account.name, **detail,
    )  # fmt: skip
