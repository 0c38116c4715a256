"""Whoever writes payment terms sees the dates they give."""

import re
from datetime import date
from decimal import Decimal

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.models import Scope
from app.invoices.rules_reasons import CreditReason
from app.invoices.services import CreditData, draft_credit, issue_credit
from tests import factories
from tests.factories import sign_in


def test_terms_are_tried_before_they_are_kept(client, app):
    with app.app_context():
        factories.make_company(due_date_move="next")
    sign_in(client, "finance")
    said = {"payment_terms": "50% at once, 50% end of month + 15", "country": "DE"}
    page = client.get("/invoices/terms", query_string=said).text
    assert page.count("<li>50% on <b>") == 2
    assert "With the discount until" in client.get("/invoices/terms?payment_terms=2% 10, net 30").text
    assert "30 days" in client.get("/invoices/terms").text
    wrong = client.get("/invoices/terms?payment_terms=soon")
    assert (wrong.status_code, "not understood" in wrong.text) == (200, True)
    assert client.get("/invoices/terms?payment_terms=30 days&country=%3Cscript%3E").status_code == 200
    assert "/invoices/terms?country=" in client.get("/customers/new").text


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("2% 33 days, 30 days", "lasts longer than the payment term"),
        ("2% 10 days, 50% 30 days, 50% 60 days", "If 2% is an early discount, call it so"),
    ],
)
def test_terms_that_are_refused_when_saved_are_refused_when_tried(client, app, terms, said):
    with app.app_context():
        factories.make_company()
    sign_in(client, "finance")
    tried = client.get("/invoices/terms", query_string={"payment_terms": terms}).text
    assert said in tried
    assert "<li>" not in tried[tried.index("terms-dates") :]


@pytest.mark.usefixtures("today")
def test_the_page_of_an_invoice_says_its_early_discount_and_which_dates_left_days_without_banks(client, app):
    """The discount would end on Sunday, 6 December; 31 January is a Sunday, Christmas a Friday."""
    with app.app_context():
        factories.make_company(due_date_move="next")
        customer = factories.make_customer()
        terms = "2% discount 14 days, 50% 33 days, 50% 70 days"
        invoice = factories.make_issued_invoice(customer, payment_terms=terms)
        plain = factories.make_issued_invoice(customer, payment_terms="30 days")
        sign_in(client, "finance")
        page = " ".join(re.sub("<[^>]+>", "", client.get(f"/invoices/{invoice.id}").text).replace("\xa0", " ").split())
        assert "1,166.20 EUR until 7 Dec 2026 instead of 6 Dec 2026, when banks are closed, 23.80 EUR less" in page
        assert page.count("28 Dec 2026 instead of 25 Dec 2026, when banks are closed") == 1
        assert page.count("1 Feb 2027 instead of 31 Jan 2027, when banks are closed") == 2  # the instalment, the last
        assert "Early discount" not in client.get(f"/invoices/{plain.id}").text


@pytest.mark.usefixtures("today")
def test_after_a_credit_note_the_page_says_the_discount_on_what_is_left(client, app):
    with app.app_context():
        factories.make_company()
        invoice = factories.make_issued_invoice(factories.make_customer(), payment_terms="2% 10, net 30")
        data = CreditData(
            scope=Scope.LINES, reason_code=CreditReason.RETURNED, quantities={invoice.lines[0].id: Decimal(1)}
        )
        with unit_of_work():
            note = draft_credit(invoice.id, data, actor=factories.ACTOR, now=factories.NOW)
            issue_credit(note.id, date(2026, 11, 22), actor=factories.ACTOR, now=factories.NOW)
        sign_in(client, "finance")
        page = " ".join(re.sub("<[^>]+>", "", client.get(f"/invoices/{invoice.id}").text).replace("\xa0", " ").split())
        assert "874.65 EUR until 2 Dec 2026, 17.85 EUR less" in page  # 892.50 are left
