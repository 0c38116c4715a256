"""Sets up and changes our company, and draws document numbers."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from app.audit.services import record
from app.company import identifiers
from app.company.events import CompanySetUp
from app.company.models import Company, NumberSeries
from app.company.queries import CompanyMissing
from app.company.rules_texts import MOST_FOOT_LINES, check_foot
from app.db.base import session
from app.db.events import announce
from app.db.sequences import draw_numbers
from app.documents.letters import check_drawable, check_lines
from app.kernel.countries import parse_country
from app.kernel.einvoices import check_endpoint
from app.kernel.errors import BadInput, Conflict, NotFound, RuleError
from app.kernel.money import format_decimal, minor_digits, to_minor
from app.kernel.numbering import period_of, write_number
from app.kernel.payment_terms import accept_terms
from app.kernel.quantities import canonical, parse_decimal
from app.kernel.texts import clean_block, clean_line

DUE_DATE_MOVES = ("keep", "next", "previous")
FOOT = "Text at the foot of invoices"
BANK_CALENDARS = ("target", "customer")
WRITE_OFF_CODES = ("tolerance", "bank_fee tolerance", "bank_fee discount_late tolerance")
DEFAULT_SERIES = (
    # code, pattern, yearly
    ("invoice", "INV-{year}-{number:05d}", True),
    ("credit_note", "CN-{year}-{number:05d}", True),
    ("order", "SO-{year}-{number:05d}", True),
    ("payment", "PAY-{year}-{number:05d}", True),
    ("customer", "C-{number:05d}", False),
)


class CompanyExists(RuleError):
    """The company is set up already. Change it in the settings."""


class CompanyChanged(Conflict):
    """Somebody else changed the company's settings in the meantime. Compare both values and save again."""


class SeriesUnknown(NotFound):
    """There is no number series {code}."""


class PercentWrong(BadInput):
    """Write a percentage from 0 to 100, such as 10."""


class AmountNegative(BadInput):
    """Write an amount of 0 or more, such as 1000.00, or leave it empty."""


class RatesChoiceWrong(BadInput):
    """Rates for documents in other currencies are required or optional."""


class VatCheckChoiceWrong(BadInput):
    """A missing check of a VAT id is left alone (off), shown (warn) or stops the invoice (refuse)."""


class DaysWrong(BadInput):
    """Write a number of days from 1 to 3650."""


class ChoiceUnknown(BadInput):
    """Choose one of these: {choices}."""


class WebsiteWrong(BadInput):
    """Write the website's address like https://example.com."""


@dataclass(frozen=True, kw_only=True)
class CompanyData:
    """What a person may say about the company; checked by the services."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    email: str
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    phone: str = ""
    website: str = ""
    contact_name: str = ""
    endpoint_id: str = ""
    endpoint_scheme: str = ""
    bank_name: str = ""
    iban: str = ""
    qr_iban: str = ""
    bic: str = ""
    account_holder: str = ""
    time_zone: str = "Europe/Berlin"
    language: str = "en"
    currency: str = "EUR"
    payment_terms: str = "30 days"
    due_date_move: str = "keep"
    bank_calendar: str = "target"
    invoice_footer: str = ""
    accent_colour: str = "#2f45c5"
    mis_at: str = "07:00"
    followup_at: str = "08:30"
    amendment_percent: str = "10"
    amendment_amount: str = ""
    write_off_amount: str = ""
    write_off_percent: str = "1"
    write_off_codes: str = "bank_fee tolerance"
    matching: str = "certain"
    usual_bank_fee: str = "15.00"
    foreign_rates: str = "required"
    vat_check: str = "warn"
    vat_check_days: str = "90"


def data_of(company: Company) -> CompanyData:
    """The company as the data that would set it up."""
    return CompanyData(**{field.name: getattr(company, field.name) for field in fields(CompanyData)})


def set_up_company(data: CompanyData, *, actor: str, now: datetime, is_demo: bool = False) -> Company:
    """Makes the one company with its number series. Raises CompanyExists, BadInput naming the field."""
    if session().get(Company, 1) is not None:
        raise CompanyExists
    company = Company(id=1, is_demo=is_demo, version=1, **asdict(checked(data)))
    session().add(company)
    ensure_series()
    session().flush()
    record("company.set_up", actor=actor, now=now, object_kind="company", object_id=1, name=company.name)
    announce(CompanySetUp(actor=actor, now=now))
    return company


def update_company(data: CompanyData, *, version: int, actor: str, now: datetime) -> Company:
    """Changes what is said. Raises CompanyChanged when `version` is not the stored one."""
    company = lock_company()
    if company.version != version:
        raise CompanyChanged
    wanted = asdict(checked(data))
    changes = {
        name: [getattr(company, name), value] for name, value in wanted.items() if getattr(company, name) != value
    }
    if not changes:
        return company
    for name, (_before, value) in changes.items():
        setattr(company, name, value)
    company.version += 1
    record("company.changed", actor=actor, now=now, object_kind="company", object_id=1, changes=changes)
    return company


def set_logo(document_id: int | None, *, actor: str, now: datetime) -> Company:
    """Shows this stored picture on documents; None removes it."""
    company = lock_company()
    company.logo_document_id = document_id
    company.version += 1
    record("company.logo_changed", actor=actor, now=now, object_kind="company", object_id=1, document_id=document_id)
    return company


def begin_quarantine(*, actor: str, now: datetime) -> Company:
    """No mail and no jobs until a person confirms: this is a restored copy."""
    company = lock_company()
    company.quarantined_at = now
    record("company.quarantined", actor=actor, now=now, object_kind="company", object_id=1)
    return company


def end_quarantine(*, actor: str, now: datetime) -> Company:
    """A person confirmed that this copy is the one that works: mail and jobs go on."""
    company = lock_company()
    if company.quarantined_at is not None:
        company.quarantined_at = None
        record("company.released", actor=actor, now=now, object_kind="company", object_id=1)
    return company


def lock_company() -> Company:
    company = session().get(Company, 1, with_for_update=True, populate_existing=True)
    if company is None:
        raise CompanyMissing
    return company


def ensure_series() -> None:
    """Adds the standard number series that are missing."""
    for code, pattern, yearly in DEFAULT_SERIES:
        if session().get(NumberSeries, code) is None:
            session().add(NumberSeries(code=code, pattern=pattern, yearly=yearly, former_patterns=[]))
    session().flush()


def next_number(series_code: str, on: date) -> tuple[str, str, int]:
    """Draws the next number of the series for the date: its text, its period ("2026" or "") and its sequence.

    The counter's row stays locked until the transaction ends: a rollback leaves no gap.
    """
    return next_numbers(series_code, on, count=1)[0]


def next_numbers(series_code: str, on: date, *, count: int) -> list[tuple[str, str, int]]:
    """As `next_number`, `count` of them at once."""
    series = session().get(NumberSeries, series_code)
    if series is None:
        raise SeriesUnknown(code=series_code)
    period = period_of(on, yearly=series.yearly)
    last = draw_numbers(series_code, period, count=count)
    # Read again under the counter's lock: whoever changes a pattern takes the same lock first
    session().refresh(series)
    drawn = range(last - count + 1, last + 1)
    return [(write_number(series.pattern, sequence, on), period, sequence) for sequence in drawn]


def checked(data: CompanyData) -> CompanyData:
    """The data in its stored spelling. Raises BadInput naming the field."""
    lines = {name: clean_line(getattr(data, name), name, required=name in _REQUIRED) for name in _LINES}
    lines |= {name: check_drawable(line, name) for name, line in lines.items()}
    country = parse_country(data.country, "country")
    address, scheme = check_endpoint(data.endpoint_id, data.endpoint_scheme)
    identifiers.check_vat_address(address, scheme)
    return CompanyData(
        **lines, **_checked_codes(data, country), **_checked_settings(data), endpoint_id=address,
        endpoint_scheme=scheme,
    )  # fmt: skip


_REQUIRED = {"name", "street", "postal_code", "city"}
_LINES = (
    "name", "street", "postal_code", "city", "tax_number", "registration", "phone", "bank_name", "account_holder",
    "contact_name",
)  # fmt: skip


def _checked_codes(data: CompanyData, country: str) -> dict[str, Any]:
    return {
        "country": country,
        "vat_id": identifiers.check_vat_id(data.vat_id, country),
        **check_accounts(data.iban, data.qr_iban, data.bic),
        "email": identifiers.check_email(clean_line(data.email, "email", label="E-mail address", required=True)),
        "website": _check_website(clean_line(data.website, "website")),
        "currency": _check_currency(data.currency),
    }


def check_accounts(iban: str, qr_iban: str, bic: str) -> dict[str, str]:
    """Where customers pay. Raises BadInput naming the field."""
    account = identifiers.check_iban(iban)
    return {
        "iban": account,
        "qr_iban": identifiers.check_qr_iban(qr_iban, beside=account),
        "bic": identifiers.check_bic(bic),
    }


def _checked_settings(data: CompanyData) -> dict[str, Any]:
    accept_terms(data.payment_terms, "payment_terms")
    return {
        "time_zone": identifiers.check_zone(data.time_zone),
        "language": identifiers.check_language(data.language),
        "payment_terms": clean_line(data.payment_terms, "payment_terms"),
        "due_date_move": _check_choice(data.due_date_move, DUE_DATE_MOVES, "due_date_move"),
        "bank_calendar": _check_choice(data.bank_calendar, BANK_CALENDARS, "bank_calendar"),
        "invoice_footer": _checked_foot(data.invoice_footer),
        "accent_colour": identifiers.check_colour(data.accent_colour),
        "mis_at": identifiers.check_time(data.mis_at, "mis_at"),
        "followup_at": identifiers.check_time(data.followup_at, "followup_at"),
        "amendment_percent": _check_percent(data.amendment_percent, "amendment_percent"),
        "amendment_amount": _check_amount(data.amendment_amount, "amendment_amount", _check_currency(data.currency)),
        "write_off_amount": _check_amount(data.write_off_amount, "write_off_amount", _check_currency(data.currency)),
        "write_off_percent": _check_percent(data.write_off_percent, "write_off_percent"),
        "write_off_codes": _check_choice(data.write_off_codes, WRITE_OFF_CODES, "write_off_codes"),
        "matching": _check_choice(data.matching, ("off", "certain"), "matching"),
        "usual_bank_fee": _check_amount(data.usual_bank_fee, "usual_bank_fee", _check_currency(data.currency)),
        "foreign_rates": _check_rates_choice(data.foreign_rates),
        "vat_check": _check_vat_choice(data.vat_check),
        "vat_check_days": _check_days(data.vat_check_days),
    }


def _checked_foot(text: str) -> str:
    foot = clean_block(text, "invoice_footer", label=FOOT, most=1000)
    return check_printed(foot, "invoice_footer", FOOT)


def check_printed(text: str, field: str, label: str) -> str:
    """The text as it is, if it can stand on every document. Raises FootHasPlace, Undrawable, TooManyLines."""
    return check_lines(check_drawable(check_foot(text, field, label), field, label), field, label, MOST_FOOT_LINES)


def _check_rates_choice(text: str) -> str:
    if text not in {"required", "optional"}:
        raise RatesChoiceWrong(field="foreign_rates")
    return text


def _check_vat_choice(text: str) -> str:
    if text not in {"off", "warn", "refuse"}:
        raise VatCheckChoiceWrong(field="vat_check")
    return text


def _check_days(text: str) -> str:
    days = parse_decimal(text or CompanyData.vat_check_days, "vat_check_days", digits=4, decimals=0)
    if not 1 <= days <= 3650:
        raise DaysWrong(field="vat_check_days")
    return canonical(days)


def _check_choice(text: str, choices: tuple[str, ...], field: str) -> str:
    if text not in choices:
        raise ChoiceUnknown(field=field, choices=", ".join(choices))
    return text


def _check_percent(text: str, field: str) -> str:
    percent = parse_decimal(text or CompanyData.amendment_percent, field, decimals=2)
    if not 0 <= percent <= 100:
        raise PercentWrong(field=field)
    return canonical(percent)


def _check_amount(text: str, field: str, currency: str) -> str:
    if not (text or "").strip():
        return ""
    amount = parse_decimal(text, field, digits=12, decimals=minor_digits(currency))
    if amount < 0:
        raise AmountNegative(field=field)
    return format_decimal(to_minor(amount, currency), currency)


def _check_currency(text: str) -> str:
    code = (text or "").strip().upper()
    try:
        minor_digits(code)
    except BadInput as refusal:
        raise BadInput(str(refusal), field="currency") from None
    return code


def _check_website(text: str) -> str:
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
    except ValueError:
        raise WebsiteWrong(field="website") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "." not in parts.hostname or " " in address:
        raise WebsiteWrong(field="website")
    return address
