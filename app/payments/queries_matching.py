"""Reads the book that matching asks: for some hundred lines at once, what they name and who may have paid them.

A few statements per batch, whatever its size: by number, by order, by account, by name, by amount; then everything
open of the customers these point to. The names of customers are read once and passed on, as an import has many batches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.company.models import NumberSeries
from app.customers.models import Customer
from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.queries import invoice_id_of
from app.kernel.payment_terms import parse_terms
from app.ledger import queries as ledger
from app.ledger.queries_amounts import list_open_of, list_rare
from app.orders.models import Order
from app.payments.models import Allocation, Payment, PaymentReversal
from app.payments.models_matching import LearnedAccount, RemittanceHabit
from app.payments.models_settling import Refund
from app.payments.queries_early import read_offers
from app.payments.queries_outflows import say_moved
from app.payments.rules import price_of_rest
from app.payments.rules_book import EarlierPayment, MatchLine, OpenBook, OpenItem, PayerAccount
from app.payments.rules_names import NameIndex
from app.payments.rules_remittance import Mentions, Series, read_remittance
from app.payments.rules_settling import RefundState

RETURNED_WITHIN = timedelta(days=430)  # a debit can come back for 13 months


@dataclass(slots=True)
class _Named:
    """What the texts of some lines name, taken together."""

    numbers: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)

    def add(self, mentions: Mentions) -> None:
        self.numbers.update(mentions.numbers, mentions.tokens, mentions.repaired)
        self.orders.update(mentions.orders, mentions.tokens)
        self.customers.update(mentions.customers)


def read_series() -> Series:
    """How our numbers are written, and were."""
    rows = session().execute(select(NumberSeries.code, NumberSeries.pattern, NumberSeries.former_patterns))
    patterns = {code: tuple(dict.fromkeys([pattern, *former])) for code, pattern, former in rows}
    return Series(patterns.get("invoice", ()), patterns.get("order", ()), patterns.get("customer", ()))


def read_names() -> NameIndex:
    """All customers by the words of their names; read once for many batches."""
    return NameIndex((row.id, row.name) for row in session().execute(select(Customer.id, Customer.name)))


def read_book(lines: Collection[MatchLine], names: NameIndex | None = None) -> OpenBook:
    """Everything `propose` may ask about these lines, as it stands now; posting looks again."""
    names = read_names() if names is None else names
    series, named = read_series(), _Named()
    for line in lines:
        text = f"{line.remittance}\n{line.end_to_end_id}"
        named.add(read_remittance(text, series, reference=line.reference, on=line.booked_on))
    invoices = _find_invoices(named)
    accounts = _list_accounts({line.party_account for line in lines if line.party_account})
    numbers = _list_customer_numbers(named.customers)
    customers = {row.customer_id for row in invoices} | {one.customer_id for one in accounts} | set(numbers.values())
    customers |= {hit.customer_id for line in lines if line.party_name for hit in names.find(line.party_name)}
    rare = list_rare({(line.amount, line.currency) for line in lines if line.amount > 0})
    items = _list_items(customers, rare)
    still_open = {item.number for item in items}
    debits = any(line.amount < 0 for line in lines)
    payments = _list_payments(customers, min(line.booked_on for line in lines)) if debits else []
    taken = {one.payment_id for line in lines for one in line.opposites if one.payment_id is not None}
    return OpenBook(
        series=series, items=items, known_amounts=rare, accounts=accounts, names=names, numbers=numbers,
        settled_numbers={row.number: row.customer_id for row in invoices if row.number not in still_open},
        money=list_free_money({item.customer_id for item in items}), habits=_list_habits(customers),
        payments=payments, gone=say_moved(taken | {one.payment_id for one in payments}) if debits else {},
    )  # fmt: skip


def _rows(values: Iterable[Any], build: Callable[[list[Any]], Select[*tuple[Any, ...]]]) -> Iterator[Row[Any]]:
    """The rows of a statement over many values, some hundred at a time."""
    for chunk in in_chunks(sorted(values)):
        yield from session().execute(build(chunk))


def _find_invoices(named: _Named) -> list[Row[Any]]:
    """The issued invoices these numbers and orders name, open or not."""
    columns: list[InstrumentedAttribute[Any]] = [Invoice.id, Invoice.number, Invoice.customer_id]
    issued = select(*columns).where(Invoice.kind == InvoiceKind.INVOICE, Invoice.state == InvoiceState.ISSUED)
    origins = Invoice.origin.in_(("own", "history"))  # the index on numbers begins with it
    found = list(_rows(named.numbers, lambda some: issued.where(origins, Invoice.number.in_(some))))
    orders = [
        row.id
        for row in _rows(named.orders, lambda some: select(Order.id).where(Order.number.in_(some)))
    ]  # fmt: skip
    found += _rows(named.orders, lambda some: issued.where(Invoice.po_number.in_(some)))
    return [*found, *_rows(orders, lambda some: issued.where(Invoice.order_id.in_(some)))]


def _list_accounts(accounts: set[str]) -> list[PayerAccount]:
    one = LearnedAccount
    columns = select(one.account, one.customer_id, one.confirmed, one.denied)
    return [PayerAccount._make(row) for row in _rows(accounts, lambda some: columns.where(one.account.in_(some)))]


def _list_customer_numbers(numbers: set[str]) -> dict[str, int]:
    columns = select(Customer.number, Customer.id)
    return {row.number: row.id for row in _rows(numbers, lambda some: columns.where(Customer.number.in_(some)))}


def _list_habits(customers: set[int]) -> dict[Any, int]:
    one = RemittanceHabit
    columns = select(one.customer_id, one.habit, one.times)
    rows = _rows(customers, lambda some: columns.where(one.customer_id.in_(some)))
    return {(row.customer_id, row.habit): row.times for row in rows}


def list_free_money(customers: Collection[int]) -> dict[tuple[int, str], int]:
    """(customer, currency) -> money on account that waits for no refund; minor units."""
    found = {key: -amount for key, amount in ledger.on_account_of(sorted(customers)).items()}
    if not found:
        return {}
    waiting = select(Payment.customer_id, Refund.currency, func.sum(Refund.amount)).join(
        Payment, Payment.id == Refund.payment_id
    )
    asked = waiting.where(Refund.state == RefundState.PROPOSED).group_by(Payment.customer_id, Refund.currency)
    for customer_id, currency, amount in session().execute(asked):
        if (customer_id, currency) in found:
            found[customer_id, currency] -= int(amount)
    return found


def _list_items(customers: set[int], amounts: set[tuple[int, str]]) -> list[OpenItem]:
    """What is open of these customers, whatever day it counts from, and whoever's is of such an amount."""
    owed = ledger.list_open_items_of(sorted(customers))
    owed += [item for item in list_open_of(amounts) if item.customer_id not in customers]
    by_invoice: defaultdict[int, list[ledger.OpenItem]] = defaultdict(list)
    for item in owed:
        if (invoice_id := invoice_id_of(item.document)) is not None and item.open > 0:
            by_invoice[invoice_id].append(item)
    return list(_describe(by_invoice))


def _describe(by_invoice: Mapping[int, Sequence[ledger.OpenItem]]) -> Iterator[OpenItem]:
    """Open items with the number, order and early discount of their invoices."""
    columns: list[Any] = [Invoice.id, Invoice.number, Invoice.issued_on, Invoice.payment_terms, Invoice.po_number]
    chosen = select(*columns, Order.number.label("order_number"))
    joined = chosen.outerjoin(Order, Order.id == Invoice.order_id)
    rows = list(_rows(by_invoice, lambda some: joined.where(Invoice.id.in_(some))))
    offers = read_offers([row.id for row in rows if _has_discount(row.payment_terms)])
    for row in rows:
        items = by_invoice[row.id]
        offer = offers.get(row.id) if len(items) == 1 else None  # the discount is for the whole, instalments have none
        payable, until = price_of_rest(offer, items[0].open) if offer else (None, None)
        for item in items:
            yield OpenItem(
                row.id, item.instalment, row.number, item.customer_id, item.currency, row.issued_on, item.due_on,
                item.open, payable, until, row.order_number or "", row.po_number,
            )  # fmt: skip


@lru_cache(maxsize=1000)
def _has_discount(terms: str) -> bool:
    return bool(terms) and parse_terms(terms).early_discount is not None


def _list_payments(customers: set[int], before: date) -> list[EarlierPayment]:
    """The payments of these customers that stand, with the numbers they were put on."""
    columns: list[Any] = [Payment.id, Payment.customer_id, Payment.currency, Payment.amount, Payment.received_on]
    standing = (
        select(*columns, Payment.remittance)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(PaymentReversal.payment_id.is_(None), Payment.received_on >= before - RETURNED_WITHIN)
    )
    rows = list(_rows(customers, lambda some: standing.where(Payment.customer_id.in_(some))))
    placed: defaultdict[int, list[str]] = defaultdict(list)
    numbers = select(Allocation.payment_id, Invoice.number).join(Invoice, Invoice.id == Allocation.invoice_id)
    for row in _rows((row.id for row in rows), lambda some: numbers.where(Allocation.payment_id.in_(some))):
        placed[row.payment_id].append(row.number)
    return [EarlierPayment._make([*row, tuple(dict.fromkeys(placed[row.id]))]) for row in rows]
