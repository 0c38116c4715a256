"""The invoices' pages: what each role finds there, and what its buttons do."""

from datetime import date

import pytest

from app.customers.models import Contact
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document
from app.invoices import batch, queries, services
from app.invoices.models import Invoice, InvoiceState
from app.invoices.rules_issue import Fault
from app.ledger.models import EntryKind
from app.ledger.services import NewEntry, post
from app.orders.models import OrderState
from tests import factories
from tests.factories import ACTOR, NOW, sign_in
from tests.harness.pages import words_of
from tests.harness.statements import count_statements

ISSUED = date(2026, 11, 2)


@pytest.fixture
def customer(app):
    with app.app_context():
        factories.make_company()
        yield factories.make_customer("Łódź Textiles S.A.")


@pytest.fixture
def order(customer):
    return factories.make_plain_order(customer)


def _draft(order):
    with unit_of_work():
        return services.draft_invoice(order.id, actor=ACTOR, now=NOW)


def _get(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, response.text[:2000]
    return response.text


def _post(client, path, status=302, **data):
    response = client.post(path, data=data)
    assert response.status_code == status, response.text[:2000]
    return response


@pytest.fixture
def finance(client, customer):
    sign_in(client, "finance")
    return client


def test_a_draft_says_what_would_be_due_by_when_before_it_is_issued(finance, customer, today):
    line, terms = ("Sensor", "1", "129.97"), "2% discount 10 days, 30% deposit, 70% 30 days"
    draft = _draft(factories.make_plain_order(customer, line, payment_terms=terms))
    page = words_of(_get(finance, f"/invoices/{draft.id}"))
    assert "Instalments, if issued today 2" in page
    assert "First due 22 Nov 2026 Last due 22 Dec 2026 if issued today" in page
    owed = "154.66 EUR is owed by Łódź Textiles S.A.: 46.40 EUR due 22 Nov 2026, 108.26 EUR due 22 Dec 2026"
    assert f"{owed}; 151.57 EUR is enough until 2 Dec 2026" in page
    single = _draft(factories.make_plain_order(customer, line, payment_terms="30 days"))
    page = words_of(_get(finance, f"/invoices/{single.id}"))
    assert "is owed by Łódź Textiles S.A., due 22 Dec 2026" in page
    assert "Due 22 Dec 2026 if issued today" in page


def test_the_list_shows_each_invoice_with_its_standing(finance, customer):
    overdue = factories.make_issued_invoice(customer, issued_on=date(2020, 1, 1))
    fresh = factories.make_issued_invoice(customer, issued_on=date(2026, 11, 1), payment_terms="3000 days")
    page = _get(finance, "/invoices")
    assert overdue.number in page
    assert fresh.number in page
    assert "d overdue" in page
    assert "Not due" in page
    assert "2,380.00" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=overdue", {1}),
        ("state=not_due", {2}),
        ("state=partly_settled", {3}),
        ("state=settled", {4}),
        ("state=credited", {5}),
        ("state=credit_note", {6}),
        ("state=draft", {7}),
        ("q=INV-2026", {2, 3, 4, 5}),
        ("q=3", {3}),
        ("q=nordwind", set()),
        ("q=textiles", {1, 2, 3, 4, 5, 6, 7}),
        ("state=overdue&q=textiles", {1}),
        ("q=PO-4711", {1, 2, 3, 4, 5, 6, 7}),
        ("q=inv-2020", {1}),
        ("from=2026-11-03", {3, 4, 6}),
        ("from=2026-11-02&until=2026-11-02", {2, 5}),
        ("customer=1", {1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_the_list_is_narrowed_by_standing_number_customer_and_date(finance, customer, query, expected):
    far = "3000 days"
    made = {1: factories.make_issued_invoice(customer, issued_on=date(2020, 1, 1))}
    made[2] = factories.make_issued_invoice(customer, issued_on=ISSUED, payment_terms=far)
    made[5] = factories.make_issued_invoice(customer, issued_on=ISSUED, payment_terms=far)
    made[3] = factories.make_issued_invoice(customer, issued_on=date(2026, 11, 3), payment_terms=far)
    made[4] = factories.make_issued_invoice(customer, issued_on=date(2026, 11, 4), payment_terms=far)
    _settle(made[3], 100)
    _settle(made[4], made[4].gross_total)
    with unit_of_work():
        made[6] = services.credit_invoice(made[5].id, reason="Twice", issued_on=date(2026, 11, 5), actor=ACTOR, now=NOW)
    made[7] = _draft(factories.make_plain_order(customer))
    page = _get(finance, f"/invoices?{query}")
    shown = {key for key, invoice in made.items() if f'href="/invoices/{invoice.id}"' in page}
    assert shown == expected


def test_long_lists_are_paged_in_both_directions(finance, customer, monkeypatch):
    rows = [
        services.HistoryInvoice(
            number=f"R-{n:03}", customer_id=customer.id, issued_on=ISSUED, due_on=ISSUED, currency="EUR", gross=100,
        )
        for n in range(120)
    ]  # fmt: skip
    with unit_of_work():
        services.register_history_invoices(rows, actor=ACTOR, now=NOW)
    monkeypatch.setattr("app.invoices.queries_list.MOST_RARE", 100)
    for state in ("", "state=overdue&", "q=R-&", "q=textiles&", "q=R-&state=overdue&"):
        seen = []
        url = f"/invoices?{state}"
        pages = 0
        while url:
            page = _get(finance, url)
            seen += [number for number in (f"R-{n:03}" for n in range(119, -1, -1)) if f'title="{number}"' in page]
            url = _link(page, "next")
            pages += 1
        assert pages == 3
        assert seen == [f"R-{n:03}" for n in range(119, -1, -1)]
        back = _get(finance, _link(page, "prev"))
        assert 'title="R-069"' in back
        assert 'title="R-020"' in back


def test_the_open_totals_follow_the_ledger_at_once(finance, customer):
    invoice = factories.make_issued_invoice(customer, issued_on=ISSUED, payment_terms="3000 days")
    assert "<b>1,190.00" in _get(finance, "/invoices")
    _settle(invoice, 19000)
    assert "<b>1,000.00" in _get(finance, "/invoices")


def test_a_fulfilled_order_becomes_a_draft_and_then_an_invoice(finance, customer, order):
    assert order.number in _get(finance, "/invoices/to-invoice")
    draft_url = _post(finance, "/invoices/draft", order_id=order.id).location
    page = _get(finance, draft_url)
    assert "1,190.00 EUR" in page
    assert "Issue over 1,190.00 EUR" in page
    assert order.number not in _get(finance, "/invoices/to-invoice")
    _post(finance, f"{draft_url}/issue", issued_on="2026-11-02")
    page = _get(finance, draft_url)
    assert "INV-2026-00001" in page
    assert customer.billing_email in page
    assert "Queued" in page


def test_the_screen_speaks_english_whatever_the_customers_language_is(finance, customer):
    german = factories.make_customer("Müller GmbH", language="de")
    draft_url = _post(finance, "/invoices/draft", order_id=factories.make_plain_order(german).id).location
    draft = _get(finance, draft_url)
    _post(finance, f"{draft_url}/issue", issued_on="2026-11-02")
    assert "Issue over 1,190.00 EUR" in draft
    for page in (draft, _get(finance, draft_url)):
        assert "Net total" in page
        assert "Nettosumme" not in page
        assert "Zu zahlen" not in page
        assert "1.190,00" not in page
        assert "German" in page


def test_a_credited_order_is_not_asked_for_again_in_bulk(finance, customer):
    invoice = factories.make_issued_invoice(customer, issued_on=ISSUED, number="SO-CREDITED")
    with unit_of_work():
        services.credit_invoice(invoice.id, reason="Returned", issued_on=ISSUED, actor=ACTOR, now=NOW)
    assert "SO-CREDITED" not in _get(finance, "/invoices/to-invoice")
    assert "Draft an invoice" in _get(finance, f"/orders/{invoice.order_id}")


def test_chosen_orders_are_issued_by_a_run_that_asks_the_official_rules(finance, customer, order, monkeypatch):
    bad = factories.make_plain_order(customer, taxes=[], number="SO-BAD")
    poor = factories.make_plain_order(customer, number="SO-POOR", po_number="PO-POOR")
    gone = factories.make_plain_order(customer, number="SO-GONE", state=OrderState.CANCELLED)
    fault = [Fault("einvoice", "BR-DE-1: no.")]
    monkeypatch.setattr(batch, "find_rule_faults", lambda content: fault if "PO-POOR" in str(content) else [])
    chosen = {"ids": [order.id, bad.id, poor.id, gone.id], "confirmed": "1"}
    response = finance.post("/invoices/issue-orders", data=chosen, follow_redirects=True)
    assert response.request.path.startswith("/invoices/runs/")
    assert "SO-GONE: " in response.text
    batch.issue_runs(now=lambda: NOW, may_go_on=lambda: True)
    page = _get(finance, response.request.path)
    for said in ("INV-2026-00001", "Line 1 has no tax", "BR-DE-1: no."):
        assert said in page
    states = sorted(invoice.state for invoice in session().query(Invoice))
    assert states == [InvoiceState.DRAFT, InvoiceState.DRAFT, InvoiceState.ISSUED]


def test_what_stops_an_issue_is_listed_with_the_way_there(finance, customer):
    made = factories.make_customer("No Address Ltd", street="", city="", postal_code="")
    draft = _draft(factories.make_plain_order(made, taxes=[]))
    page = _get(finance, f"/invoices/{draft.id}")
    assert "billing address is empty" in page
    assert f"/customers/{made.id}/edit" in page
    assert "Line 1 has no tax" in page
    assert "confirm-issue" not in page
    _post(finance, f"/invoices/{draft.id}/issue", status=422, issued_on="2026-11-02")


def test_an_invoice_is_not_dated_after_today(finance, order):
    draft = _draft(order)
    for day in ("2999-01-01", "", "yesterday"):
        page = _post(finance, f"/invoices/{draft.id}/issue", status=422, issued_on=day).text
        assert 'id="issued_on-error"' in page
        assert f'value="{day}"' in page
        assert 'id="confirm-issue"' not in page
    assert queries.get_invoice(draft.id).state is InvoiceState.DRAFT


def test_a_draft_is_changed_line_by_line(finance, order):
    draft = _draft(order)
    line = draft.lines[0]
    assert "Vibration sensor" in _get(finance, f"/invoices/{draft.id}/edit")
    typed = {
        "version": "1", "payment_terms": "14 days", "language": "de", "delivered_on": "", "po_number": "PO-9",
        "lines-0-line_id": line.id, "lines-0-description": "Sensor, first part", "lines-0-quantity": "1.5",
    }  # fmt: skip
    _post(finance, f"/invoices/{draft.id}/edit", **typed)
    session().expire_all()
    changed = queries.get_invoice(draft.id)
    assert (changed.net_total, changed.payment_terms, changed.language, changed.po_number) == (
        37500,
        "14 days",
        "de",
        "PO-9",
    )
    conflict = _post(finance, f"/invoices/{draft.id}/edit", status=409, **typed)
    assert "Somebody else changed this draft" in conflict.text
    refused = _post(
        finance, f"/invoices/{draft.id}/edit", status=422, **typed | {"version": "2", "lines-0-quantity": "9"}
    )
    assert "more than the 4 still to be invoiced" in refused.text
    refused = _post(
        finance, f"/invoices/{draft.id}/edit", status=422, **typed | {"version": "2", "payment_terms": "soon"}
    )
    assert "payment terms &#39;soon&#39; are not understood" in refused.text


def test_a_draft_is_deleted_and_an_issued_invoice_is_not(finance, customer, order):
    draft = _draft(order)
    _post(finance, f"/invoices/{draft.id}/delete")
    session().expire_all()
    assert session().get(Invoice, draft.id) is None
    issued = factories.make_issued_invoice(customer)
    _post(finance, f"/invoices/{issued.id}/delete", status=409)
    _get(finance, f"/invoices/{issued.id}/edit", status=409)


def test_crediting_asks_for_a_reason_and_says_what_it_does(finance, customer):
    invoice = factories.make_issued_invoice(customer, issued_on=ISSUED)
    _settle(invoice, 19000)
    page = _get(finance, f"/invoices/{invoice.id}/credit")
    assert "1,190.00" in page
    assert page.count(">190.00") == 1  # what was paid on it
    _post(
        finance, f"/invoices/{invoice.id}/credit", status=422, reason=" ", reason_code="other", issued_on="2026-11-03"
    )
    made = _post(
        finance, f"/invoices/{invoice.id}/credit", reason="Delivered twice", reason_code="other", issued_on="2026-11-03"
    )
    page = _get(finance, made.location)
    assert "CN-2026-00001" in page
    assert "Credits" in page
    assert "Credited by" in _get(finance, f"/invoices/{invoice.id}")
    _post(finance, f"/invoices/{invoice.id}/credit", status=409, reason="again", issued_on="2026-11-03")


def test_the_pdf_is_downloaded_under_its_number_and_rendered_once(finance, customer):
    invoice = factories.make_issued_invoice(customer)
    assert "The PDF is being drawn" in _get(finance, f"/invoices/{invoice.id}")
    first = finance.get(f"/invoices/{invoice.id}/document.pdf")
    assert first.status_code == 200
    assert first.mimetype == "application/pdf"
    assert first.headers["Content-Disposition"] == 'attachment; filename="INV-2026-00001.pdf"'
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.data.startswith(b"%PDF")
    session().rollback()
    assert 'id="pdf-button"><a' in _get(finance, f"/invoices/{invoice.id}")
    assert find_document("invoice", invoice.id, "pdf").byte_size == len(first.data)
    assert (
        finance.get(f"/invoices/{invoice.id}/document.pdf?show=1").headers["Content-Disposition"].startswith("inline")
    )
    again = finance.get(f"/invoices/{invoice.id}/document.pdf", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    draft = _draft(factories.make_plain_order(customer))
    assert finance.get(f"/invoices/{draft.id}/document.pdf").status_code == 409


def test_sending_again_is_a_new_edition(finance, customer):
    invoice = factories.make_issued_invoice(customer)
    asked = _get(finance, f"/invoices/{invoice.id}")
    assert "is still queued: it goes out by itself" in asked
    with unit_of_work() as current:
        current.add(Contact(customer_id=customer.id, name="Books", email="books@customer.example"))
    assert '<option value="books@customer.example">' in _get(finance, f"/invoices/{invoice.id}")
    _post(finance, f"/invoices/{invoice.id}/send")
    _post(finance, f"/invoices/{invoice.id}/send", to="books@customer.example")
    assert finance.post(f"/invoices/{invoice.id}/send", data={"to": "x@elsewhere.example"}).status_code == 422
    session().expire_all()
    first, second, third = queries.list_sent(invoice.id)
    assert (first.edition, second.edition, third.edition) == (1, 2, 3)
    assert (second.subject, third.recipient) == (f"Copy: {first.subject}", "books@customer.example")
    assert "edition 3" in _get(finance, f"/invoices/{invoice.id}")


def test_an_imported_invoice_is_shown_without_paper(finance, customer):
    with unit_of_work():
        old = services.register_history_invoice(
            "R-17", customer.id, issued_on=ISSUED, due_on=ISSUED, currency="EUR", gross=100, actor=ACTOR, now=NOW
        )
    page = _get(finance, f"/invoices/{old.id}")
    assert "earlier system" in page
    assert f"/invoices/{old.id}/document.pdf" not in page
    assert "R-17" in _get(finance, f"/invoices/{old.id}/peek")


def test_a_clerk_drafts_but_does_not_issue(client, customer, order):
    sign_in(client, "clerk")
    draft = _draft(order)
    page = _get(client, f"/invoices/{draft.id}")
    assert "confirm-issue" not in page
    assert client.post(f"/invoices/{draft.id}/issue", data={"issued_on": "2026-11-02"}).status_code == 403
    assert client.get(f"/invoices/{draft.id}/credit").status_code == 403


def test_a_department_member_sees_no_invoices(client, customer):
    sign_in(client, "member")
    invoice = factories.make_issued_invoice(customer)
    for path in ("", "/to-invoice", f"/{invoice.id}", f"/{invoice.id}/document.pdf", f"/{invoice.id}/peek"):
        assert client.get(f"/invoices{path}").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/invoices?state=junk", "/invoices?after=junk", "/invoices?before=%00", "/invoices?from=tomorrow",
        "/invoices?customer=abc", "/invoices?customer=999999", "/invoices/999999", "/invoices/99999999999999999999",
        "/invoices/x", "/invoices?state=overdue&after=e30", "/invoices/999999/document.pdf", "/invoices/999999/edit",
    ],
)  # fmt: skip
def test_junk_addresses_are_refused_not_faults(finance, path):
    assert 400 <= finance.get(path).status_code < 500


def test_the_list_is_exported_as_filtered(finance, customer):
    factories.make_issued_invoice(customer, issued_on=ISSUED)
    _draft(factories.make_plain_order(customer))
    text = finance.get("/invoices?export=1&q=INV").text
    assert "INV-2026-00001" in text
    assert "1190.00" in text
    assert len([line for line in text.splitlines() if "Textiles" in line]) == 1


def _settle(invoice, amount):
    about = {
        "effective_on": date(2026, 11, 10),
        "customer_id": invoice.customer_id,
        "currency": "EUR",
        "reason": "test",
    }
    document = queries.document_name(invoice.id)
    with unit_of_work():
        post(
            [
                NewEntry(kind=EntryKind.RECEIPT, amount=-amount, **about),
                NewEntry(kind=EntryKind.APPLICATION, amount=amount, **about),
                NewEntry(kind=EntryKind.SETTLEMENT, amount=-amount, document=document, instalment=1, **about),
            ],
            actor=ACTOR,
            now=NOW,
        )


def _link(page, rel):
    import html
    import re

    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return html.unescape(found[1]) if found else ""


def test_the_list_asks_the_database_as_often_for_fifty_rows_as_for_five(finance, app, customer):
    def asked():
        with count_statements(db.engine) as counted:
            _get(finance, "/invoices")
        return counted.count

    few = [factories.make_issued_invoice(customer) for _ in range(3)]
    asked()
    before = asked()
    rows = [
        services.HistoryInvoice(
            number=f"R-{n}", customer_id=few[0].customer_id, issued_on=ISSUED, due_on=ISSUED, currency="EUR", gross=100
        )
        for n in range(80)
    ]
    with unit_of_work():
        services.register_history_invoices(rows, actor=ACTOR, now=NOW)
    asked()
    assert asked() == before
