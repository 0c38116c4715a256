"""Saved views: what somebody filtered a list by, under a name."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class SavedView(Model):
    """`place` is a word of rules_views.PLACES, `query` the filter in the spelling of an address."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("user_id", "place", "name"),
        Index("ix_saved_view_shared", "place", "is_shared"),
        Index(
            "uq_saved_view_start",
            "user_id",
            unique=True,
            sqlite_where=text("is_start"),
            postgresql_where=text("is_start"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    place: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(default=False)  # with everybody who may see the list
    is_start: Mapped[bool] = mapped_column(default=False)  # where its owner lands after signing in
    saved_at: Mapped[datetime]
