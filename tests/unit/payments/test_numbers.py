"""Numbers of earlier systems are known without their marks, misread, and listed behind one another."""

from datetime import date

import pytest

from app.payments.rules_book import MatchLine, OpenBook, OpenItem
from app.payments.rules_matching import propose
from app.payments.rules_names import NameIndex
from app.payments.rules_numbers import Flat, list_following, repair
from app.payments.rules_remittance import Series, read_remittance

ON = date(2026, 11, 20)
SERIES = Series(("INV-{year}-{number:05d}",))
NORD, SUED = "Nordwind GmbH", "Südstern KG"


def item(invoice, number, amount, customer=1, **more):
    return OpenItem(invoice, 1, number, customer, "EUR", date(2026, 11, 1), date(2026, 12, 1), amount, **more)


BOOK = OpenBook(
    series=SERIES,
    items=[
        item(1, "RE-2026/0417", 1234_56), item(2, "RE-2026/0418", 500_00), item(3, "RE-2026/0419", 77_77),
        item(4, "2026-20001", 999_99, 2), item(5, "2026-20002", 1000_01, 2),
        item(6, "H10O1", 120_00, 2), item(7, "K-55010", 42_00, 2, po_number="4500-77/A"),
    ],
    names=NameIndex([(1, NORD), (2, SUED)]),
)  # fmt: skip


def first(amount, text, name, book=BOOK):
    return propose(MatchLine(amount=amount, currency="EUR", booked_on=ON, remittance=text, party_name=name), book)[0]


def paid(one):
    return [share.invoice_id for share in one.shares]


@pytest.mark.parametrize(
    ("amount", "text", "invoices", "is_certain"),
    [
        (1734_56, "RE-2026/0417, 0418", [1, 2], True),
        (1734_56, "RE-2026/0417, 418", [1, 2], True),
        (1734_56, "RE-2026/0417, 0418 ABZ.", [1, 2], True),
        (1734_56, "RE-2026/0417-0418", [1, 2], True),
        (1812_33, "RE-2026/0417 bis 0419", [1, 2, 3], True),
        (1734_56, "RE-2026/0417 500 EUR", [1, 2], False),  # an amount is no number, and yet it adds up
        (1234_56, "RE-2026/0417, 0499", [1], True),  # nobody owes a 0499
    ],
)
def test_short_numbers_behind_one_of_an_earlier_system_are_of_its_series(amount, text, invoices, is_certain):
    found = first(amount, text, NORD)
    assert (paid(found), found.is_certain) == (invoices, is_certain)


def test_what_is_beyond_the_named_and_exactly_another_open_item_comes_before_money_on_account():
    found = first(577_77, "RE-2026/0418", NORD)
    assert (paid(found), found.is_certain) == ([2, 3], False)
    assert "exact amount with RE-2026/0419, not named" in found.reasons


def test_numbers_behind_one_of_another_customer_are_not_of_its_series():
    book = OpenBook(series=SERIES, items=[item(1, "A-1001", 10_00), item(2, "A-1002", 20_00, 2)])
    assert paid(first(30_00, "A-1001, 1002", "", book)) == [1]


@pytest.mark.parametrize(
    ("amount", "text", "name", "invoices"),
    [
        (1234_56, "RE-2O26/O417", NORD, [1]),
        (1234_56, "RE 2026 O417", NORD, [1]),
        (500_00, "RE-2026/04l8", NORD, [2]),
        (120_00, "H1OO1", SUED, [6]),
        (42_00, "K-5501O", SUED, [7]),
    ],
)
def test_misread_letters_are_seen_through_in_numbers_of_earlier_systems_too(amount, text, name, invoices):
    found = first(amount, text, name)
    assert (paid(found), found.is_certain) == (invoices, True)
    assert found.reasons[0] == "number in remittance, with misread letters"


def test_a_misread_number_waits_where_two_look_alike_or_the_payer_is_not_known():
    twins = OpenBook(
        series=SERIES, items=[item(1, "H10O1", 9_00), item(2, "H1O01", 8_00)], names=NameIndex([(1, NORD)])
    )
    assert first(9_00, "H1OO1", NORD, twins).doubt == "H1O01 is named too"
    assert first(500_00, "RE-2O26/O418", "").doubt == "the number is not whole and the payer not known"


def test_a_number_that_is_nowhere_is_not_said_to_be_named():
    assert "INV-2026-00001" not in read_remittance("Re-Nr 2026-1O418", SERIES, on=ON).numbers
    assert first(500_00, "2026-999", NORD).doubt == "no number is named"
    assert first(500_00, "INV-2026-00999", NORD).doubt == "INV-2026-00999 is named, which is no invoice of ours"


def test_a_word_that_is_a_number_as_it_stands_was_not_misread():
    book = OpenBook(series=SERIES, items=[item(1, "B1041", 9_00), item(2, "81041", 8_00, 2)])
    assert first(9_00, "B1041", "", book).is_certain


@pytest.mark.parametrize("text", ["Order 4500 77 A", "PO 4500.77.A", "4500-77/a"])
def test_a_purchase_order_is_known_whatever_its_marks(text):
    found = first(42_00, text, SUED)
    assert (paid(found), found.reasons[0], found.doubt) == ([7], "order in remittance", "only the order is named")


def test_one_payment_for_two_customers_says_so_and_what_to_do():
    found = first(542_00, "RE-2026/0418 K-55010", NORD)
    assert (paid(found), found.is_certain) == ([2], False)
    assert found.doubt == "K-55010 of another customer makes up the amount: accept, then transfer the rest"


def test_what_follows_is_as_long_as_the_number_before():
    assert list_following("7/0417, 18 und 0500 12 EUR", 6, "7/0417") == ["7/0418", "7/0500"]
    assert list_following("A17B 18", 4, "A17B") == []


def test_a_number_is_found_without_its_marks_but_not_as_a_part_of_another():
    assert Flat("inv 1002 43 x").find("1002-43") == 11
    assert Flat("Kd 1002431").find("100243") is None
    assert Flat("K-5501O").find("K-5501") is None
    assert (Flat("10417Danke").find("1-0417"), Flat("10417!").find("1-0417")) == (5, 5)
    assert Flat("Dillis").find("011115", repaired=True) is None
    assert repair("RE-2O26/O417") == "RE-2026/0417"
