"""Saves how our banks write their CSV files; only what reads a sample is saved."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from app.audit.services import record
from app.db.base import session
from app.kernel.errors import BadInput, Conflict
from app.kernel.money import UnknownCurrency, is_currency
from app.kernel.texts import clean_line
from app.payments.models_csv import SavedProfile
from app.payments.queries_bank import list_our_accounts
from app.payments.queries_csv import find_other, get_profile
from app.payments.statements import csv_sample
from app.payments.statements.csv_profile import CsvProfile, header_key, open_table

NOT_SAID = ("name", "header", "own_account")  # have columns of their own


class AccountAmbiguous(BadInput):
    """Choose one of our accounts, or the column that names it; not both and not neither."""


class AccountNotOurs(BadInput):
    """This account is none of ours. Add it under Settings, Bank accounts."""


class CurrencyMissing(BadInput):
    """Choose the column of the currency, or write the currency all amounts are in, such as EUR."""


class ProfileTaken(BadInput):
    """{name} reads this header for this account already. Change that one."""


class SampleUnreadable(BadInput):
    """The sample cannot be read like this. {problem}"""


class ProfileChanged(Conflict):
    """Somebody changed this profile in the meantime. Load it again and repeat your change."""


def add_profile(profile: CsvProfile, sample: bytes, *, actor: str, now: datetime) -> SavedProfile:
    """Files with the header of the sample are read like this from now on. Raises BadInput naming the field."""
    row = SavedProfile(added_at=now, added_by=actor)
    _write(row, profile, sample)
    session().add(row)
    session().flush()
    _record("added", row, actor=actor, now=now, account=row.account)
    return row


def change_profile(
    profile_id: int, profile: CsvProfile, sample: bytes, *, version: int, actor: str, now: datetime
) -> SavedProfile:
    """Raises ProfileChanged, BadInput naming the field."""
    row = _lock(profile_id, version)
    before = _facts(row)
    _write(row, profile, sample)
    changes = {key: [before[key], value] for key, value in _facts(row).items() if before.get(key) != value}
    if changes:
        row.version += 1
        session().flush()
        _record("changed", row, actor=actor, now=now, changes=changes)
    return row


def retire_profile(profile_id: int, *, version: int, actor: str, now: datetime) -> SavedProfile:
    """No file is read by it any more."""
    row = _lock(profile_id, version)
    row.active, row.version = False, row.version + 1
    session().flush()
    _record("retired", row, actor=actor, now=now)
    return row


def check_profile(profile: CsvProfile, sample: bytes) -> CsvProfile:
    """With its account as we write it; only if it reads every row of the sample. Raises BadInput."""
    if bool(profile.account) == bool(profile.own_account):
        raise AccountAmbiguous(field="own_account")
    if profile.own_account and profile.own_account not in {one.number for one in list_our_accounts()}:
        raise AccountNotOurs(field="own_account")
    if not profile.currency and not profile.own_currency:
        raise CurrencyMissing(field="own_currency")
    if profile.own_currency and not is_currency(profile.own_currency):
        raise UnknownCurrency(currency=profile.own_currency[:20], field="own_currency")
    preview = csv_sample.show(sample, profile)
    if not preview.is_readable:
        raise SampleUnreadable(problem=preview.problem or "It has no rows.")
    return profile


def _write(row: SavedProfile, profile: CsvProfile, sample: bytes) -> None:
    profile = check_profile(replace(profile, name=clean_line(profile.name, "name", most=100, required=True)), sample)
    titles = open_table(sample, profile, is_whole=False).header
    header = header_key(titles)
    if other := find_other(header, profile.own_account, row.id):
        raise ProfileTaken(field="own_account", name=other.name)
    row.name, row.header, row.titles, row.account = profile.name, header, list(titles), profile.own_account
    row.says = {key: value for key, value in asdict(profile).items() if key not in NOT_SAID}


def _facts(row: SavedProfile) -> dict[str, Any]:
    return {"name": row.name, "header": row.header, "account": row.account, **row.says}


def _lock(profile_id: int, version: int) -> SavedProfile:
    get_profile(profile_id)
    row = session().get_one(SavedProfile, profile_id, with_for_update=True, populate_existing=True)
    if row.version != version:
        raise ProfileChanged
    return row


def _record(what: str, row: SavedProfile, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        f"csv_profile.{what}", actor=actor, now=now, object_kind="csv_profile", object_id=row.id, name=row.name,
        **detail,
    )  # fmt: skip
