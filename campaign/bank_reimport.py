"""Imports bank files of every format twice, overlapping and shuffled, and counts bookings that were doubled or lost.

script/campaign bank_reimport [--count N] [--seed N] [--from FOLDER]

First files by chance of each format, whose lines are known; then other people's files, where there are any: their
accounts are added, each is imported, and again with other bytes. Nothing is doubled, nothing lost.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from app.db.base import db, session
from app.db.schema import create_all
from app.db.unit_of_work import unit_of_work
from app.payments import bank_files, services_accounts, services_csv
from app.payments.models_bank import BankAccount, StatementEntry
from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.detect import read_bank_file
from app.payments.statements.model import Format, Unreadable
from campaign.bank_corpus import CORPUS
from campaign.numbering import _application as application
from tests import factories
from tests.bank_writers import FORMATS, Line, write

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
START = date(2026, 1, 5)
NAMES = ("Acme", "Bolt", "Cole")


@dataclass
class Tally:
    files: int = 0
    lines: int = 0
    doubled: int = 0
    lost: int = 0

    def say(self, name: str) -> None:
        print(f"{name}: {self.files} files, {self.lines} lines, {self.doubled} doubled, {self.lost} lost")


def draw_lines(chance: random.Random) -> list[Line]:
    """Some days of an account; few amounts and texts, so that many lines look alike."""
    lines = [
        Line(START + timedelta(days=chance.randrange(5)), chance.choice([100, 100, -250, 4_000]),
             f"INV-{chance.randrange(3)}", chance.choice(NAMES))
        for _ in range(chance.randint(2, 30))
    ]  # fmt: skip
    return sorted(lines, key=lambda line: line.on)


def cut(chance: random.Random, form: Format, lines: Sequence[Line], account: str) -> list[bytes]:
    """The files a person could hand in: two overlapping parts, the whole, and its days in another order."""
    begin, end = sorted((chance.randint(1, len(lines) - 1), chance.randint(1, len(lines) - 1)))
    shuffled = sorted(chance.sample(lines, len(lines)), key=lambda line: line.on)
    before = sum(line.amount for line in lines[:begin])
    files = [write(form, part, account=account) for part in (lines[:end], lines, shuffled) if part]
    files.append(write(form, lines[begin:], opening=before, account=account))
    return chance.sample(files * 2, 2 * len(files))


def count_stored(account: str) -> Counter[tuple[date, int]]:
    session().rollback()
    chosen = select(StatementEntry.booked_on, StatementEntry.amount).where(StatementEntry.account == account)
    return Counter((row[0], row[1]) for row in session().execute(chosen))


def run_drawn(form: Format, count: int, seed: int) -> Tally:
    chance, tally = random.Random(f"{form} {seed}"), Tally()
    for number in range(count):
        account, lines = f"{FORMATS.index(form) + 1}{number:07d}", draw_lines(chance)
        add_account(account, "EUR")
        if form == Format.CSV:
            add_profile(account, lines, number)
        files = cut(chance, form, lines, account)
        names = [(f"{account}.txt", content) for content in files]
        verdicts = bank_files.import_files(names, actor=factories.ACTOR, now=NOW)
        refused = [one for one in verdicts if one.status not in ("imported", "already_imported")]
        assert not refused, refused[0]
        found, wanted = count_stored(account), Counter((line.on, line.amount) for line in lines)
        tally.files += len(files)
        tally.lines += len(lines)
        tally.doubled += (found - wanted).total()
        tally.lost += (wanted - found).total()
    return tally


def add_account(number: str, currency: str) -> None:
    with unit_of_work():
        services_accounts.add_account(number, number, currency, actor=factories.ACTOR, now=NOW)


def add_any(number: str) -> None:
    """An account in any currency, also where an example's IBAN has wrong check digits."""
    with unit_of_work() as current:
        if number and current.scalar(select(BankAccount.id).where(BankAccount.number == number)) is None:
            current.add(BankAccount(number=number, name=number, currency="", added_at=NOW, added_by=factories.ACTOR))


def add_profile(account: str, lines: Sequence[Line], number: int) -> None:
    """One for each account: the files' names say which."""
    profile = CsvProfile(
        name=f"Bank {number}", booked_on="Date", date_format="DD/MM/YYYY", decimal_mark=".", delimiter=",",
        amount="How much", party_name="Who", remittance="What for", own_account=account, own_currency="EUR",
    )  # fmt: skip
    with unit_of_work():
        services_csv.add_profile(profile, write(Format.CSV, lines), actor=factories.ACTOR, now=NOW)


def run_collection(folder: Path) -> tuple[int, int]:
    """Doubled and lost bookings of other people's files; one may name an account in several currencies."""
    doubled = lost = 0
    for kind in sorted(path for path in (folder / "bank").iterdir() if path.is_dir()):
        told: Counter[str] = Counter()
        reasons: list[str] = []
        for path in sorted(kind.iterdir()):
            verdict, again, kept = import_twice(path)
            told[verdict.status] += 1
            doubled += again
            lost += kept
            if verdict.status != "imported":
                reasons.append(f"  {path.name}: {verdict.status}, {verdict.problems[0].reason}")
        print(f"{kind.name}: {', '.join(f'{count} {status}' for status, count in sorted(told.items()))}")
        print(*reasons, sep="\n", end="\n" if reasons else "")
    print(f"{doubled} doubled, {lost} lost")
    return doubled, lost


def import_twice(path: Path) -> tuple[bank_files.FileVerdict, int, int]:
    """What became of the file, how many entries the same file with a blank line more added, and how many are gone."""
    content = path.read_bytes()
    try:
        said = read_bank_file(content, path.name).statements
    except Unreadable:
        said = ()
    for statement in said:
        add_any(statement.account)
    first, again = (
        bank_files.import_files([(path.name, each)], actor=factories.ACTOR, now=NOW)[0]
        for each in (content, content + b"\n")
    )
    if first.status != "imported":
        return first, 0, 0
    ids = [one.statement_id for one in first.statements]
    stored = session().scalar(
        select(func.count()).select_from(StatementEntry).where(StatementEntry.statement_id.in_(ids))
    )
    return first, sum(one.new for one in again.statements), sum(one.new for one in first.statements) - (stored or 0)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--from", dest="folder", type=Path, default=CORPUS)
    chosen = options.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as folder, application(f"sqlite:///{folder}/books.sqlite3", folder):
        create_all(db.engine)
        factories.make_company()
        for form in FORMATS:
            tally = run_drawn(form, chosen.count, chosen.seed)
            tally.say(form)
            faults += tally.doubled + tally.lost
        if (chosen.folder / "bank").is_dir():
            faults += sum(run_collection(chosen.folder))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
