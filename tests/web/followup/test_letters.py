"""The letter of a reminder: what it says in every language, always the same bytes, and the mail that waits for it."""

from __future__ import annotations

from datetime import date, timedelta

import pypdfium2
import pytest
from pikepdf import pdfa
from sqlalchemy import select, text

from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.documents.models import DocumentRequest
from app.followup.letters import draw_letter, render_letter
from app.followup.models import Letter
from app.followup.paper import lay_out
from app.followup.rules_letter import LONGEST_REMITTANCE, join_numbers, pay_by
from app.followup.services import send_notice
from app.kernel import clock
from app.outbox.models import Message
from app.outbox.queries import list_missing_documents
from tests import factories
from tests.factories import ACTOR, sign_in

TITLES = {
    "en": ("Reminder", "1 day", "Total"),
    "de": ("Zahlungserinnerung", "1 Tag", "Summe"),
    "fr": ("Rappel de paiement", "1 jour", "Total"),
    "es": ("Recordatorio de pago", "1 día", "Total"),
    "pl": ("Przypomnienie o płatności", "1 dzień", "Razem"),
}


def _remind(language="en", *, currencies=("EUR",), now=None):
    """A customer's first reminder, the day after the invoices were due."""
    now = now or clock.now()
    issued = now - timedelta(days=40)
    customer = factories.make_customer("Nordwind GmbH", billing_email="ap@nordwind.example", language=language)
    numbers = [
        factories.make_issued_invoice(
            customer, ("Sensor", "1", "100"), issued_on=issued.date(), now=issued, currency=currency
        ).number
        for currency in currencies
    ]
    with unit_of_work():
        assert send_notice(customer.id, issued.date() + timedelta(days=31), actor=ACTOR, now=now)
    return customer.id, numbers


def _letter():
    return session().scalars(select(Letter)).one()


def _text(content):
    with pypdfium2.PdfDocument(content) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


@pytest.mark.parametrize("language", TITLES)
def test_the_letter_speaks_the_customers_language_and_is_pdf_a(app, language, tmp_path):
    factories.make_company(now=clock.now() - timedelta(days=60))
    _customer, numbers = _remind(language, currencies=("EUR", "JPY"))
    letter = _letter()
    made = render_letter(letter.id, clock.now())
    said = _text(made.content)
    assert [part for part in (*TITLES[language], *numbers, "119.00" if language == "en" else "119,00", "JPY")
            if part not in said] == []  # fmt: skip
    item = letter.content["sections"][0]["items"][0]
    assert (item["amount"], item["settled"], item["open"]) == ("119.00", "0.00", "119.00")
    paper = lay_out(letter.content)
    assert pay_by(date.fromisoformat(letter.content["on"])).strftime("%Y") in paper.closing
    assert paper.sections[0].rows[0].issued in said
    file = tmp_path / "letter.pdf"
    file.write_bytes(made.content)
    assert pdfa.validate_written(file, "3b").passed
    assert draw_letter(letter.content) == made.content


def test_the_mail_waits_for_its_letter_and_the_pages_link_it(app, client):
    now = clock.now()
    with app.app_context():
        factories.make_company(now=now - timedelta(days=60))
        customer_id, _numbers = _remind(now=now)
        letter, message = _letter(), session().scalars(select(Message).where(Message.kind == "dunning")).one()
        (waiting,) = list_missing_documents(message)
        request = session().scalars(select(DocumentRequest).where(DocumentRequest.owner_kind == "dunning_letter")).one()
        assert (waiting.owner_kind, waiting.owner_id, request.owner_id) == ("dunning_letter", letter.id, letter.id)
        letter_id, on = letter.id, letter.content["on"]
    sign_in(client, "finance")
    shown = client.get(f"/overdue/letters/{letter_id}.pdf")
    assert (shown.status_code, shown.mimetype, shown.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert f'"reminder-C-00001-{on}.pdf"' in shown.headers["Content-Disposition"]
    assert f"/overdue/letters/{letter_id}.pdf" in client.get(f"/customers/{customer_id}").text
    assert client.get("/overdue/letters/99.pdf").status_code == 404


def test_the_letter_can_be_read_before_it_leaves_and_nothing_is_kept(app, client):
    now = clock.now()
    with app.app_context():
        issued = now - timedelta(days=40)
        factories.make_company(now=issued)
        customer = factories.make_customer("Nordwind GmbH", billing_email="ap@nordwind.example", now=issued)
        factories.make_issued_invoice(customer, ("Sensor", "1", "100"), issued_on=issued.date(), now=issued)
        page = f"/overdue/notices/{now.date() + timedelta(days=1)}/customers/{customer.id}"
    sign_in(client, "finance")
    assert f"{page}/letter.pdf" in client.get(page).text
    assert "Reminder" in _text(client.get(f"{page}/letter.pdf").data)
    assert client.get(f"{page[:-1]}99/letter.pdf").status_code == 404
    with app.app_context():
        assert session().scalar(select(Letter.id)) is None


def test_a_letter_that_was_written_never_changes(app):
    factories.make_company(now=clock.now() - timedelta(days=60))
    _remind()
    with pytest.raises(Exception, match="never change"), unit_of_work():
        session().execute(text("UPDATE dunning_letter SET content = '{}'"))
    db.session.rollback()


def test_a_remittance_information_holds_whole_numbers_once_each():
    numbers = [f"INV-2026-{number:05d}" for number in range(1, 15)]
    joined = join_numbers([numbers[0], *numbers])
    assert len(joined) <= LONGEST_REMITTANCE
    assert joined.split() == numbers[: len(joined.split())]
    assert len(joined.split()) == 9


@pytest.mark.parametrize(
    ("language", "parts", "total", "account"),
    [
        ("en", ["Instalment 1 of 2", "Instalment 2 of 2"], "1,190.00 EUR", "IBAN DE89 3704 0044 0532 0130 00"),
        ("de", ["Rate 1 von 2", "Rate 2 von 2"], "1.190,00 EUR", "IBAN DE89 3704 0044 0532 0130 00"),
    ],
)
def test_letter_and_mail_write_as_the_invoice_does_and_the_letter_names_each_instalment(
    app, language, parts, total, account
):
    factories.make_company(iban="DE89370400440532013000")
    now = clock.now()
    issued = now - timedelta(days=40)
    customer = factories.make_customer("Nordwind GmbH", billing_email="ap@nordwind.example", language=language)
    factories.make_issued_invoice(
        customer, issued_on=issued.date(), now=issued, payment_terms="50% 10 days, 50% 20 days"
    )
    with unit_of_work():
        assert send_notice(customer.id, issued.date() + timedelta(days=31), actor=ACTOR, now=now)
    (letter,) = session().scalars(select(Letter))
    (section,) = lay_out(letter.content).sections
    assert [row.part for row in section.rows] == parts
    with pypdfium2.PdfDocument(draw_letter(letter.content)) as document:
        assert [part for part in parts if part not in document[0].get_textpage().get_text_bounded()] == []
    (mail,) = session().scalars(select(Message).where(Message.kind == "dunning"))
    for said in (mail.body_text, mail.body_html):
        assert total in said.replace("\xa0", " ")
        assert account in said
