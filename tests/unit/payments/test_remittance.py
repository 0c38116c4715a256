"""Our numbers are read out of whatever a payer typed and a bank broke."""

from datetime import date

import pytest

from app.invoices.rules_swiss import creditor_reference, qr_reference
from app.payments.rules_names import SAME, NameIndex
from app.payments.rules_references import is_creditor_reference, is_qr_reference
from app.payments.rules_remittance import Reading, Series, read_remittance

SERIES = Series(("INV-{year}-{number:05d}",), ("SO-{year}-{number:05d}",), ("C-{number:05d}",))
ON = date(2026, 11, 22)


def read(text, **more):
    return read_remittance(text, SERIES, on=ON, **more)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("INV-2026-00017", {17: Reading.EXACT}),
        ("RechnungINV-2026-00017Danke", {17: Reading.EXACT}),
        ("inv/2026/00017, thanks", {17: Reading.RESPACED}),
        ("payment for INV-2026-0\n0017", {17: Reading.RESPACED}),
        ("inv 2026 17", {17: Reading.SHORT}),
        ("1NV-2O26-OOO17", {17: Reading.REPAIRED}),
        ("2026-17", {17: Reading.SHORT}),
        ("202600017", {17: Reading.SHORT}),
        ("INV-2026-00117-19", {117: Reading.EXACT, 118: Reading.SHORT, 119: Reading.SHORT}),
        ("INV-2026-00117, 18 + 00204", {117: Reading.EXACT, 118: Reading.SHORT, 204: Reading.SHORT}),
        ("INV-2026-00017 / 15.11.2026 EUR 1.234,50", {17: Reading.EXACT}),
        ("RG 15/2026", {15: Reading.SHORT}),
        ("Rechnung 16/2026, danke", {16: Reading.SHORT}),
        ("Re.Nr.00016-2026", {16: Reading.SHORT}),
        ("117/2026", {117: Reading.SHORT}),
        ("Miete 11/2026", {}),
        ("Rechnung 11/2026", {}),  # that is November as well: read, and as little sure as a counter alone
        ("22/11/2026 23.11.2026 22-11-2026 16/2031", {}),
        ("2026-11-15 INV-2026-00000 INV-1899-00017", {}),
        ("Miete November, 3 Monate", {}),
    ],
)
def test_numbers_are_read_however_they_were_typed(text, numbers):
    found = {number: how for number, how in read(text).numbers.items() if how > Reading.BARE}
    assert found == {f"INV-2026-{number:05d}": how for number, how in numbers.items()}


def test_a_counter_alone_may_be_of_this_year_or_the_last():
    assert read("Rechnung Nr. 17 vom 15.11.").numbers == {
        "INV-2026-00017": Reading.BARE,
        "INV-2025-00017": Reading.BARE,
    }


def test_a_counter_before_its_year_is_read_beside_a_month_only_behind_a_word():
    assert read("Rechnung Nr. 11/2026").numbers == {"INV-2026-00011": Reading.BARE}
    assert read("Miete 11/2026, 00/2026").numbers == {}
    assert read("26/2026").numbers == {"INV-2026-00026": Reading.SHORT, "INV-2026-02026": Reading.SHORT}


def test_structured_references_name_the_number_they_are_made_over():
    for reference in (creditor_reference("INV-2026-00017"), qr_reference("INV-2026-00017")):
        spaced = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
        for found in (read("", reference=reference), read(f"pay {spaced} thanks")):
            assert found.numbers["INV-2026-00017"] is Reading.REFERENCE
        changed = reference[:-1] + str((int(reference[-1]) + 1) % 10)
        assert read("", reference=changed).references == ()
    assert is_creditor_reference("RF18539007547034")
    assert is_qr_reference("210000000003139471430009017")


def test_orders_customers_and_amounts_are_read_too():
    found = read("SO-2026-00004, PO 4711, C-00012, 1.234,50")
    assert {"SO-2026-00004", "PO-4711"} <= set(found.orders)
    assert (found.customers, found.amounts) == (("C-00012",), {1234_50})


def test_names_are_found_as_banks_write_them():
    index = NameIndex([(1, "Müller & Söhne Maschinenbau GmbH"), (2, "Müller Logistik AG"), (3, "Hansa Papier KG")])
    for written in ("MUELLER SOEHNE MASCHINENBAU", "Maschinenbau Müller & Söhne GmbH", "MULLER & SOHNE MASCHINENB"):
        hits = index.find(written)
        assert (hits[0].customer_id, hits[0].likeness >= SAME) == (1, True)
    assert index.find("Finanzamt Hamburg") == []
