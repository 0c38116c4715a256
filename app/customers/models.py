"""Customers: parties with addresses, contacts, terms and a credit limit."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.types import EnumText


class Customer(Model):
    """A party that buys from us.

    `name_key` (kernel.texts.identity_key) says who is the same party; `search_key` is what searching looks in.
    """

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_name_key_country", "name_key", "country"),
        Index("ix_customer_name_key_id", "name_key", "id"),
        UniqueConstraint("source", "external_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # C-00001
    source: Mapped[str | None]  # where an imported customer comes from
    external_id: Mapped[str | None]
    name: Mapped[str]
    name_key: Mapped[str]
    search_key: Mapped[str] = mapped_column(default="")
    country: Mapped[str]
    vat_id: Mapped[str] = mapped_column(default="", index=True)  # normalised, "" if none
    foreign_vat_id: Mapped[bool] = mapped_column(default=False, server_default=false())  # on purpose of another country
    tax_number: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    currency: Mapped[str] = mapped_column(default="EUR")
    payment_terms: Mapped[str] = mapped_column(default="")  # "" = the company's
    credit_limit: Mapped[int | None]  # minor units of `currency`; None = no limit
    overdue_days: Mapped[int | None]  # days past due after which new orders wait; None = not looked at
    billing_email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    buyer_reference: Mapped[str] = mapped_column(default="")
    einvoice: Mapped[str] = mapped_column(default="factur-x", server_default="factur-x")  # kernel.einvoices
    mailing: Mapped[str] = mapped_column(default="pdf", server_default="pdf")  # kernel.einvoices
    endpoint_id: Mapped[str] = mapped_column(default="", server_default="")  # electronic address
    endpoint_scheme: Mapped[str] = mapped_column(default="", server_default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)  # who looks after the account
    notes: Mapped[str] = mapped_column(default="")
    no_chase_until: Mapped[str | None]  # ISO date: no reminders up to and including this day
    no_chase_reason: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    addresses: Mapped[list["Address"]] = relationship(
        back_populates="customer", order_by="Address.id", cascade="all, delete-orphan"
    )
    contacts: Mapped[list["Contact"]] = relationship(
        back_populates="customer", order_by="Contact.id", cascade="all, delete-orphan"
    )


class AddressKind(enum.StrEnum):
    BILLING = "billing"
    DELIVERY = "delivery"


class Address(Model):
    __tablename__ = "customer_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    kind: Mapped[AddressKind] = mapped_column(EnumText(AddressKind))
    name: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    street2: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    country: Mapped[str]

    customer: Mapped[Customer] = relationship(back_populates="addresses")


class Contact(Model):
    __tablename__ = "customer_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")

    customer: Mapped[Customer] = relationship(back_populates="contacts")
