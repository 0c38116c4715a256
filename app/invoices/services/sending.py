"""Queues the mail that carries an invoice; every resend is a message of its own."""

from datetime import datetime

from app.audit.services import record
from app.customers.models import Customer
from app.customers.queries import get_customer
from app.invoices import mails
from app.invoices.models import Invoice, InvoiceState
from app.invoices.queries import get_invoice, list_sent
from app.invoices.services.locks import lock_invoice
from app.kernel.errors import BadInput, RuleError
from app.orders.models import Order
from app.outbox.models import Message
from app.outbox.services import enqueue


class NotIssuedYet(RuleError):
    """This is a draft. Issue it first; then it is sent."""


class NoBillingEmail(RuleError):
    """{customer} has no billing e-mail. Add one to the customer, then send again."""


class NotTheirAddress(BadInput):
    """{to} is not an address of {customer}. Add a contact with it to the customer, then send again."""


class OfEarlierSystem(RuleError):
    """{number} comes from an earlier system and has no document here."""


def send_invoice(invoice_id: int, *, actor: str, now: datetime) -> Message:
    """Queues the first mail; the same call again returns it. Raises NotIssuedYet, NoBillingEmail, OfEarlierSystem."""
    invoice = get_invoice(invoice_id)
    return _queue(invoice, edition=1, actor=actor, now=now)


def resend_invoice(invoice_id: int, *, actor: str, now: datetime, to: str = "") -> Message:
    """Queues a new edition to the customer's address of today, or to a contact; earlier ones stay as they are.

    Raises NotTheirAddress beside what `send_invoice` raises.
    """
    invoice, order, customer = lock_invoice(invoice_id)
    editions = [message.edition for message in list_sent(invoice.id)]
    if to and to not in list_addresses(customer):
        raise NotTheirAddress(field="to", to=to, customer=customer.name)
    message = _queue(invoice, edition=max(editions, default=0) + 1, actor=actor, now=now, to=to)
    if editions:
        _note("resent", invoice, order, actor=actor, now=now, to=message.recipient, edition=message.edition)
    return message


def send_at_issue(invoice: Invoice, order: Order | None, *, actor: str, now: datetime) -> None:
    """Queues the mail, or notes why there is none: an invoice without an address is issued all the same."""
    try:
        _queue(invoice, edition=1, actor=actor, now=now)
    except NoBillingEmail as refusal:
        _note("not_mailed", invoice, order, actor=actor, now=now, reason=str(refusal))


def list_addresses(customer: Customer) -> list[str]:
    """Where its invoices may be sent, the usual address first; each once."""
    return list(dict.fromkeys(filter(None, [customer.billing_email, *(one.email for one in customer.contacts)])))


def _queue(invoice: Invoice, *, edition: int, actor: str, now: datetime, to: str = "") -> Message:
    if invoice.state is not InvoiceState.ISSUED:
        raise NotIssuedYet
    if invoice.origin != "own":
        raise OfEarlierSystem(number=invoice.number)
    customer = get_customer(invoice.customer_id)
    if not (to or customer.billing_email):
        raise NoBillingEmail(customer=customer.name)
    mail = mails.build_mail(invoice, customer, edition=edition, to=to or customer.billing_email)
    return enqueue(mail, now=now, actor=actor)


def _note(what: str, invoice: Invoice, order: Order | None, *, actor: str, now: datetime, **detail: object) -> None:
    record(
        f"invoice.{what}", actor=actor, now=now, object_kind="invoice", object_id=invoice.id,
        deal_id=order.deal_id if order else None, order_id=invoice.order_id, customer_id=invoice.customer_id,
        invoice_id=invoice.id, **detail,
    )  # fmt: skip
