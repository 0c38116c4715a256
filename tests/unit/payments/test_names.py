"""A payer who bears exactly another customer's name is not taken for one whose name is only like it."""

from datetime import date

import pytest

from app.payments.rules_book import MatchLine, OpenBook, OpenItem
from app.payments.rules_matching import propose
from app.payments.rules_names import NameIndex
from app.payments.rules_remittance import Series

ON = date(2026, 11, 20)


def first(bearer, other, payer):
    owed = OpenItem(1, 1, "K-55001", 1, "EUR", date(2026, 11, 1), date(2026, 12, 1), 42_00)
    book = OpenBook(series=Series(()), items=[owed], names=NameIndex([(1, bearer), (2, other)]))
    paid = MatchLine(amount=42_00, currency="EUR", booked_on=ON, remittance="K-55001", party_name=payer)
    return propose(paid, book)[0]


@pytest.mark.parametrize(
    ("bearer", "other", "payer", "doubt"),
    [
        ("Schmidt GmbH", "Schmitt GmbH", "SCHMITT GMBH", "another customer has this name"),
        ("Müller Bau GmbH", "Müller Bau AG", "Mueller Bau AG", "another customer has this name"),
        ("Vogel GmbH & Co. KG", "Vogel GmbH", "Vogel GmbH", "another customer has this name"),
        ("Schmidt GmbH", "Schmitt GmbH", "Schmitt", "another customer’s name is more like it"),
        ("Schmidt GmbH", "Schmitt GmbH", "Schmidt", ""),
        ("Müller Bau GmbH", "Müller Bau AG", "Müller Bau", ""),
        ("Müller Bau GmbH", "Müller Bau AG", "MUELLER BAU GMBH", ""),
        ("Schmidt GmbH", "Schmidt GmbH", "Schmidt GmbH", ""),
    ],
)
def test_a_payer_with_exactly_another_customers_name_waits_however_alike_they_are(bearer, other, payer, doubt):
    found = first(bearer, other, payer)
    assert (found.customer_id, found.doubt, found.is_certain) == (1, doubt, not doubt)


@pytest.mark.parametrize(
    ("payer", "says"),
    [
        ("NORDWIND G.M.B.H.", "same name"),
        ("Nordwind", "similar name"),
        ("NORDWIND, GMBH", "same name"),
        ("Nordwind AG", "similar name"),
    ],
)  # fmt: skip
def test_the_same_name_is_said_only_of_the_very_name(payer, says):
    assert first("Nordwind GmbH", "Kieler Werft KG", payer).reasons[2] == says


def test_a_name_that_too_many_bear_tells_nobody_apart():
    names = NameIndex([(one, "Peter Müller") for one in range(20)])
    assert not any(hit.is_same for hit in names.find("Peter Müller"))
