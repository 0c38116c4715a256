"""Which invoice asks for a bank charge; the row goes with a draft that is deleted, so that nothing is forgotten."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class ChargeInvoice(Model):
    """One invoice per charge: that it is not asked for twice is the key's doing."""

    __tablename__ = "charge_invoice"

    charge_id: Mapped[int] = mapped_column(ForeignKey("bank_charge.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
