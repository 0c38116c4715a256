"""What tax authorities said about customers' VAT ids: recorded by people, never changed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table


class VatCheck(Model):
    """The answer of an authority (VIES, BZSt, HMRC) about one VAT id on one day."""

    __tablename__ = "vat_check"
    __table_args__ = (Index("ix_vat_check_customer", "customer_id", "vat_id", "checked_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    vat_id: Mapped[str]
    is_valid: Mapped[bool]
    checked_on: Mapped[date]
    authority: Mapped[str]
    name_given: Mapped[str] = mapped_column(default="")
    consultation: Mapped[str] = mapped_column(default="")  # the authority's number for the question
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


guard_table("vat_check", message="checks of VAT ids are append-only; record another one")
