"""Issues many kinds of invoices, draws each, and asks whether PDF text, XML and database say the same.

script/campaign agreement [--count 500] [--seed N]

The text is read from the PDF, the XML taken out of it by another library than the one that put it in, and both are
compared with what SQL says: no code of the paper or of the writers takes part. Each PDF passes the PDF/A-3b gate.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
from pikepdf import pdfa
from sqlalchemy import text

from campaign.numbering import _application as application
from tests.harness.einvoice_reader import read

START = date(2026, 1, 2)
DIGITS = {"JPY": 0, "KWD": 3}
# Thousands and decimals as each language writes them
SEPARATORS = {"en": ",.", "de": ".,", "fr": " ,", "es": ".,", "pl": " ,"}
REASONS = {
    "E": "Exempt under article 132", "AE": "Reverse charge", "K": "Intra-Community supply", "G": "Export",
    "O": "Outside the scope of VAT", "Z": "",
}  # fmt: skip
TAXES = [[("S", "19")], [("S", "7")], [("S", "19")], *([(category, "0")] for category in REASONS)]
TERMS = ["30 days", "2% 10, net 30", "30% 15 days, remainder 30 days end of month", "immediately", "10th of next month"]
FORMATS = ["factur-x", "xrechnung-cii", "xrechnung-ubl", "peppol"]
CURRENCIES = ["EUR", "EUR", "EUR", "USD", "JPY"]
# The validator does not know the schema that Factur-X declares; it minds the official samples' as well
TOLERATED = "6.6.2.3.1-1"


def tax(category: str, rate: str) -> dict[str, str]:
    said = {"name": "VAT", "category": category, "kind": "percent", "rate": rate}
    return said | ({"reason": REASONS[category]} if REASONS.get(category) else {})


def issue_some(rng: random.Random, customers: list[Any], day: date) -> Iterator[int]:
    """The ids of what one order gives: an invoice, one with its credit note, or a deposit with the final invoice."""
    from app.db.unit_of_work import unit_of_work
    from app.invoices import services
    from app.invoices.models import Scope
    from app.invoices.rules_reasons import CreditReason
    from tests import factories

    said = {"actor": factories.ACTOR, "now": datetime.combine(day, datetime.min.time(), UTC).replace(hour=9)}
    currency, taxes = rng.choice(CURRENCIES), [tax(*one) for one in rng.choice(TAXES)]
    prices = [
        str(rng.randint(1, 99_999)) if currency == "JPY" else f"{rng.randint(1, 99_999) / 100:.2f}" for _ in "abcd"
    ]
    lines = [
        (f"Part {place}", str(rng.randint(1, 12)), price) for place, price in enumerate(prices[: rng.randint(1, 4)])
    ]
    order = factories.make_plain_order(
        rng.choice(customers), *lines, currency=currency, taxes=taxes, payment_terms=rng.choice(TERMS), ordered_on=day
    )
    story = rng.choice(["whole", "whole", "options", "credit", "lines", "deposit"])

    def issue(draft: Any) -> Any:
        with unit_of_work():
            return services.issue_invoice(draft.id, day, **said)

    if story == "deposit" and taxes[0]["category"] != "K":  # before delivery there is no intra-Community supply
        with unit_of_work():
            deposit = services.draft_deposit(order.id, percent=Decimal(rng.choice([10, 30, 50])), **said)
        yield issue(deposit).id
    with unit_of_work():
        draft = services.draft_invoice(order.id, **said)
        if story == "options":
            draft.options = {
                "allowances": [{"amount": "1", "taxes": [_plain(one) for one in taxes], "reason": "Bonus"}],
                "charges": [{"percent": "3", "taxes": [_plain(one) for one in taxes], "reason": "Freight"}],
            }
    invoice = issue(draft)
    yield invoice.id
    if story in {"credit", "lines"}:
        move(rng, invoice.customer_id, said)
        chosen = {invoice.lines[0].id: Decimal(1)} if story == "lines" else {}
        data = services.CreditData(
            scope=Scope.LINES if chosen else Scope.WHOLE, reason_code=CreditReason.RETURNED, quantities=chosen
        )
        with unit_of_work():
            note = services.draft_credit(invoice.id, data, **said)
        with unit_of_work():
            services.issue_credit(note.id, day, **said)
        yield note.id


def move(rng: random.Random, customer_id: int, said: dict[str, Any]) -> None:
    """Another name, VAT id and place for every other customer: its credit note keeps those of the invoice."""
    from app.customers.queries import get_customer
    from app.customers.services import data_of, update_customer
    from app.db.unit_of_work import unit_of_work

    if rng.random() < 1 / 2:
        return
    with unit_of_work():
        customer, number = get_customer(customer_id), next(NUMBERS)
        changed = replace(data_of(customer), name=f"Abendrot {number}", vat_id=number, street=f"Via {number}")
        update_customer(customer_id, changed, version=customer.version, **said)


def _plain(one: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in one.items() if name != "reason"}


def check(invoice_id: int, folder: Path, now: datetime) -> list[str]:
    """Where the stored document, its XML and the database differ."""
    from app.db.unit_of_work import unit_of_work
    from app.documents.services import store_rendered
    from app.invoices.pdf import render_invoice

    made = render_invoice(invoice_id, now)
    with unit_of_work():
        store_rendered("invoice", invoice_id, made, now=now)
    row, lines, taxes, parts, stored = _ask(invoice_id)
    faults = _archive_faults(made.content, folder) + _buyer_faults(made.content, row, stored)
    faults += find_paper_faults(made.content, row, lines, taxes, parts)
    inside = _take_out(made.content)
    if inside != stored.get("xml"):
        faults.append("the XML inside the PDF is not the stored one")
    for kind in ("xml", "ubl"):
        if kind in stored:
            faults += [f"{kind}: {fault}" for fault in find_xml_faults(stored[kind], row, lines, taxes, parts)]
    return [f"{row.number} ({row.currency}, {row.language}): {fault}" for fault in faults]


def _ask(invoice_id: int) -> tuple[Any, list[Any], list[Any], list[Any], dict[str, bytes]]:
    from app.db.base import session

    def rows(statement: str) -> list[Any]:
        return list(session().execute(text(statement), {"id": invoice_id}).all())

    (row,) = rows("SELECT * FROM invoice WHERE id = :id")
    lines = rows("SELECT description, net FROM invoice_line WHERE invoice_id = :id ORDER BY position")
    taxes = rows("SELECT category, rate, base, tax FROM invoice_tax WHERE invoice_id = :id ORDER BY position")
    parts = rows("SELECT due_on, amount FROM instalment WHERE invoice_id = :id ORDER BY position")
    stored = rows(
        "SELECT kind, content FROM document JOIN document_content USING (sha256)"
        " WHERE owner_kind = 'invoice' AND owner_id = :id"
    )
    return row, lines, taxes, parts, {kind: bytes(content) for kind, content in stored}


def _buyer_faults(content: bytes, row: Any, stored: dict[str, bytes]) -> list[str]:
    """A credit note names whom its invoice does, and nobody else the customer was or is."""
    from app.db.base import session

    statement = text("SELECT snapshot FROM invoice WHERE id = :id")
    buyer = json.loads(session().execute(statement, {"id": row.original_id or row.id}).scalar_one())["buyer"]
    pages = " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content))
    said = {"PDF": pages, **{kind: stored[kind].decode() for kind in ("xml", "ubl") if kind in stored}}
    wanted = (buyer["name"], buyer["address"]["street"])
    faults = [
        f"{one!r} does not stand in the {where}" for where, all_ in said.items() for one in wanted if one not in all_
    ]
    found = {number for all_ in said.values() for number in re.findall(r"\bIT\d{11}\b", all_)}
    return faults + [f"the VAT id {number} is not the buyer's" for number in found - {buyer["vat_id"]}]


def _archive_faults(content: bytes, folder: Path) -> list[str]:
    path = folder / "paper.pdf"
    path.write_bytes(content)
    return [f"PDF/A: {one}" for one in pdfa.validate_written(path, "3b").findings if TOLERATED not in str(one)]


def _take_out(content: bytes) -> bytes | None:
    paper = pypdfium2.PdfDocument(content)
    files = [paper.get_attachment(place) for place in range(paper.count_attachments())]
    return bytes(files[0].get_data()) if files else None


def find_paper_faults(content: bytes, row: Any, lines: list[Any], taxes: list[Any], parts: list[Any]) -> list[str]:
    """Numbers, dates, line nets, tax rows and totals that do not stand in the text."""
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]
    said = re.sub(r"\s+", " ", " ".join(pages).replace("\ufffe", "-"))
    amounts = Counter(line.net for line in lines)
    amounts |= Counter({row.amount_due: 1, row.net_total: 1})
    amounts |= Counter(amount for one in taxes if one.tax for amount in (one.base, one.tax))
    amounts |= Counter(part.amount for part in parts)
    faults = [
        f"{_major(amount, row.currency)} stands {found} times in the text, not {times}"
        for amount, times in amounts.items()
        if (found := len(re.findall(_spelled(amount, row.currency, row.language), said))) < times
    ]
    days = {str(row.issued_on), *(str(part.due_on) for part in parts)}
    faults += [f"{day} does not stand in the text" for day in days if not re.search(_day(day), said)]
    return faults + [f"{one!r} does not stand in the text" for one in (row.number, row.currency) if one not in said]


def _type_of(row: Any, content: bytes) -> str:
    """BT-3 by UNTDID 1001; XRechnung knows no deposit invoice (BR-DE-17)."""
    if row.kind == "credit_note":
        return "381"
    return "386" if row.scope == "deposit" and b"kosit:xrechnung" not in content else "380"


def find_xml_faults(content: bytes, row: Any, lines: list[Any], taxes: list[Any], parts: list[Any]) -> list[str]:
    """Facts, sums, tax rows and line nets that are not those of the database."""
    said = read(content)

    def major(minor: int) -> Decimal:
        return _major(minor, row.currency)

    pairs = {
        "number": (said.number, row.number),
        "date": (said.issued_on, str(row.issued_on)),
        "currency": (said.document["currency"], row.currency),
        "type": (said.type_code, _type_of(row, content)),
        "line nets": (list(said.line_nets), [major(line.net) for line in lines]),
        "tax rows": (
            said.tax_rows,
            # O has no rate in the standard; the database keeps rates in millionths
            {(one.category, Decimal(one.rate or 0) / 10**6): (major(one.base), major(one.tax)) for one in taxes},
        ),
        "net": (said.sums["BT-109"], major(row.net_total)),
        "tax": (said.sums["BT-110"], major(row.tax_total)),
        "gross": (said.sums["BT-112"], major(row.gross_total)),
        "due": (said.sums["BT-115"], major(row.amount_due)),
    }
    if parts and said.due_on:
        pairs["due date"] = (said.due_on, min(str(part.due_on) for part in parts))
    return [
        f"{name} {left} in the XML, {right} in the database" for name, (left, right) in pairs.items() if left != right
    ]


def _major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-DIGITS.get(currency, 2))


def _spelled(minor: int, currency: str, language: str) -> str:
    """A pattern for the amount as that language writes it; grouping is optional, as Spanish has it below 10,000."""
    group, point = SEPARATORS[language]
    whole, _, fraction = f"{abs(_major(minor, currency)):f}".partition(".")
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", "~", whole).replace("~", f"{re.escape(group)}?")
    sign = "[-−]" if minor < 0 else ""
    return rf"(?<![\d.,]){sign}{grouped}{re.escape(point) + fraction if fraction else ''}(?!\d|[.,]\d)"


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    return rf"(?<!\d)0?{int(day)}[ ./](?:0?{int(month)}|[^\W\d]+\.?)[ ./]{year}"


def run(count: int, seed: int) -> int:
    """The number of faults over that many documents."""
    rng, started, faults, checked = random.Random(seed), time.monotonic(), list[str](), 0
    with tempfile.TemporaryDirectory() as folder, application(f"sqlite:///{folder}/books.sqlite3", folder) as app:
        from app.db.base import db
        from app.db.schema import create_all

        del app
        create_all(db.engine)
        customers, day = make_parties(), START
        while checked < count:
            for invoice_id in issue_some(rng, customers, day):
                faults += check(invoice_id, Path(folder), datetime(2026, 12, 1, 9, tzinfo=UTC))
                checked += 1
            day += timedelta(days=rng.random() < 0.5)
    print(*faults[:20], sep="\n", end="\n" if faults else "")
    print(f"seed {seed}: {checked} documents in {time.monotonic() - started:.0f} s; {len(faults)} faults")
    return len(faults)


def make_parties() -> list[Any]:
    """The company, and a customer for every format in two languages."""
    from app.customers.rules import AddressData
    from tests import factories

    # One inside the EU, one outside: an intra-Community supply may go to one, an export to the other
    deliveries = (AddressData(country="IT", city="Milano"), AddressData(country="US", city="Boston"))
    factories.make_company(
        now=datetime(2026, 1, 1, tzinfo=UTC), contact_name="Ada Winter", endpoint_id="4000001000005",
        endpoint_scheme="0088", registration="HRB 123456", tax_number="27/123/45678",
    )  # fmt: skip
    return [
        factories.make_customer(
            f"Nordlicht {einvoice} {language}", einvoice=einvoice, language=language, country="IT",
            vat_id=next(NUMBERS), endpoint_id="4000001000012", endpoint_scheme="0088",
            deliveries=deliveries, buyer_reference="04011000-12345-34",
        )
        for einvoice in FORMATS
        for language in ("en", "de")
    ]  # fmt: skip


def vat_ids() -> Iterator[str]:
    """Italian ones whose check digit is right."""
    from app.company.identifiers import check_vat_id
    from app.kernel.errors import BadInput

    for number in range(743110157, 10**9):
        try:
            yield check_vat_id(f"IT{number:011d}", "IT")
        except BadInput:
            continue


NUMBERS = vat_ids()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=random.randrange(10**9))
    chosen = options.parse_args()
    return 1 if run(chosen.count, chosen.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
