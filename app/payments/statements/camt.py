"""Knows ISO 20022 cash reports: camt.052, 053 and 054 of every version, with or without a namespace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from app.payments.statements.model import Balance, BankFile, Detail, Entry, Format, Statement, Unreadable
from app.payments.statements.reading import (
    account_of,
    day_of,
    find_missing,
    read_amount,
    require_room,
    tidy,
    value_day_of,
)
from app.payments.statements.xml_stream import Node, stream

_MESSAGES = {
    "BkToCstmrAcctRpt": Format.CAMT_052,
    "BkToCstmrStmt": Format.CAMT_053,
    "BkToCstmrDbtCdtNtfctn": Format.CAMT_054,
}
_STATEMENTS = ("Stmt", "Rpt", "Ntfctn")
# Parts that nothing is read from: addresses and banks
_DULL = frozenset(("PstlAdr", "RltdAgts", "FinInstnId", "OrgId", "PrvtId", "GrpHdr", "Svcr"))
_DAY = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T[0-9]{2}(?::[0-9]{2}){1,2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_SIGNS = {"CRDT": 1, "DBIT": -1}
CHARGE = "Bank charge"


def read_camt(content: bytes) -> BankFile:
    """Raises Unreadable."""
    reader = _Camt()
    stream(content, reader.take)
    if reader.format is None:
        raise Unreadable(reason="The XML is no camt.052, camt.053 or camt.054 message.", line=1)
    return BankFile(format=reader.format, statements=tuple(reader.statements))


@dataclass(slots=True)
class _Part:
    """What a `TxDtls` says; its amount is None where none is in the entry's currency."""

    detail: Detail
    amount: int | None
    charges: _Charges
    bank_reference: str
    came_back: bool

    @property
    def words(self) -> str:
        one = self.detail
        return " ".join(
            filter(None, (one.reference, one.remittance, one.end_to_end_id, one.mandate_id, *one.known_party))
        )


@dataclass(frozen=True, slots=True)
class _Charges:
    """What the bank took: as it is stated, and what of it is in the amount, below 0 where it was taken from us."""

    stated: int
    included: int

    def __add__(self, other: _Charges) -> _Charges:
        return _Charges(self.stated + other.stated, self.included + other.included)


_NONE = _Charges(0, 0)


@dataclass(slots=True)
class _Camt:
    """Elements become our objects as they end, so that a file is never held whole."""

    format: Format | None = None
    statements: list[Statement] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)
    counted: int = 0

    def take(self, node: Node, around: list[Node]) -> bool:
        parent = around[-1].name if around else ""
        if node.name == "TxDtls":
            self.count(node)
            self.parts += _parts(node, around)
        elif node.name == "Ntry" and parent in _STATEMENTS:
            self.count(node)
            self.entries.append(_entry(node, around[-1], self.parts))
            self.parts = []
        elif node.name in _STATEMENTS and parent in _MESSAGES:
            self.format = _MESSAGES[parent]
            self.statements.append(_statement(node, self.entries))
            self.entries, self.parts = [], []
        else:
            return parent in _DULL
        return True

    def count(self, node: Node) -> None:
        """Entries and their details are counted together."""
        self.counted += 1
        require_room(self.counted // 2, node.line)


def _parts(node: Node, around: list[Node]) -> list[_Part]:
    """What a `TxDtls` says, read as it ends: its entry has said its amount and its sign before."""
    entry = next((each for each in reversed(around) if each.name == "Ntry"), None)
    statement = next((each for each in around if each.name in _STATEMENTS), None)
    return [_part(node, entry, statement)] if entry is not None and statement is not None else []


def _statement(node: Node, entries: list[Entry]) -> Statement:
    opening, closing = _ends(node)
    first = entries[0].currency if entries else ""
    return Statement(
        line=node.line,
        account=_account(node, "Acct"),
        currency=_account_currency(node) or (opening.currency if opening else first),
        reference=tidy(node.text_at("Id", "ElctrncSeqNb"))[:100],
        opening=opening,
        closing=closing,
        entries=tuple(entries),
        fault=find_missing(("OPBD", opening), ("CLBD", closing), node.line) if node.name == "Stmt" else None,
    )


def _ends(node: Node) -> tuple[Balance | None, Balance | None]:
    """What it begins and ends with. A page of a longer statement (camt.053) begins or ends with an interim balance."""
    balances: dict[str, list[Balance]] = {"OPBD": [], "PRCD": [], "CLBD": [], "ITBD": []}
    for each in node.find_all("Bal"):
        code = each.text_at("Tp/CdOrPrtry/Cd", "Tp/Cd")
        if code in balances and (code != "ITBD" or node.name == "Stmt"):
            balances[code].append(_balance(each, _account_currency(node)))
    interim = balances["ITBD"]
    opening = next(iter(balances["OPBD"] or balances["PRCD"]), None)
    closing = next(iter(balances["CLBD"]), None)
    if opening is None and interim and (closing or len(interim) > 1):
        opening = interim[0]
    if closing is None and interim:
        closing = interim[-1]
    return opening, closing


def _balance(node: Node, currency: str) -> Balance:
    amount, currency = _amount(node, "Amt", currency)
    return Balance(amount=_sign(node) * amount, currency=currency, on=_day(node, "Dt"))


def _entry(node: Node, statement: Node, parts: list[_Part]) -> Entry:
    amount, currency = _amount(node, "Amt", _account_currency(statement))
    amount *= _sign(node)
    booked_on = _day(node, "BookgDt") or _day(node, "ValDt") or _day(statement, "CreDtTm")
    if booked_on is None:
        raise Unreadable(reason="An entry has no date.", line=node.line)
    value_on, remark = _value_day(node)
    text = tidy(node.text_at("AddtlNtryInf"))
    own = next((part.bank_reference for part in parts if part.bank_reference), "") if len(parts) == 1 else ""
    return Entry(
        line=node.line,
        booked_on=booked_on,
        value_on=value_on,
        amount=amount,
        currency=currency,
        details=_share(amount, parts, _charges(node, currency)) or (Detail(amount=amount, remittance=text),),
        bank_reference=account_of(node.text_at("AcctSvcrRef")) or own,
        code=_code(node),
        text=text,
        is_reversal=_is_reversal(node),
        is_pending=(node.text_at("Sts/Cd", "Sts") or "BOOK") != "BOOK",
        remark=remark,
    )


def _share(amount: int, parts: list[_Part], charges: _Charges) -> tuple[Detail, ...]:
    """The details with their amounts and charges, if these make the entry; else one detail that says what all say."""
    if len(parts) == 1:
        parts, charges = [replace(parts[0], charges=parts[0].charges + charges)], _NONE
    stated = [part.amount for part in parts if part.amount is not None]
    kept = sum((part.charges for part in parts), charges)
    left = amount - sum(stated)
    are_near = len(stated) == len(parts) and abs(left) in (0, kept.stated)
    if len(stated) == len(parts) and left in (0, kept.included) and (are_near or len(parts) == 1):
        return tuple(_list_told(parts, charges) if left else (_told(part, part.amount or 0) for part in parts))
    if len(parts) <= 1:
        return tuple(_told(part, amount) for part in parts)
    # By all its words a booking is known again that was once taken apart although its charges say otherwise
    texts = [part.words if are_near else f"{part.detail.reference} {part.detail.remittance}" for part in parts]
    return (Detail(amount=amount, remittance=tidy(" ".join(texts))),)


def _list_told(parts: list[_Part], charges: _Charges) -> Iterator[Detail]:
    """Each with what the bank took for it after all; what it took for a payment that came back went out with it."""
    taken = []
    for part in parts:
        stated, charged = part.amount or 0, part.charges.included
        is_one = part.came_back and stated < 0 and charged < 0
        yield _told(part, stated + charged if is_one else stated)
        if charged and not is_one:
            taken.append((charged, part.detail.party_name))
    if charges.included:
        taken.append((charges.included, ""))
    for charged, name in taken:
        yield Detail(amount=charged, remittance=f"{CHARGE}: {name}" if name else CHARGE, is_charge=True)


def _told(part: _Part, amount: int) -> Detail:
    return replace(part.detail, amount=amount)


def _is_reversal(entry: Node) -> bool:
    return entry.text_at("RvslInd").lower() in ("true", "1")


def _part(node: Node, entry: Node, statement: Node) -> _Part:
    currency = _amount(entry, "Amt", _account_currency(statement))[1]
    reason = tidy(node.text_at("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/RtrRsn/Cd"))[:35]
    came_in = (_SIGNS.get(node.text_at("CdtDbtInd")) or _sign(entry)) > 0
    came_back = _is_reversal(entry) or bool(reason)
    was_paid_to_us = came_in != came_back  # the roles stay those of the first payment
    ours = _account(statement, "Acct")
    name, account = _party(node, came_in=was_paid_to_us, ours=ours)
    is_turned = came_back and not name and not account
    if is_turned:
        name, account = _turned_party(node, was_paid_to_us=was_paid_to_us, ours=ours)
    amount = _own_amount(node, currency)
    end_to_end = tidy(node.text_at("Refs/EndToEndId"))[:100]
    detail = Detail(
        amount=0,
        remittance=tidy(" ".join(_remittance(node))) or tidy(node.text_at("AddtlTxInf")),
        reference=account_of(node.text_at("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef")),
        end_to_end_id="" if end_to_end == "NOTPROVIDED" else end_to_end,
        mandate_id=tidy(node.text_at("Refs/MndtId"))[:100],
        party_name=name,
        party_account=account,
        return_reason=reason,
        is_turned=is_turned and bool(account),
    )
    signed = None if amount is None else amount if came_in else -amount
    return _Part(detail, signed, _charges(node, currency), account_of(node.text_at("Refs/AcctSvcrRef")), came_back)


def _own_amount(node: Node, currency: str) -> int | None:
    """What was paid, before the bank's charges, in the currency of the account."""
    for path in ("AmtDtls/TxAmt/Amt", "Amt", "AmtDtls/InstdAmt/Amt", "AmtDtls/CntrValAmt/Amt"):
        found = node.find(path)
        if found is not None and found.currency in (currency, ""):
            return read_amount(found.text, currency, found.line)
    return None


def _charges(node: Node, currency: str) -> _Charges:
    """What the bank kept; a total stands for its records. What was told beforehand only is in no amount."""
    total = node.find("Chrgs/TtlChrgsAndTaxAmt")
    records = [*node.find_all("Chrgs/Rcrd"), *node.find_all("Chrgs")]  # of older versions a record is no element
    found = [(one, amount) for one in records if (amount := one.find("Amt")) and amount.currency in (currency, "")]
    amounts = [read_amount(amount.text, currency, amount.line) for _, amount in found]
    signs = [_charge_sign(one) for one, _ in found]
    included = sum(sign * amount for sign, amount in zip(signs, amounts, strict=True))
    if total is None or total.currency not in (currency, ""):
        return _Charges(0 if total else sum(amounts), 0 if total else included)
    whole = read_amount(total.text, currency, total.line)
    return _Charges(whole, included if 0 in signs else whole if included > 0 else -whole)


def _charge_sign(record: Node) -> int:
    """Which way it moves the amount: a charge is taken from us unless it says otherwise."""
    if record.text_at("ChrgInclInd").lower() in ("false", "0"):
        return 0
    return _SIGNS.get(record.text_at("CdtDbtInd"), -1)


def _remittance(node: Node) -> Iterator[str]:
    for path in ("RmtInf/Ustrd", "RmtInf/Strd/RfrdDocInf/Nb", "RmtInf/Strd/AddtlRmtInf"):
        yield from (each.text for each in node.find_all(path) if each.text)


def _party(node: Node, *, came_in: bool, ours: str) -> tuple[str, str]:
    """Who stands on the other side: who owed what came in, whom we owed what went out; never ourselves."""
    for role in ("Dbtr", "Cdtr") if came_in else ("Cdtr", "Dbtr"):
        name, account = _role(node, role)
        if not ours or account != ours:
            return name, account
    return "", ""


def _turned_party(node: Node, *, was_paid_to_us: bool, ours: str) -> tuple[str, str]:
    """Of what came back, where a bank turns the roles round: the only other account that is named, with its name."""
    name, account = _role(node, "Cdtr" if was_paid_to_us else "Dbtr")
    return (name, account) if ours and account and account not in ours else ("", "")


def _role(node: Node, role: str) -> tuple[str, str]:
    names = (f"{role}/Nm", f"{role}/Pty/Nm", f"Ultmt{role}/Nm", f"Ultmt{role}/Pty/Nm")
    return tidy(node.text_at(*(f"RltdPties/{path}" for path in names))), _account(node, f"RltdPties/{role}Acct")


def _account(node: Node, path: str) -> str:
    return account_of(node.text_at(f"{path}/Id/IBAN", f"{path}/Id/Othr/Id", f"{path}/Id/PrtryAcct/Id"))


def _account_currency(statement: Node) -> str:
    return statement.text_at("Acct/Ccy")


def _code(node: Node) -> str:
    domain = [node.text_at(f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return tidy("/".join(filter(None, domain)) or node.text_at("BkTxCd/Prtry/Cd"))[:35]


def _amount(node: Node, path: str, currency: str) -> tuple[int, str]:
    found = node.find(path)
    if found is None:
        raise Unreadable(reason="An amount is missing.", line=node.line)
    currency = found.currency or currency
    if not currency:
        raise Unreadable(reason="An amount has no currency.", line=found.line)
    return read_amount(found.text, currency, found.line), currency


def _sign(node: Node) -> int:
    try:
        return _SIGNS[node.text_at("CdtDbtInd")]
    except KeyError:
        raise Unreadable(reason="An amount is neither credit (CRDT) nor debit (DBIT).", line=node.line) from None


def _day(node: Node, path: str) -> date | None:
    written = _find_day(node, path)
    return day_of(*written[:3], node.line, shown=written[3]) if written else None


def _value_day(node: Node) -> tuple[date | None, str]:
    """The value date, or none and why there is none, if there is anything to say."""
    written = _find_day(node, "ValDt")
    return value_day_of(*written[:3], node.line, shown=written[3]) if written else (None, "")


def _find_day(node: Node, path: str) -> tuple[int, int, int, str] | None:
    text = node.text_at(f"{path}/Dt", f"{path}/DtTm", path)
    if not text:
        return None
    found = _DAY.fullmatch(text.strip())
    if not found:
        raise Unreadable(reason=f"“{tidy(text)[:40]}” is not a date.", line=node.line)
    year, month, day = map(int, found.groups())
    return year, month, day, text
