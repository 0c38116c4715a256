"""Reads the ledger as vouchers for a general ledger, and the exports that were made."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from app.company.queries import get_company
from app.customers.models import Customer
from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice, InvoiceTax
from app.invoices.queries import invoice_id_of
from app.invoices.queries_sold import read_credited, read_sold
from app.invoices.rules.sold import Sold
from app.kernel.errors import BadInput, NotFound
from app.kernel.money import write_money
from app.kernel.quantities import canonical
from app.ledger import queries as ledger
from app.ledger.models import EntryKind, LedgerEntry
from app.payments.models import Payment
from app.payments.models_bank import BankAccount, StatementEntry, StatementLine
from app.payments.models_journal import JournalAccount, JournalExport
from app.payments.queries_settling import read_codes
from app.payments.queries_worth import payments_of, read_worths
from app.payments.rules_cash import SOURCE as BY_LINE
from app.payments.rules_cash import line_of
from app.payments.rules_history import SOURCE
from app.payments.rules_journal import (
    HISTORY,
    Key,
    Posted,
    Sale,
    Tax,
    Voucher,
    book,
    book_exchange,
    group_entries,
    name_voucher,
    realise,
    require_accounts,
    require_explained,
    sum_sides,
)
from app.payments.rules_journal_file import write_extf, write_plain

MOST_ENTRIES = 200_000
PREVIEWED = 300
NEWEST_TAXES = 5_000
LAYOUTS = ("plain", "extf")


class ExportUnknown(NotFound):
    """There is no such export of the journal."""


class TooManyEntries(BadInput):
    """An export takes at most 200,000 entries. Choose fewer days."""


class WrongDays(BadInput):
    """The first day must not be after the last one. Choose other days."""


class NothingNew(BadInput):
    """Nothing was recorded in this range. There is nothing to export."""


@dataclass(frozen=True, slots=True)
class Range:
    """Entries that count from these days, or those after one position; both end at `up_to`."""

    up_to: int
    since: date | None = None
    until: date | None = None
    after: int | None = None


@dataclass(frozen=True)
class Prepared:
    """A file that is ready to be stored."""

    range: Range
    layout: str
    content: bytes
    entries: int
    vouchers: int
    totals: str


@dataclass(frozen=True, slots=True)
class _Document:
    id: int
    number: str
    prepaid: int  # so much less than its gross is due


def range_of_days(since: date, until: date) -> Range:
    """Raises WrongDays."""
    if since > until:
        raise WrongDays(field="since")
    return Range(ledger.last_position(), since=since, until=until)


def range_since_last() -> Range:
    """Everything recorded after the last export of this kind."""
    last = session().scalar(
        select(func.max(JournalExport.up_to_position)).where(JournalExport.after_position.is_not(None))
    )
    return Range(ledger.last_position(), after=last or 0)


def prepare(chosen: Range, layout: str, *, now: datetime) -> Prepared:
    """The file of a range. Raises NothingNew, TooManyEntries, Unexplained, AccountsMissing: nothing is written."""
    entries, vouchers = read_vouchers(chosen)
    if not entries:
        raise NothingNew
    accounts, tax_keys = read_accounts()
    require_explained(vouchers)
    require_accounts(vouchers, accounts)
    if layout == "extf":
        content = write_extf(vouchers, accounts, tax_keys, base=get_company().currency, at=now)
    else:
        content = write_plain(vouchers, accounts, tax_keys)
    totals = ", ".join(write_money(debits, currency) for currency, (debits, _) in sum_sides(vouchers).items())
    return Prepared(chosen, layout, content, entries, len(vouchers), totals)


def read_vouchers(chosen: Range) -> tuple[int, list[Voucher]]:
    """How many entries a range has, and what they are booked as, exchange differences after what realised them."""
    rows = session().execute(_select_entries(chosen)).all()
    if len(rows) > MOST_ENTRIES:
        raise TooManyEntries
    return len(rows), _vouchers_of(rows)


def preview(chosen: Range) -> tuple[list[Voucher], bool]:
    """The vouchers of the first entries of some days, and whether there are more; costs the same for any days."""
    rows = session().execute(select_preview(chosen)).all()
    is_cut = len(rows) > PREVIEWED
    vouchers = _vouchers_of(rows[:PREVIEWED])
    return vouchers[:-1] if is_cut else vouchers, is_cut  # the last one may have lost entries


def select_preview(chosen: Range) -> Select[*tuple[Any, ...]]:
    by_day = _select_entries(chosen).order_by(None).order_by(LedgerEntry.effective_on, LedgerEntry.position)
    return by_day.limit(PREVIEWED + 1)


def count_unrated(vouchers: Iterable[Voucher]) -> int:
    """How many are in another currency and lack a rate."""
    base = get_company().currency
    return sum(1 for one in vouchers if one.currency != base and one.rate is None)


def _vouchers_of(rows: Sequence[Any]) -> list[Voucher]:
    base = get_company().currency
    codes = read_codes(row[-1] or row[-2] for row in rows)
    banks = _read_banks(row[-1] or row[-2] for row in rows)
    brought = _list_brought(row[-2] for row in rows)
    posted = [_posted(row, codes, banks, brought) for row in rows]
    worths = read_worths(posted, base)
    entries = [entry._replace(worth=worths.get(entry.position)) for entry in posted]
    names = {name for entry in entries for name in (entry.document, entry.reason) if name}
    documents = _read_documents(names)
    sales = _read_sales(documents)
    numbers = _payment_numbers(names)
    vouchers: list[Voucher] = []
    for group in group_entries(entries):
        vouchers += _book(group, _number_of(group, documents, numbers), sales, base)
    return vouchers


def _number_of(group: Sequence[Posted], documents: Mapping[str, _Document], numbers: Mapping[str, str]) -> str:
    reason = group[0].reason
    named = documents.get(reason) or next(
        (documents[e.document] for e in group if e.document and e.document in documents), None
    )
    return (named.number if named else "") or numbers.get(reason, "") or reason


def _book(group: Sequence[Posted], number: str, sales: Mapping[str, Sale], base: str) -> Iterable[Voucher]:
    entries, difference = realise(group)
    first = entries[0]
    rate = next((entry.worth.rate.rate for entry in entries if entry.worth), None)
    if bookings := book(entries, sales):
        text = f"{name_voucher(entries)} {first.customer}"
        yield Voucher(first.position, first.on, first.currency, number, text, rate, bookings)
    if difference:
        text, gained = f"Exchange {first.customer}", book_exchange(difference)
        yield Voucher(first.position, first.on, base, number, text, None, gained)


def read_accounts() -> tuple[dict[Key, str], dict[Key, str]]:
    """The accounts, and the tax keys that go with them."""
    rows = session().scalars(select(JournalAccount)).all()
    accounts = {(row.kind, row.reason): row.account for row in rows if row.account}
    return accounts, {(row.kind, row.reason): row.tax_key for row in rows if row.tax_key}


def list_tax_keys() -> list[str]:
    """The tax rates of the newest documents, such as ``S 19``."""
    newest = select(InvoiceTax.category, InvoiceTax.rate).order_by(InvoiceTax.id.desc()).limit(NEWEST_TAXES).subquery()
    return sorted({_tax_key(row[0], row[1]) for row in session().execute(select(newest).distinct())})


def get_export(export_id: int) -> JournalExport:
    found = session().get(JournalExport, export_id)
    if found is None:
        raise ExportUnknown
    return found


def _select_entries(chosen: Range) -> Select[*tuple[Any, ...]]:
    entry, undone = LedgerEntry, aliased(LedgerEntry)
    statement = (
        select(
            entry.position, entry.effective_on, entry.kind, undone.kind, Customer.number, entry.currency,
            entry.document, entry.amount, func.coalesce(undone.position, entry.position), entry.reason, undone.reason,
        )
        .join(Customer, Customer.id == entry.customer_id)
        .outerjoin(undone, undone.position == entry.reverses)
        .where(entry.position <= chosen.up_to)
        .order_by(entry.position)
        .limit(MOST_ENTRIES + 1)
    )  # fmt: skip
    if chosen.after is not None:
        return statement.where(entry.position > chosen.after)
    return statement.where(entry.effective_on >= chosen.since, entry.effective_on <= chosen.until)


def _posted(row: Any, codes: Mapping[str, str], banks: Mapping[str, str], brought: Collection[str]) -> Posted:
    position, on, kind, undone, customer, currency, document, amount, first, reason, undone_reason = row
    kind = (undone or kind).value
    cause = HISTORY if reason in brought else banks.get(undone_reason or reason, "")
    if kind == EntryKind.WRITE_OFF.value:
        cause = _cause_of(undone_reason or reason, codes)
    return Posted(position, on, kind, customer, currency, document, amount, reason, first, cause)


def _read_banks(reasons: Iterable[str]) -> dict[str, str]:
    """ "payment:3" -> the bank account its line came from, where that is not the one on our documents."""
    names = {int(one.partition(":")[2]): one for one in reasons if one.startswith("payment:")}
    lines: dict[str, int] = {}
    for chunk in in_chunks(names):
        chosen = select(Payment.id, Payment.external_id).where(Payment.id.in_(chunk), Payment.source == BY_LINE)
        lines |= {names[row.id]: line for row in session().execute(chosen) if (line := line_of(row.external_id))}
    banks: dict[int, str] = {}
    for chunk in in_chunks(set(lines.values())):
        came = (
            select(StatementLine.id, BankAccount.number)
            .join(StatementEntry, StatementEntry.id == StatementLine.entry_id)
            .join(BankAccount, BankAccount.number == StatementEntry.account)
        )
        banks |= {row.id: row.number for row in session().execute(came.where(StatementLine.id.in_(chunk)))}
    return {name: banks[line] for name, line in lines.items() if line in banks}


def list_banks() -> list[BankAccount]:
    """Those that may have an account of the ledger of their own."""
    return list(session().scalars(select(BankAccount).order_by(BankAccount.name, BankAccount.id)))


def _list_brought(reasons: Iterable[str]) -> set[str]:
    """The receipts that came with the history import: the ledger of another system booked them."""
    names = {int(one.partition(":")[2]): one for one in reasons if one.startswith("payment:")}
    brought: set[str] = set()
    for chunk in in_chunks(names):
        ids = session().scalars(select(Payment.id).where(Payment.id.in_(chunk), Payment.source == SOURCE))
        brought.update(names[one] for one in ids)
    return brought


def _cause_of(reason: str, codes: Mapping[str, str]) -> str:
    """Why something was written off: a discount comes with the allocation that earned it."""
    prefix = reason.partition(":")[0]
    return "discount" if prefix == "allocation" else codes.get(reason, prefix)


def _read_documents(names: Collection[str]) -> dict[str, _Document]:
    ids = {found: name for name in names if (found := invoice_id_of(name)) is not None}
    documents = {}
    for chunk in in_chunks(ids):
        prepaid = Invoice.gross_total - Invoice.amount_due
        chosen = select(Invoice.id, Invoice.number, prepaid.label("prepaid")).where(Invoice.id.in_(chunk))
        for row in session().execute(chosen):
            documents[ids[row.id]] = _Document(row.id, row.number or "", row.prepaid)
    return documents


def _read_sales(documents: Mapping[str, _Document]) -> dict[str, Sale]:
    ids = [one.id for one in documents.values()]
    sold, credited = read_sold(ids), read_credited(ids)
    return {
        name: Sale(
            _taxes(sold[one.id]), one.prepaid, [(position, _taxes(rows)) for position, rows in credited.get(one.id, ())]
        )
        for name, one in documents.items()
        if one.id in sold
    }


def _taxes(rows: Iterable[Sold]) -> list[Tax]:
    return [Tax(_tax_key(row.category, row.rate), row.net, row.tax) for row in rows]


def _tax_key(category: str, rate: Decimal | None) -> str:
    return f"{category} {canonical(rate)}" if rate is not None else category


def _payment_numbers(causes: Collection[str]) -> dict[str, str]:
    """Cause -> the number of the payment it is about."""
    paid = payments_of(causes)
    numbers: dict[int, str] = {}
    for chunk in in_chunks(sorted(set(paid.values()))):
        rows = session().execute(select(Payment.id, Payment.number).where(Payment.id.in_(chunk)))
        numbers |= {row.id: row.number for row in rows}
    return {cause: numbers[payment_id] for cause, payment_id in paid.items() if payment_id in numbers}


def select_exports() -> Select[JournalExport]:
    return select(JournalExport)
