"""A credit note names the buyer of the invoice it credits, whatever became of the customer since."""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.customers.queries import get_customer
from app.customers.rules import AddressData
from app.customers.services import data_of, update_customer
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.buyers import parties_of, say_other_buyer
from app.invoices.einvoice.build import build_semantic
from app.invoices.einvoice.codes import Syntax
from app.invoices.einvoice_files import find_broken_rules, make_einvoice
from app.invoices.models import Invoice, Scope
from app.invoices.paper import lay_out
from app.invoices.queries import list_sent
from app.invoices.rules_reasons import CreditReason
from app.invoices.services.credit import CreditData
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR, NOW

ISSUED, LATER = date(2026, 11, 2), date(2026, 11, 22)
K = [{"name": "VAT", "category": "K", "kind": "percent", "rate": "0"}]
PARIS = {
    "country": "FR", "vat_id": "FR40303265045", "street": "5 rue de la Paix", "postal_code": "75002", "city": "Paris",
    "deliveries": (AddressData(street="1 quai Sud", postal_code="69002", city="Lyon", country="FR"),),
}  # fmt: skip
GONE = {"vat_id": "", "country": "DE"}
BERLIN = {
    "name": "Lumiere Nova GmbH", "country": "DE", "vat_id": "DE811907980", "street": "Lange Straße 1",
    "postal_code": "10115", "city": "Berlin", "billing_email": "new@lumiere.example",
    "deliveries": (AddressData(street="Dock 1", postal_code="20457", city="Hamburg", country="DE"),),
}  # fmt: skip


@pytest.fixture(autouse=True)
def company(app):
    return factories.make_company(
        contact_name="Ada Winter", vat_id="DE136695976", endpoint_id="4000001000005", endpoint_scheme="0088"
    )


def _invoice(**customer):
    made = factories.make_customer("Lumière SARL", **PARIS | customer)
    order = factories.make_plain_order(made, taxes=K)
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
        draft.delivered_on = ISSUED
    with unit_of_work():
        return services.issue_invoice(draft.id, ISSUED, actor=ACTOR, now=NOW)


def _change(invoice, **changes):
    with unit_of_work():
        customer = get_customer(invoice.customer_id)
        said = replace(data_of(customer), **changes)
        update_customer(customer.id, said, version=customer.version, actor=ACTOR, now=NOW)


def _draft(invoice, **said):
    with unit_of_work():
        data = CreditData(reason_code=CreditReason.WRONG, **said)
        return services.draft_credit(invoice.id, data, actor=ACTOR, now=NOW).id


def _in_part(invoice):
    return _draft(invoice, scope=Scope.LINES, quantities={invoice.lines[0].id: Decimal(1)})


def _issue(draft_id):
    assert services.find_issue_faults(draft_id, LATER) == []
    with unit_of_work():
        return services.issue_credit(draft_id, LATER, actor=ACTOR, now=NOW)


@pytest.mark.parametrize("changes", [GONE, BERLIN])
@pytest.mark.parametrize("draft", [_draft, _in_part])
@pytest.mark.parametrize("is_drafted_first", [True, False])
def test_a_credit_note_names_the_buyer_and_the_place_of_delivery_its_invoice_names(changes, draft, is_drafted_first):
    invoice = _invoice()
    drafted = draft(invoice) if is_drafted_first else None
    _change(invoice, **changes)
    note = _issue(drafted or draft(invoice))
    assert note.snapshot["buyer"] == invoice.snapshot["buyer"]
    assert note.snapshot["delivery"] == invoice.snapshot["delivery"]
    assert verify(NOW, ROWS).is_ok


@pytest.mark.parametrize("einvoice", ["factur-x", "xrechnung-cii", "xrechnung-ubl", "peppol"])
def test_paper_and_both_syntaxes_name_that_buyer_and_keep_the_official_rules(einvoice):
    endpoint = {"endpoint_id": "4000001000012", "endpoint_scheme": "0088"}
    invoice = _invoice(einvoice=einvoice, buyer_reference="04011000-12345-34", **endpoint)
    _change(invoice, **BERLIN)
    said = _issue(_draft(invoice)).snapshot
    assert lay_out(said).head.buyer == lay_out(invoice.snapshot).head.buyer
    semantic = build_semantic(said)
    assert (semantic.buyer, semantic.delivery.place.city) == (build_semantic(invoice.snapshot).buyer, "Lyon")
    for syntax in Syntax:
        assert find_broken_rules(said, syntax) == []
        xml = make_einvoice(said, syntax).content.decode()
        assert all(one in xml for one in ("Lumière SARL", "FR40303265045"))
        assert not any(one in xml for one in ("Nova", "DE811907980", "Hamburg"))


def test_the_mail_goes_to_the_address_of_today():
    invoice = _invoice()
    _change(invoice, **BERLIN)
    note = _issue(_draft(invoice))
    (message,) = list_sent(note.id)
    assert (message.recipient, message.recipient_name) == ("new@lumiere.example", "Lumiere Nova GmbH")


def test_a_correction_credits_the_buyer_of_then_and_drafts_for_the_one_of_today():
    invoice = _invoice()
    _change(invoice, **BERLIN)
    with unit_of_work():
        note, draft = services.correct_invoice(invoice.id, "", issued_on=LATER, actor=ACTOR, now=NOW)
    assert note.snapshot["buyer"]["name"] == "Lumière SARL"
    content = services.preview_issue(draft.id, LATER).content
    assert (content["buyer"]["name"], content["delivery"]["city"]) == ("Lumiere Nova GmbH", "Hamburg")


def test_a_deposit_is_credited_to_whom_it_asked():
    customer = factories.make_customer("Lumière SARL", **PARIS)
    order = factories.make_plain_order(customer)
    with unit_of_work():
        deposit = services.draft_deposit(order.id, percent=Decimal(30), actor=ACTOR, now=NOW)
    with unit_of_work():
        deposit = services.issue_invoice(deposit.id, ISSUED, actor=ACTOR, now=NOW)
    _change(deposit, **BERLIN)
    assert _issue(_draft(deposit)).snapshot["buyer"] == deposit.snapshot["buyer"]


def test_the_snapshot_of_an_earlier_version_is_credited_to_its_buyer():
    invoice = _invoice()
    old = deepcopy(invoice.snapshot) | {"shape": 1}
    del old["einvoice"]
    for party in ("seller", "buyer"):
        old[party] = {name: value for name, value in old[party].items() if not name.startswith("endpoint")}
    _change(invoice, **BERLIN)
    credited = Invoice(number="INV-1", snapshot=old)
    customer = get_customer(invoice.customer_id)
    said = parties_of(customer, credited)
    assert {name: said["buyer"][name] for name in old["buyer"]} == old["buyer"]
    assert (said["buyer"]["endpoint_id"], said["delivery"]) == ("", old["delivery"])


def test_a_difference_from_the_customer_of_today_is_said_in_a_sentence():
    invoice = _invoice()
    customer = get_customer(invoice.customer_id)
    assert say_other_buyer(invoice, customer) == ""
    _change(invoice, street="6 rue de la Paix")
    assert say_other_buyer(invoice, customer).endswith("The customer’s address is different today.")
    _change(invoice, **BERLIN)
    assert say_other_buyer(invoice, customer) == (
        f"A credit note names the buyer as {invoice.number} does: Lumière SARL, 5 rue de la Paix, 75002 Paris, FR, "
        "FR40303265045. The customer’s name, address, VAT id and delivery address are different today."
    )
