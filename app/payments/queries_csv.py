"""Reads the saved profiles of our banks' CSV files."""

from dataclasses import fields

from sqlalchemy import Select, select

from app.db.base import session
from app.kernel.errors import NotFound
from app.payments.models_csv import SavedProfile
from app.payments.statements.csv_profile import CsvProfile

_FIELDS = frozenset(one.name for one in fields(CsvProfile))


class ProfileUnknown(NotFound):
    """There is no such CSV profile."""


def select_profiles() -> Select[SavedProfile]:
    return select(SavedProfile).where(SavedProfile.active)


def list_profiles() -> list[CsvProfile]:
    """Those in use, the oldest first."""
    return [profile_of(row) for row in session().scalars(select_profiles().order_by(SavedProfile.id))]


def get_profile(profile_id: int) -> SavedProfile:
    found = session().get(SavedProfile, profile_id)
    if found is None or not found.active:
        raise ProfileUnknown
    return found


def find_other(header: str, account: str, profile_id: int | None) -> SavedProfile | None:
    """Another profile in use for the same header and account."""
    chosen = select_profiles().where(SavedProfile.header == header, SavedProfile.account == account)
    return session().scalars(chosen.where(SavedProfile.id != (profile_id or 0))).first()


def profile_of(row: SavedProfile) -> CsvProfile:
    said = {name: value for name, value in row.says.items() if name in _FIELDS}
    return CsvProfile(**said | {"name": row.name, "header": row.header, "own_account": row.account})
