"""The text of a Swiss QR-bill, its references and its limits; references and accounts are those of the standard."""

from __future__ import annotations

import pytest

from app.company.identifiers import QrIbanWrong, check_qr_iban
from app.invoices.rules_swiss import (
    CARRY,
    creditor_reference,
    find_bill,
    find_swiss_faults,
    is_qr_iban,
    qr_reference,
    write_grouped,
)

QR_IBAN, IBAN, GERMAN = "CH4431999123000889012", "CH5800791123000889012", "DE89370400440532013000"
SELLER = {"name": "Robert Schneider AG", "street": "Rue du Lac 1268", "postal_code": "2501", "city": "Biel"}
PAYER = {"street": "Grosse Marktgasse 28", "street2": "", "postal_code": "9400", "city": "Rorschach", "country": "CH"}


def _snapshot(*, currency="CHF", amount="1949.75", number="INV-2026-00017", name="Pia Rutschmann", **bank):
    return {
        "kind": "invoice",
        "currency": currency,
        "number": number,
        "instalments": [{"amount": amount}],
        "seller": SELLER | {"country": "CH"},
        "bank": {"iban": IBAN, "account_holder": ""} | bank,
        "buyer": {"name": name, "country": "CH", "address": PAYER},
    }


def test_the_code_says_every_field_of_the_standard_in_its_line():
    bill = find_bill(_snapshot(qr_iban=QR_IBAN))
    assert bill is not None
    assert bill.payload.split("\n") == [
        "SPC", "0200", "1", QR_IBAN,
        "S", "Robert Schneider AG", "Rue du Lac 1268", "", "2501", "Biel", "CH",
        *[""] * 7,
        "1949.75", "CHF",
        "S", "Pia Rutschmann", "Grosse Marktgasse 28", "", "9400", "Rorschach", "CH",
        "QRR", "000000000000000002026000172", "INV-2026-00017", "EPD",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (IBAN, "SCOR", "RF32INV202600017")),
        ({"qr_iban": QR_IBAN}, (QR_IBAN, "QRR", "000000000000000002026000172")),
        ({"qr_iban": QR_IBAN, "currency": "EUR"}, (IBAN, "SCOR", "RF32INV202600017")),
        ({"iban": QR_IBAN, "currency": "EUR"}, (QR_IBAN, "QRR", "000000000000000002026000172")),
        ({"number": "INV-1 INV-2", "qr_iban": QR_IBAN}, (IBAN, "NON", "")),
        ({"number": "A-LONG-NUMBER-OF-TWENTY-SIX-1"}, (IBAN, "NON", "")),
        ({"number": "INV-1 INV-2", "iban": QR_IBAN}, None),
        ({"iban": GERMAN}, None),
        ({"iban": ""}, None),
        ({"currency": "USD"}, None),
        ({"amount": "0.00"}, None),
        ({"amount": "1000000000.00"}, None),
    ],
)
def test_the_account_decides_which_reference_a_bill_has_and_whether_there_is_one(facts, expected):
    bill = find_bill(_snapshot(**facts))
    assert (bill and (bill.iban, bill.kind, bill.reference)) == expected


def test_references_are_those_of_the_standard():
    assert qr_reference("21 00000 00003 13947 14300 0901") == "210000000003139471430009017"
    assert creditor_reference("539007547034") == "RF18539007547034"
    assert write_grouped("210000000003139471430009017", size=5, from_right=True) == "21 00000 00003 13947 14300 09017"
    assert sorted(CARRY) == list(range(10))
    assert [is_qr_iban(iban) for iban in (QR_IBAN, IBAN, GERMAN, "")] == [True, False, False, False]
    assert (check_qr_iban("", beside=""), check_qr_iban("CH44 3199 9123 0008 8901 2", beside=IBAN)) == ("", QR_IBAN)
    with pytest.raises(QrIbanWrong):
        check_qr_iban(IBAN, beside=IBAN)


def test_who_cannot_be_written_pays_with_a_box_to_fill_in_and_our_own_faults_are_named():
    bill = find_bill(_snapshot(name="Αθηναϊκή Εμπορική"))
    assert bill is not None
    assert (bill.debtor, bill.payload.split("\n")[20:27]) == (None, [""] * 7)
    content = _snapshot(account_holder="Αθηναϊκή") | {"seller": SELLER | {"country": "CH", "city": "B" * 36}}
    assert [field for field, _said in find_swiss_faults(content)] == ["bank.account_holder", "seller.city"]
    assert list(find_swiss_faults(content | {"currency": "USD"})) == []
