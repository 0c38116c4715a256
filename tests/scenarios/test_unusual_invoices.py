"""Stories of invoices that are less usual: without tax for a customer abroad, in yen, and one whose paper fails."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from app import worker
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.models import DocumentRequest, RequestState
from app.documents.queries import find_document, read_content
from app.invoices import pdf, queries, services
from app.invoices.einvoice.codes import Syntax
from app.invoices.models import Scope
from app.invoices.rules_reasons import CreditReason
from app.ledger.queries import open_amount
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.verify import verify
from tests.book import ROWS
from tests.factories import ACTOR, make_company, make_customer, make_issued_invoice, make_payment
from tests.harness.einvoice_reader import read

REVERSE = [{"name": "VAT", "category": "AE", "kind": "percent", "rate": "0", "reason": "Article 196 of 2006/112/EC"}]


def at(day, hour=9):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def xml_of(invoice):
    return pdf.render_einvoice(invoice.id, Syntax.CII).content


def require_sound(now):
    found = [(one.invariant.code, one.findings) for one in verify(now, ROWS).broken]
    assert [code for code, _ in found if code in {"I1", "I4", "I5", "I11", "I13", "I15", "I19", "I39"}] == [], found


def test_reverse_charge_is_invoiced_paid_and_credited_without_tax(app):
    march = date(2026, 3, 2)
    make_company(now=at(march))
    customer = make_customer("Αθηναϊκή Α.Ε.", country="GR", vat_id="EL094259216", now=at(march))

    # 2 March: billed net, with the reason; 10 March: paid
    invoice = make_issued_invoice(customer, taxes=REVERSE, issued_on=march, ordered_on=march, now=at(march))
    assert (invoice.net_total, invoice.tax_total, invoice.amount_due) == (1000_00, 0, 1000_00)
    said = read(xml_of(invoice))
    assert said.tax_rows == {("AE", 0): (1000, 0)}
    make_payment(customer, 1000_00, received_on=date(2026, 3, 10), now=at(date(2026, 3, 10)))
    assert open_amount(queries.document_name(invoice.id)) == 0

    # 20 March: all of it comes back, under the same category
    back = date(2026, 3, 20)
    with unit_of_work():
        note = services.credit_invoice(invoice.id, reason="Returned", issued_on=back, actor=ACTOR, now=at(back))
    assert [(row.category, row.base, row.tax) for row in note.taxes] == [("AE", 1000_00, 0)]
    said = read(xml_of(note))
    assert (said.type_code, said.sums["BT-115"]) == ("381", 1000)
    assert said.tax_rows == {("AE", 0): (1000, 0)}
    require_sound(at(back))


def test_yen_have_no_cents_anywhere(app):
    march = date(2026, 3, 2)
    make_company(now=at(march))
    customer = make_customer("Nippon Sensor", currency="JPY", now=at(march))

    # 3 x 3,333.5 yen are 10,001 (half up), the tax 1,900; in halves the odd yen falls to the last
    terms = "50% 10 days, remainder 30 days"
    invoice = make_issued_invoice(
        customer, ("Sensor", "3", "3333.5"), currency="JPY", payment_terms=terms, issued_on=march, ordered_on=march,
        now=at(march),
    )  # fmt: skip
    assert (invoice.net_total, invoice.tax_total, invoice.gross_total) == (10_001, 1_900, 11_901)
    assert [part.amount for part in invoice.instalments] == [5_951, 5_950]
    assert read(xml_of(invoice)).sums["BT-115"] == 11_901

    # 20 March: 6,000 yen come in; the first half is settled, 5,901 are open
    make_payment(customer, 6_000, currency="JPY", received_on=date(2026, 3, 20), now=at(date(2026, 3, 20)))
    assert open_amount(queries.document_name(invoice.id)) == 5_901

    # 1 April: one sensor is credited by line
    april = date(2026, 4, 1)
    data = services.CreditData(
        scope=Scope.LINES, reason_code=CreditReason.RETURNED, quantities={invoice.lines[0].id: Decimal(1)}
    )
    with unit_of_work():
        drafted = services.draft_credit(invoice.id, data, actor=ACTOR, now=at(april))
    with unit_of_work():
        note = services.issue_credit(drafted.id, april, actor=ACTOR, now=at(april))
    assert (note.net_total, note.tax_total) == (3_334, 633)
    assert open_amount(queries.document_name(invoice.id)) == 5_901 - 3_967
    require_sound(at(april))


def test_a_failed_paper_heals_by_the_next_run_and_the_mail_goes_once(app, monkeypatch):
    march = date(2026, 3, 2)
    make_company(now=at(march))
    invoice_id = make_issued_invoice(make_customer(now=at(march)), issued_on=march, ordered_on=march, now=at(march)).id

    session().rollback()

    # 2 March: the renderer is ill; nothing is stored, nothing is sent, the page can say why
    def ill(*_args, **_more):
        raise RuntimeError("the renderer is ill")

    with monkeypatch.context() as patch:
        patch.setattr(pdf, "render_pdf", ill)
        done = worker.render_and_deliver(app, now=at(march))
    assert (done.rendered, done.not_rendered, done.mails.accepted) == (0, 1, 0)
    session().rollback()
    (request,) = session().query(DocumentRequest).all()
    assert (request.state, request.error) == (RequestState.PENDING, "the renderer is ill")
    assert find_document("invoice", invoice_id, "pdf") is None
    assert find_document("invoice", invoice_id, "xml") is None

    # a minute later it is well: paper, XML and mail come by themselves, and only once
    well = at(march) + timedelta(minutes=1)
    session().rollback()
    done = worker.render_and_deliver(app, now=well)
    assert (done.rendered, done.not_rendered, done.mails.accepted) == (1, 0, 1)
    session().rollback()
    again = worker.render_and_deliver(app, now=well + timedelta(hours=1))
    assert (again.rendered, again.mails.accepted) == (0, 0)
    session().rollback()
    assert read_content(find_document("invoice", invoice_id, "pdf")).startswith(b"%PDF")
    assert [message.state for message in session().query(Message)] == [MessageState.ACCEPTED]
    require_sound(well)
