"""Whoever writes payment terms sees the dates they give."""

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
