"""Knows whose account a CSV file names beside its rows: above its table, or in its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.kernel.references import plain_text
from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.model import Unreadable
from app.payments.statements.reading import cut_lines, decode, is_iban, split_lines

_FEWEST_LETTERS = 6  # of an account, so that no part of a date is taken for one
_IBAN = re.compile(
    r"(?<![0-9A-Z])([A-Z]{2}[0-9]{2}(?:[0-9A-Z]{11,30}|(?: [0-9A-Z]{4}){2,7}))( [0-9A-Z]{1,3})?(?![0-9A-Z])"
)
# A label that says whose statement it is has no other words than these: “Referenzkonto” or “Paid by” is another's
_ACCOUNT = {
    "account", "compte", "conto", "cuenta", "geschaftskonto", "girokonto", "iban", "konto", "kontokorrent", "kontonr",
    "kontonummer", "rachunek", "rachunku", "rekening", "rekeningnummer",
}  # fmt: skip
_BESIDE = {
    "business", "current", "de", "des", "for", "fur", "giro", "kontoauszug", "no", "nr", "number", "numer", "numero",
    "nummer", "of", "our", "own", "statement", "transactions", "umsatzanzeige", "umsatze",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """What a file names beside its rows: `labelled` as its account, or anywhere above its table, or in its name.

    Only what is labelled, or stands in a file's name where nothing else says whose it is, may be none of ours.
    """

    labelled: frozenset[str]
    above: frozenset[str]
    in_name: frozenset[str]

    def allows(self, account: str) -> bool:
        """Whether nothing contradicts it; what is not labelled counts only where nothing else is said."""
        said = [one for one in (self.labelled, self.in_name) if one] or [self.above]
        return not any(said) or all(account in one for one in said)

    @property
    def others(self) -> list[str]:
        return sorted(self.labelled | self.in_name | self.above)


def list_named(content: bytes, profile: CsvProfile, accounts: Mapping[str, str], name: str = "") -> Named:
    """`accounts` are ours, by every way to write them; their numbers are found, of others their IBANs."""
    try:
        lines = split_lines(decode(cut_lines(content), profile.encoding))[: profile.skip_rows]
    except Unreadable:
        lines = []
    lines, name = [line.upper() for line in lines], name.upper()
    numbers = {_compact(written): number for written, number in accounts.items()}
    labelled = frozenset(numbers.get(iban, iban) for line in lines for iban in _list_labelled(line))
    above, in_name = _find_ours(" \n ".join(lines), accounts), _find_ours(name, accounts)
    if not (labelled or above or in_name):
        in_name = frozenset(iban for iban, _before, _after in _list_ibans(name))
    return Named(labelled, above, in_name)


def find_account(content: bytes, profile: CsvProfile, accounts: Mapping[str, str], name: str = "") -> str:
    """The only one that stands above the table, unless the file's name is of another; else empty."""
    named = list_named(content, profile, accounts, name)
    found = named.labelled or named.above
    return min(found) if len(found) == 1 and named.allows(min(found)) else ""


def _find_ours(said: str, accounts: Mapping[str, str]) -> frozenset[str]:
    return frozenset(number for written, number in accounts.items() if _stands_in(written, said))


def _stands_in(written: str, said: str) -> bool:
    """By itself, in groups or in one piece; an IBAN, which nothing is by chance, beside other letters too."""
    number = _compact(written)
    if is_iban(number):
        return number in _compact(said)
    whole = rf"(?<![0-9A-Z]){'[ ./-]?'.join(number)}(?![0-9A-Z])"
    return len(number) >= _FEWEST_LETTERS and re.search(whole, said) is not None


def _list_labelled(line: str) -> Iterator[str]:
    """The IBANs that a label before them, or nothing else in their line, makes those of the statement."""
    for iban, before, after in _list_ibans(line):
        words = set(plain_text(before).split())
        is_label = _ACCOUNT & words and words <= _ACCOUNT | _BESIDE
        if is_label or not plain_text(before + after):
            yield iban


def _list_ibans(said: str) -> Iterator[tuple[str, str, str]]:
    """Each with what stands before and after it."""
    for found in _IBAN.finditer(said):
        for end in (found.end(), found.end(1)):
            if is_iban(number := _compact(said[found.start() : end])):
                yield number, said[: found.start()], said[end:]
                break


def _compact(written: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", written.upper())
