"""The pages that bill a part of an order and credit a part of an invoice."""

from dataclasses import replace

import pypdfium2
import pytest

from app.customers.queries import get_customer
from app.customers.services import data_of, update_customer
from app.db.unit_of_work import unit_of_work
from app.invoices.paper import lay_out
from app.invoices.pdf import ProFormaUndrawable, render_pro_forma
from app.invoices.queries import get_invoice
from app.invoices.queries_parts import group_of, list_credit_notes
from app.invoices.services import draft_invoice, issue_invoice, preview_issue
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

pytestmark = pytest.mark.usefixtures("today")
DAY = "2026-11-22"


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_plain_order(factories.make_customer())  # 4 x 250.00
    sign_in(client, "finance")
    return client


def bill(client, **said):
    return client.post("/invoices/orders/1/bill", data=said)


def issue(client, invoice_id):
    answer = client.post(f"/invoices/{invoice_id}/issue", data={"issued_on": DAY})
    assert answer.status_code == 302, answer.text[answer.text.find("note-bad") :][:900]
    return answer


def issue_all(client):
    with client.application.app_context(), unit_of_work():
        made = draft_invoice(1, actor=ACTOR, now=NOW)
        return issue_invoice(made.id, NOW.date(), actor=ACTOR, now=NOW).id


def test_a_deposit_and_the_rest_are_drafted_from_the_page_and_linked(desk):
    assert "0.00" in desk.get("/invoices/orders/1/bill").text
    assert bill(desk, way="deposit_percent", percent="30").location.endswith("/invoices/1")
    issue(desk, 1)
    page = desk.get("/invoices/1").text
    assert "A deposit, asked for ahead" in page
    bill(desk, way="quantities", **{"lines-0-line_id": "1", "lines-0-quantity": "1", "title": "Design"})
    assert "A part of the order" in desk.get("/invoices/2").text
    bill(desk, way="quantities", **{"lines-0-line_id": "1", "lines-0-quantity": "3"})
    page = desk.get("/invoices/3").text
    assert "The final invoice of the order" in page
    assert "Less deposit INV-2026-00001" in page
    assert "Draft 3" in desk.get("/invoices/1").text
    assert desk.get("/invoices/3/edit").status_code == 200
    issue(desk, 2)
    issue(desk, 3)
    with desk.application.app_context():
        said = [lay_out(get_invoice(one).snapshot) for one in (1, 2, 3)]
        german = [lay_out({**get_invoice(one).snapshot, "language": "de"}).title for one in (1, 2, 3)]
    assert [one.title.rpartition(" ")[0] for one in said] == ["Deposit invoice", "Partial invoice", "Final invoice"]
    assert [one.rpartition(" ")[0] for one in german] == ["Anzahlungsrechnung", "Teilrechnung", "Schlussrechnung"]
    assert said[1].remark == "Design"


def test_drafts_issued_in_another_order_than_drafted_say_what_that_changes_of_them(desk):
    bill(desk, way="deposit_amount", amount="300")
    issue(desk, 1)
    bill(desk, way="percent", percent="50")
    bill(desk, way="rest")

    for draft, words in (
        (3, "from 238.00\xa0EUR to 595.00\xa0EUR: INV-2026-00001 is left to a later invoice."),
        (2, "from 595.00\xa0EUR to 238.00\xa0EUR: it deducts INV-2026-00001 now."),
    ):
        refused = desk.post(f"/invoices/{draft}/issue", data={"issued_on": DAY})
        assert refused.status_code == 409
        assert words in refused.text
        issue(desk, draft)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"way": "percent"}, "Write a percentage above 0"),
        ({"way": "percent", "percent": "abc"}, "error"),
        ({"way": "quantities", "lines-0-line_id": "1", "lines-0-quantity": "5"}, "is more than the 4"),
        ({"way": "deposit_amount", "amount": "5000"}, "Only 1,000.00\xa0EUR without tax"),
        ({"way": "deposit_amount", "amount": "0.001"}, "error"),
        ({"way": "deposit_amount", "amount": "1.000"}, "1.000 can be read in two ways. Write 1000 or 1."),
        ({"way": "quantities", "lines-0-line_id": "1", "lines-0-quantity": "1.000"}, "1.000 can be read in two ways."),
        ({"way": "else"}, "error"),
        ({"way": "percent", "percent": "0.0001"}, "comes to 0.00\xa0EUR"),
        ({"way": "percent", "percent": "10", "lines-0-line_id": "1", "lines-0-quantity": "1"}, "is not used with"),
        ({"way": "quantities", "amount": "10", "lines-0-line_id": "1"}, "is not used with “Quantities”"),
    ],
)
def test_what_cannot_be_billed_is_said_at_its_field(desk, said, words):
    answer = bill(desk, **said)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_credit_of_a_part_is_drafted_looked_at_and_issued(desk):
    invoice_id = issue_all(desk)
    page = desk.get(f"/invoices/{invoice_id}/credit/part").text
    assert "4 can be credited" in page
    said = {"reason_code": "goods_returned", "way": "lines", "lines-0-line_id": "1", "lines-0-quantity": "5"}
    refused = desk.post(f"/invoices/{invoice_id}/credit/part", data=said)
    assert (refused.status_code, "more than the 4" in refused.text) == (422, True)
    made = desk.post(f"/invoices/{invoice_id}/credit/part", data={**said, "lines-0-quantity": "1"})
    assert made.location.endswith("/invoices/2")
    draft = desk.get("/invoices/2").text
    assert "Issue this credit note?" in draft
    assert "in the draft" in desk.get(f"/invoices/{invoice_id}").text
    assert desk.post("/invoices/2/issue-credit", data={"issued_on": DAY}).status_code == 302
    page = desk.get(f"/invoices/{invoice_id}").text
    assert "Credited in part" in page
    assert "892.50" in page
    with desk.application.app_context():
        assert "reduces invoice INV-2026-00001" in lay_out(get_invoice(2).snapshot).remark
    assert "INV-2026-00001" not in desk.get("/invoices?state=credited").text
    sign_in(desk, "clerk")
    assert desk.get(f"/invoices/{invoice_id}/credit/part").status_code == 403
    assert desk.post("/invoices/2/issue-credit", data={"issued_on": DAY}).status_code == 403


def test_every_page_that_credits_says_whose_name_it_carries_where_that_is_not_todays_customer(desk):
    invoice_id = issue_all(desk)
    said = {"reason_code": "goods_returned", "way": "lines", "lines-0-line_id": "1", "lines-0-quantity": "1"}
    desk.post(f"/invoices/{invoice_id}/credit/part", data=said)
    pages = [f"/invoices/{invoice_id}/credit/part", "/invoices/2"]
    sentence = "A credit note names the buyer as INV-2026-00001 does: Nordlicht Logistik GmbH, Hafenweg 3, 20457"
    assert all(sentence not in desk.get(page).text for page in pages)
    with desk.application.app_context(), unit_of_work():
        customer = get_customer(1)
        said = replace(data_of(customer), name="Nordlicht Nova GmbH")
        update_customer(1, said, version=customer.version, actor=ACTOR, now=NOW)
    assert all(sentence in desk.get(page).text for page in pages)
    desk.post("/invoices/2/delete")
    assert sentence in (page := desk.get(f"/invoices/{invoice_id}/credit").text)
    assert "The customer’s name is different today. A new invoice in its place" in page
    desk.post(f"/invoices/{invoice_id}/credit", data={"issued_on": DAY, "reason_code": "goods_returned"})
    with desk.application.app_context():
        (note,) = list_credit_notes(invoice_id)
        assert note.snapshot["buyer"]["name"] == "Nordlicht Logistik GmbH"
    assert sentence not in desk.get(f"/invoices/{note.id}").text


def test_an_invoice_says_of_a_draft_that_credits_a_part_what_it_takes_off_with_the_cent_it_was_rounded_by(desk):
    invoice_id = issue_all(desk)
    said = {"reason_code": "goods_returned", "way": "lines", "lines-0-line_id": "1", "lines-0-quantity": "1"}
    desk.post(f"/invoices/{invoice_id}/credit/part", data=said)
    with desk.application.app_context(), unit_of_work():
        note = get_invoice(2)
        note.amount_due = note.gross_total + 1
    assert "Credited in part (297.51" in desk.get(f"/invoices/{invoice_id}").text


def test_what_was_credited_as_an_amount_is_not_offered_as_quantities(desk):
    issue_all(desk)
    part = {"reason_code": "price_lower", "way": "amount", "amounts-0-group": _group(desk)}
    assert "two ways" in desk.post("/invoices/1/credit/part", data={**part, "amounts-0-amount": "1.000"}).text
    assert desk.post("/invoices/1/credit/part", data={**part, "amounts-0-amount": "400"}).status_code == 302
    page = desk.get("/invoices/1/credit/part").text
    assert "2 can be credited; the rest was credited as an amount" in page  # 600.00 of 4 x 250.00 is left
    lines = {"reason_code": "goods_returned", "way": "lines", "lines-0-line_id": "1"}
    assert desk.post("/invoices/1/credit/part", data={**lines, "lines-0-quantity": "3"}).status_code == 422
    assert desk.post("/invoices/1/credit/part", data={**lines, "lines-0-quantity": "2"}).status_code == 302
    page = desk.get("/invoices/1/credit/part").text
    assert ("No quantity is left. Credit an amount." in page, 'id="lines-0-quantity"' in page) == (True, False)


def test_an_invoice_credited_in_parts_names_and_links_every_credit_note(desk):
    issue_all(desk)
    part = {"reason_code": "goods_returned", "way": "lines", "lines-0-line_id": "1", "lines-0-quantity": "2"}
    for note in (2, 3):
        assert desk.post("/invoices/1/credit/part", data=part).status_code == 302
        assert desk.post(f"/invoices/{note}/issue-credit", data={"issued_on": DAY}).status_code == 302
    page = desk.get("/invoices/1/credit").text
    assert "credited already, by CN-2026-00001, CN-2026-00002" in page
    assert [f'href="/invoices/{note}"' in page for note in (2, 3)] == [True, True]


def _group(client):
    with client.application.app_context():
        return group_of(get_invoice(1).lines[0].taxes)


def test_a_correction_links_both_invoices(desk):
    issue_all(desk)
    said = {"reason_code": "wrong_invoice", "reason": "", "issued_on": DAY, "is_replaced": "y"}
    assert desk.post("/invoices/1/credit", data=said).location.endswith("/invoices/3")
    assert "Replaced by" in desk.get("/invoices/1").text
    assert "a new invoice is drafted" in desk.get("/invoices/1").text
    assert "Takes the place of" in desk.get("/invoices/3").text


def test_percent_means_of_the_order_and_the_rest_is_a_choice(desk):
    bill(desk, way="quantities", **{"lines-0-line_id": "1", "lines-0-quantity": "3"})
    assert "at most 25 % is left" in bill(desk, way="percent", percent="100").text
    assert bill(desk, way="rest").status_code == 302
    with desk.application.app_context():
        assert get_invoice(2).net_total == 250_00
    assert "Prices are those of the order" in desk.get("/invoices/2/edit").text


def test_a_new_price_is_typed_on_the_page_and_only_with_a_new_invoice(desk):
    issue_all(desk)
    line = {
        "lines-0-line_id": "1",
        "lines-0-quantity": "4",
        "lines-0-unit_price": "240",
        "lines-0-discount_percent": "0",
    }
    said = {"reason_code": "price_lower", "reason": "", "issued_on": DAY, **line}
    refused = desk.post("/invoices/1/credit", data=said)
    assert (refused.status_code, "Choose to draft one" in refused.text) == (422, True)
    far = desk.post("/invoices/1/credit", data={**said, "is_replaced": "y", "lines-0-unit_price": "100"})
    assert (far.status_code, "over the limit of 10 %" in far.text) == (409, True)
    assert desk.post("/invoices/1/credit", data={**said, "is_replaced": "y"}).location.endswith("/invoices/3")
    assert "960.00" in desk.get("/invoices/3").text


def test_where_nothing_can_be_credited_in_full_the_reason_stands_in_place_of_the_form(desk):
    issue_all(desk)
    part = {"reason_code": "goods_returned", "way": "lines", "lines-0-line_id": "1", "lines-0-quantity": "1"}
    stray = desk.post("/invoices/1/credit/part", data={**part, "way": "amount"})
    assert (stray.status_code, "is not used with" in stray.text) == (422, True)
    label = desk.get("/invoices/1/credit/part").text.replace("\xa0", " ").partition('for="amounts-0-amount">')[2]
    assert label.startswith("VAT 19 %")
    desk.post("/invoices/1/credit/part", data=part)
    page = desk.get("/invoices/1/credit").text
    assert ("draft 2 of INV-2026-00001 stands already" in page, "Date of the credit note" in page) == (True, False)
    assert 'href="/invoices/2"' in page
    desk.post("/invoices/1/credit/part", data={**part, "lines-0-quantity": "3"})
    assert "All of it is credited" in desk.get("/invoices/1/credit/part").text


def test_the_list_to_invoice_says_what_is_billed_and_left(desk):
    bill(desk, way="deposit_percent", percent="30")
    issue(desk, 1)
    page = desk.get("/invoices/to-invoice").text.replace("\xa0", " ")
    assert "300.00" in page
    assert "700.00" in page


def test_a_draft_can_be_shown_as_a_pro_forma_and_an_issued_invoice_cannot(desk):
    bill(desk, way="percent", percent="25")
    made = desk.get("/invoices/1/pro-forma.pdf")
    assert (made.status_code, made.data[:5]) == (200, b"%PDF-")
    with desk.application.app_context():
        content = preview_issue(1, NOW.date()).content
        german = lay_out({**content, "number": "P-1", "language": "de", "part": {"scope": "pro_forma", "title": ""}})
        assert german.facts[0].label == "Proforma-Nr."
        assert (german.due_on, german.bank, german.instalments) == ("", (), ()), "nothing is owed on it"
        assert (german.due.label, len(german.payment)) == ("Gesamtbetrag", 1)
        assert "nichts zu zahlen" in german.payment[0]
        with pytest.raises(ProFormaUndrawable, match="U\\+1F64F"):
            render_pro_forma(1, {**content, "reason": "\U0001f64f"})
    issue(desk, 1)
    assert desk.get("/invoices/1/pro-forma.pdf").status_code in {400, 409}


def test_what_stands_in_the_way_of_a_second_bill_is_linked_beside_what_was_typed(desk):
    bill(desk, way="deposit_percent", percent="30")
    refused = bill(desk, way="percent", percent="44", title="Design approved")
    assert refused.status_code == 409
    for said in ("A deposit for order", '<a href="/invoices/1">Draft 1</a>', 'value="44"', 'value="Design approved"'):
        assert said in refused.text
    desk.post("/invoices/1/delete")
    issue_all(desk)
    full = desk.get("/invoices/orders/1/bill")
    assert full.status_code == 409
    assert "is invoiced in full" in full.text
    assert ">INV-2026-00001</a>" in full.text
    assert "Draft it" not in full.text


def test_a_draft_is_seen_as_it_would_be_issued_marked_and_without_a_number(desk):
    bill(desk, way="percent", percent="25")
    assert desk.get("/invoices/1").text.count("See the PDF") == 1
    with pypdfium2.PdfDocument(desk.get("/invoices/1/draft.pdf").data) as document:
        said = document[0].get_textpage().get_text_bounded()
    assert [word for word in ("DRAFT", "P-1", "INV-", "Scan to pay") if word in said] == ["DRAFT"]
