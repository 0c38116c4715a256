"""Our own legal entity, its number series, and what the instance may do at the moment."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson


class Company(Model):
    """The one legal entity this instance bills for. Row 1, or no row before the first run page."""

    __tablename__ = "company"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    country: Mapped[str]  # ISO 3166-1 alpha-2
    vat_id: Mapped[str] = mapped_column(default="")
    tax_number: Mapped[str] = mapped_column(default="")
    registration: Mapped[str] = mapped_column(default="")  # court and number
    email: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    contact_name: Mapped[str] = mapped_column(default="", server_default="")  # whom to ask about an invoice
    endpoint_id: Mapped[str] = mapped_column(default="", server_default="")  # electronic address
    endpoint_scheme: Mapped[str] = mapped_column(default="", server_default="")
    bank_name: Mapped[str] = mapped_column(default="")
    iban: Mapped[str] = mapped_column(default="")
    qr_iban: Mapped[str] = mapped_column(default="", server_default="")  # of a Swiss account, for QR references
    bic: Mapped[str] = mapped_column(default="")
    account_holder: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    currency: Mapped[str] = mapped_column(default="EUR")
    payment_terms: Mapped[str] = mapped_column(default="30 days")
    due_date_move: Mapped[str] = mapped_column(default="keep", server_default="keep")  # off days without banks
    bank_calendar: Mapped[str] = mapped_column(default="target", server_default="target")  # or the customer's country
    invoice_footer: Mapped[str] = mapped_column(default="")
    logo_document_id: Mapped[int | None]
    accent_colour: Mapped[str] = mapped_column(default="#2f45c5")
    mis_at: Mapped[str] = mapped_column(default="07:00")  # local time of the daily report
    followup_at: Mapped[str] = mapped_column(default="08:30")  # local time at which notices are proposed
    amendment_percent: Mapped[str] = mapped_column(default="10")  # larger changes of an order's net need approval
    amendment_amount: Mapped[str] = mapped_column(default="")  # the same in `currency`, major units; empty: no limit
    foreign_rates: Mapped[str] = mapped_column(default="required", server_default="required")  # or "optional"
    vat_check: Mapped[str] = mapped_column(default="warn", server_default="warn")  # or "off", "refuse"
    vat_check_days: Mapped[str] = mapped_column(default="90", server_default="90")  # how old a check may be
    write_off_amount: Mapped[str] = mapped_column(default="", server_default="")  # let go without a second person
    write_off_percent: Mapped[str] = mapped_column(default="1", server_default="1")  # and at most so much of it
    write_off_codes: Mapped[str] = mapped_column(default="bank_fee tolerance", server_default="bank_fee tolerance")
    matching: Mapped[str] = mapped_column(default="certain", server_default="certain")  # placed by itself; or "off"
    usual_bank_fee: Mapped[str] = mapped_column(default="15.00", server_default="15.00")  # the most a bank keeps back
    is_demo: Mapped[bool] = mapped_column(default=False)
    quarantined_at: Mapped[datetime | None]  # after a restore: no mail, no jobs, until a person confirms
    version: Mapped[int] = mapped_column(default=1)


class NumberSeries(Model):
    """How the numbers of one kind of document are written; the counter itself stands in `counter`."""

    __tablename__ = "number_series"

    code: Mapped[str] = mapped_column(primary_key=True)  # invoice, credit_note, order, payment, customer
    pattern: Mapped[str]  # INV-{year}-{number:05d}
    yearly: Mapped[bool] = mapped_column(default=True)
    former_patterns: Mapped[list[str]] = mapped_column(CanonicalJson, default=list)  # those that wrote numbers
