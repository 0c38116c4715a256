"""Knows which format a bank's file is in, by its content and never by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.payments.statements.bai2 import read_bai2
from app.payments.statements.camt import read_camt
from app.payments.statements.csv_account import find_account, list_named
from app.payments.statements.csv_guess import Guess, guess_profile
from app.payments.statements.csv_profile import CsvProfile, matches, read_csv
from app.payments.statements.csv_sample import find_table
from app.payments.statements.model import BankFile, ProfileMissing, Unreadable
from app.payments.statements.mt940 import read_mt940
from app.payments.statements.ofx import read_ofx
from app.payments.statements.reading import MOST_BYTES

_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a text document"),
)
_HEAD = 65_536
ADD_PROFILE = "Say what its columns mean under Payments, Bank files, CSV columns, and try again."
ADD_OTHER = "add a profile for it under Payments, Bank files, CSV columns, and try again."
UNKNOWN_COLUMNS = f"The columns of this CSV file are not known. {ADD_PROFILE}"
_UNKNOWN = {
    "date_format": "how dates are written",
    "decimal_mark": "how decimals are written",
    "own_account": "which account it is of",
    "own_currency": "in which currency it is",
}


def read_bank_file(
    content: bytes, name: str, *, profiles: Sequence[CsvProfile] = (), accounts: Mapping[str, str] | None = None
) -> BankFile:
    """What the file says, whatever its format. Raises Unreadable for everything else, and never reads in part.

    `accounts` are ours, by every way to write them: one that stands above the table of a CSV says whose it is.
    """
    _refuse_foreign(content, name)
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"")  # UTF-16 looks like this too
    if re.search(rb"<OFX[>\s]|^OFXHEADER|<\?OFX", head):
        return read_ofx(content)
    if head.startswith(b"<"):
        if re.match(rb"(?i)<!doctype\s+html|<html", head):
            raise Unreadable(reason="This is a web page. Download the statement itself from your bank.", line=1)
        return read_camt(content)
    if re.search(rb"^(?:\{1:.*|.{0,40})?:(?:20|25|60F|60M|61):", head, re.MULTILINE):
        return read_mt940(content)
    if re.match(rb"01\s*,", head):
        return read_bai2(content)
    return _read_csv(content, name, profiles, accounts or {})


def _refuse_foreign(content: bytes, name: str) -> None:
    if len(content) > MOST_BYTES:
        raise Unreadable(
            reason=f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Ask for shorter periods.", line=0
        )
    if not content.strip():
        raise Unreadable(reason="The file is empty.", line=0)
    for start, kind in _FOREIGN:
        if content.startswith(start):
            raise Unreadable(reason=f"This is {kind}, not a bank's statement file.", line=0)


def _read_csv(content: bytes, name: str, profiles: Sequence[CsvProfile], accounts: Mapping[str, str]) -> BankFile:
    """By the saved profile for its header and account; without one, only where the file itself proves everything."""
    fitting = [profile for profile in profiles if matches(content, profile)]
    if fitting:
        return read_csv(content, _choose(content, name, fitting, accounts))
    guess = guess_profile(content)
    if guess is None:
        raise _refuse_unknown(content)
    guess = _place_above(content, name, guess, accounts)
    if guess.unknown:
        missing = " and ".join(_UNKNOWN[each] for each in guess.unknown)
        raise ProfileMissing(reason=f"The CSV file does not say {missing}. {ADD_PROFILE}", line=1)
    return read_csv(content, guess.profile)


def _place_above(content: bytes, name: str, guess: Guess, accounts: Mapping[str, str]) -> Guess:
    """With the account that is named above the table, where no row says whose it is."""
    if "own_account" not in guess.unknown:
        return guess
    found = find_account(content, guess.profile, accounts, name)
    unknown = tuple(one for one in guess.unknown if one != "own_account" or not found)
    return Guess(replace(guess.profile, own_account=found), unknown)


def _choose(content: bytes, name: str, fitting: Sequence[CsvProfile], accounts: Mapping[str, str]) -> CsvProfile:
    """The one whose account nothing above the table or in the file's name contradicts, else the one for any account.

    What is labelled as the account is that of the file, also where no profile is for it: one for another is borrowed.
    """
    named = list_named(content, fitting[0], accounts, name)
    allowed = [one for one in fitting if not one.own_account or named.allows(one.own_account)]
    said = [one for one in allowed if one.own_account in named.others]
    chosen = allowed if len(allowed) == 1 else said or [one for one in allowed if not one.own_account]
    if len(chosen) == 1:
        return chosen[0]
    if allowed:
        names = " and ".join(one.name for one in fitting[:3])
        reason = f"Several profiles fit this file: {names}. Write the number of the account into the file's name."
        raise Unreadable(reason=reason, line=1)
    if len(named.labelled) == 1 and named.allows(account := min(named.labelled)):
        return replace(fitting[0], own_account=account)
    raise ProfileMissing(reason=_say_contradiction(fitting[0], named.others), line=1)


def _say_contradiction(profile: CsvProfile, named: Sequence[str]) -> str:
    others = " and ".join(one for one in named if one != profile.own_account)
    return (
        f"The file or its name says {others}, and the profile {profile.name} is for {profile.own_account}. If the file "
        f"is of {others}, {ADD_OTHER} Else write {profile.own_account} into its name, and no other account."
    )


def _refuse_unknown(content: bytes) -> Unreadable:
    if find_table(content) is None:
        reason = "The format is not known: no camt, MT940, OFX or BAI2, and no CSV with a profile."
        return Unreadable(reason=reason, line=1)
    return ProfileMissing(reason=UNKNOWN_COLUMNS, line=1)
