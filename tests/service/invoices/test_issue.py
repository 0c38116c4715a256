"""Issuing: one transaction that checks, numbers, freezes, posts and queues; what may not leave is refused by field."""

from datetime import date
from decimal import Decimal

import pytest

from app.audit.queries import list_timeline
from app.customers.models import Customer
from app.db.base import session
from app.db.sequences import Counter
from app.db.types import canonical_json
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_request
from app.invoices import queries, services
from app.invoices.models import Invoice, InvoiceState
from app.invoices.queries import DraftOnly
from app.invoices.rules_issue import NotIssuable
from app.invoices.services.drafts import BilledAlready, OrderIsCancelled, OrderNotFulfilled
from app.invoices.services.issue import OlderThanLast
from app.invoices.snapshot import fingerprint_of
from app.kernel.errors import BadInput
from app.ledger.queries import list_open_items
from tests import factories
from tests.factories import ACTOR, NOW, VAT_19

TODAY = date(2026, 11, 22)


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer("Łódź Textiles S.A.", country="PL", vat_id="", city="Łódź")


def _draft(order, **options):
    with unit_of_work():
        return services.draft_invoice(order.id, actor=ACTOR, now=NOW, **options)


def _issue(draft, issued_on=TODAY, **options):
    with unit_of_work():
        return services.issue_invoice(draft.id, issued_on=issued_on, actor=ACTOR, now=NOW, **options)


def test_an_issued_invoice_has_a_number_totals_and_a_frozen_snapshot(customer):
    invoice = factories.make_issued_invoice(customer, ("Sensor", "4", "12.35"), ("Cable", "1", "100"))
    assert (invoice.number, invoice.series, invoice.period, invoice.sequence) == (
        "INV-2026-00001",
        "invoice",
        "2026",
        1,
    )
    assert (invoice.net_total, invoice.tax_total, invoice.gross_total) == (14940, 2839, 17779)
    assert (invoice.issued_on, invoice.due_on, invoice.issued_by) == (TODAY, date(2026, 12, 22), ACTOR)
    snapshot = invoice.snapshot
    assert snapshot["seller"]["name"] == "Feinwerk Sensorik GmbH"
    assert snapshot["buyer"]["address"]["city"] == "Łódź"
    assert snapshot["totals"]["gross_total"] == "177.79"
    assert [line["net"] for line in snapshot["lines"]] == ["49.40", "100.00"]
    assert snapshot["engine"] == {"arithmetic": 1}
    assert fingerprint_of(snapshot) == invoice.fingerprint


def test_the_snapshot_does_not_follow_the_customer(customer):
    invoice = factories.make_issued_invoice(customer)
    before = canonical_json(invoice.snapshot)
    with unit_of_work() as current:
        current.get_one(type(customer), customer.id).name = "Renamed Ltd"
    assert canonical_json(queries.get_invoice(invoice.id).snapshot) == before


def test_each_instalment_is_posted_to_the_ledger(customer):
    invoice = factories.make_issued_invoice(customer, payment_terms="30% 15 days, remainder 45 days")
    items = list_open_items(TODAY)
    assert [(item.document, item.instalment, item.due_on, item.open) for item in items] == [
        (f"invoice:{invoice.id}", 1, date(2026, 12, 7), 35700),
        (f"invoice:{invoice.id}", 2, date(2027, 1, 6), 83300),
    ]


def test_the_trail_knows_number_and_fingerprint(customer):
    invoice = factories.make_issued_invoice(customer)
    issued = next(entry for entry in list_timeline(invoice_id=invoice.id) if entry.action == "invoice.issued")
    assert (issued.detail["number"], issued.detail["fingerprint"]) == (invoice.number, invoice.fingerprint)
    assert issued.customer_id == customer.id
    assert issued.order_id == invoice.order_id


def test_the_pdf_is_requested_and_the_mail_waits_for_it(customer):
    invoice = factories.make_issued_invoice(customer)
    assert find_request("invoice", invoice.id, "pdf") is not None
    [message] = queries.list_sent(invoice.id)
    assert message.subject == "Invoice INV-2026-00001 from Feinwerk Sensorik GmbH"
    assert message.recipient == customer.billing_email
    assert [(one.owner_kind, one.document_kind) for one in message.attachments] == [("invoice", "pdf")]
    for text in (message.body_text, message.body_html):
        assert "1,190.00 EUR" in text
        assert "22 Dec 2026" in text
        assert "DE89 3704 0044 0532 0130 00" in text


def test_a_german_customer_gets_german_words(app):
    factories.make_company()
    customer = factories.make_customer("Müller & Söhne GmbH", language="de")
    invoice = factories.make_issued_invoice(customer)
    [message] = queries.list_sent(invoice.id)
    assert message.subject == "Rechnung INV-2026-00001 von Feinwerk Sensorik GmbH"
    assert "1.190,00 EUR" in message.body_text
    assert "Müller &amp; Söhne" in message.body_html
    assert "Müller & Söhne" in message.body_text


def test_an_invoice_without_a_mail_address_is_issued_and_says_so(app):
    factories.make_company()
    customer = factories.make_customer(billing_email="")
    invoice = factories.make_issued_invoice(customer)
    assert queries.list_sent(invoice.id) == []
    assert "invoice.not_mailed" in [entry.action for entry in list_timeline(invoice_id=invoice.id)]
    with pytest.raises(services.sending.NoBillingEmail), unit_of_work():
        services.send_invoice(invoice.id, actor=ACTOR, now=NOW)


def test_numbers_follow_each_other_and_start_again_with_the_year(customer):
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 1)]
    numbers = [factories.make_issued_invoice(customer, issued_on=day).number for day in days]
    assert numbers == ["INV-2025-00001", "INV-2026-00001", "INV-2026-00002", "INV-2026-00003"]


def test_a_number_is_never_dated_before_the_one_before_it(customer):
    factories.make_issued_invoice(customer, issued_on=date(2026, 11, 20))
    draft = _draft(factories.make_plain_order(customer))
    with pytest.raises(OlderThanLast, match="INV-2026-00001 is dated 2026-11-20") as refusal:
        _issue(draft, date(2026, 11, 19))
    assert refusal.value.field == "issued_on"
    assert session().get(Counter, ("invoice", "2026")).last == 1
    assert _issue(draft, date(2026, 11, 20)).number == "INV-2026-00002"


def test_a_rolled_back_issue_leaves_no_gap(customer):
    draft = _draft(factories.make_plain_order(customer))

    def issue_and_fail():
        with unit_of_work():
            assert services.issue_invoice(draft.id, issued_on=TODAY, actor=ACTOR, now=NOW).number == "INV-2026-00001"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        issue_and_fail()
    assert queries.get_invoice(draft.id).state is InvoiceState.DRAFT
    assert queries.list_sent(draft.id) == []
    assert list_open_items(TODAY) == []
    assert _issue(draft).number == "INV-2026-00001"


def test_a_draft_is_issued_once(customer):
    draft = _draft(factories.make_plain_order(customer))
    _issue(draft)
    with pytest.raises(DraftOnly, match="INV-2026-00001 is issued already"):
        _issue(draft)


def test_a_total_of_zero_is_issued_and_owes_nothing(customer):
    invoice = factories.make_issued_invoice(customer, ("Sample", "1", "0"))
    assert (invoice.gross_total, invoice.due_on) == (0, TODAY)
    assert list_open_items(TODAY) == []
    assert queries.position_of(invoice, TODAY).standing == "settled"


@pytest.mark.parametrize(
    ("currency", "price", "gross"),
    [("EUR", "0.005", 1), ("JPY", "1234", 1468), ("KWD", "1.2345", 1470)],
)
def test_totals_have_the_decimals_of_their_currency(customer, currency, price, gross):
    assert factories.make_issued_invoice(customer, ("Part", "1", price), currency=currency).gross_total == gross


# --- what is not issued -----------------------------------------------------------------------------------------------

REVERSE = {"name": "VAT", "category": "AE", "kind": "percent", "rate": "0"}


@pytest.mark.parametrize(
    ("taxes", "field"),
    [
        ([], "lines[0].taxes"),
        ([{**VAT_19, "rate": "0"}], "lines[0].taxes[0].rate"),
        ([{**VAT_19, "category": "Z"}], "lines[0].taxes[0].rate"),
        ([{**VAT_19, "category": "X"}], "lines[0].taxes[0].category"),
        ([{**VAT_19, "reason": "why"}], "lines[0].taxes[0].reason"),
        ([{**REVERSE, "category": "E"}], "lines[0].taxes[0].reason"),
        ([{**REVERSE, "category": "O"}], "lines[0].taxes[0].reason"),
        ([{**REVERSE, "reason": "Reverse charge"}], "buyer.vat_id"),
        ([{**REVERSE, "category": "K", "reason": "Intra-Community"}], "buyer.vat_id"),
    ],
)
def test_taxes_that_may_not_stand_on_an_invoice_are_refused(customer, taxes, field):
    draft = _draft(factories.make_plain_order(customer, taxes=taxes))
    with pytest.raises(NotIssuable) as refusal:
        _issue(draft)
    assert field in [fault.field for fault in refusal.value.faults]
    assert refusal.value.field == refusal.value.faults[0].field
    assert session().get(Counter, ("invoice", "2026")) is None


def test_reverse_charge_with_reason_and_vat_id_is_issued(app):
    factories.make_company()
    customer = factories.make_customer("Αθήνα Α.Ε.", country="GR", vat_id="EL094259216")
    taxes = [{**REVERSE, "reason": "Article 196 of 2006/112/EC"}]
    invoice = factories.make_issued_invoice(customer, taxes=taxes)
    assert invoice.tax_total == 0
    assert invoice.taxes[0].reason == "Article 196 of 2006/112/EC"
    assert invoice.snapshot["tax_breakdown"][0]["reason"] == "Article 196 of 2006/112/EC"


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([("Sensor", "0", "10")], None),  # nothing is left of such a line, so there is no draft
        ([(" ", "1", "10")], "lines[0].description"),
        ([("x" * 1001, "1", "10")], "lines[0].description"),
        ([("センサー", "1", "10")], "lines[0].description"),
        ([("Sensor", "1", "-10")], "lines[0].unit_price"),
        ([(f"Part {n}", "1", "1") for n in range(501)], "lines"),
    ],
)
def test_lines_that_cannot_be_printed_or_billed_are_refused(customer, lines, field):
    order = factories.make_plain_order(customer, *lines)
    if field is None:
        with pytest.raises(BilledAlready):
            _draft(order)
        return
    with pytest.raises(NotIssuable) as refusal:
        _issue(_draft(order))
    assert refusal.value.field == field


def test_a_zero_quantity_that_reached_the_draft_is_refused(customer):
    draft = _draft(factories.make_plain_order(customer))
    with unit_of_work():
        queries.get_invoice(draft.id).lines[0].quantity = Decimal(0)
    with pytest.raises(NotIssuable) as refusal:
        _issue(draft)
    assert refusal.value.field == "lines[0].quantity"


def test_a_name_the_fonts_cannot_draw_is_refused_before_a_number_is_drawn(app):
    factories.make_company()
    customer = factories.make_customer()
    with unit_of_work() as current:
        current.get(Customer, customer.id).name = "株式会社テスト"  # as stored before the form refused it
    draft = _draft(factories.make_plain_order(customer))
    with pytest.raises(NotIssuable, match=r"cannot draw: 株 \(U\+682A\)") as refusal:
        _issue(draft)
    assert refusal.value.field == "buyer.name"
    assert session().get(Counter, ("invoice", "2026")) is None


def test_a_customer_without_an_address_line_is_refused(app):
    factories.make_company()
    draft = _draft(factories.make_plain_order(factories.make_customer(street="", city="", postal_code="")))
    with pytest.raises(NotIssuable) as refusal:
        _issue(draft)
    assert refusal.value.field == "buyer.address"


def test_a_company_without_any_tax_number_cannot_charge_tax(app):
    factories.make_company(vat_id="", tax_number="")
    draft = _draft(factories.make_plain_order(factories.make_customer()))
    with pytest.raises(NotIssuable) as refusal:
        _issue(draft)
    assert refusal.value.field == "seller.vat_id"


@pytest.mark.parametrize("terms", ["whenever", "50% 10 days, 20% 20 days"])
def test_terms_without_a_due_date_are_refused(customer, terms):
    draft = _draft(factories.make_plain_order(customer))
    with unit_of_work():
        queries.get_invoice(draft.id).payment_terms = terms
    with pytest.raises(BadInput) as refusal:
        _issue(draft)
    assert refusal.value.field == "payment_terms"


def test_missing_terms_are_refused(customer):
    draft = _draft(factories.make_plain_order(customer))
    with unit_of_work():
        queries.get_invoice(draft.id).payment_terms = ""
    with pytest.raises(NotIssuable) as refusal:
        _issue(draft)
    assert refusal.value.field == "payment_terms"


def test_the_preview_names_every_fault_and_changes_nothing(app):
    factories.make_company()
    customer = factories.make_customer(street="", city="", postal_code="")
    draft = _draft(factories.make_plain_order(customer, taxes=[]))
    faults = services.find_issue_faults(draft.id, TODAY)
    assert {fault.field for fault in faults} == {"buyer.address", "lines[0].taxes"}
    assert queries.get_invoice(draft.id).state is InvoiceState.DRAFT


# --- from orders ------------------------------------------------------------------------------------------------------


def test_an_order_is_never_billed_twice(customer):
    order = factories.make_plain_order(customer)
    draft = _draft(order)
    with pytest.raises(BilledAlready, match=f"draft {draft.id}"):
        _draft(order)
    _issue(draft)
    with pytest.raises(BilledAlready, match="INV-2026-00001"):
        _draft(order)


def test_an_order_in_progress_is_invoiced_on_purpose_only(customer):
    order = factories.make_plain_order(customer, state="in_progress")
    with pytest.raises(OrderNotFulfilled, match="still in progress"):
        _draft(order)
    assert _draft(order, ahead_of_fulfilment=True).gross_total == 119000


def test_a_cancelled_order_is_never_invoiced(customer):
    order = factories.make_plain_order(customer, state="cancelled")
    with pytest.raises(OrderIsCancelled):
        _draft(order, ahead_of_fulfilment=True)


def test_a_deleted_draft_frees_the_order_and_leaves_no_gap(customer):
    order = factories.make_plain_order(customer)
    draft = _draft(order)
    with unit_of_work():
        services.delete_draft(draft.id, actor=ACTOR, now=NOW)
    assert session().get(Invoice, draft.id) is None
    assert _issue(_draft(order)).number == "INV-2026-00001"


def test_a_draft_with_less_leaves_the_rest_for_another(customer):
    order = factories.make_plain_order(customer, ("Sensor", "4", "10"), ("Cable", "2", "5"))
    draft = _draft(order)
    first, second = draft.lines
    change = services.DraftData(
        payment_terms="14 days",
        lines=(
            services.DraftLine(line_id=first.id, description="Sensor, first part", quantity=Decimal("1.5")),
            services.DraftLine(line_id=second.id, description="Cable", quantity=Decimal(0)),
        ),
    )
    with unit_of_work():
        changed = services.update_draft(draft.id, change, version=1, actor=ACTOR, now=NOW)
    assert (changed.net_total, changed.payment_terms, len(changed.lines)) == (1500, "14 days", 1)
    rest = _draft(order)
    assert [(line.description, line.quantity) for line in rest.lines] == [("Sensor", Decimal("2.5")), ("Cable", 2)]


def test_a_draft_never_takes_more_than_was_ordered(customer):
    draft = _draft(factories.make_plain_order(customer))
    line = services.DraftLine(line_id=draft.lines[0].id, description="Sensor", quantity=Decimal("4.000001"))
    with pytest.raises(BadInput, match="more than the 4 still to be invoiced") as refusal, unit_of_work():
        services.update_draft(
            draft.id, services.DraftData(payment_terms="30 days", lines=(line,)), version=1, actor=ACTOR, now=NOW
        )
    assert refusal.value.field == "lines[0].quantity"


def test_a_stale_draft_is_not_saved_over(customer):
    draft = _draft(factories.make_plain_order(customer))
    data = services.DraftData(payment_terms="30 days")
    with unit_of_work():
        services.update_draft(draft.id, data, version=1, actor=ACTOR, now=NOW)
    with pytest.raises(services.drafts.DraftChanged), unit_of_work():
        services.update_draft(draft.id, data, version=1, actor=ACTOR, now=NOW)
