"""Knows how credit transfers are written for the bank: ISO 20022 pain.001.001.09, one group per currency."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, tostring

from app.kernel.money import format_decimal

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_REFUSED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_LETTERS = str.maketrans({"ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "&": "+"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_CAPITALS = re.compile(r"[ÄÖÜ](?=[A-ZÄÖÜ])|(?<=[A-ZÄÖÜ])[ÄÖÜ]")  # within a word in capitals
_WRITES_GERMAN = frozenset({"AT", "CH", "DE", "LI", "LU"})


@dataclass(frozen=True, slots=True)
class Debtor:
    """Whose account pays: ours."""

    name: str
    iban: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment out; `amount` in minor units, `reference` ours and unique."""

    reference: str
    amount: int
    currency: str
    name: str
    iban: str
    bic: str
    remittance: str


def build_file(message_id: str, debtor: Debtor, transfers: Sequence[Transfer], *, on: date, made_at: datetime) -> bytes:
    """The file's bytes; equal facts give equal bytes."""
    root = Element("Document", xmlns=NAMESPACE)
    initiation = SubElement(root, "CstmrCdtTrfInitn")
    head = SubElement(initiation, "GrpHdr")
    _text(head, "MsgId", message_id)
    _text(head, "CreDtTm", made_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _text(head, "NbOfTxs", str(len(transfers)))
    _text(SubElement(head, "InitgPty"), "Nm", plain(debtor.name, 70, debtor.iban))
    ordered = sorted(transfers, key=lambda one: one.currency)
    for currency, group in groupby(ordered, key=lambda one: one.currency):
        _add_group(initiation, f"{message_id}-{currency}"[:35], debtor, list(group), on)
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))


def plain(text: str, most: int, iban: str) -> str:
    """In the letters every bank takes: accents fall, the rest becomes a space.

    Where the account's country writes German an umlaut becomes two letters, as banks there compare names.
    """
    text = unicodedata.normalize("NFC", text)
    if iban[:2] in _WRITES_GERMAN:
        text = _CAPITALS.sub(lambda umlaut: umlaut[0].translate(_GERMAN).upper(), text).translate(_GERMAN)
    bare = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(_REFUSED.sub(" ", kept).split())[:most].strip() or "-"


def _add_group(initiation: Element, name: str, debtor: Debtor, transfers: Sequence[Transfer], on: date) -> None:
    currency = transfers[0].currency
    group = SubElement(initiation, "PmtInf")
    _text(group, "PmtInfId", name)
    _text(group, "PmtMtd", "TRF")
    _text(group, "NbOfTxs", str(len(transfers)))
    _text(group, "CtrlSum", format_decimal(sum(one.amount for one in transfers), currency))
    if currency == "EUR":
        _text(SubElement(SubElement(group, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _text(SubElement(group, "ReqdExctnDt"), "Dt", on.isoformat())
    _text(SubElement(group, "Dbtr"), "Nm", plain(debtor.name, 70, debtor.iban))
    _add_iban(SubElement(group, "DbtrAcct"), debtor.iban)
    _add_bank(SubElement(group, "DbtrAgt"), debtor.bic, needed=True)
    _text(group, "ChrgBr", "SLEV" if currency == "EUR" else "SHAR")
    for one in transfers:
        _add_transfer(group, one)


def _add_transfer(group: Element, one: Transfer) -> None:
    part = SubElement(group, "CdtTrfTxInf")
    _text(SubElement(part, "PmtId"), "EndToEndId", one.reference)
    amount = SubElement(SubElement(part, "Amt"), "InstdAmt", Ccy=one.currency)
    amount.text = format_decimal(one.amount, one.currency)
    if one.bic:
        _add_bank(SubElement(part, "CdtrAgt"), one.bic)
    _text(SubElement(part, "Cdtr"), "Nm", plain(one.name, 70, one.iban))
    _add_iban(SubElement(part, "CdtrAcct"), one.iban)
    _text(SubElement(part, "RmtInf"), "Ustrd", plain(one.remittance, 140, one.iban))


def _add_iban(account: Element, iban: str) -> None:
    _text(SubElement(account, "Id"), "IBAN", iban)


def _add_bank(agent: Element, bic: str, *, needed: bool = False) -> None:
    institution = SubElement(agent, "FinInstnId")
    if bic:
        _text(institution, "BICFI", bic)
    elif needed:
        _text(SubElement(institution, "Othr"), "Id", "NOTPROVIDED")


def _text(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text
