"""Keeps what a statement of account says and sends it to the customer, with its papers."""

from collections import Counter
from datetime import date, datetime
from itertools import accumulate
from string import Template
from typing import Any

from babel.dates import format_date
from flask import render_template

from app.audit.services import record
from app.company.queries import business_today, get_company
from app.customers.models import Customer
from app.customers.queries import billing_address, get_customer
from app.customers.services import lock_customer
from app.db.base import session
from app.documents.services import request_document
from app.followup.models_account import AccountStatement
from app.followup.queries_account import Account, Statement, read_statement
from app.followup.queries_account_sent import count_sent, find_sent_on
from app.followup.rules_account import SHAPE, require_drawable, shorten
from app.followup.texts import texts_for
from app.followup.texts_account import account_texts_for
from app.invoices.buyers import address_of
from app.invoices.paper_writer import Writer
from app.invoices.snapshot import appearance_of, seller_of
from app.kernel.errors import RuleError
from app.kernel.languages import locale_at
from app.kernel.money import format_decimal
from app.ledger.rules import days_past_due
from app.outbox import services as outbox
from app.outbox.services import AttachmentRef, NewMessage

OWNER = "account_statement"
PAPERS = ("pdf", "xlsx")


class NoAddress(RuleError):
    """{name} has no billing e-mail. Add it to the customer first."""


class SentToday(RuleError):
    """This statement of account was sent today already. Press Send once more to send it again."""


def send_account_statement(
    customer_id: int, since: date, until: date, *, up_to: int | None = None, after: int | None = None, actor: str,
    now: datetime,
) -> AccountStatement:  # fmt: skip
    """Freezes the statement and queues a mail that waits for its papers; `after` is the one of today to send again.

    Raises WrongSpan, SpanTooLong, TooManyLines, NoAddress, SentToday, CustomerUnknown.
    """
    lock_customer(customer_id)
    customer = get_customer(customer_id)
    if not customer.billing_email:
        raise NoAddress(name=customer.name)
    earlier = find_sent_on(business_today(now), customer_id, since, until)
    if earlier is not None and earlier.id != after:
        raise SentToday
    statement = read_statement(customer_id, since, until, up_to=up_to)
    content = build_content(customer, statement)
    require_drawable(content)
    sent = AccountStatement(
        customer_id=customer_id, since=since, until=until, position=statement.position, content=content,
        created_at=now, created_by=actor,
    )  # fmt: skip
    session().add(sent)
    session().flush()
    for kind in PAPERS:
        request_document(owner_kind=OWNER, owner_id=sent.id, kind=kind, now=now)
    outbox.enqueue(_build_mail(customer, sent), now=now, actor=actor)
    record(
        "account_statement.sent", actor=actor, now=now, object_kind="customer", object_id=customer_id,
        customer_id=customer_id, since_on=since.isoformat(), until_on=until.isoformat(),
    )  # fmt: skip
    return sent


def build_content(customer: Customer, statement: Statement) -> dict[str, Any]:
    """Everything the statement says, as plain JSON with amounts in major units."""
    company = get_company()
    return {
        "shape": SHAPE,
        "since": statement.since.isoformat(),
        "until": statement.until.isoformat(),
        "position": statement.position,
        "language": texts_for(customer.language)[0],
        "seller": seller_of(company),
        "appearance": appearance_of(company),
        "buyer": {
            "number": customer.number,
            "name": customer.name,
            "address": address_of(billing_address(customer)),
        },
        "accounts": [_account(account, statement) for account in statement.accounts],
    }


def _account(account: Account, statement: Statement) -> dict[str, Any]:
    def money(minor: int) -> str:
        return format_decimal(minor, account.currency)

    balances = list(accumulate((line.amount for line in account.lines), initial=account.opening))[1:]
    names = statement.names
    times = Counter(item.document for item in account.open_items)
    return {
        "currency": account.currency,
        "opening": money(account.opening),
        "closing": money(account.closing),
        "lines": [
            {
                "on": line.on.isoformat(),
                "kind": line.kind.value,
                "is_reversal": line.is_reversal,
                "number": (number := names.get(line.reason, "")) or names.get(line.document or "", ""),
                "concerns": names.get(line.document or "", "") if number and line.document != line.reason else "",
                "remittance": shorten(statement.remittances.get(line.reason, "")),
                "amount": money(line.amount),
                "balance": money(balance),
            }
            for line, balance in zip(account.lines, balances, strict=True)
        ],
        "items": [
            {
                "number": names.get(item.document, item.document),
                "instalment": item.instalment,
                "is_part": item.instalment > 1 or times[item.document] > 1,
                "due_on": item.due_on.isoformat(),
                "days": days_past_due(item.due_on, statement.until),
                "open": money(item.open),
            }
            for item in account.open_items
        ],
        "unapplied": money(account.aging.unapplied),
        "aging": {name: money(amount) for name, amount in account.aging.buckets.items()},
    }


def _build_mail(customer: Customer, sent: AccountStatement) -> NewMessage:
    company, (language, words) = get_company(), texts_for(customer.language)
    texts, locale = account_texts_for(language), locale_at(words.locale, company.country)
    filled = {
        name: format_date(day, words.day, locale=locale).replace(" ", "\u00a0")
        for name, day in (("since", sent.since), ("until", sent.until))
    } | {"company": company.name, "name": customer.name}
    context = {
        "sender": company,
        "language": language,
        "accent": company.accent_colour,
        "texts": words,
        "subject": Template(texts.subject).substitute(filled),
        "greeting": Template(words.greeting).substitute(filled),
        "opening": Template(texts.mail_opening).substitute(filled),
        "closing": texts.mail_closing,
        "balances": [
            (texts.closing, Writer(language, account["currency"], company.country).money(account["closing"]))
            for account in sent.content["accounts"]
        ],
    }
    return NewMessage(
        kind="account_statement", object_kind="customer", object_id=customer.id,
        period=f"{sent.since.isoformat()}/{sent.until.isoformat()}", edition=count_sent(customer.id),
        recipient=customer.billing_email, recipient_name=customer.name, subject=str(context["subject"]),
        body_text=render_template("mail/account.txt", **context),
        body_html=render_template("mail/account.html", **context),
        language=language, attachments=[AttachmentRef(OWNER, sent.id, kind) for kind in PAPERS],
        customer_id=customer.id,
    )  # fmt: skip
