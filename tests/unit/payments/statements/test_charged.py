"""Details and charges make their entry's amount exactly, or the entry stays whole: its money is on its lines."""

import random

import pytest

from app.payments.rules_bank import list_faults
from app.payments.statements.detect import read_bank_file
from app.payments.statements.model import Detail, Unreadable
from tests.bank_files import entry, statement
from tests.unit.payments.statements.charged import booked, charge, detail, report
from tests.unit.payments.statements.mutate import mutate
from tests.unit.payments.statements.samples import ALL

TAKEN = charge("5.00")
GIVEN = charge("5.00", "CRDT")
BEFOREHAND = charge("5.00", included=False)
TOTAL = '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">5.00</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="EUR">4.20</Amt></Rcrd></Chrgs>'


@pytest.mark.parametrize(
    ("said", "amounts"),
    [
        (booked("995.01", detail("995.01", "1000.01", more=TAKEN)), [1000_01, -5_00]),
        (booked("995.01", detail("995.01", "1000.01", more=charge("5.00", ""))), [1000_01, -5_00]),
        (booked("995.01", detail("995.01", "1000.01", more=charge("5.00", included=True))), [1000_01, -5_00]),
        (booked("995.01", detail("995.01", "1000.01", more=TOTAL)), [1000_01, -5_00]),
        (booked("995.01", detail("1000.01"), more=TAKEN), [1000_01, -5_00]),
        (booked("1005.01", detail("1000.01", more=GIVEN)), [1000_01, 5_00]),
        (booked("997.00", detail("1000.00", more=TAKEN + charge("2.00", "CRDT"))), [1000_00, -3_00]),
        (booked("1000.00", detail("1000.00", more=TAKEN)), [1000_00]),
        (booked("1000.00", detail("400.00"), detail("595.00", more=TAKEN)), [1000_00]),
        (booked("995.00", detail("400.00"), detail("600.00", more=TAKEN)), [400_00, 600_00, -5_00]),
        (booked("995.00", detail("1000.00", more=GIVEN)), [995_00]),
        (booked("995.00", detail("1000.00", more=BEFOREHAND)), [995_00]),
        (booked("-105.00", detail("100.00", more=TAKEN)), [-100_00, -5_00]),
        (booked("-95.00", detail("100.00", more=TAKEN)), [-95_00]),
        (booked("-105.00", detail("100.00", more=TAKEN, reason="AC04")), [-105_00]),
        (booked("-215.00", detail("100.00", more=TAKEN, reason="AC04"), detail("110.00", reason="MD06")),
         [-105_00, -110_00]),
    ],
)  # fmt: skip
def test_charges_count_as_their_marks_say(said, amounts):
    [entry] = read_bank_file(report(said).encode(), "a.xml").statements[0].entries
    assert [one.amount for one in entry.details] == amounts


def test_an_entry_that_stays_whole_keeps_what_its_details_say():
    said = booked("1000.00", detail("400.00", text="INV-1"), detail("595.00", text="INV-2", more=TAKEN))
    [entry] = read_bank_file(report(said).encode(), "a.xml").statements[0].entries
    assert (entry.details[0].remittance, entry.is_explained) == ("INV-1 Acme INV-2 Acme", True)


def test_whatever_is_charged_the_details_of_an_entry_make_its_amount():
    chance = random.Random(7)

    def some(most):
        return f"{chance.randint(1, most) / 100:.2f}"

    for _ in range(400):
        parts = [
            detail(some(900), chance.choice(("", some(900))), side=chance.choice(("", "CRDT", "DBIT")),
                   reason=chance.choice(("", "", "AC04")), more="".join(
                charge(some(300), chance.choice(("CRDT", "DBIT", "")), chance.choice((None, True, False)))
                for _ in range(chance.randint(0, 2))))
            for _ in range(chance.randint(0, 3))
        ]  # fmt: skip
        amount = f"{chance.randint(-999, 999) / 100:.2f}"
        said = booked(amount, *parts, more=chance.choice(("", "", charge(some(300)))))
        [entry] = read_bank_file(report(said).encode(), "a.xml").statements[0].entries
        assert entry.is_explained, said


@pytest.mark.parametrize("name", ALL)
def test_of_every_format_whatever_can_be_read_is_explained(name):
    sample = ALL[name] if isinstance(ALL[name], bytes) else ALL[name].encode()
    chance = random.Random(name)
    for _ in range(60):
        try:
            file = read_bank_file(mutate(sample, chance), name)
        except Unreadable:
            continue
        assert all(entry.is_explained for one in file.statements for entry in one.entries)


def test_details_that_do_not_make_their_entry_hold_a_file_back():
    wrong = statement([entry(100, line=7, details=(Detail(amount=60), Detail(amount=45)))])
    assert [(one.line, one.reason) for one in list_faults(wrong)] == [
        (7, "The details of an entry do not make its amount."),
    ]  # fmt: skip
