"""The forms of customers: one for everything that is said, one for a file."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    EmailField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from app.auth.queries import list_users
from app.company.forms import country_choices, currency_choices, language_choices, scheme_choices
from app.customers.rules import MOST_PARTS, AddressData, ContactData, CustomerData
from app.kernel.einvoices import FORMAT_NAMES, MAILING_NAMES
from app.web.forms import BaseForm, DateField, MoneyField, PartForm

NEEDED = "This is needed."
TEXTS = frozenset(name for name, field in CustomerData.__dataclass_fields__.items() if field.type in {"str", str})


def format_choices() -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in FORMAT_NAMES.items()]


def mailing_choices() -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in MAILING_NAMES.items()]


def owner_choices() -> list[SelectChoice]:
    """Everybody, so that an owner who left stays named until somebody else is chosen."""
    people = [(user.id, user.name or user.email, user.active) for user in list_users()]
    return [
        SelectChoice("", "Nobody"),
        *(SelectChoice(str(one), name if active else f"{name} (left)") for one, name, active in people),
    ]


def _person(text: Any) -> int | None:
    """An id, or 0 for what is none, which the service refuses."""
    said = str(text or "")
    return (int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0) if said else None


class DeliveryForm(PartForm):
    name = StringField("Name")
    street = StringField("Street")
    postal_code = StringField("Postal code")
    city = StringField("City")
    country = StringField("Country")


class ContactForm(PartForm):
    name = StringField("Name")
    role = StringField("Role")
    email = EmailField("E-mail")
    phone = TelField("Phone")


class CustomerForm(BaseForm):
    """Everything that is said about a customer."""

    version = HiddenField()
    name = StringField("Name", [InputRequired(NEEDED)])
    vat_id = StringField("VAT id", description="Checked when saved.")
    foreign_vat_id = BooleanField("The VAT id is of another country, such as of a tax representative")
    tax_number = StringField("Tax number")
    street = StringField("Street and number")
    street2 = StringField("Further line")
    postal_code = StringField("Postal code")
    city = StringField("City")
    region = StringField("Region")
    country = SelectField("Country", choices=country_choices)
    billing_email = EmailField("Billing e-mail", description="Invoices and reminders go there.")
    phone = TelField("Phone")
    language = SelectField("Language of documents", choices=language_choices)
    currency = SelectField("Currency", choices=currency_choices)
    payment_terms = StringField("Payment terms", description="Such as “2% 10, net 30”. Empty: the company’s.")
    credit_limit = MoneyField("Credit limit", description="Empty: no limit.")
    overdue_days = IntegerField(
        "New orders wait from", [Optional()], description="Days past due of the oldest open invoice. Empty: never."
    )
    buyer_reference = StringField("Buyer reference", description="Printed on every invoice, such as a cost centre.")
    einvoice = SelectField("E-invoice", choices=format_choices, validate_choice=False)
    mailing = SelectField(
        "Mails carry",
        choices=mailing_choices,
        validate_choice=False,
        description="The XML of XRechnung (UBL) and Peppol always goes as a file: a PDF cannot hold it.",
    )
    endpoint_id = StringField("Electronic address", description="Where e-invoices arrive. Empty: the billing e-mail.")
    endpoint_scheme = SelectField("Kind of address", choices=scheme_choices, validate_choice=False)
    no_chase_until = DateField("No reminders until")
    no_chase_reason = StringField("Why no reminders")
    owner_id = SelectField(
        "Looked after by",
        choices=owner_choices,
        coerce=_person,
        validate_choice=False,
        description="Whose account it is.",
    )
    notes = TextAreaField("Notes", description="Seen by colleagues only.")
    is_active = BooleanField("Active", default=True)
    deliveries = FieldList(FormField(DeliveryForm), "Delivery addresses", max_entries=MOST_PARTS)
    contacts = FieldList(FormField(ContactForm), "Contacts", max_entries=MOST_PARTS)

    def said(self) -> CustomerData:
        """What the person says; empty lines of the two lists are left out."""
        plain: dict[str, Any] = {
            field.name: "" if field.data is None and field.name in TEXTS else field.data
            for field in self
            if field.name not in {"version", "csrf_token", "deliveries", "contacts", "no_chase_until", "add_line"}
        }
        until = self.no_chase_until.data
        return CustomerData(
            **plain,
            no_chase_until=until.isoformat() if until else None,
            deliveries=tuple(AddressData(**said) for said in _filled(self.deliveries)),
            contacts=tuple(ContactData(**said) for said in _filled(self.contacts)),
        )

    def ensure_lines(self) -> None:
        """At least one empty line in each list, to type into."""
        for entries in (self.deliveries, self.contacts):
            if not entries.entries:
                entries.append_entry()


class CustomersFileForm(BaseForm):
    file = FileField("File", description="CSV with the columns name and country, and whatever else you have.")
    encoding = SelectField(
        "Encoding",
        choices=["", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "iso-8859-2"],
        default="",
        validate_choice=False,  # an encoding nobody knows is refused where the file is read
        description="Leave empty: Unicode and Western Windows files are recognised.",
    )


def _filled(entries: Any) -> list[dict[str, str]]:
    rows = [{name: value or "" for name, value in entry.data.items()} for entry in entries]
    return [row for row in rows if any(row.values())]
