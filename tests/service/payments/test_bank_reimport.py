"""Bank files of every format on both engines, twice, overlapping and shuffled: each booking once, none lost."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.payments import bank_files, services_accounts, services_csv
from app.payments.models_bank import StatementEntry, StatementLine
from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.model import Format
from tests.bank_files import DAY, IBAN
from tests.bank_writers import FORMATS, Line, camt_batch, write
from tests.factories import ACTOR, NOW, make_company

PROFILE = CsvProfile(
    name="Our bank", booked_on="Date", date_format="DD/MM/YYYY", decimal_mark=".", delimiter=",", amount="How much",
    party_name="Who", remittance="What for", own_account=IBAN, own_currency="EUR",
)  # fmt: skip
NEXT = DAY + timedelta(days=1)
# two real payments of one day that nothing tells apart, and two that only a name does
LINES = [
    Line(DAY, 10_000, "INV-1", "Acme"), Line(DAY, 10_000, "INV-1", "Acme"), Line(DAY, -1_250, "Fee", "Bank"),
    Line(DAY, 10_000, "INV-1", "Bolt"), Line(NEXT, 10_000, "INV-1", "Acme"), Line(NEXT, 77, "INV-2", "Cole"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def company(app):
    make_company()


def add_profile(profile=PROFILE, lines=LINES):
    with unit_of_work():
        return services_csv.add_profile(profile, write(Format.CSV, lines), actor=ACTOR, now=NOW).id


def take(content, name="a.txt"):
    return bank_files.import_files([(name, content)], actor=ACTOR, now=NOW)[0]


def stored():
    session().rollback()
    found = Counter(
        (row[0], row[1]) for row in session().execute(select(StatementEntry.booked_on, StatementEntry.amount))
    )
    session().rollback()
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_doubled_and_nothing_lost(app, form):
    if form == Format.CSV:
        add_profile()
    before = sum(line.amount for line in LINES[:2])
    shuffled = sorted(random.Random(3).sample(LINES, len(LINES)), key=lambda line: line.on)
    whole = write(form, LINES)
    files = [write(form, LINES[:4]), write(form, LINES[2:], opening=before), whole, whole, write(form, shuffled)]
    verdicts = [take(content) for content in files]
    assert [one.status for one in verdicts] == ["imported"] * 3 + ["already_imported", "imported"], verdicts
    assert [sum(said.new for said in one.statements) for one in verdicts] == [4, 2, 0, 0, 0]
    assert stored() == Counter((line.on, line.amount) for line in LINES)


@pytest.mark.parametrize("second", FORMATS)
def test_another_format_of_the_same_days_adds_nothing(app, second):
    add_profile()
    first = Format.CAMT_053 if second != Format.CAMT_053 else Format.MT940
    assert {take(write(form, LINES)).status for form in (first, second)} == {"imported"}
    assert stored() == Counter((line.on, line.amount) for line in LINES)


DETAILS = [Line(DAY, 4_000, "E-1", "Acme"), Line(DAY, 6_000, "E-2", "Bolt")]


def open_lines():
    session().rollback()
    rows = session().execute(
        select(StatementLine.amount, StatementLine.state, StatementLine.party_name).order_by(StatementLine.id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("details_first", [False, True])
def test_details_of_a_known_batch_take_the_place_of_its_one_line(app, details_first):
    files = [camt_batch(Format.CAMT_053, DAY, 10_000), camt_batch(Format.CAMT_054, DAY, 10_000, DETAILS)]
    for content in files[::-1] if details_first else files:
        assert take(content).status == "imported"
    take(camt_batch(Format.CAMT_054, DAY, 10_000, DETAILS[::-1]))
    assert stored() == Counter({(DAY, 10_000): 1})
    lines = open_lines()
    assert [line for line in lines if line[1] == "open"] == [(4_000, "open", "Acme"), (6_000, "open", "Bolt")]
    assert len(lines) == (2 if details_first else 3)


def test_a_batch_that_somebody_placed_keeps_its_line(app):
    take(camt_batch(Format.CAMT_053, DAY, 10_000))
    with unit_of_work():
        session().scalars(select(StatementLine)).one().state = "matched"
    take(camt_batch(Format.CAMT_054, DAY, 10_000, DETAILS))
    assert [line[:2] for line in open_lines()] == [(10_000, "matched")]


def test_of_several_profiles_the_account_in_the_name_decides(app):
    other = "DE02120300000000202051"
    with unit_of_work():
        services_accounts.add_account(other, "Savings", "EUR", actor=ACTOR, now=NOW)
    add_profile()
    add_profile(replace(PROFILE, name="Savings bank", own_account=other))
    refused = take(write(Format.CSV, LINES))
    assert (refused.status, "Several profiles fit" in refused.problems[0].reason) == ("rejected", True)
    done = take(write(Format.CSV, LINES[:1]), name=f"{other}.csv")
    assert (done.status, done.statements[0].account) == ("imported", other)
