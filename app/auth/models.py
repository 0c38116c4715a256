"""People who sign in."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class User(Model):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    department_code: Mapped[str | None]  # of a department member; the departments themselves belong to tasks
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
