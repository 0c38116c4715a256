"""What decisions taught about payers: whose money comes from an account, and how a customer says what it pays."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import EnumText
from app.payments.rules_book import Habit


class LearnedAccount(Model):
    """An account that paid for a customer: how often somebody said so, and how often that was taken back."""

    __tablename__ = "payer_account"
    __table_args__ = (
        UniqueConstraint("account", "customer_id"),
        CheckConstraint("confirmed >= 0 AND denied >= 0", name="counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]  # as statements write it, without spaces
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    confirmed: Mapped[int] = mapped_column(default=0)
    denied: Mapped[int] = mapped_column(default=0)
    last_used_on: Mapped[date]


class RemittanceHabit(Model):
    """How often a customer paid in one of the ways."""

    __tablename__ = "remittance_habit"
    __table_args__ = (UniqueConstraint("customer_id", "habit"), CheckConstraint("times >= 0", name="times"))

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    habit: Mapped[Habit] = mapped_column(EnumText(Habit))
    times: Mapped[int] = mapped_column(default=0)
    last_used_on: Mapped[date]
