"""The cash desk as finance works it: what is suggested is accepted, the rest placed by hand, and all of it undone."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from app.customers.models import Customer
from app.db.base import db, session
from app.payments import queries_cash
from app.payments.models import Payment
from app.payments.models_bank import LineState, StatementLine
from app.payments.queries import amount_left, list_live_allocations
from app.payments.queries_cash import list_lines
from app.payments.queries_settling import list_deductions_of
from app.payments.rules_cash import Group
from app.payments.statements.model import Detail
from tests.bank_files import DAY, entry
from tests.cash_lines import make_lines, paid
from tests.factories import (
    make_company,
    make_customer,
    make_open_invoice,
    make_payment,
    send_csrf_token,
    sign_in,
)
from tests.harness.statements import count_statements

SCRIPT = {"HX-Request": "true"}
LIST = f"/payments/cash?day={DAY}"


@pytest.fixture
def books(app):
    """Nordwind owes R-17 (1,190.00) and R-18 (50.00); four lines: clear, of nobody, short of R-18, and gone out."""
    with app.app_context():
        make_company()
        customer = make_customer("Nordwind GmbH")
        owed = (("R-17", 1190_00), ("R-18", 50_00))
        invoices = [make_open_invoice(customer, gross, number=name).id for name, gross in owed]
        paid_before = make_payment(customer, 70_00, allocations=None, received_on=date(2026, 11, 2)).id
        lines = make_lines(
            paid(119000, "Invoice R-17", name="Nordwind GmbH"),
            paid(12345, "thanks", name="Quux"),
            paid(4500, "R-18", name="Nordwind GmbH"),
            paid(-7450, "Return", name="Somebody else"),
        )
        return {"customer": customer.id, "invoices": invoices, "lines": lines, "payment": paid_before}


@pytest.fixture
def desk(client, books):
    sign_in(client, "finance")
    send_csrf_token(client)
    return client


def facts_of(page, line_id):
    """The hidden fields of the form that accepts a line."""
    row = re.search(rf'<tr data-row id="line-{line_id}".*?</tr>', page, re.DOTALL).group()
    return dict(re.findall(r'name="(version|proposal|next)" value="([^"]*)"', row))


def state_of(app, line_id):
    with app.app_context():
        line = session().get(StatementLine, line_id)
        return line.state, line.version


def test_what_is_suggested_is_accepted_with_one_press_and_undone_with_another(app, desk, books):
    first = books["lines"][0]
    page = desk.get(LIST).text
    assert page.index('id="group-suggested"') < page.index('id="group-unknown"')
    assert "0 of 4" in page
    sent = facts_of(page, first)
    done = desk.post(f"/payments/cash/{first}/accept", data=sent, headers=SCRIPT)
    assert done.status_code == 200
    assert '<nav class="sidebar"' not in done.text
    assert ("1 of 4" in done.text, f'id="line-{first}"' in done.text, "Undo" in done.text) == (True, True, True)
    assert state_of(app, first)[0] is LineState.MATCHED
    again = desk.post(f"/payments/cash/{first}/accept", data=sent, headers=SCRIPT)
    assert "changed in the meantime" in again.text or "done already" in again.text
    back = desk.post(f"/payments/cash/{first}/undo", data={"next": LIST, "version": "2"})
    assert back.headers["Location"] == f"{LIST}#line-{first}"
    assert state_of(app, first)[0] is LineState.OPEN


def test_a_stale_version_is_refused_in_plain_words_and_changes_nothing(app, desk, books):
    first = books["lines"][0]
    sent = facts_of(desk.get(LIST).text, first) | {"version": "7"}
    assert "in the meantime" in desk.post(f"/payments/cash/{first}/accept", data=sent, headers=SCRIPT).text
    assert desk.post(f"/payments/cash/{first}/accept", data=sent).status_code == 409
    assert state_of(app, first)[0] is LineState.OPEN


def test_a_line_is_split_by_hand_and_its_short_rest_is_given_a_reason(app, desk, books):
    line, customer, (old, young) = books["lines"][2], books["customer"], books["invoices"]
    page = desk.get(f"/payments/cash/{line}?customer={customer}&next={LIST}").text
    assert "Place it for Nordwind GmbH" in page
    sent = {"version": "1", "next": LIST, "customer": customer, "short": "bank_fee", f"share-{young}-1": "45.00"}
    for wrong, said in (
        ({f"share-{young}-1": "ten"}, "is no amount of EUR"),
        ({f"share-{old}-1": "1", f"share-{young}-1": "44.00"}, "Several invoices are paid short"),
        ({f"share-{young}-1": "", f"share-{old}-1": ""}, "No invoice here is paid short"),
        ({"customer": ""}, "Pick a customer first"),
        ({f"share-{young}-1": "50.00", "short": ""}, "45.00"),
    ):
        refused = desk.post(f"/payments/cash/{line}/place", data=sent | wrong)
        assert (refused.status_code, said in refused.text) == (422, True), wrong
    assert desk.post(f"/payments/cash/{line}/place", data=sent).status_code == 302
    with app.app_context():
        payment = session().scalars(select(Payment).order_by(Payment.id.desc())).first()
        assert [(one.invoice_id, one.amount) for one in list_live_allocations(payment.id)] == [(young, 4500)]
        assert [(one.amount, one.code.value) for one in list_deductions_of(payment.id)] == [(500, "bank_fee")]


def test_an_unknown_line_goes_to_the_customer_a_person_finds(app, desk, books):
    line, customer = books["lines"][1], books["customer"]
    found = desk.get(f"/payments/cash/{line}?find=nordw", headers=SCRIPT).text
    assert f"customer={customer}" in found
    assert "No customer fits" in desk.get(f"/payments/cash/{line}?find=zzz").text
    sent = {"version": "1", "customer": customer, "short": "", "next": "https://elsewhere.test/"}
    placed = desk.post(f"/payments/cash/{line}/place", data=sent)
    assert placed.headers["Location"] == f"/payments/cash#line-{line}"
    with app.app_context():
        payment = session().scalars(select(Payment).order_by(Payment.id.desc())).first()
        assert (payment.customer_id, amount_left(payment.id)) == (customer, 12345)


def test_a_line_is_set_aside_with_a_reason_and_taken_up_again(app, desk, books):
    line = books["lines"][3]
    sent = {"version": "1", "reason_code": "own_transfer", "next": LIST}
    assert desk.post(f"/payments/cash/{line}/aside", data=sent | {"reason_code": ""}).status_code == 422
    assert desk.post(f"/payments/cash/{line}/aside", data=sent).status_code == 302
    assert "Own transfer" in desk.get(LIST).text
    assert "Own transfer" in desk.get(f"/payments/cash/{line}").text
    desk.post(f"/payments/cash/{line}/undo", data={"version": "2"})
    assert state_of(app, line) == (LineState.OPEN, 3)


def test_a_line_set_aside_without_the_words_it_needs_keeps_its_form_and_names_the_field(app, desk, books):
    line = books["lines"][3]
    sent = {"version": "1", "reason_code": "other", "note": " ", "next": LIST}
    refused = desk.post(f"/payments/cash/{line}/aside", data=sent)
    control = re.search(r'<input[^>]*name="note"[^>]*>(?:(?!<input).)*', refused.text, re.DOTALL).group()
    assert (refused.status_code, "In words is missing." in control, "aria-invalid" in control) == (422, True, True)
    assert re.search(r'<input checked[^>]*value="other"', refused.text)  # what was chosen stays
    assert state_of(app, line) == (LineState.OPEN, 1)


def test_the_timeline_says_once_why_a_line_was_set_aside(desk, books):
    line = books["lines"][3]
    desk.post(f"/payments/cash/{line}/aside", data={"version": "1", "reason_code": "not_ours", "next": LIST})
    page = desk.get(f"/payments/cash/{line}").text
    assert page[page.index("Timeline") :].count("Not ours") == 1


def test_money_that_went_out_reverses_the_payment_that_came_back(app, desk, books):
    line, customer, payment = books["lines"][3], books["customer"], books["payment"]
    page = desk.get(f"/payments/cash/{line}?customer={customer}").text
    assert ("Which payment came back?" in page, "4.50" in page) == (True, True)
    done = desk.post(f"/payments/cash/{line}/returned", data={"version": "1", "payment": payment})
    assert done.status_code == 302
    assert state_of(app, line)[0] is LineState.MATCHED
    assert "Reversed" in desk.get(f"/payments/{payment}").text


def test_only_who_records_payments_acts_and_everybody_in_finance_sees(client, books):
    sign_in(client, "manager")
    send_csrf_token(client)
    line = books["lines"][0]
    page = client.get(LIST).text
    assert ("Nordwind" in page, "Accept" in page, "data-cash-aside" in page) == (True, False, False)
    for act in ("accept", "place", "aside", "returned", "undo"):
        assert client.post(f"/payments/cash/{line}/{act}", data={"version": "1"}).status_code == 403, act
    assert client.get(f"/payments/cash/{line}").status_code == 200
    assert client.get("/payments/cash/999").status_code == 404


def test_the_list_costs_the_same_however_many_lines_it_shows_and_is_paged(app, desk, books):
    def cost(address):
        with app.app_context(), count_statements(db.engine) as asked:
            assert desk.get(address).status_code == 200
        return asked.count

    few = [cost(one) for one in (LIST, "/payments/cash?days=open", "/payments/cash?file=1")]
    with app.app_context():
        make_lines(*(paid(100 + one, f"R-17 part {one}", name=f"Payer {one}") for one in range(60)))
    assert [cost(one) for one in (LIST, "/payments/cash?days=open", "/payments/cash?file=1")] == few
    whole = desk.get(f"{LIST}&show=suggested")
    shown = re.findall(r'id="line-(\d+)"', whole.text)
    older = re.search(r'href="([^"]*after=[^"]*)"', whole.text).group(1).replace("&amp;", "&")
    rest = re.findall(r'id="line-(\d+)"', desk.get(older).text)
    assert not set(shown) & set(rest)
    with app.app_context():
        assert len(shown) + len(rest) == len(session().execute(list_lines(Group.SUGGESTED)).all())


def test_lines_to_place_are_on_todays_page_and_a_files_lines_are_one_step_away(desk):
    assert "Lines of the bank to place" in desk.get("/").text
    assert "/payments/cash?file=1" in desk.get("/payments/files/1").text
    assert "R-17" in desk.get("/payments/cash?file=1").text


def test_a_decision_shows_at_once_at_other_lines_of_the_account(app, desk, books):
    with app.app_context():
        lines = make_lines(*(paid(7_00, "x", account="DE75512108001245126199", bank_reference=str(n)) for n in (1, 2)))
    place = {"customer": books["customer"], "version": 1}
    assert desk.post(f"/payments/cash/{lines[0]}/place", data=place).status_code == 302
    with app.app_context():
        [first, *_] = queries_cash.list_proposals([lines[1]])[lines[1]]
        assert (first.customer_id, "known account" in first.reasons) == (books["customer"], True)


@pytest.mark.usefixtures("today")
def test_a_payment_reversed_on_its_page_changes_what_the_desk_suggests(app, desk, books):
    with app.app_context():
        customer = session().get(Customer, books["customer"])
        paid_already = make_payment(customer, 1190_00, allocations=[(books["invoices"][0], 1, 1190_00)]).id
    first, offer = books["lines"][0], 'R-17 <span class="money'
    row = f'id="line-{first}"'
    assert offer not in desk.get(LIST).text.partition(row)[2].partition("</tr>")[0]
    desk.post(f"/payments/{paid_already}/reverse", data={"reason": "bounced"})
    assert offer in desk.get(f"/payments/cash/{first}").text
    assert offer in desk.get(LIST).text.partition(row)[2].partition("</tr>")[0]


def test_a_payment_the_bank_took_back_says_so_and_offers_no_undo(app, desk, books):
    with app.app_context():
        came, went = make_lines(paid(1190_00, "R-17", name="Nordwind GmbH"), paid(-1190_00, "Return R-17"))
    fields = facts_of(desk.get(LIST).text, came)
    desk.post(f"/payments/cash/{came}/accept", data=fields)
    assert "cash-undo" in desk.get(f"/payments/cash/{came}").text
    with app.app_context():
        payment_id = queries_cash.find_match(came).payment_id
    desk.post(f"/payments/cash/{went}/returned", data={"payment": payment_id, "version": 1})
    page = desk.get(f"/payments/cash/{came}").text
    assert ("The bank took it back" in page, f"/payments/cash/{went}" in page, "cash-undo" in page) == (
        True,
        True,
        False,
    )
    assert f"/payments/cash/{came}/undo" not in desk.get(LIST).text
    assert f"/payments/cash/{went}/undo" in desk.get(LIST).text


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(app, desk, books):
    line, customer, (old, young) = books["lines"][2], books["customer"], books["invoices"]
    address = f"/payments/cash/{line}/place?customer={customer}&next={LIST}"
    sent = {"version": "1", "next": LIST, "customer": customer, "short": ""}
    first, second = (f"share-{one}-1" for one in (old, young))
    for wrong, field, said in (
        ({first: "10", second: "45.00"}, second, "Only 45.00\N{NO-BREAK SPACE}EUR came in; you placed 55.00"),
        ({second: "50.01"}, second, "Of R-18 only 50.00\N{NO-BREAK SPACE}EUR is open"),
        ({first: "1,100"}, first, "1,100 can be read in two ways"),
        ({first: "1.100"}, first, "1.100 can be read in two ways. Write 1100 or 1.1."),
        ({first: "-5"}, first, "above 0"),
        ({second: "44,50", "short": "dispute"}, "reason", "Reason is missing"),
    ):
        refused = desk.post(address, data=sent | wrong)
        assert refused.status_code == 422
        control = re.search(rf'<input[^>]*name="{field}"[^>]*>(?:(?!<input).)*', refused.text, re.DOTALL).group()
        assert (said in control, "aria-invalid" in control, "autofocus" in control) == (True, True, True), wrong
        assert all(f'value="{text}"' in refused.text for text in wrong.values()), wrong
    again = desk.get(address)
    assert desk.get(again.headers["Location"]).status_code == 200
    assert f"customer={customer}" in again.headers["Location"]


def test_money_on_account_is_named_before_a_rest_is_let_go(desk, books):
    page = desk.get(f"/payments/cash/{books['lines'][2]}").text
    assert "5.00 EUR is missing, and money on account covers it" in page
    assert "70.00\N{NO-BREAK SPACE}EUR of this customer lie on account already" in page
    assert "bank fee</span>" not in page


def test_a_disputed_rest_takes_its_reason_and_a_done_line_says_all_that_was_done(app, desk, books):
    line, customer, young = books["lines"][2], books["customer"], books["invoices"][1]
    assert 'name="reason"' in desk.get(f"/payments/cash/{line}").text
    sent = {
        "version": "1",
        "customer": customer,
        "short": "dispute",
        "reason": "Scratched",
        f"share-{young}-1": "40,00",
    }
    assert desk.post(f"/payments/cash/{line}/place", data=sent).status_code == 302
    page = desk.get(f"/payments/cash/{line}").text
    done = page[page.index("What was done") : page.index("What the bank said")]
    for said in (f'href="/invoices/{young}"', "40.00", "Scratched", "10.00", "On account", "5.00", "is payment PAY-"):
        assert said in done, said


def test_the_note_takes_back_what_it_names_and_nothing_that_was_done_after_it(app, desk, books):
    first = books["lines"][0]
    sent = facts_of(desk.get(LIST).text, first)
    said = desk.post(f"/payments/cash/{first}/accept", data=sent, headers=SCRIPT).text
    undo = (
        re.search(r'action="([^"]*)"[^>]*>(?:(?!</form>).)*data-key="u"', said, re.DOTALL)
        .group(1)
        .replace("&amp;", "&")
    )
    number = re.search(r"PAY-\d+-\d+", said).group()
    back = desk.get(desk.post(undo).headers["Location"]).text
    assert f"{number} is taken back: the line of 1,190.00\N{NO-BREAK SPACE}EUR is open again." in back
    desk.post(f"/payments/cash/{first}/accept", data=facts_of(desk.get(LIST).text, first), headers=SCRIPT)
    assert desk.post(undo).status_code == 409
    assert state_of(app, first) == (LineState.MATCHED, 4)


def test_who_alone_fits_is_taken_at_once_unless_somebody_still_types(desk, books):
    line, customer = books["lines"][1], books["customer"]
    address = f"/payments/cash/{line}?find=nordw&next={LIST}"
    assert f"customer={customer}" in desk.get(address).headers["Location"]
    typing = desk.get(address, headers=SCRIPT)
    assert (typing.status_code, f"customer={customer}" in typing.text) == (200, True)


def test_a_line_and_what_takes_it_back_are_done_with_one_press_and_opened_with_another(app, desk, books):
    with app.app_context():
        first, back = make_lines(
            paid(6600, "thanks", name="Quux"), paid(-6600, "Storno thanks", name="Quux", is_reversal=True)
        )
    page = desk.get(LIST).text
    assert "Taken back by the bank" in page
    sent = facts_of(page, back) | {"other": str(first)}
    done = desk.post(f"/payments/cash/{back}/cancel", data=sent, headers=SCRIPT).text
    assert {f"line-{one}" for one in (first, back)} <= set(
        re.findall(r'id="(line-\d+)"', done)
    )  # both rows are shown anew
    assert [state_of(app, one)[0] for one in (first, back)] == [LineState.IGNORED] * 2
    assert f'href="/payments/cash/{back}"' in desk.get(f"/payments/cash/{first}").text
    desk.post(f"/payments/cash/{first}/undo", data={"version": "2"})
    assert [state_of(app, one)[0] for one in (first, back)] == [LineState.OPEN] * 2


def test_a_payment_came_back_with_no_more_than_a_usual_fee_and_says_which_it_was(app, desk, books):
    with app.app_context():
        customer, [line_id] = books["customer"], make_lines(paid(-7000, "Return", name="Nordwind GmbH"))
        make_payment(session().get(Customer, customer), 10_00, allocations=None, received_on=date(2026, 11, 2))
        number = session().get(Payment, books["payment"]).number
    page = desk.get(f"/payments/cash/{line_id}?customer={customer}").text
    assert f"{number} of 02 Nov 2026" in page  # the suggestion
    offered = page[page.index("Which payment came back?") :]
    assert (offered.count("It came back"), "exact amount" in offered) == (1, True)


def test_letters_are_keys_until_somebody_comes_to_type(desk, books):
    first = books["lines"][0]
    assert [" autofocus" in desk.get(f"/payments/cash/{first}{more}").text for more in ("", "?place=1")] == [
        False,
        True,
    ]
    assert " autofocus" not in desk.get(f"/payments/cash/{books['lines'][3]}").text


def test_a_day_there_is_none_shows_the_newest_and_says_so(desk):
    answer = desk.get("/payments/cash?day=2026-02-30")
    assert (answer.status_code, "There is no day “2026-02-30”" in answer.text) == (200, True)


def test_a_line_says_what_the_bank_kept_of_it_and_what_it_booked_in_all(app, desk):
    parts = Detail(amount=1000_01, remittance="thanks"), Detail(amount=-5_00, remittance="Bank charge", is_charge=True)
    with app.app_context():
        [charge] = make_lines(entry(995_01, details=parts), proposes=False)  # the last of its lines
    page = desk.get(f"/payments/cash/{charge - 1}").text
    assert all(said in page for said in ("Bank charge", "-5.00", "995.01"))
    assert "the bank took it for what came with it" in desk.get(f"/payments/cash/{charge}").text
