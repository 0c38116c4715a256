"""Builds the mail that carries an invoice or credit note, from its frozen snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from flask import current_app

from app.company.queries_texts import find_texts
from app.company.rules_texts import fill_in
from app.company.services_texts import TextsData
from app.customers.models import Customer
from app.invoices.einvoice.check import wanted_format
from app.invoices.einvoice_files import list_syntaxes, primary_syntax
from app.invoices.models import Invoice, InvoiceKind
from app.invoices.paper import Paper, lay_out
from app.invoices.paper_writer import say
from app.invoices.pdf import DOCUMENT_KINDS
from app.invoices.queries import find_credit_note, is_credited
from app.invoices.rules_payment import is_nothing_due
from app.invoices.texts import copy_word, texts_for
from app.invoices.texts_parts import part_texts_for
from app.kernel.einvoices import Mailing, mailing_of
from app.outbox.services import AttachmentRef, NewMessage


@dataclass(frozen=True)
class Mail:
    """What a mail says, in both forms."""

    subject: str
    text: str
    html: str


def build_mail(invoice: Invoice, customer: Customer, *, edition: int, to: str) -> NewMessage:
    """The message for that address; it waits until what it carries is stored. Its subject says that it is a copy."""
    assert invoice.snapshot is not None  # noqa: S101 - only issued invoices are sent
    note = find_credit_note(invoice.id) if is_credited(invoice) else None
    asks_nothing = note or is_nothing_due(invoice.snapshot)
    own = TextsData() if asks_nothing else own_words(invoice.language)  # which may ask for the money
    mail = write_mail(invoice.snapshot, own, credited_by=str(note.number) if note else "")
    return NewMessage(
        kind=invoice.kind.value,
        object_kind="invoice",
        object_id=invoice.id,
        edition=edition,
        recipient=to,
        recipient_name=customer.name,
        subject=f"{copy_word(invoice.language)}: {mail.subject}" if edition > 1 else mail.subject,
        body_text=mail.text,
        body_html=mail.html,
        language=invoice.language,
        attachments=[AttachmentRef("invoice", invoice.id, kind) for kind in list_attached(invoice.snapshot, customer)],
        customer_id=invoice.customer_id,
        invoice_id=invoice.id,
        order_id=invoice.order_id,
    )


def list_attached(snapshot: dict[str, Any], customer: Customer) -> list[str]:
    """The kinds of documents the mail carries: as the customer wants it, and always one that exists."""
    syntaxes = list_syntaxes(snapshot)
    mailing = mailing_of(wanted_format(snapshot), customer.mailing)
    if not syntaxes or mailing == Mailing.PDF:
        return ["pdf"]
    xml = DOCUMENT_KINDS[primary_syntax(snapshot)]
    return [xml] if mailing == Mailing.XML else ["pdf", xml]


def say_attached(kinds: Sequence[str], snapshot: Mapping[str, Any]) -> str:
    """The documents of a mail in words."""
    files = [f"the XML as a file ({syntax.upper()})" for syntax, kind in DOCUMENT_KINDS.items() if kind in kinds]
    if "pdf" not in kinds:
        return f"{files[0]}, no PDF" if files else "nothing"
    return " and ".join(["the PDF" if files or not list_syntaxes(snapshot) else "the PDF with the XML inside", *files])


def own_words(language: str) -> TextsData:
    """What an administrator has us say in this language."""
    stored = find_texts(language)
    return TextsData(**{each.name: getattr(stored, each.name) for each in fields(TextsData)}) if stored else TextsData()


def write_mail(snapshot: Mapping[str, Any], own: TextsData, *, credited_by: str = "") -> Mail:
    """The mail of a document, in our own words where there are some for its kind. Of a credited one it asks nothing."""
    paper = lay_out(snapshot)
    context = _context(snapshot, _ask_nothing(snapshot, paper, credited_by) if credited_by else paper)
    context |= _own_context(snapshot, own, context)
    templates = current_app.jinja_env
    return Mail(
        subject=context["subject"],
        text=templates.get_template("mail/invoice.txt").render(context),
        html=templates.get_template("mail/invoice.html").render(context),
    )


def _ask_nothing(snapshot: Mapping[str, Any], paper: Paper, credited_by: str) -> Paper:
    sentence = say(part_texts_for(snapshot["language"]).all_credited, number=credited_by)
    total = replace(paper.due, label=paper.head.texts.gross_total)
    return replace(paper, payment=(sentence,), due=total, due_on="", instalments=(), bank=())


def _own_context(snapshot: Mapping[str, Any], own: TextsData, context: Mapping[str, Any]) -> dict[str, str]:
    values = {
        "number": snapshot["number"],
        "amount": context["paper"].due.value,
        "due": context["due_on"],
        "name": snapshot["buyer"]["name"],
        "company": snapshot["seller"]["name"],
    }
    kind = "" if snapshot["kind"] == InvoiceKind.INVOICE else "credit_"
    said = {name: getattr(own, f"{kind}{name}") for name in ("subject", "opening", "closing")}
    return {name: fill_in(text, values) for name, text in said.items() if text}


def _context(snapshot: Mapping[str, Any], paper: Paper) -> dict[str, Any]:
    texts = texts_for(snapshot["language"])
    is_invoice = snapshot["kind"] == InvoiceKind.INVOICE
    values = {
        "number": snapshot["number"],
        "company": snapshot["seller"]["name"],
        "name": snapshot["buyer"]["name"],
        "original": snapshot["original"]["number"] if snapshot["original"] else "",
    }
    return {
        "paper": paper,
        "texts": texts,
        "sender": snapshot["seller"],
        "language": paper.head.language,
        "accent": paper.head.accent,
        "number": snapshot["number"],
        "number_label": texts.number[snapshot["kind"]],
        "subject": say(texts.subject[snapshot["kind"]], **values),
        "greeting": say(texts.greeting, **values),
        "opening": say(texts.opening[snapshot["kind"]], **values),
        "due_on": paper.due_on if is_invoice else "",
        "closing": texts.thanks,
    }
