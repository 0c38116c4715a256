"""How our banks write their CSV files, as somebody said once with a sample at hand."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson

IN_USE = text("active")


class SavedProfile(Model):
    """What the columns of one header mean, for one account of ours or, with account "", for those a column names."""

    __tablename__ = "csv_profile"
    __table_args__ = (
        Index("uq_csv_profile_header", "header", "account", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    header: Mapped[str]  # the key of its titles
    titles: Mapped[list[str]] = mapped_column(CanonicalJson)
    account: Mapped[str] = mapped_column(default="")
    says: Mapped[dict[str, Any]] = mapped_column(CanonicalJson)  # the fields of a CsvProfile
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    added_at: Mapped[datetime]
    added_by: Mapped[str]
