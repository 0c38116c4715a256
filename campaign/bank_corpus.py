"""Reads other people's bank files and compares every figure with what their list of facts says.

script/campaign bank_corpus [--from FOLDER]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from app.kernel.money import is_currency, to_decimal
from app.payments.statements.detect import read_bank_file
from app.payments.statements.model import Balance, Statement, Unreadable

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora"
_ROW = re.compile(r"\| (?P<name>\S+\.\w+) \| [^|]+ \| (?P<facts>.+) \|")
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]*)?"
_MT940 = re.compile(
    rf"(?P<account>[^:|]+?): open (?P<open>None|{_NUMBER}) ?[A-Z]*.*? close (?P<close>None|{_NUMBER}) ?.*?"
    rf"(?P<count>[0-9]+) entries cr (?P<cr>{_NUMBER}) db (?P<db>{_NUMBER}) balances=(?P<adds>\w+)"
)
_CAMT = re.compile(
    rf"acct (?P<account>\S+); (?:.*?OPBD (?P<open>{_NUMBER}) [A-Z]+)?(?:.*?CLBD (?P<close>{_NUMBER}) [A-Z]+)?.*?"
    rf"\*\*(?P<count>[0-9]+) Ntry\*\*.*?credits (?P<cr>{_NUMBER}), debits (?P<db>{_NUMBER}); "
    r"open\+entries=close: (?P<adds>\w+)"
)
_VERDICTS = {"True": True, "False": False, "None": None}

# What the list says of one statement, or of one file: pairs of what it is and what it says
Facts = list[tuple[str, object]]


@dataclass(frozen=True)
class Compared:
    """One file, how many figures were compared, and where it differs from its facts."""

    name: str
    figures: int
    differences: list[str]


def compare_all(folder: Path = CORPUS) -> list[Compared]:
    """Every file the list names; the list is the truth, so a file it names and that is missing differs."""
    facts = dict(_listed((folder / "MANIFEST.md").read_text("utf-8")))
    return [compare(folder / "bank" / name, said) for name, said in facts.items()]


def compare(path: Path, said: str) -> Compared:
    try:
        statements = read_bank_file(path.read_bytes(), path.name).statements
    except (Unreadable, OSError) as error:
        return Compared(path.name, 0, [str(error)])
    pairs = list(_PLACES[path.parent.name](said, statements))
    differences = [f"{what}: the list says {told}, read {found}" for what, told, found in pairs if told != found]
    return Compared(path.name, len(pairs), differences if pairs else ["the list of facts could not be read"])


Pairs = Iterator[tuple[str, object, object]]


def _listed(manifest: str) -> Iterator[tuple[str, str]]:
    folder = ""
    for line in manifest.splitlines():
        if line.startswith("## "):
            folder = line.removeprefix("## bank/") if line.startswith("## bank/") else ""
        row = _ROW.fullmatch(line)
        if folder and row:
            yield f"{folder}/{row['name']}", row["facts"].replace("\\|", "|")


def _by_statement(pattern: re.Pattern[str], said: str, statements: tuple[Statement, ...]) -> Pairs:
    """The list names each statement, or the first three and the last of many."""
    told = list(pattern.finditer(said))
    shown = list(statements) if len(told) == len(statements) else [*statements[:3], statements[-1]]
    yield "statements told", len(told), len(shown)
    for each, statement in zip(told, shown, strict=False):
        account = each["account"].rpartition("last: ")[2].strip()
        yield "account", "" if account == "None" else account.replace(" ", ""), statement.account
        yield "entries", int(each["count"]), len(statement.entries)
        yield "credits", Decimal(each["cr"]), _major(statement.credits, statement)
        yield "debits", Decimal(each["db"]), _major(statement.debits, statement)
        yield "opening", _number(each["open"]), _balance(statement.opening)
        yield "closing", _number(each["close"]), _balance(statement.closing)
        yield "adds up", _VERDICTS[each["adds"]], statement.adds_up


def _camt(said: str, statements: tuple[Statement, ...]) -> Pairs:
    yield from _by_statement(_CAMT, said, statements)


def _mt940(said: str, statements: tuple[Statement, ...]) -> Pairs:
    head = re.search(rf"\*\*([0-9]+) stmt, ([0-9]+) :61: entries, net ({_NUMBER})\*\*; ", said)
    assert head
    yield "statements", int(head[1]), len(statements)
    yield "entries of the file", int(head[2]), sum(len(each.entries) for each in statements)
    net = sum((_major(each.credits - each.debits, each) for each in statements), Decimal(0))
    yield "net of the file", Decimal(head[3]), net
    yield from _by_statement(_MT940, said[head.end() :], statements)


def _ofx(said: str, statements: tuple[Statement, ...]) -> Pairs:
    accounts, currencies, balances = (
        re.findall(r"'([^']*)'", re.search(rf"{name} (\[.*?\]|None)", said)[1])  # type: ignore[index]
        for name in ("accounts", "cur", "LEDGERBAL")
    )
    sums = re.search(rf"\*\*([0-9]+) STMTTRN, sum TRNAMT ({_NUMBER})\*\* \(credits ({_NUMBER})\)", said)
    assert sums
    came_in = sum((_major(each.credits, each) for each in statements), Decimal(0))
    went_out = sum((_major(each.debits, each) for each in statements), Decimal(0))
    yield "accounts", [each.replace(" ", "") for each in accounts], [each.account for each in statements]
    yield "currencies", currencies, [each.currency for each in statements]
    yield "entries", int(sums[1]), sum(len(each.entries) for each in statements)
    yield "credits", Decimal(sums[3]), came_in
    yield "debits", Decimal(sums[3]) - Decimal(sums[2]), went_out
    closings = [_balance(each.closing) for each in statements if each.closing]
    told = [Decimal(each) for each in balances]
    # Of several accounts the list names the first balance only
    yield "closing", told, closings[: len(told)] if told else closings
    yield "adds up", [None] * len(statements), [each.adds_up for each in statements]


def _bai2(said: str, statements: tuple[Statement, ...]) -> Pairs:
    """The list says how many records there are and what each control record says; whether they hold follows."""
    records = {code: int(count) for code, count in re.findall(r"'([0-9]{2})': ([0-9]+)", said)}
    accounts = re.findall(r"'([^']*)'", re.search(r"03 accounts (\[.*?\])", said)[1])  # type: ignore[index]
    yield "accounts", accounts, [each.account for each in statements]
    yield "entries", records["16"], sum(len(each.entries) for each in statements)
    controls = [
        [int(total.split(",")[0]) for total in re.findall(r"'([^']*)'", re.search(rf"{name} (\[.*?\])", said)[1])]  # type: ignore[index]
        for name in ("account controls 49", "group control 98", "file control 99")
    ]
    holds = sum(controls[0]) == controls[1][0] == controls[2][0]
    yield "control totals hold", holds, all(each.controls_agree for each in statements)


def _csv(said: str, statements: tuple[Statement, ...]) -> Pairs:
    told = re.search(
        rf"([0-9]+) rows; ({_NUMBER}), ({_NUMBER}), sum ({_NUMBER}) ([A-Z]+); "
        rf"closing ({_NUMBER}), implied opening ({_NUMBER})",
        said,
    )
    assert told
    (statement,) = statements
    yield "entries", int(told[1]), len(statement.entries)
    yield "credits", Decimal(told[2]), _major(statement.credits, statement)
    yield "debits", -Decimal(told[3]), _major(statement.debits, statement)
    yield "currency", told[5], statement.currency
    yield "closing", Decimal(told[6]), _balance(statement.closing)
    yield "opening", Decimal(told[7]), _balance(statement.opening)
    yield "adds up", Decimal(told[7]) + Decimal(told[4]) == Decimal(told[6]), statement.adds_up


_PLACES = {"camt": _camt, "mt940": _mt940, "ofx": _ofx, "bai2": _bai2, "csv": _csv}


def _number(text: str | None) -> Decimal | None:
    return None if text in (None, "None") else Decimal(text)


def _major(minor: int, statement: Statement) -> Decimal:
    return to_decimal(minor, statement.currency if is_currency(statement.currency) else "EUR")


def _balance(balance: Balance | None) -> Decimal | None:
    if balance is None:
        return None
    return to_decimal(balance.amount, balance.currency if is_currency(balance.currency) else "EUR")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--from", dest="folder", type=Path, default=CORPUS)
    folder = options.parse_args().folder
    if not (folder / "MANIFEST.md").is_file():
        print(f"0 files were read: there is no {folder / 'MANIFEST.md'}; say where the examples are with --from.")
        return 2
    compared = compare_all(folder)
    for one in compared:
        if one.differences:
            print(one.name, *one.differences, sep="\n  ")
    equal = sum(not one.differences for one in compared)
    print(f"{equal} of {len(compared)} files equal their facts in {sum(one.figures for one in compared)} figures")
    return 0 if compared and equal == len(compared) else 1


if __name__ == "__main__":
    sys.exit(main())
