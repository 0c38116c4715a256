"""Writes small bank files in each format, as banks do, from a few lines of an account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from app.payments.statements.model import Format
from tests.bank_files import IBAN


@dataclass(frozen=True)
class Line:
    on: date
    amount: int  # cents, + came in
    text: str
    name: str = ""


def write(form: Format, lines: Sequence[Line], *, opening: int = 0, account: str = IBAN) -> bytes:
    """A file of one statement with these lines, in their order; `opening` where the format has balances."""
    return _WRITERS[form](lines, opening, account).encode()


def _camt(root: str, statement: str, has_balances: bool) -> Callable[[Sequence[Line], int, str], str]:
    def written(lines: Sequence[Line], opening: int, account: str) -> str:
        closing = opening + sum(line.amount for line in lines)
        balances = f"{_balance('OPBD', opening)}{_balance('CLBD', closing)}" if has_balances else ""
        body = "\n".join(map(_camt_entry, lines))
        return (
            f"<Document><{root}><{statement}><Id>1</Id><CreDtTm>2026-11-30T00:00:00</CreDtTm>"
            f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{body}</{statement}></{root}></Document>"
        )

    return written


def _balance(code: str, amount: int) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_camt_amount(amount)}"
        "<Dt><Dt>2026-11-30</Dt></Dt></Bal>\n"
    )


def _camt_amount(amount: int) -> str:
    return f'<Amt Ccy="EUR">{_major(abs(amount))}</Amt><CdtDbtInd>{"CRDT" if amount >= 0 else "DBIT"}</CdtDbtInd>'


def _camt_entry(line: Line) -> str:
    role = "Dbtr" if line.amount > 0 else "Cdtr"
    return (
        f"<Ntry>{_camt_amount(line.amount)}<Sts>BOOK</Sts><BookgDt><Dt>{line.on}</Dt></BookgDt><NtryDtls><TxDtls>"
        f"<RltdPties><{role}><Nm>{line.name}</Nm></{role}></RltdPties><RmtInf><Ustrd>{line.text}</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls></Ntry>"
    )


def camt_batch(form: Format, on: date, amount: int, details: Sequence[Line] = ()) -> bytes:
    """One booking of several payments, with or without saying which."""
    parts = "".join(
        f'<TxDtls><Refs><EndToEndId>{one.text}</EndToEndId></Refs><Amt Ccy="EUR">{_major(one.amount)}</Amt><RltdPties>'
        f"<Dbtr><Nm>{one.name}</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{one.text}</Ustrd></RmtInf></TxDtls>"
        for one in details
    )
    whole = _WRITERS[form]([Line(on, amount, "SEPA collection")], 0, IBAN)
    begin, end = whole.index("<NtryDtls>"), whole.index("</NtryDtls>")
    return f"{whole[:begin]}<NtryDtls>{parts}{whole[end:]}".encode()


def _mt940(lines: Sequence[Line], opening: int, account: str) -> str:
    written = [":20:S", f":25:{account}", ":28C:1/1", f":60F:{_mark(opening)}261101EUR{_comma(opening)}"]
    for line in lines:
        written.append(f":61:{line.on:%y%m%d%m%d}{_mark(line.amount)}{_comma(line.amount)}NTRFNONREF")
        written.append(f":86:166?20{line.text}?32{line.name}")
    closing = opening + sum(line.amount for line in lines)
    return "\r\n".join([*written, f":62F:{_mark(closing)}261130EUR{_comma(closing)}", "-", ""])


def _ofx(lines: Sequence[Line], _opening: int, account: str) -> str:
    """Without ids of the bank, which would make it too easy."""
    rows = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{line.on:%Y%m%d}<TRNAMT>{_major(line.amount)}<NAME>{line.name}"
        f"<MEMO>{line.text}</STMTTRN>\n"
        for line in lines
    )
    return (
        "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM>"
        f"<ACCTID>{account}</BANKACCTFROM><BANKTRANLIST>\n{rows}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


def _bai2(lines: Sequence[Line], opening: int, account: str) -> str:
    """One group a day of booking, as entries have no day of their own."""
    days = list(dict.fromkeys(line.on for line in lines))
    records = ["01,BANK,US,261130,0800,1,80,1,2/"]
    totals, at = [], opening
    for day in days:
        own = [line for line in lines if line.on == day]
        closing = at + sum(line.amount for line in own)
        group = [f"02,US,BANK,1,{day:%y%m%d},,EUR,/", f"03,{account},EUR,010,{at},,,015,{closing},,/"]
        group += [f"16,{'195' if o.amount > 0 else '495'},{abs(o.amount)},Z,,,{o.text} {o.name}" for o in own]
        total = at + closing + sum(abs(line.amount) for line in own)
        group += [f"49,{total},{len(group)}/", f"98,{total},1,{len(group) + 2}/"]
        totals.append(total)
        records += group
        at = closing
    return "\n".join([*records, f"99,{sum(totals)},{len(days)},{len(records) + 1}/", ""])


def _csv(lines: Sequence[Line], _opening: int, _account: str) -> str:
    """In a dialect that says neither account nor currency: it needs a profile."""
    rows = [f"{line.on:%d/%m/%Y},{line.name},{line.text},{_major(line.amount)}" for line in lines]
    return "\n".join(["Date,Who,What for,How much", *rows, ""])


def _mark(amount: int) -> str:
    return "C" if amount >= 0 else "D"


def _comma(amount: int) -> str:
    return _major(abs(amount)).replace(".", ",")


def _major(amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


_WRITERS = {
    Format.CAMT_053: _camt("BkToCstmrStmt", "Stmt", has_balances=True),
    Format.CAMT_054: _camt("BkToCstmrDbtCdtNtfctn", "Ntfctn", has_balances=False),
    Format.MT940: _mt940,
    Format.OFX: _ofx,
    Format.BAI2: _bai2,
    Format.CSV: _csv,
}
FORMATS = tuple(_WRITERS)
