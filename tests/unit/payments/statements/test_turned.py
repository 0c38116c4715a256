"""What came back names the other account, also where a bank turns the roles of the payment round."""

from dataclasses import replace

import pytest

from app.payments.rules_bank import digest_of
from app.payments.statements.detect import read_bank_file
from tests.unit.payments.statements.charged import booked, report

OURS, THEIRS = "DE89370400440532013000", "DE75512108001245126199"
REASON = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
REVERSED = "<RvslInd>true</RvslInd>"


def read(amount, *roles, reason=REASON, more=""):
    parties = "".join(
        f"<{role}><Nm>{name}</Nm></{role}><{role}Acct><Id><IBAN>{iban}</IBAN></Id></{role}Acct>"
        for role, name, iban in roles
    )
    size = amount.strip("-")
    text = f'<TxDtls><Amt Ccy="EUR">{size}</Amt><RltdPties>{parties}</RltdPties>{reason}</TxDtls>'
    return read_bank_file(report(booked(amount, text, more=more)).encode(), "a.xml").statements[0].entries[0]


@pytest.mark.parametrize(("amount", "role"), [("50.00", "Dbtr"), ("-50.00", "Cdtr")])
def test_a_bounce_that_names_the_other_account_in_the_other_role_keeps_name_and_account(amount, role):
    for facts in ({}, {"reason": "", "more": REVERSED}):
        [detail] = read(amount, (role, "Nordwind", THEIRS), **facts).details
        assert (detail.party_name, detail.party_account) == ("Nordwind", THEIRS)


@pytest.mark.parametrize(("amount", "role"), [("50.00", "Dbtr"), ("-50.00", "Cdtr")])
def test_a_bounce_that_names_us_alone_names_nobody(amount, role):
    [detail] = read(amount, (role, "Us", OURS)).details
    assert (detail.party_name, detail.party_account) == ("", "")


def test_the_role_that_is_looked_at_first_stays_the_first():
    [detail] = read("50.00", ("Dbtr", "Their bank", THEIRS), ("Cdtr", "Nordwind", "DE02500105170137075030")).details
    assert detail.party_name == "Nordwind"


def test_money_that_came_in_by_itself_is_never_read_turned():
    [detail] = read("50.00", ("Cdtr", "Nordwind", THEIRS), reason="").details
    assert detail.party_account == ""


def test_a_bounce_that_was_stored_without_its_account_is_known_again_by_the_same_words():
    now = read("50.00", ("Dbtr", "Nordwind", THEIRS))
    before = replace(now, details=tuple(replace(one, party_name="", party_account="") for one in now.details))
    assert digest_of(now) == digest_of(before)
