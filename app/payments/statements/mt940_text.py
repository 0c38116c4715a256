"""Knows what banks write into field 86 of an MT940: subfields, SEPA keywords, keys between slashes, prose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypedDict

from app.payments.statements.reading import LONGEST_TEXT, account_of, tidy

_SUBFIELDS = re.compile(r"\s*([0-9]{3})([^\w\s])[0-9]{2}")
_KEYS = "EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|MTLG|PURP"
_SEPA = re.compile(rf"(?:\b(?=[A-Z]+:)|(?=[A-Z]+\+))({_KEYS})[+:] ?")
_SLASHES = re.compile(
    r"/(TRTP|CSID|MARF|EREF|PREF|IBAN|BIC|NAME|REMI|BENM|ORDP|CNTP|RTRN|PURP|ISDT|ULTD|ULTB|ULTC|SVCL|CREF|TRCD|INIT)/"
)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_IBAN_INSIDE = re.compile(r"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b")
# How Polish and older Dutch banks name account, payer and purpose in prose
_PROSE = re.compile(r"\b(Z RACH|NA RACH|OD|DLA|TYT|TNR|REK|NAAM)\.?:")
_NOTHING = ("NOTPROVIDED", "NONREF")
_WIDTH = 27  # of a numbered subfield
_LINE = 64  # of a line of field 86


class _Known(TypedDict):
    remittance: str
    reference: str
    end_to_end_id: str
    mandate_id: str
    party_name: str
    party_account: str
    return_reason: str


@dataclass(slots=True)
class Information:
    """What field 86, and the references of its field 61, say about one booking."""

    text: str = ""
    code: str = ""
    remittance: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    party_name: str = ""
    party_account: str = ""
    return_reason: str = ""

    def as_detail(self) -> _Known:
        return _Known(
            remittance=tidy(self.remittance),
            reference=account_of(self.reference),
            end_to_end_id="" if self.end_to_end_id in _NOTHING else self.end_to_end_id[:100],
            mandate_id=self.mandate_id[:100],
            party_name=tidy(self.party_name)[:200],
            party_account=account_of(self.party_account)[:50],
            return_reason=self.return_reason,
        )


def read_information(lines: list[str], *, reference: str, supplement: str, came_in: bool) -> Information:
    """Whatever a dialect does not name stays in the text and in the remittance: nothing is lost to matching."""
    known = _read_text(lines, came_in=came_in)
    reference, supplement = tidy(reference), tidy(supplement)
    _take_account(known, reference, supplement)
    if (
        not known.end_to_end_id
        and reference not in ("", *_NOTHING, "EREF", "KREF")
        and reference != known.party_account
    ):
        known.end_to_end_id = reference
    if supplement and supplement not in (known.party_name, known.party_account):
        known.text = known.text or supplement
        known.remittance = known.remittance or supplement
    return known


def _take_account(known: Information, reference: str, supplement: str) -> None:
    """Some Dutch banks write the other account into the reference and the name below it, some only the account."""
    if _IBAN.fullmatch(reference):
        known.party_account = known.party_account or reference
        known.party_name = known.party_name or supplement
    elif _IBAN.fullmatch(supplement):
        known.party_account = known.party_account or supplement


def _read_text(lines: list[str], *, came_in: bool) -> Information:
    joined = "".join(lines)[: 4 * LONGEST_TEXT]
    numbered = _SUBFIELDS.match(joined)
    if numbered:
        return _read_subfields(joined, numbered[1], numbered[2])
    text = tidy("".join(line if len(line) >= _LINE else line + " " for line in lines))
    if len(_SLASHES.findall(text)) > 1 or text.startswith(("/REMI/", "/EREF/", "/CNTP/")):
        return _read_slashes(text)
    if "SVWZ+" in text or "EREF+" in text:
        return _read_keywords(text, Information(text=text))
    return _read_prose(text, came_in=came_in)


def _read_subfields(text: str, code: str, separator: str) -> Information:
    """?00 what it is, ?20 to ?29 and ?60 to ?63 the purpose, ?31 the account, ?32 and ?33 the name, ?38 the IBAN."""
    pieces = re.split(re.escape(separator) + r"(?=[0-9]{2})", text)[1:]
    found = [(int(piece[:2]), piece[2:]) for piece in pieces if piece[:2].isascii()]
    purpose = [value for number, value in found if 20 <= number <= 29 or 60 <= number <= 63]
    first = {number: value.strip() for number, value in reversed(found)}
    name = "".join(value for number, value in found if number in (32, 33))
    known = Information(text=tidy(first.get(0)), code=code, party_name=tidy(name))
    known.party_account = account_of(first.get(38)) or account_of(first.get(31))
    return _read_keywords("".join(map(_join, purpose)).strip(), known)


def _join(value: str) -> str:
    """A full subfield was cut wherever it was full; a shorter one ended a word."""
    return value if len(value) >= _WIDTH else value + " "


def _read_keywords(text: str, known: Information) -> Information:
    """EREF+ the payer's reference, MREF+ the mandate, SVWZ+ the purpose, ABWA+ another payer; the rest is purpose."""
    before, *parts = _SEPA.split(text)
    values = dict(zip(parts[::2], map(tidy, parts[1::2]), strict=True))
    known.end_to_end_id = values.get("EREF", "")
    known.mandate_id = values.get("MREF", "")
    known.party_account = known.party_account or account_of(values.get("IBAN"))
    purposes = (before, values.get("SVWZ"), values.get("MTLG"))
    known.remittance = tidy(" ".join(filter(None, purposes)))
    known.party_name = known.party_name or values.get("ABWA", "")
    return known


def _read_slashes(text: str) -> Information:
    """/EREF/x/NAME/y/REMI/z; /CNTP/account/bank/name/place; /REMI/USTD//text or /REMI/STRD/CUR/reference."""
    before, *parts = _SLASHES.split(text)
    values = {key: value.strip().rstrip("/") for key, value in zip(parts[::2], parts[1::2], strict=True) if value}
    counterpart = [*values.get("CNTP", "").split("/"), "", "", ""]
    remittance = values.get("REMI", "")
    structured = re.match(r"STRD/(?:CUR|ISO)/(\S+)", remittance)
    return Information(
        text=text,
        remittance=tidy(re.sub(r"^(?:USTD//|STRD/(?:CUR|ISO)/)", "", remittance).strip("/")) or tidy(before),
        reference=structured[1] if structured else "",
        end_to_end_id=tidy(values.get("EREF")),
        mandate_id=tidy(values.get("MARF")),
        party_name=tidy(values.get("NAME")) or tidy(counterpart[2]),
        party_account=account_of(values.get("IBAN")) or account_of(counterpart[0]),
        return_reason=tidy(values.get("RTRN"))[:4] if re.match("[A-Z]{2}[0-9]{2}", values.get("RTRN", "")) else "",
    )


def _read_prose(text: str, *, came_in: bool) -> Information:
    _before, *parts = _PROSE.split(text)
    values = {key: value.strip(" ;/") for key, value in zip(parts[::2], parts[1::2], strict=True)}
    inside = _IBAN_INSIDE.search(text)
    account = values.get("Z RACH" if came_in else "NA RACH", values.get("REK", ""))
    return Information(
        text=text,
        remittance=values.get("TYT") or text,
        party_name=values.get("OD" if came_in else "DLA", values.get("NAAM", "")),
        party_account=account_of(account) or (inside[0] if inside else ""),
    )
