"""Reads a customer's account between two days, as known up to a position: opening, movements, closing, what is open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.followup.rules_account import Change, Line, check_span, list_lines
from app.invoices.queries import invoice_id_of
from app.kernel.errors import RuleError
from app.ledger import queries as ledger
from app.ledger.models import EntryKind, LedgerEntry
from app.ledger.queries import Balances, OpenItem
from app.ledger.rules import Aging, days_past_due
from app.payments.queries import numbers_of, payment_numbers_of, remittances_of
from app.payments.queries_corrected import list_corrections
from app.payments.queries_outflows import name_outflows
from app.payments.queries_settling import read_codes


class DoesNotAddUp(RuleError):
    """The account in {currency} does not add up. Tell whoever runs Tillpaid to verify the books."""


@dataclass(frozen=True)
class Account:
    """One currency of a statement; minor units. Opening and lines come to the closing, or it would not be here."""

    currency: str
    opening: int
    lines: list[Line]
    closing: int
    open_items: list[OpenItem]
    aging: Aging


@dataclass(frozen=True)
class Statement:
    """All currencies of a customer, how the ledger's names are called by people, and what payers wrote."""

    since: date
    until: date
    position: int
    accounts: list[Account]
    names: dict[str, str]
    remittances: dict[str, str]


def read_statement(customer_id: int, since: date, until: date, *, up_to: int | None = None) -> Statement:
    """The same days up to the same position read the same for ever. Raises WrongSpan, SpanTooLong, DoesNotAddUp."""
    check_span(since, until)
    position = ledger.last_position() if up_to is None else up_to
    before = ledger.read_balances(since - timedelta(days=1), up_to=position, customer_id=customer_id)
    after = ledger.read_balances(until, up_to=position, customer_id=customer_id)
    changes = _list_changes(customer_id, since, until, position)
    currencies = sorted({*_sums(before), *_sums(after), *(change.currency for change in changes)})
    corrections = list_corrections(customer_id)
    accounts = [_account(currency, before, after, changes, until, corrections) for currency in currencies]
    return Statement(since, until, position, accounts, _names(accounts), _remittances(accounts))


def _account(
    currency: str, before: Balances, after: Balances, changes: Sequence[Change], until: date,
    corrections: Sequence[tuple[str, str]],
) -> Account:  # fmt: skip
    opening, closing = (_sums(balances).get(currency, 0) for balances in (before, after))
    lines = list_lines((change for change in changes if change.currency == currency), corrections)
    if opening + sum(line.amount for line in lines) != closing:
        raise DoesNotAddUp(currency=currency)
    items = [item for item in after.open_items if item.currency == currency]
    aging = Aging()
    for item in items:
        aging.add_open(days_past_due(item.due_on, until), item.open)
    for account in after.on_account:
        if account.currency == currency:
            aging.add_on_account(account.amount)
    items.sort(key=lambda item: (item.due_on, item.document, item.instalment))
    return Account(currency, opening, lines, closing, items, aging)


def _sums(balances: Balances) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in balances.open_items:
        found[item.currency] = found.get(item.currency, 0) + item.open
    for account in balances.on_account:
        found[account.currency] = found.get(account.currency, 0) + account.amount
    return found


def _list_changes(customer_id: int, since: date, until: date, position: int) -> list[Change]:
    entry, undone = LedgerEntry, aliased(LedgerEntry)
    columns = (
        entry.position, entry.effective_on, entry.kind, undone.kind, entry.currency, entry.document, entry.amount,
        entry.reason, entry.reverses, undone.reason,
    )  # fmt: skip
    chosen = (
        select(*columns)
        .outerjoin(undone, undone.position == entry.reverses)
        .where(entry.customer_id == customer_id, entry.effective_on >= since, entry.effective_on <= until)
        .where(entry.position <= position)
    )
    rows = session().execute(chosen).all()
    codes = read_codes(first or reason for *_, reason, _back, first in rows)
    return [
        Change(
            at, on, (of or kind).value, kind is EntryKind.REVERSAL, currency, document, amount, reason, back,
            codes.get(first or reason, ""),
        )
        for at, on, kind, of, currency, document, amount, reason, back, first in rows
    ]  # fmt: skip


def _names(accounts: Iterable[Account]) -> dict[str, str]:
    """ "invoice:12" -> its number, "payment:3" and its reversal -> that of the payment."""
    wanted = {name for account in accounts for line in account.lines for name in (line.reason, line.document) if name}
    wanted |= {item.document for account in accounts for item in account.open_items}
    invoices = {name: found for name in wanted if (found := invoice_id_of(name)) is not None}
    payments = _payments_in(wanted)
    numbers, paid = numbers_of(invoices.values()), payment_numbers_of(sorted(set(payments.values())))
    called = {name: numbers.get(invoice_id, "") for name, invoice_id in invoices.items()}
    called |= {name: paid.get(payment_id, "") for name, payment_id in payments.items()}
    return called | name_outflows(wanted)


def _remittances(accounts: Iterable[Account]) -> dict[str, str]:
    """ "payment:3" and its reversal -> what the payer wrote: the payer never saw our number."""
    payments = _payments_in({line.reason for account in accounts for line in account.lines})
    written = remittances_of(sorted(set(payments.values())))
    return {name: written[payment_id] for name, payment_id in payments.items() if payment_id in written}


def _payments_in(names: Iterable[str]) -> dict[str, int]:
    return {name: int(name.rpartition(":")[2]) for name in names if name.startswith("payment")}
