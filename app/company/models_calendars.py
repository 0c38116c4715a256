"""When people work: the company's calendar, and those of departments that keep other hours."""

from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson


class WorkCalendar(Model):
    """Working hours of the company (code "company") or of one department; who has no row keeps the company's."""

    __tablename__ = "work_calendar"

    code: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str]
    country: Mapped[str] = mapped_column(default="")  # whose public holidays are closed; "" for none
    # Monday first, the intervals of each weekday in minutes after local midnight
    hours: Mapped[list[list[list[int]]]] = mapped_column(CanonicalJson)
    closed_days: Mapped[list[list[str]]] = mapped_column(CanonicalJson, default=list)  # date and what for
    version: Mapped[int] = mapped_column(default=1)
