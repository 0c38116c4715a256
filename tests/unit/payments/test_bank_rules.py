"""Whose account a statement is of, and which words make two bookings one."""

from __future__ import annotations

import pytest

from app.payments.rules_bank import OurAccount, digest_of, find_ours
from app.payments.statements.model import Detail
from tests.bank_files import entry

IBAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    ("written", "number", "is_ours"),
    [
        (IBAN, IBAN, True),
        ("de89 3704 0044 0532 0130 00", IBAN, True),
        (f"{IBAN}EUR", IBAN, True),
        ("COBADEFFXXX/" + IBAN, IBAN, True),
        ("37040044/532013000", IBAN, True),
        ("37040044/0532013000", IBAN, True),
        ("370400440532013000", IBAN, True),
        ("532013000", IBAN, False),
        ("37040045/532013000", IBAN, False),
        ("DE02120300000000202051", IBAN, False),
        ("", IBAN, False),
        ("4711", "4711", True),
        ("4711", "0815", False),
    ],
)
def test_an_account_is_ours_however_its_bank_writes_it(written, number, is_ours):
    assert (find_ours(written, [OurAccount(number, "Main")]) is not None) == is_ours


def test_an_account_is_known_by_another_way_to_write_it_too():
    assert find_ours("123-45", [OurAccount(IBAN, "Main", also_as=("12345",))]).number == IBAN


def test_the_digest_is_of_the_words_and_not_of_their_order():
    def said(**facts):
        return digest_of(entry(1, details=(Detail(amount=1, **facts),)))

    assert said(remittance="INV 7, paid", party_name="A") == said(remittance="A", party_name="paid INV/7")
    assert said(remittance="INV 7") != said(remittance="INV 8")
