"""People who sign in, where they are signed in, and how often somebody tried."""

from datetime import datetime
from typing import Any

from flask_security.core import UserMixin
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.auth.rules import Role
from app.auth.rules_devices import describe_device
from app.db.base import Model
from app.db.types import CanonicalJson, EnumText


class User(Model, UserMixin):
    """A person. `fs_uniquifier` changes with the password, so that links and sessions of before are worth nothing."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[Role] = mapped_column(EnumText(Role))
    department_code: Mapped[str | None]  # of a department member; the departments themselves belong to tasks
    password: Mapped[str | None]  # argon2id
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """The accounts library's roles are not used: `rules.may` decides."""
        return []

    @property
    def actor(self) -> str:
        return f"user:{self.id}"

    @property
    def display_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class UserSession(Model):
    """One sign-in on one device. The cookie holds a random token; here is only its digest."""

    __tablename__ = "user_session"
    __table_args__ = (Index("ix_user_session_user", "user_id", "ended_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    token_digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="")
    address_digest: Mapped[str] = mapped_column(default="")  # tells devices apart without keeping the address
    device: Mapped[str] = mapped_column(default="")  # what the browser says it is, shortened

    user: Mapped[User] = relationship()

    @property
    def device_name(self) -> str:
        return describe_device(self.device)


class SignInThrottle(Model):
    """The attempts of the last minute for one account or one address, by digest."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[list[str]] = mapped_column(CanonicalJson)  # instants, ISO 8601
    updated_at: Mapped[datetime] = mapped_column(index=True)
