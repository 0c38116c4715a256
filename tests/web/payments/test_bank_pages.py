"""The pages of bank files and of our bank accounts."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest

from app.db.base import session
from app.payments import bank_files
from app.payments.models_bank import BankAccount
from app.payments.rules_bank import LARGEST_FILE
from app.payments.statements.model import Format, Unreadable
from app.web import setup
from tests.bank_files import entry, handed_in, statement
from tests.factories import make_company, send_csrf_token, sign_in

FOREIGN = "NL91ABNA0417164300"


def _entry(amount, remittance, said, **facts):
    return replace(entry(amount, remittance, **facts), text=said)


SAID = {
    b"good": handed_in(statement([entry(885, "INV-2026-00017"), entry(-30, "fee")], opening=1815)).said,
    b"foreign": handed_in(statement([entry(7)], account=FOREIGN)).said,
    b"nameless": handed_in(
        statement([_entry(9, "INV 98", "INV 98"), _entry(8, "INV 99", "Interest", line=6, remark="No value.")])
    ).said,
}


def read(content, _name, **_profiles):
    if content not in SAID:
        raise Unreadable(reason="This is no bank file we can read.", line=4)
    return SAID[content]


@pytest.fixture
def desk(app, client, monkeypatch):
    monkeypatch.setattr(bank_files, "read_bank_file", read)
    with app.app_context():
        make_company()
    sign_in(client, "admin")
    send_csrf_token(client)
    return client


def hand_in(client, *contents):
    files = [(BytesIO(content), f"{content.decode()[:9]}.sta") for content in contents]
    return client.post("/payments/files", data={"files": files}, content_type="multipart/form-data")


def test_files_are_handed_in_shown_and_given_back(desk):
    done = hand_in(desk, b"good", b"foreign", b"junk")
    assert done.status_code == 200
    for text in (
        "Imported",
        "Quarantined",
        "Rejected",
        f"Account {FOREIGN} is none of ours",
        "Line 4: This is no bank",
    ):
        assert text in done.text, text
    assert "Already imported" in hand_in(desk, b"good").text
    shown = desk.get("/payments/files/1").text
    assert "INV-2026-00017" in shown
    assert "26.70" in shown
    given = desk.get("/payments/files/1/original")
    assert (given.data, given.headers["Content-Disposition"]) == (b"good", "attachment; filename=good.sta")
    assert desk.get("/payments/files/3/original").status_code == 404
    assert desk.post("/payments/files", data={}).status_code == 422


def test_the_page_of_a_file_says_that_nobody_could_check_it(desk, monkeypatch):
    whole = statement([entry(5)], opening=100)
    cases = {
        b"none": ([replace(whole, opening=None, closing=None)], "Not checked: the file has no closing balance."),
        b"no opening": ([replace(whole, opening=None)], "Not checked: the file has no opening balance."),
        b"one": (
            [statement([entry(6)], opening=105), replace(whole, closing=None)],
            "Not checked: 1 of 2 statements have no closing balance.",
        ),
        b"whole": ([statement([entry(7)], opening=111)], None),
    }
    for place, (content, (statements, said)) in enumerate(cases.items(), start=1):
        monkeypatch.setitem(SAID, content, handed_in(*statements, form=Format.CAMT_052).said)
        hand_in(desk, content)
        shown = desk.get(f"/payments/files/{place}").text
        assert "Not checked" not in shown if said is None else said in shown, content


def test_a_held_file_comes_in_once_its_account_is_ours_or_is_dismissed(desk):
    hand_in(desk, b"foreign")
    desk.post("/payments/files/1/again")
    assert desk.post("/payments/files/1/dismiss", data={"version": "2", "reason": ""}).status_code == 422
    account = {"number": "NL91 ABNA 0417 1643 00", "name": "Amsterdam", "currency": "eur"}
    for wrong in ({"number": "NL91ABNA0417164301"}, {"currency": "XXQ"}, {"number": "1"}):
        assert desk.post("/settings/bank-accounts/new", data=account | wrong).status_code == 422
    assert desk.post("/settings/bank-accounts/new", data=account).status_code == 302
    assert desk.post("/settings/bank-accounts/new", data=account).status_code == 422
    assert "Amsterdam" in desk.get("/settings/bank-accounts").text
    closed = {"version": "1", "name": "Amsterdam", "also_as": "417164300"}
    assert desk.post("/settings/bank-accounts/1", data=closed).status_code == 302
    assert desk.post("/settings/bank-accounts/1", data=closed).status_code == 409
    desk.post("/payments/files/1/again")
    assert "is closed" in desk.get("/payments/files/1").text
    desk.post("/settings/bank-accounts/1", data=closed | {"version": "2", "active": "y"})
    assert "1 new entries" in desk.post("/payments/files/1/again", follow_redirects=True).text
    with desk.application.app_context():
        assert session().get(BankAccount, 1).also_as == "417164300"


def test_a_file_that_is_not_needed_is_dismissed(desk):
    hand_in(desk, b"foreign")
    desk.post("/payments/files/1/dismiss", data={"version": "1", "reason": "sent again"})
    assert "sent again" in desk.get("/payments/files/1").text


def test_the_list_of_files_names_the_first_wrong_rows_and_counts_the_others(desk, monkeypatch):
    def refuse(_content, _name, **_profiles):
        wrong = [Unreadable(reason=f"“{n}x” is not an amount.", line=n) for n in range(2, 9)]
        raise Unreadable(reason=str(wrong[0]), line=2, others=wrong[1:])

    monkeypatch.setattr(bank_files, "read_bank_file", refuse)
    for text in (hand_in(desk, b"rows").text.partition("Drop files here")[0], desk.get("/payments/files").text):
        assert re.findall(r"Line (\d): “\1x” is not an amount", text) == ["2", "3", "4", "5", "6"]
        assert "And 2 more." in text


def test_only_here_more_than_20_mb_are_taken(desk):
    def send(address, megabytes):
        return desk.post(address, data={"files": (BytesIO(b"x" * megabytes * 1024 * 1024), "x")})

    assert send("/payments/files", 22).status_code == 200
    elsewhere = send("/deals/import", setup.LARGEST_BODY // 1024 // 1024 + 1)
    assert (elsewhere.status_code, "larger than 20 MB" in elsewhere.text) == (413, True)


def test_a_file_that_is_too_large_is_told_and_the_others_come_in(desk, monkeypatch):
    monkeypatch.setattr(bank_files, "LARGEST_FILE", 8)
    done = hand_in(desk, b"nine byte", b"good").text
    assert "larger than 50 MB" in done
    assert re.findall("Rejected|Imported", done)[:2] == ["Rejected", "Imported"]
    assert f'data-most-bytes="{LARGEST_FILE}" data-most-together="{2 * LARGEST_FILE}"' in done


def test_what_the_browser_left_out_is_listed_with_what_became_of_the_others(desk):
    files = [(BytesIO(b"good"), "good.sta")]
    said = {"files": files, "too_large": "../<huge>.sta", "too_much": "later.sta"}
    done = desk.post("/payments/files", data=said, content_type="multipart/form-data").text
    assert re.findall(">(Imported|Left out)<", done)[:3] == ["Imported", "Left out", "Left out"]
    for text in ("&lt;huge&gt;.sta", "It is larger than 50 MB.", "later.sta", "Hand this one in next."):
        assert text in done


def test_more_than_one_request_may_carry_is_refused_with_a_way_back(desk, monkeypatch):
    monkeypatch.setattr(desk.application.view_functions["bank_files.take"], "largest_body", 9)
    refused = hand_in(desk, b"good")
    assert (refused.status_code, "Send less at once" in refused.text) == (413, True)
    assert '<a class="button button-primary" href="/payments/files">Choose again</a>' in refused.text


def test_a_line_without_a_payer_shows_its_words_once_and_a_verdict_its_line(desk):
    hand_in(desk, b"nameless", b"junk")
    shown = desk.get("/payments/files/1").text
    assert (shown.count(">INV 98<"), ">Interest<" in shown, "Line 6: No value." in shown) == (1, True, True)
    assert "Line 4: This is no bank file" in desk.get("/payments/files").text
    assert "Nothing of this file" not in shown
    assert "Line 1: " not in hand_in(desk, b"foreign").text
    assert "Unnamed" in desk.get("/payments/cash?file=1").text
