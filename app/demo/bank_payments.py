"""Knows what the demo's customers paid by bank yesterday: a camt.053 file for its own invoices, as any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape

from sqlalchemy import select

from app.company.queries import get_company
from app.customers.models import Customer
from app.db.base import session
from app.invoices.models import Invoice
from app.payments.bank_files import read
from app.payments.queries import list_open_instalments
from app.payments.queries_matched import list_new
from app.payments.rules import OpenInstalment
from app.payments.rules_cash import AsideCode
from app.payments.services_bank import import_file
from app.payments.services_cash import propose_lines, set_aside
from app.payments.services_certain import allocate_certain

OPENING = 2_184_460
FEE = 9_50
Line = tuple[int, str, str]  # minor units, who, what they wrote


def hand_in_payments(day: date, *, actor: str, now: datetime) -> None:
    """Some are certain, some a person decides, one is nobody's; the bank's fee is set aside already."""
    lines = _say(_list_payers(day))
    verdict = import_file(read("payments.xml", _write(get_company().iban, day, lines)), actor=actor, now=now)
    ids = list_new(verdict.file_id or 0)
    propose_lines(ids, now=now)
    propose_lines(allocate_certain(ids, now=now).refused, now=now)
    if ids:
        set_aside(ids[-1], reason_code=AsideCode.BANK_CHARGE, version=1, actor=actor, now=now)


def _list_payers(day: date) -> list[tuple[str, Sequence[OpenInstalment]]]:
    """Customers with something larger open that day, the newest first."""
    newest = select(Invoice.customer_id, Customer.name).join(Customer, Customer.id == Invoice.customer_id)
    owing = newest.where(Invoice.issued_on <= day, Invoice.currency == "EUR").order_by(Invoice.id.desc()).limit(60)
    found: list[tuple[str, Sequence[OpenInstalment]]] = []
    for customer_id, name in dict.fromkeys((row[0], row[1]) for row in session().execute(owing)):
        if len(found) == 6:
            break
        owed = [one for one in list_open_instalments(customer_id, "EUR") if one.open > 200_00 and one.issued_on <= day]
        if owed:
            found.append((name, owed))
    return found


def _say(payers: Sequence[tuple[str, Sequence[OpenInstalment]]]) -> list[Line]:
    """One pays all it owes at once, others one invoice: in full, less a fee, in part, without a number."""
    lines: list[Line] = []
    for place, (name, owed) in enumerate(payers):
        first = owed[0]
        numbers = " ".join(dict.fromkeys(one.number for one in owed))
        lines.append(
            (
                (first.open, name, f"Invoice {first.number}"),
                (first.open - FEE, name, f"{first.number} less charges"),
                (sum(one.open for one in owed), name, numbers),
                (first.open // 2, name, "part payment"),
                (first.open, name, "thank you"),
                (first.open, "", first.number.replace("-", " ")),
            )[place]
        )
    return [*lines, (312_00, "A. Stranger", "as agreed"), (-7_90, "", "Account fee")]


def _write(iban: str, day: date, lines: Sequence[Line]) -> bytes:
    """The lines as camt.053."""
    closing = OPENING + sum(amount for amount, *_ in lines)
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_money(amount)}<Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", OPENING), ("CLBD", closing))
    )
    entries = "".join(_entry(day, place, *line) for place, line in enumerate(lines, start=1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>DEMO</MsgId><CreDtTm>{day}T18:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>DEMO-{day}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{entries}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def _entry(day: date, place: int, amount: int, who: str, text: str) -> str:
    party = f"<RltdPties><Dbtr><Pty><Nm>{escape(who)}</Nm></Pty></Dbtr></RltdPties>" if who else ""
    return (
        f"<Ntry>{_money(amount)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>DEMO-{place}</AcctSvcrRef><NtryDtls><TxDtls>{party}"
        f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _money(minor: int) -> str:
    sign = "CRDT" if minor >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{abs(minor) // 100}.{abs(minor) % 100:02d}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
