"""Credit notes go out in the e-invoice format of their invoice, whatever the customer has chosen since."""

from dataclasses import replace
from datetime import date

import pytest

from app.customers.queries import get_customer
from app.customers.services import data_of, update_customer
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.rules_reasons import CreditReason
from app.invoices.services.credit import CreditData
from tests import factories
from tests.factories import ACTOR, NOW

ISSUED, LATER = date(2026, 11, 2), date(2026, 11, 22)
GLN, OTHER_GLN = ("4000001000012", "0088"), ("4000001000005", "0088")
LEITWEG = "04011000-12345-34"


@pytest.fixture(autouse=True)
def company(app):
    return factories.make_company(
        phone="+49 30 1234560", contact_name="Ada Winter", iban="DE89370400440532013000", vat_id="DE136695976",
        endpoint_id=OTHER_GLN[0], endpoint_scheme=OTHER_GLN[1],
    )  # fmt: skip


def _invoice(einvoice, reference="", endpoint=("", "")):
    customer = factories.make_customer(
        einvoice=einvoice, buyer_reference=reference, endpoint_id=endpoint[0], endpoint_scheme=endpoint[1]
    )
    return factories.make_issued_invoice(customer, issued_on=ISSUED)


def _change(invoice, **changes):
    with unit_of_work():
        customer = get_customer(invoice.customer_id)
        said = replace(data_of(customer), **changes)
        update_customer(customer.id, said, version=customer.version, actor=ACTOR, now=NOW)


def _draft(invoice):
    with unit_of_work():
        said = CreditData(reason_code=CreditReason.WRONG)
        return services.draft_credit(invoice.id, said, actor=ACTOR, now=NOW).id


def _issue(draft_id):
    with unit_of_work():
        return services.issue_credit(draft_id, LATER, actor=ACTOR, now=NOW)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("factur-x", "xrechnung-cii"),
        ("factur-x", "peppol"),
        ("none", "xrechnung-ubl"),
        ("xrechnung-cii", "none"),
        ("xrechnung-ubl", "factur-x"),
        ("peppol", "factur-x"),
    ],
)
def test_a_credit_note_has_the_format_reference_and_addresses_of_its_invoice(then, now):
    is_asking = then.startswith(("xrechnung", "peppol"))
    invoice = _invoice(then, LEITWEG if is_asking else "", GLN if is_asking else ("", ""))
    _change(invoice, einvoice=now, buyer_reference="", endpoint_id="", endpoint_scheme="")
    note = _issue(_draft(invoice))
    assert note.snapshot["einvoice"] == then
    for name in ("buyer_reference", "seller", "buyer"):
        assert note.snapshot[name] == invoice.snapshot[name]


def test_what_the_invoice_lacks_is_taken_from_the_customer_even_after_the_draft_was_made():
    invoice = _invoice("factur-x")
    draft = _draft(invoice)
    _change(invoice, einvoice="peppol", buyer_reference=LEITWEG, endpoint_id=GLN[0], endpoint_scheme=GLN[1])
    note = _issue(draft)
    said = note.snapshot
    assert (said["einvoice"], said["buyer_reference"], note.buyer_reference) == ("factur-x", LEITWEG, LEITWEG)
    assert (said["buyer"]["endpoint_id"], said["buyer"]["endpoint_scheme"]) == GLN


def test_what_the_invoice_has_stays_when_the_customer_has_something_else():
    invoice = _invoice("peppol", LEITWEG, GLN)
    _change(invoice, einvoice="factur-x", buyer_reference="other", endpoint_id=OTHER_GLN[0])
    said = _issue(_draft(invoice)).snapshot
    assert (said["buyer_reference"], said["buyer"]["endpoint_id"]) == (LEITWEG, GLN[0])


def test_the_invoice_of_a_correction_has_the_format_and_reference_of_today():
    invoice = _invoice("factur-x")
    _change(invoice, einvoice="xrechnung-ubl", buyer_reference=LEITWEG)
    with unit_of_work():
        note, draft = services.correct_invoice(invoice.id, "", issued_on=LATER, actor=ACTOR, now=NOW)
        again = services.issue_invoice(draft.id, LATER, actor=ACTOR, now=NOW)
    assert [one.snapshot["einvoice"] for one in (note, again)] == ["factur-x", "xrechnung-ubl"]
    assert again.buyer_reference == LEITWEG
