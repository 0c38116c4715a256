"""Builds the one mail a customer gets: every overdue invoice, by currency, in the customer's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from string import Template

from babel.dates import format_date
from flask import render_template

from app.company.queries import get_company
from app.documents.queries import find_document
from app.followup.rules import PlannedNotice
from app.followup.rules_letter import pay_by
from app.followup.texts import Texts, say_day, texts_for
from app.invoices.paper_writer import Writer
from app.invoices.rules_swiss import write_grouped
from app.kernel.languages import locale_at
from app.kernel.money import to_decimal
from app.outbox.services import AttachmentRef, NewMessage

MOST_ATTACHMENTS = 10
LETTER_OWNER = "dunning_letter"


@dataclass(frozen=True)
class Row:
    """One line of the mail's table, as text."""

    number: str
    due: str
    age: str
    open: str


@dataclass(frozen=True)
class Section:
    """The overdue items in one currency."""

    currency: str
    rows: tuple[Row, ...]
    total: str


def build_notice(notices: Sequence[PlannedNotice], on: date, letter_id: int | None = None) -> NewMessage:
    """The outbox message of a customer's notices on one date (all of one customer); it waits for their letter."""
    company = get_company()
    debtor = notices[0].debtor
    level = max(notice.level for notice in notices)
    language, texts = texts_for(debtor.language)
    tone, locale = texts.tone(level), locale_at(texts.locale, company.country)
    filled = {
        "company": company.name,
        "day": say_day(on, locale),
        "until": say_day(pay_by(on), locale),
        "name": debtor.name,
    }
    subject = Template(tone.subject).substitute(filled)
    context = {
        "sender": company,
        "iban": write_grouped(company.iban, size=4),
        "language": language,
        "accent": company.accent_colour,
        "texts": texts,
        "subject": subject,
        "greeting": Template(texts.greeting).substitute(filled),
        "opening": Template(tone.opening).substitute(filled),
        "closing": Template(tone.closing).substitute(filled),
        "sections": [_section(notice, texts, language, company.country) for notice in notices],
    }
    return NewMessage(
        kind="dunning",
        object_kind="customer",
        object_id=debtor.customer_id,
        level=level,
        period=on.isoformat(),
        recipient=debtor.email,
        recipient_name=debtor.name,
        subject=subject,
        body_text=render_template("mail/dunning.txt", **context),
        body_html=render_template("mail/dunning.html", **context),
        language=language,
        attachments=[*_letter(letter_id), *_copies(notices)],
        customer_id=debtor.customer_id,
    )


def _section(notice: PlannedNotice, texts: Texts, language: str, home: str) -> Section:
    locale, writer = locale_at(texts.locale, home), Writer(language, notice.currency, home)

    def money(minor: int) -> str:
        return writer.money(f"{to_decimal(minor, notice.currency):f}")

    rows = tuple(
        Row(
            number=listed.item.number,
            due=format_date(listed.item.due_on, texts.day, locale=locale),
            age=texts.age_of(listed.item.days_past_due),
            open=money(listed.item.open),
        )
        for listed in notice.items
    )
    return Section(notice.currency, rows, money(notice.amount))


def _letter(letter_id: int | None) -> list[AttachmentRef]:
    return [AttachmentRef(LETTER_OWNER, letter_id, "pdf")] if letter_id is not None else []


def _copies(notices: Sequence[PlannedNotice]) -> list[AttachmentRef]:
    """Copies of the invoices that are stored already, oldest first; a reminder never waits for a copy."""
    invoice_ids = dict.fromkeys(listed.item.invoice_id for notice in notices for listed in notice.items)
    stored = [invoice_id for invoice_id in invoice_ids if find_document("invoice", invoice_id, "pdf")]
    return [AttachmentRef("invoice", invoice_id, "pdf") for invoice_id in stored[:MOST_ATTACHMENTS]]
