"""Knows the Swiss QR-bill (SPC 0200, structured addresses): who gets one, its references, and the text of its code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

COUNTRIES = frozenset({"CH", "LI"})
CURRENCIES = frozenset({"CHF", "EUR"})
LEAST, MOST = Decimal("0.01"), Decimal("999999999.99")
LONGEST_MESSAGE = 140
LONGEST_CODE = 997
CARRY = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)  # modulo 10, recursive


@dataclass(frozen=True)
class Party:
    """Name and structured address, cut to what the code holds; the street has its number."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str

    @property
    def lines(self) -> tuple[str, ...]:
        """As it is printed; the country stands before the postal code, as Swiss banks write it."""
        home = "" if self.country in COUNTRIES else f"{self.country}-"
        return tuple(line for line in (self.name, self.street, f"{home}{self.postal_code} {self.city}") if line)

    @property
    def fields(self) -> tuple[str, ...]:
        return ("S", self.name, self.street, "", self.postal_code, self.city, self.country)


@dataclass(frozen=True)
class Bill:
    """A payment part: everything it prints and encodes. `reference` is "" for the type NON."""

    iban: str
    creditor: Party
    amount: str
    currency: str
    debtor: Party | None
    kind: str
    reference: str
    message: str

    @property
    def payload(self) -> str:
        """What the code says, a line for each field."""
        debtor = self.debtor.fields if self.debtor else ("",) * 7
        fields = (
            "SPC", "0200", "1", self.iban, *self.creditor.fields, *("",) * 7, self.amount, self.currency, *debtor,
            self.kind, self.reference, self.message, "EPD",
        )  # fmt: skip
        return "\n".join(fields)


def find_bill(snapshot: Mapping[str, Any]) -> Bill | None:
    """The bill over the first instalment; None where it is no Swiss matter, or the code could not hold it."""
    parts, currency = snapshot["instalments"], snapshot["currency"]
    if snapshot["kind"] != "invoice" or currency not in CURRENCIES or not parts:
        return None
    amount, message = Decimal(parts[0]["amount"]), _plain(snapshot["number"])
    account = _account_of(snapshot, message)
    creditor = _creditor(snapshot)
    if account is None or creditor is None or not LEAST <= amount <= MOST:
        return None
    iban, kind, reference = account
    bill = Bill(
        iban=iban,
        creditor=creditor,
        amount=f"{amount:.2f}",
        currency=currency,
        debtor=_debtor(snapshot["buyer"]),
        kind=kind,
        reference=reference,
        message=message[:LONGEST_MESSAGE],
    )
    return bill if len(bill.payload) <= LONGEST_CODE else None


def wants_bill(content: Mapping[str, Any]) -> bool:
    """Whether it is a Swiss matter: francs, or euro within Switzerland, or an account that takes nothing else."""
    buyer = content["buyer"]
    home = buyer["address"]["country"] or buyer.get("country", "")
    return content["currency"] == "CHF" or home in COUNTRIES or is_qr_iban(content["bank"]["iban"])


def find_swiss_faults(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, sentence) of what keeps us from writing a QR-bill although the account is Swiss."""
    seller, bank = content["seller"], content["bank"]
    if content["kind"] != "invoice" or content["currency"] not in CURRENCIES:
        return
    if not is_swiss(bank["iban"]) or not wants_bill(content):
        return
    named = (
        ("bank.account_holder", "account holder", bank["account_holder"], 70),
        ("seller.name", "name", seller["name"], 70),
        ("seller.street", "street", seller["street"], 70),
        ("seller.postal_code", "postal code", seller["postal_code"], 16),
        ("seller.city", "city", seller["city"], 35),
    )
    for field, label, text, most in named:
        if len(text) > most:
            yield field, f"The company's {label} is longer than the {most} letters a Swiss QR-bill holds. Shorten it."
        elif not is_writable(text):
            yield field, f"The company's {label} has a character no Swiss QR-bill may have. Write it in Latin letters."


def is_swiss(iban: str) -> bool:
    return iban[:2] in COUNTRIES


def is_qr_iban(iban: str) -> bool:
    """Whether the account only takes payments with a QR reference: its institution is 30000 to 31999."""
    return is_swiss(iban) and iban[4:9].isdecimal() and 30000 <= int(iban[4:9]) <= 31999


def is_writable(text: str) -> bool:
    """Whether the standard's character set has every letter: Latin up to Extended-A, and a few more."""
    return all(" " <= mark <= "~" or "\u00a0" <= mark <= "\u017f" or mark in "ȘșȚț€" for mark in text)


def qr_reference(number: str) -> str:
    """The 27 digits of a QR reference over a document number: ``INV-2026-00017`` ends in ``2026000172``."""
    digits = re.sub(r"[^0-9]", "", number)
    if not digits or len(digits) > 26:
        return ""
    body, carry = digits.zfill(26), 0
    for digit in body:
        carry = CARRY[(carry + int(digit)) % 10]
    return f"{body}{(10 - carry) % 10}"


def creditor_reference(number: str) -> str:
    """The creditor reference of ISO 11649 over a document number: ``INV-7`` is ``RF79INV7``; "" where too long."""
    body = re.sub(r"[^0-9A-Z]", "", number.upper())
    if not body or len(body) > 21:
        return ""
    worth = int("".join(str(int(mark, 36)) for mark in f"{body}RF00"))
    return f"RF{98 - worth % 97:02d}{body}"


def write_grouped(text: str, *, size: int, from_right: bool = False) -> str:
    """In groups, as people read an account or a reference."""
    first = len(text) % size if from_right else 0
    groups = [text[:first], *(text[at : at + size] for at in range(first, len(text), size))]
    return " ".join(group for group in groups if group)


def write_reference(kind: str, reference: str) -> str:
    """A reference as people read it: fives from the right, or fours for a creditor reference."""
    return write_grouped(reference, size=5 if kind == "QRR" else 4, from_right=kind == "QRR")


def _account_of(snapshot: Mapping[str, Any], number: str) -> tuple[str, str, str] | None:
    """As decided at issue; a document of before that was decided has it chosen again, as then."""
    if (said := snapshot.get("payment")) is None:
        return _choose_account(snapshot["bank"], snapshot["currency"], number)
    return (said["iban"], said["kind"], said["reference"]) if said["kind"] else None


def _choose_account(bank: Mapping[str, str], currency: str, number: str) -> tuple[str, str, str] | None:
    """(account, type, reference). Several numbers at once have no reference, which a QR-IBAN does not take."""
    several, qr_iban = " " in number, bank.get("qr_iban", "")
    reference = "" if several else qr_reference(number)
    if reference and currency == "CHF" and is_qr_iban(qr_iban):
        return qr_iban, "QRR", reference
    iban = bank["iban"]
    if not is_swiss(iban) or (is_qr_iban(iban) and not reference):
        return None
    if is_qr_iban(iban):
        return iban, "QRR", reference
    structured = "" if several else creditor_reference(number)
    return iban, "SCOR" if structured else "NON", structured


def _creditor(snapshot: Mapping[str, Any]) -> Party | None:
    seller = snapshot["seller"]
    return _party(snapshot["bank"]["account_holder"] or seller["name"], seller, seller["country"])


def _debtor(buyer: Mapping[str, Any]) -> Party | None:
    """Who pays; None leaves a box to fill in by hand."""
    address = buyer["address"]
    return _party(buyer["name"], address, address["country"] or buyer.get("country", ""))


def _party(name: str, address: Mapping[str, str], country: str) -> Party | None:
    needed = (name, address["postal_code"], address["city"], country)
    street = " ".join(part for part in (address["street"], address.get("street2", "")) if part)
    if not all(needed) or not all(is_writable(_plain(text)) for text in (*needed, street)):
        return None
    return Party(
        name=_plain(name)[:70].strip(),
        street=_plain(street)[:70].strip(),
        postal_code=_plain(address["postal_code"])[:16].strip(),
        city=_plain(address["city"])[:35].strip(),
        country=country,
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
