"""Stores an invented book of open invoices as the product keeps it, and writes its lines as one camt.053 file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from app.customers.models import Customer
from app.db.bulk import insert_rows
from app.db.unit_of_work import unit_of_work
from app.deals.models import Deal, DealState
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.queries import document_name
from app.kernel.texts import identity_key
from app.ledger.models import EntryKind
from app.ledger.services import NewEntry, ensure_snapshots, post_many
from app.orders.models import Order, OrderState
from app.payments.models import Allocation, Payment
from app.payments.models_bank import BankAccount
from app.payments.models_matching import LearnedAccount, RemittanceHabit
from app.payments.rules_book import EarlierPayment, MatchLine, OpenItem
from bench.remittances import TODAY, Truth, World

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACTOR = "system:bench"
ACCOUNTS = {"EUR": "DE89370400440532013000", "CHF": "CH9300762011623852957", "USD": "DE02120300000000202051"}
SETTLED_ON = date(2026, 1, 5)
AT_ONCE = 5_000

Rows = list[dict[str, Any]]
Lines = list[tuple[MatchLine, Truth]]


def store_world(world: World, beside: int) -> None:
    """Writes customers, orders, invoices, payments and what matching learned; `beside` open invoices of others."""
    invoices, totals = _list_invoices(world), Counter[int]()
    for item in world.items:
        totals[item.invoice_id] += item.open
    with unit_of_work():
        _insert(Customer, [_customer(one.id, one.number, one.name) for one in world.parties])
        _insert(Deal, [_deal(item) for item in invoices])
        _insert(Order, [_order(item) for item in invoices])
        _insert(Invoice, [_invoice(item, totals[item.invoice_id]) for item in invoices])
        _store_settled(world, max(item.invoice_id for item in invoices))
        _store_learned(world)
        _insert(BankAccount, [_account(number, currency) for currency, number in ACCOUNTS.items()])
    _post(_instalment(item) for item in world.items)
    if beside:
        _store_others(world, beside)
    with unit_of_work():
        ensure_snapshots(date(2026, 10, 31), NOW)


def _list_invoices(world: World) -> list[OpenItem]:
    """One item for each invoice: the first instalment."""
    return list({item.invoice_id: item for item in reversed(world.items)}.values())


def _insert(model: type[Any], rows: Rows) -> None:
    for start in range(0, len(rows), AT_ONCE):
        insert_rows(model, rows[start : start + AT_ONCE])


def _post(entries: Iterator[NewEntry]) -> None:
    waiting = list(entries)
    for start in range(0, len(waiting), AT_ONCE):
        with unit_of_work():
            post_many(waiting[start : start + AT_ONCE], actor=ACTOR, now=NOW)


def _customer(customer_id: int, number: str, name: str) -> dict[str, Any]:
    return {
        "id": customer_id, "number": number, "name": name, "name_key": identity_key(name),
        "search_key": name.lower(), "country": "DE", "created_at": NOW,
    }  # fmt: skip


def _deal(item: OpenItem) -> dict[str, Any]:
    return {
        "id": item.invoice_id, "source": "bench", "external_id": str(item.invoice_id), "fingerprint": "",
        "closed_on": item.issued_on, "customer_id": item.customer_id, "currency": item.currency,
        "payment_terms": "30 days", "net_total": item.open, "content": {}, "state": DealState.ACCEPTED,
        "received_at": NOW, "decided_at": NOW, "decided_by": ACTOR,
    }  # fmt: skip


def _order(item: OpenItem) -> dict[str, Any]:
    return {
        "id": item.invoice_id, "number": item.order_number, "deal_id": item.invoice_id,
        "customer_id": item.customer_id, "order_type": "standard", "currency": item.currency,
        "payment_terms": "30 days", "ordered_on": item.issued_on, "due_on": item.due_on, "net_total": item.open,
        "gross_total": item.open, "opened_at": NOW, "state": OrderState.FULFILLED,
    }  # fmt: skip


def _invoice(item: OpenItem, amount: int) -> dict[str, Any]:
    return _document(item.invoice_id, item.number, item.customer_id, item.currency, item.issued_on, amount) | {
        "order_id": item.invoice_id, "po_number": item.po_number, "due_on": item.due_on,
        "payment_terms": "2% 10, net 30" if item.payable is not None else "30 days",
        "snapshot": _promise(item) if item.payable is not None else None,
    }  # fmt: skip


def _document(
    invoice_id: int, number: str, customer_id: int, currency: str, issued_on: date, amount: int
) -> dict[str, Any]:
    return {
        "id": invoice_id, "kind": InvoiceKind.INVOICE, "state": InvoiceState.ISSUED, "number": number,
        "customer_id": customer_id, "currency": currency, "issued_on": issued_on, "issued_at": NOW,
        "due_on": issued_on + timedelta(days=30), "gross_total": amount, "amount_due": amount, "created_at": NOW,
        "created_by": ACTOR, "order_id": None, "po_number": "", "payment_terms": "30 days", "snapshot": None,
    }  # fmt: skip


def _promise(item: OpenItem) -> dict[str, Any]:
    payable, until = item.payable or 0, item.payable_until or TODAY
    early = {
        "payable": _decimal(payable), "until": until.isoformat(), "discount_net": _decimal(item.open - payable),
        "discount_tax": "0.00",
    }  # fmt: skip
    return {"currency": item.currency, "early_discount": early}


def _instalment(item: OpenItem) -> NewEntry:
    return NewEntry(
        kind=EntryKind.INSTALMENT, effective_on=item.issued_on, customer_id=item.customer_id, currency=item.currency,
        amount=item.open, reason=document_name(item.invoice_id), document=document_name(item.invoice_id),
        instalment=item.instalment, due_on=item.due_on,
    )  # fmt: skip


def _store_settled(world: World, last_id: int) -> None:
    """Settled invoices; of those whose payment may come back, the payment too, with the ids the engine counts."""
    currencies = {party.id: party.currency for party in world.parties}
    paid = {one.numbers[0]: one for one in world.payments}
    documents, entries = [], []
    for invoice_id, (number, customer_id) in enumerate(world.settled.items(), last_id + 1):
        payment = paid.get(number)
        amount = payment.amount if payment else 100_00
        documents.append(
            _document(invoice_id, number, customer_id, currencies[customer_id], SETTLED_ON, amount)
        )  # fmt: skip
        if payment:
            entries.append((payment, invoice_id))
    _insert(Invoice, documents)
    _insert(Payment, [_payment(one) for one, _ in entries])
    _insert(Allocation, [_allocation(one, invoice_id) for one, invoice_id in entries])
    for start in range(0, len(entries), AT_ONCE):
        some = entries[start : start + AT_ONCE]
        post_many([each for pair in some for each in _settlement(*pair)], actor=ACTOR, now=NOW)


def _payment(one: EarlierPayment) -> dict[str, Any]:
    return {
        "number": f"P-{one.payment_id}", "customer_id": one.customer_id,
        "received_on": one.received_on, "currency": one.currency, "amount": one.amount, "remittance": one.remittance,
        "recorded_at": NOW, "recorded_by": ACTOR,
    }  # fmt: skip


def _allocation(one: EarlierPayment, invoice_id: int) -> dict[str, Any]:
    return {
        "payment_id": one.payment_id, "invoice_id": invoice_id, "instalment": 1,
        "amount": one.amount, "effective_on": one.received_on, "recorded_at": NOW, "recorded_by": ACTOR,
    }  # fmt: skip


def _settlement(one: EarlierPayment, invoice_id: int) -> list[NewEntry]:
    name = document_name(invoice_id)
    about: dict[str, Any] = {"customer_id": one.customer_id, "currency": one.currency}
    on_item = about | {"document": name, "instalment": 1}
    paid = about | {"effective_on": one.received_on}
    return [
        NewEntry(
            kind=EntryKind.INSTALMENT, amount=one.amount, effective_on=SETTLED_ON, due_on=one.received_on,
            reason=name, **on_item,
        ),
        NewEntry(kind=EntryKind.RECEIPT, amount=-one.amount, reason=f"payment:{one.payment_id}", **paid),
        NewEntry(
            kind=EntryKind.SETTLEMENT, amount=-one.amount, reason=f"allocation:{one.payment_id}", **(paid | on_item)
        ),
        NewEntry(kind=EntryKind.APPLICATION, amount=one.amount, reason=f"allocation:{one.payment_id}", **paid),
    ]  # fmt: skip


def _store_learned(world: World) -> None:
    learned = {(one.account, one.customer_id): one for one in world.accounts}.values()
    _insert(LearnedAccount, [one._asdict() | {"last_used_on": TODAY} for one in learned])
    habits = [
        {"customer_id": customer_id, "habit": habit, "times": times, "last_used_on": TODAY}
        for (customer_id, habit), times in world.habits.items()
    ]
    _insert(RemittanceHabit, habits)


def _account(number: str, currency: str) -> dict[str, Any]:
    return {"number": number, "name": currency, "currency": currency, "added_at": NOW, "added_by": ACTOR}


def _store_others(world: World, count: int) -> None:
    """Open invoices of customers whom no line names, so that the book is wider than what the file asks about."""
    first_party = len(world.parties) + 1
    parties = range(first_party, first_party + max(1, count // 20))
    first = len(world.settled) + max(item.invoice_id for item in world.items) + 1
    items = [
        OpenItem(
            first + at, 1, f"OLD-{at:07d}", parties[at % len(parties)], "EUR", SETTLED_ON,
            SETTLED_ON + timedelta(days=30), 30_000_00 + at,
        )
        for at in range(count)
    ]  # fmt: skip
    with unit_of_work():
        _insert(Customer, [_customer(one, f"X-{one:06d}", f"Qqq{one:06d} Zzz") for one in parties])
        _insert(
            Invoice,
            [_document(one.invoice_id, one.number, one.customer_id, "EUR", one.issued_on, one.open) for one in items],
        )
    _post(_instalment(item) for item in items)


# --- the file -------------------------------------------------------------------------------------------------------


def sort_lines(world: World) -> dict[str, Lines]:
    """Currency -> its lines, in the order of the file: one statement each."""
    found: defaultdict[str, Lines] = defaultdict(list)
    for line, truth in world.lines:
        found[line.currency].append((line, truth))
    return dict(sorted(found.items()))


def write_camt(lines: Mapping[str, Lines]) -> bytes:
    statements = "".join(_statement(currency, some) for currency, some in lines.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>BENCH</MsgId></GrpHdr>{statements}</BkToCstmrStmt></Document>\n"
    ).encode()


def _statement(currency: str, lines: Lines) -> str:
    entries = "".join(_entry(at, line) for at, (line, _) in enumerate(lines, 1))
    closing = sum(line.amount for line, _ in lines)
    return (
        f"<Stmt><Id>{currency}</Id><Acct><Id><IBAN>{ACCOUNTS[currency]}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
        f"{_balance('OPBD', 0, currency)}{_balance('CLBD', closing, currency)}{entries}</Stmt>\n"
    )


def _balance(code: str, amount: int, currency: str) -> str:
    said = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(amount, currency)}"
    return f"<Bal>{said}<Dt><Dt>{TODAY}</Dt></Dt></Bal>"


def _amount(amount: int, currency: str) -> str:
    side = "DBIT" if amount < 0 else "CRDT"
    return f'<Amt Ccy="{currency}">{_decimal(abs(amount))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(at: int, line: MatchLine) -> str:
    role = "Cdtr" if line.amount < 0 and not line.return_reason else "Dbtr"
    name = f"<{role}><Nm>{escape(line.party_name)}</Nm></{role}>" if line.party_name else ""
    if line.party_account:
        name += f"<{role}Acct><Id><Othr><Id>{line.party_account}</Id></Othr></Id></{role}Acct>"
    texts = "".join(f"<Ustrd>{escape(text)}</Ustrd>" for text in line.remittance.split("\n"))
    back = f"<RtrInf><Rsn><Cd>{line.return_reason}</Cd></Rsn></RtrInf>" if line.return_reason else ""
    return (
        f"<Ntry>{_amount(line.amount, line.currency)}<Sts>BOOK</Sts><BookgDt><Dt>{line.booked_on}</Dt></BookgDt>"
        f"<AcctSvcrRef>{line.currency}{at:08d}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties>{name}</RltdPties>"
        f"<RmtInf>{texts}</RmtInf>{back}</TxDtls></NtryDtls></Ntry>\n"
    )


def _decimal(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"
