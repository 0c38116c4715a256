"""Bank files on both engines: a file is in the books whole or not at all, and each booking once."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import g
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.db.base import db, session
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.documents.queries import find_document, read_content
from app.payments import queries_bank as queries
from app.payments import services_bank as services
from app.payments.models_bank import FileStatus, LineState, StatementEntry, StatementLine
from app.payments.pages_cash import newest_day
from app.payments.statements.model import Detail, Fault, Format
from tests.bank_files import DAY, IBAN, entry, handed_in, statement, unreadable
from tests.factories import ACTOR, NOW, make_company
from tests.harness.statements import count_statements

MIXED = [entry(100, "A"), entry(250, "B"), entry(100, "A"), entry(-30, "fee"), entry(100, "C"), entry(70, "D")]


@pytest.fixture(autouse=True)
def company(app):
    make_company()


def take(file):
    return in_unit_of_work(lambda: services.import_file(file, actor=ACTOR, now=NOW))


def news(verdict):
    return [(one.new, one.already_known) for one in verdict.statements]


def amounts():
    session().rollback()
    found = sorted(session().scalars(select(StatementEntry.amount)))
    session().rollback()  # an open read would make writers wait
    return found


def lines(**wanted):
    return session().scalar(select(func.count()).select_from(StatementLine).filter_by(**wanted))


def test_a_file_is_kept_with_its_bytes_statements_entries_and_details(app):
    batch = entry(30, details=(Detail(amount=10, remittance="one"), Detail(amount=20, remittance="two")))
    pending, nothing = entry(99, is_pending=True), entry(0, "interest 0.00")
    file = handed_in(statement([entry(100, "A\x00B"), batch, pending, nothing], opening=500))
    verdict = take(file)
    assert (verdict.status, news(verdict)) == ("imported", [(3, 0)])
    assert amounts() == [0, 30, 100]
    assert (lines(), lines(state=LineState.OPEN), lines(remittance="A B")) == (4, 3, 1)
    stored = queries.list_statements(verdict.file_id)[0]
    assert (stored.account, stored.opening, stored.closing, stored.adds_up, stored.entries) == (IBAN, 500, 630, True, 3)
    assert read_content(find_document("statement_file", verdict.file_id, "original")) == file.content


def shuffled(entries, seed):
    return random.Random(seed).sample(list(entries), len(entries))


@pytest.mark.parametrize("opening", [1000, None], ids=["with balances", "without balances"])
@pytest.mark.parametrize("references", [True, False], ids=["with references", "without references"])
def test_the_same_lines_in_any_cut_and_order_are_kept_once(app, opening, references):
    entries = [replace(one, bank_reference=f"R{n}" if references else "NONREF") for n, one in enumerate(MIXED)]
    wanted = sorted(one.amount for one in entries)

    def cut(begin, end, order=lambda found: found):
        start = None if opening is None else opening + sum(one.amount for one in entries[:begin])
        return handed_in(statement(order(entries[begin:end]), opening=start), salt=f"{begin}-{end}")

    files = [cut(0, 4), cut(2, 6), cut(0, 6), cut(0, 6, lambda found: shuffled(found, 1)), cut(2, 6), cut(0, 4)]
    verdicts = [take(file) for file in files]
    assert [sum(new for new, _ in news(one)) for one in verdicts] == [4, 2, 0, 0, 0, 0]
    assert [one.status for one in verdicts[-2:]] == ["already_imported"] * 2
    assert amounts() == wanted
    assert lines() == len(entries)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        # intraday files of one format that say the same line: the balances tell, or the references
        ((Format.CAMT_052, 0, ""), (Format.CAMT_052, 100, ""), 2),
        ((Format.CAMT_052, 0, ""), (Format.CAMT_052, 0, ""), 1),
        ((Format.CAMT_052, None, ""), (Format.CAMT_052, None, ""), 1),
        ((Format.CAMT_052, None, "R1"), (Format.CAMT_052, None, "R2"), 2),
        ((Format.CAMT_052, 0, "R1"), (Format.CAMT_052, 100, "R1"), 1),
        # other formats of the same day
        ((Format.CAMT_052, 0, "R1"), (Format.CAMT_053, 0, "R9"), 1),
        ((Format.CAMT_053, 0, ""), (Format.MT940, 0, "R9"), 1),
        ((Format.CAMT_054, None, ""), (Format.MT940, 0, ""), 1),
    ],
)
def test_equal_lines_of_two_files_are_one_or_two(app, first, second, wanted):
    for form, opening, reference in (first, second):
        take(
            handed_in(
                statement([entry(100, "A", bank_reference=reference)], opening=opening), form=form, salt=reference
            )
        )
    take(handed_in(statement([entry(100, "A", on=DAY + timedelta(days=1))]), salt="another day"))
    assert amounts() == [100] * (wanted + 1)


def test_another_format_is_another_booking_only_where_ends_or_accounts_differ(app):
    def said(end, account="", text="x"):
        return (Detail(amount=100, remittance=text, end_to_end_id=end, party_account=account),)

    take(handed_in(statement([entry(100, details=said("E1", "A1")), entry(100, details=said("E2"))], opening=None)))
    other = [
        entry(100, details=said("E2", text="y")),
        entry(100, details=said("E3")),
        entry(100, details=said("", "A1")),
    ]
    verdict = take(handed_in(statement(other, opening=None), form=Format.CAMT_053))
    assert news(verdict) == [(1, 2)]


def test_statements_of_one_file_do_not_swallow_each_other_unless_they_begin_alike(app):
    first, second = (
        statement([entry(100, "A")], reference="1"),
        statement([entry(100, "A")], opening=100, reference="2"),
    )
    repeated = replace(first, reference="3")
    assert news(take(handed_in(first, second, repeated))) == [(1, 0), (1, 0), (0, 1)]


HELD = {
    "account": (statement([entry(1)], account="NL91ABNA0417164300"), "NL91ABNA0417164300 is none of ours"),
    "currency": (statement([entry(1, currency="CHF")], currency="CHF"), "in CHF"),
    "entry": (statement([entry(1, currency="CHF")], opening=None), "An entry in CHF"),
    "sum": (
        replace(statement([entry(885)], opening=1815), closing=statement([], opening=2800).closing),
        "does not add up",
    ),
    "controls": (replace(statement([entry(1)], opening=None), controls_agree=False), "control totals are not"),
    "size": (statement([entry(10**18 + 1)], opening=None), "too large"),
    "balance": (statement([entry(1)], opening=None, fault=Fault("no closing balance", 1)), "no closing balance"),
}


@pytest.mark.parametrize("what", HELD)
def test_what_does_not_fit_is_quarantined_shown_and_never_repaired(app, what):
    said, reason = HELD[what]
    good = take(handed_in(statement([entry(5)])))
    verdict = take(handed_in(said, statement([entry(7)], opening=5)))
    assert (verdict.status, good.status) == ("quarantined", "imported")
    assert reason in verdict.problems[0].reason
    assert amounts() == [5]
    assert queries.get_file(verdict.file_id).problems[0]["reason"] == verdict.problems[0].reason


def test_a_held_file_is_dismissed_with_a_reason_or_comes_in_later(app):
    held = handed_in(HELD["account"][0])
    file = queries.get_file(take(held).file_id)
    file_id, version = file.id, file.version
    with pytest.raises(services.FileChanged), unit_of_work():
        services.dismiss_file(file_id, reason="no", version=version + 1, actor=ACTOR, now=NOW)
    with unit_of_work():
        services.dismiss_file(file_id, reason="the bank sends a new one", version=version, actor=ACTOR, now=NOW)
    assert queries.get_file(file_id).status == FileStatus.DISMISSED
    with pytest.raises(services.FileNotHeld), unit_of_work():
        services.dismiss_file(file_id, reason="again", version=version + 1, actor=ACTOR, now=NOW)
    assert (take(held).status, queries.get_file(file_id).dismissed_reason) == ("quarantined", "")


def test_an_unreadable_file_leaves_its_reason_and_no_bytes(app):
    verdict = take(unreadable())
    assert (verdict.status, verdict.problems[0].line) == ("rejected", 3)
    assert find_document("statement_file", verdict.file_id, "original") is None
    assert take(unreadable()).file_id == verdict.file_id


def test_ten_thousand_lines_ask_no_more_of_the_database_than_ten(app):
    def count(number, day):
        file = handed_in(statement([entry(n % 7 + 1, f"line {n}", on=day) for n in range(number)], opening=None))
        with count_statements(db.engine) as counted:
            take(file)
            take(replace(file, sha256=f"{number}"))
        return counted.count

    count(1, DAY - timedelta(days=1))  # counters begin
    few, many = count(10, DAY), count(10_000, DAY + timedelta(days=1))
    assert many == few


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE statement_entry SET amount = amount + 1",
        "DELETE FROM statement_place",
        "UPDATE statement_line SET amount = 1",
        "UPDATE bank_statement SET closing = 1",
        "UPDATE statement_file SET name = 'x'",
        "DELETE FROM statement_file",
    ],
)
def test_what_the_bank_said_never_changes(app, change):
    take(handed_in(statement([entry(100)])))
    with pytest.raises(DBAPIError), unit_of_work() as current:
        current.execute(text(change))
    with unit_of_work() as current:
        current.execute(text("UPDATE statement_line SET state = 'ignored', ignored_reason = 'ours'"))


def test_two_people_hand_in_the_same_day_at_once(app):
    session().rollback()
    whole = handed_in(statement(MIXED))
    for files in (
        [whole, whole],
        [handed_in(statement([replace(one, line=9) for one in MIXED]), salt=s) for s in "xy"],
    ):
        start, found = threading.Barrier(2), []

        def run(file, start=start, found=found):
            with app.app_context():
                start.wait()
                found.append(take(file).status)

        threads = [threading.Thread(target=run, args=(file,)) for file in files]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert len(found) == 2
        assert amounts() == sorted(one.amount for one in MIXED)


def test_what_the_bank_booked_far_ahead_waits_for_its_day_and_the_desk_stays_at_the_present(app):
    ahead = NOW + timedelta(days=3650)
    file = handed_in(statement([entry(100, on=ahead.date())]), name="ahead.sta")
    verdict = take(file)
    assert (verdict.status, "Try again when that day has come" in verdict.problems[0].reason) == ("quarantined", True)
    take(handed_in(statement([entry(200), entry(300, on=NOW.date() + timedelta(days=2))])))
    with app.test_request_context():
        g.now, g.company_zone = NOW, ZoneInfo("Europe/Berlin")
        assert newest_day() == DAY
    assert in_unit_of_work(lambda: services.import_file(file, actor=ACTOR, now=ahead)).status == "imported"


def test_what_is_left_out_of_a_file_in_the_books_is_kept_with_it(app):
    verdict = take(handed_in(statement([entry(100, line=7, value_on=None, remark="The value date is left out.")])))
    assert (verdict.status, [one.line for one in verdict.problems]) == ("imported", [7])
    assert queries.get_file(verdict.file_id).problems == [{"line": 7, "reason": "The value date is left out."}]
