"""The forms of the settings: each changes one part of what is said about the company."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask_wtf.file import FileField, FileRequired
from wtforms import EmailField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.kernel.countries import COUNTRIES
from app.kernel.currencies import MINOR_DIGITS
from app.kernel.einvoices import ADDRESS_SCHEMES
from app.kernel.languages import LANGUAGES
from app.web.forms import BaseForm, MoneyField
from app.web.typed_numbers import plain_number

NEEDED = "This is needed."
WRITE_OFF_CHOICES = [
    SelectChoice("tolerance", "Small differences"),
    SelectChoice("bank_fee tolerance", "Small differences and bank fees"),
    SelectChoice("bank_fee discount_late tolerance", "Those and discounts taken late"),
]
DUE_DATE_CHOICES = [
    SelectChoice("keep", "Stays as the terms say"),
    SelectChoice("next", "Moves to the next banking day"),
    SelectChoice("previous", "Moves to the banking day before"),
]


def country_choices(*, empty: str = "") -> list[SelectChoice]:
    """Every country by its English name."""
    names = Locale("en").territories
    listed = sorted((names.get(code, code), code) for code in COUNTRIES)
    first = [SelectChoice("", empty)] if empty else []
    return [*first, *(SelectChoice(code, name) for name, code in listed)]


def currency_choices(*, empty: str = "") -> list[SelectChoice]:
    """Every currency by its code, with its English name."""
    names = Locale("en").currencies
    first = [SelectChoice("", empty)] if empty else []
    return [*first, *(SelectChoice(code, f"{code} – {names.get(code, code)}") for code in sorted(MINOR_DIGITS))]


def language_choices() -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in LANGUAGES.items()]


def scheme_choices() -> list[SelectChoice]:
    """Kinds of electronic addresses by name."""
    return [SelectChoice("", "Choose…"), *(SelectChoice(code, name) for code, name in ADDRESS_SCHEMES.items())]


class SectionForm(BaseForm):
    """A part of the company's settings; its fields are named like those of CompanyData."""

    version = HiddenField()

    def said(self) -> dict[str, Any]:
        """What the person says, by the names of CompanyData."""
        return {
            name: field.said(self) if isinstance(field, MoneyField) else field.data or ""
            for name, field in self._fields.items()
            if name not in {"version", "csrf_token", "logo"}
        }


class CompanyForm(SectionForm):
    name = StringField("Name", [InputRequired(NEEDED)])
    street = StringField("Street and number", [InputRequired(NEEDED)])
    postal_code = StringField("Postal code", [InputRequired(NEEDED)])
    city = StringField("City", [InputRequired(NEEDED)])
    country = SelectField("Country", [InputRequired(NEEDED)], choices=lambda: country_choices(empty="Choose…"))
    email = EmailField("E-mail", [InputRequired(NEEDED)], description="Customers answer to this address.")
    phone = StringField("Phone")
    website = StringField("Website")
    vat_id = StringField("VAT id")
    tax_number = StringField("Tax number")
    contact_name = StringField("Contact for invoices", description="A name; XRechnung needs one.")
    endpoint_id = StringField("Electronic address", description="Yours, such as a GLN. Empty: the e-mail.")
    endpoint_scheme = SelectField("Kind of address", choices=scheme_choices, validate_choice=False)
    registration = StringField("Registration", description="Court and number, as the law wants it on letters.")
    time_zone = StringField(
        "Time zone", description="Type a city and choose, such as Europe/Berlin: business dates and the daily report."
    )
    language = SelectField("Language", choices=language_choices)
    currency = SelectField("Currency", choices=currency_choices)
    payment_terms = StringField(
        "Payment terms", description='For customers without terms of their own: "30 days" or "2% 10, net 30".'
    )
    due_date_move = SelectField(
        "A due date without banks", choices=DUE_DATE_CHOICES, description="A weekend or holiday. Issued invoices stay."
    )
    bank_calendar = SelectField(
        "Bank holidays",
        choices=[SelectChoice("target", "Of the euro (TARGET)"), SelectChoice("customer", "Of the customer's country")],
    )
    amendment_percent = StringField(
        "Amendments need approval beyond",
        filters=[plain_number],
        description="Percent of the order's net total, up or down.",
    )
    amendment_amount = MoneyField(
        "Or beyond an amount of",
        description="In our currency, net, up or down. Empty: no limit by amount.",
    )
    write_off_amount = MoneyField(
        "Short payments need approval beyond",
        description="In our currency, per instalment. Empty: every one needs a second person.",
    )
    write_off_percent = StringField(
        "Or beyond a share of", filters=[plain_number], description="Percent of the instalment."
    )
    write_off_codes = SelectField(
        "Let go without asking", choices=WRITE_OFF_CHOICES, description="Nothing, until an amount is set above."
    )
    matching = SelectField(
        "Lines of the bank",
        choices=[SelectChoice("certain", "Place what is certain"), SelectChoice("off", "Only propose")],
    )
    usual_bank_fee = MoneyField("Usual bank fee", description="The most a bank keeps back of a payment.")
    foreign_rates = SelectField(
        "Exchange rates",
        choices=[SelectChoice("required", "needed"), SelectChoice("optional", "used where there are some")],
        description="For invoices in other currencies.",
    )
    vat_check = SelectField(
        "Without a check of the VAT id",
        choices=[SelectChoice("off", "say nothing"), SelectChoice("warn", "warn"), SelectChoice("refuse", "refuse")],
        description="For reverse charge and intra-Community supplies.",
    )
    vat_check_days = StringField("A check holds for", description="Days.")


class BankForm(SectionForm):
    account_holder = StringField("Account holder")
    iban = StringField("IBAN")
    qr_iban = StringField("QR-IBAN")
    bic = StringField("BIC")
    bank_name = StringField("Bank")
    invoice_footer = TextAreaField("Text at the foot of invoices")
    accent_colour = StringField("Colour of documents", description="Such as #2f45c5.")


class ScheduleForm(SectionForm):
    mis_at = StringField("Daily report at", description="Local time, such as 07:00.")
    followup_at = StringField("Reminders are proposed at", description="Local time, such as 08:30.")


class LogoForm(BaseForm):
    logo = FileField(
        "Logo",
        [FileRequired("Choose a picture first.")],
        description="PNG, JPEG, GIF or WebP, up to 2 MB. It is drawn anew, without hidden data.",
    )
