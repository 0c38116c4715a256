"""A tour with a bank file: what was paid is placed, and no reminder names it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app import tour

HEAD = (
    "deal_id,closed_on,owner,customer,vat_id,country,street,postal_code,city,billing_email,currency,payment_terms,"
    "po_number,item,quantity,unit,unit_price,discount_percent,tax_rate"
)
ROW = "{0},2026-09-01,Ada,{1},,DE,Weg 1,20457,Hamburg,{0}@x.example.com,EUR,30 days,,Sensor,1,piece,100.00,0,19"
BANK = "\r\n".join([
    ":20:1", ":25:NL91ABNA0417164300", ":28C:1/1", ":60F:C261001EUR0,00", ":61:2610011001C119,00NTRFNONREF",
    ":86:166?20INV-2026-00001?32North", ":62F:C261001EUR119,00", "-", "",
])  # fmt: skip


def test_a_tour_places_what_the_bank_says_and_reminds_only_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(tour, "_send", lambda *_: None)  # papers and mails have tests of their own
    deals, bank = tmp_path / "deals.csv", tmp_path / "x.sta"
    deals.write_text("\n".join([HEAD, ROW.format("D-1", "North"), ROW.format("D-2", "South")]), encoding="utf-8")
    bank.write_text(BANK, encoding="utf-8")
    now, said = datetime(2026, 11, 22, 9, tzinfo=UTC), []
    answer = tour.walk(
        deals, on=date(2026, 11, 20), into=tmp_path / "tour", now=now, say=said.append, bank_file=bank
    )  # fmt: skip
    assert (len(answer["invoices"]), answer["payments"], answer["verify"]["ok"]) == (2, 1, True)
    assert answer["notices"] == 1
    assert "x.sta imported: 1 payment placed" in said
