"""Credit notes: an own document with an own number that settles the original, once."""

from datetime import date

import pytest

from app.audit.queries import list_timeline
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_request
from app.invoices import queries, services
from app.invoices.rules_issue import NotIssuable
from app.invoices.services.credit import CreditedAlready, NotCreditable, OfEarlierSystem
from app.kernel.errors import BadInput
from app.ledger.models import EntryKind
from app.ledger.queries import list_open_items, on_account
from app.ledger.services import NewEntry, post
from tests import factories
from tests.factories import ACTOR, NOW

ISSUED, LATER = date(2026, 11, 2), date(2026, 11, 22)


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer()


@pytest.fixture
def invoice(customer):
    return factories.make_issued_invoice(
        customer, ("Sensor", "3", "0.335"), issued_on=ISSUED, payment_terms="30% 15 days, remainder 45 days"
    )


def _credit(invoice, reason="Delivered twice", issued_on=LATER):
    with unit_of_work():
        return services.credit_invoice(invoice.id, reason=reason, issued_on=issued_on, actor=ACTOR, now=NOW)


def test_a_credit_note_mirrors_its_invoice_under_a_number_of_its_own(invoice):
    note = _credit(invoice)
    assert (note.number, note.kind, note.original_id) == ("CN-2026-00001", "credit_note", invoice.id)
    for name in ("net_total", "tax_total", "gross_total", "amount_due", "currency", "order_id"):
        assert getattr(note, name) == getattr(invoice, name)
    assert note.snapshot["type_code"] == "381"
    assert note.snapshot["original"]["number"] == invoice.number
    assert note.snapshot["original"]["issued_on"] == "2026-11-02"
    assert note.snapshot["reason"] == "Delivered twice"
    assert note.snapshot["instalments"] == []
    assert (note.due_on, note.snapshot["due_on"]) == (None, None)


def test_the_original_is_settled_and_said_to_be_credited(invoice):
    assert queries.position_of(queries.get_invoice(invoice.id), LATER).standing == "overdue"
    _credit(invoice)
    assert queries.position_of(queries.get_invoice(invoice.id), LATER).standing == "credited"
    assert list_open_items(LATER) == []
    assert on_account(LATER) == {}
    assert [item.open for item in list_open_items(date(2026, 11, 21))] == [36, 84]


def test_what_was_paid_already_stays_on_account(customer, invoice):
    document = queries.document_name(invoice.id)
    about = {"effective_on": date(2026, 11, 10), "customer_id": customer.id, "currency": "EUR", "reason": "payment:1"}
    with unit_of_work():
        post(
            [
                NewEntry(kind=EntryKind.RECEIPT, amount=-50, **about),
                NewEntry(kind=EntryKind.APPLICATION, amount=50, **about),
                NewEntry(kind=EntryKind.SETTLEMENT, amount=-36, document=document, instalment=1, **about),
                NewEntry(kind=EntryKind.SETTLEMENT, amount=-14, document=document, instalment=2, **about),
            ],
            actor=ACTOR,
            now=NOW,
        )
    assert queries.position_of(invoice, date(2026, 11, 12)).standing == "partly_settled"
    _credit(invoice)
    assert list_open_items(LATER) == []
    assert on_account(LATER) == {(customer.id, "EUR"): -50}


def test_an_invoice_is_credited_once(invoice):
    _credit(invoice)
    with pytest.raises(CreditedAlready, match=r"INV-2026-00001 is credited already, by CN-2026-00001"):
        _credit(invoice)


def test_a_credited_order_can_be_invoiced_again(invoice):
    _credit(invoice)
    with unit_of_work():
        again = services.draft_invoice(invoice.order_id, actor=ACTOR, now=NOW)
    assert again.gross_total == invoice.gross_total


def test_a_draft_a_credit_note_and_an_imported_invoice_cannot_be_credited(customer, invoice):
    with pytest.raises(NotCreditable):
        _credit(_credit(invoice))
    order = factories.make_plain_order(customer)
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
    with pytest.raises(NotCreditable):
        _credit(draft)


def test_an_invoice_of_an_earlier_system_is_credited_there(customer):
    with unit_of_work():
        old = services.register_history_invoice(
            "R-17", customer.id, issued_on=ISSUED, due_on=LATER, currency="EUR", gross=100, actor=ACTOR, now=NOW
        )
    with pytest.raises(OfEarlierSystem, match="R-17"):
        _credit(old)


@pytest.mark.parametrize(
    ("reason", "issued_on", "field"),
    [("", LATER, "reason"), ("x" * 501, LATER, "reason"), ("why", date(2026, 11, 1), "issued_on")],
)  # fmt: skip
def test_a_credit_note_needs_a_reason_and_is_not_older_than_its_invoice(invoice, reason, issued_on, field):
    with pytest.raises(BadInput) as refusal:
        _credit(invoice, reason, issued_on)
    assert refusal.value.field == field
    assert queries.find_credit_note(invoice.id) is None


def test_the_credit_note_is_rendered_mailed_and_on_both_timelines(invoice):
    note = _credit(invoice)
    assert find_request("invoice", note.id, "pdf") is not None
    [message] = queries.list_sent(note.id)
    assert message.subject == "Credit note CN-2026-00001 from Feinwerk Sensorik GmbH"
    assert "INV-2026-00001" in message.body_text
    assert "invoice.credited" in [entry.action for entry in list_timeline(invoice_id=invoice.id)]
    assert "invoice.issued" in [entry.action for entry in list_timeline(invoice_id=note.id)]


def test_terms_that_reduce_the_tax_are_credited_to_the_cent(customer):
    invoice = factories.make_issued_invoice(
        customer, ("Sensor", "1", "99.99"), payment_terms="3% discount 10 days reduces tax always, 30 days"
    )
    assert invoice.tax_total < 1900
    assert _credit(invoice).tax_total == invoice.tax_total


def test_not_issuable_names_all_faults():
    from app.invoices.rules_issue import Fault

    refusal = NotIssuable([Fault("a", "First."), Fault("b", "Second."), Fault("c", "Third.")])
    assert str(refusal) == "First. (2 more reasons)"
    assert refusal.field == "a"
