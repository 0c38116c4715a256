"""Statements of account: they add up to the cent, stay as they were known, and leave with their papers."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.documents.models import DocumentRequest
from app.followup.account_paper import list_sums, say_item, say_line
from app.followup.models_account import AccountStatement
from app.followup.queries_account import read_statement
from app.followup.queries_card import read_card
from app.followup.rules_account import LineKind
from app.followup.services_account import NoAddress, build_content, send_account_statement
from app.followup.texts_account import account_texts_for
from app.invoices.services import credit_invoice
from app.ledger import queries as ledger
from app.ledger import services as posting
from app.outbox.models import Message
from app.payments.queries import list_live_allocations
from app.payments.rules_settling import DeductionCode
from app.payments.services import reverse_payment, undo_allocation
from app.payments.services_deductions import approve_deduction, propose_deduction, refuse_deduction, undo_deduction
from tests.factories import (
    ACTOR,
    NOW,
    make_company,
    make_customer,
    make_issued_invoice,
    make_open_invoice,
    make_payment,
)
from tests.harness.statements import count_statements

SINCE, UNTIL = date(2026, 9, 2), date(2026, 11, 22)


@pytest.fixture
def customer(app):
    make_company()
    return make_customer(billing_email="ap@nordwind.example")


def _live(customer):
    """Everything that can happen on an account, on its days."""
    make_open_invoice(customer, 50_000, number="OLD-1", issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))
    make_open_invoice(customer, 7_000, number="USD-1", currency="USD")
    own = make_issued_invoice(customer, issued_on=date(2026, 11, 2))
    paid = make_payment(customer, 60_000, received_on=date(2026, 10, 5))
    bounced = make_payment(customer, 1_000, received_on=date(2026, 11, 5))
    with unit_of_work():
        undo_allocation(list_live_allocations(paid.id)[0].id, reason="wrong", actor=ACTOR, now=NOW)
        reverse_payment(bounced.id, reason="bounced", actor=ACTOR, now=NOW)
    with unit_of_work():
        credit_invoice(own.id, reason="returned", issued_on=UNTIL, actor=ACTOR, now=NOW)
    return own


def test_opening_and_movements_come_to_closing_and_show_no_placing(customer):
    own = _live(customer)
    statement = read_statement(customer.id, SINCE, UNTIL)
    euro, dollar = statement.accounts
    assert (dollar.currency, dollar.opening, dollar.closing, dollar.lines) == ("USD", 7_000, 7_000, [])
    assert [(line.kind.value, line.is_reversal, line.amount) for line in euro.lines] == [
        ("payment", False, -60_000),
        ("invoice", False, 119_000),
        ("payment", False, -1_000),
        ("payment", True, 1_000),
        ("credit_note", False, -119_000),
    ]
    assert (euro.opening, euro.closing) == (50_000, -10_000)
    assert euro.aging.total - euro.aging.unapplied == euro.closing
    says = build_content(customer, statement)["accounts"][0]["lines"]
    assert says[1]["number"] == own.number
    assert says[4]["concerns"] == own.number


def test_a_statement_says_what_the_payer_wrote_and_leads_from_open_to_closing(customer):
    make_open_invoice(customer, 50_000, number="OLD-1", issued_on=date(2026, 9, 3))
    make_issued_invoice(customer, issued_on=date(2026, 11, 2), payment_terms="50% 10, 50% 30")
    paid = make_payment(customer, 60_000, remittance=f"EREF 4711 {'x' * 80}", allocations=None)
    customer.language = "de"
    session().commit()
    content = build_content(customer, read_statement(customer.id, SINCE, UNTIL))
    [account] = content["accounts"]
    texts = account_texts_for("de")
    says = {say_line(line, texts) for line in account["lines"]}
    assert f"Zahlung {paid.number} – EREF 4711 {'x' * 49}…" in says
    assert [say_item(item).rpartition(" / ")[2] for item in account["items"]] == ["OLD-1", "1", "2"]
    assert [f"{amount}" for _, amount in list_sums(account, texts)] == ["1690.00", "-600.00", "1090.00"]
    # and as those read that were sent before
    old = account | {"lines": [{k: v for k, v in line.items() if k != "remittance"} for line in account["lines"]]}
    assert [say_line(line, texts) for line in old["lines"]][1] == f"Zahlung {paid.number}"
    with unit_of_work():
        send_account_statement(customer.id, SINCE, UNTIL, actor=ACTOR, now=NOW)
    mail = session().scalars(select(Message).where(Message.kind == "account_statement")).one()
    assert "1.090,00 EUR" in mail.body_text
    assert texts.kinds[LineKind.CREDIT_NOTE] == "Rechnungskorrektur"


def test_what_was_known_stays_and_snapshots_change_nothing(customer):
    make_open_invoice(customer, 50_000, issued_on=date(2026, 9, 1))
    known = ledger.last_position()
    before = read_statement(customer.id, SINCE, UNTIL, up_to=known)
    make_payment(customer, 20_000, received_on=date(2026, 10, 5))
    plain = read_statement(customer.id, SINCE, UNTIL)
    with unit_of_work():
        posting.ensure_snapshots(date(2026, 10, 31), NOW)
    assert read_statement(customer.id, SINCE, UNTIL, up_to=known) == before
    assert read_statement(customer.id, SINCE, UNTIL) == plain
    assert plain.accounts[0].closing == before.accounts[0].closing - 20_000


def test_a_statement_is_sent_with_its_papers_each_time(customer):
    _live(customer)
    for after in (None, 1):
        with unit_of_work():
            send_account_statement(customer.id, SINCE, UNTIL, after=after, actor=ACTOR, now=NOW)
    mails = session().scalars(select(Message).where(Message.kind == "account_statement")).all()
    assert [mail.recipient for mail in mails] == ["ap@nordwind.example"] * 2
    asked = select(DocumentRequest.kind).where(DocumentRequest.owner_kind == "account_statement")
    assert sorted(session().scalars(asked)) == ["pdf", "pdf", "xlsx", "xlsx"]
    assert len(session().scalars(select(AccountStatement)).all()) == 2
    customer.billing_email = ""
    session().commit()
    with pytest.raises(NoAddress), unit_of_work():
        send_account_statement(customer.id, SINCE, UNTIL, actor=ACTOR, now=NOW)


def test_the_card_says_how_the_customer_stands_in_few_statements(customer):
    _live(customer)
    make_open_invoice(customer, 3_000, due_on=date(2026, 9, 1))
    make_payment(customer, 3_000, received_on=date(2026, 9, 11), allocations=None)

    def read():
        with count_statements(db.engine) as counted:
            return read_card(customer.id, UNTIL), counted.count

    card, statements = read()
    euro = card.standings["EUR"]
    assert (euro.aging.total, euro.aging.past_due, euro.aging.unapplied) == (53_000, 53_000, 63_000)
    assert card.last is not None
    assert card.last.amount == 60_000
    for day in range(5):
        make_open_invoice(customer, 1_000, due_on=date(2026, 9, 10))
        make_payment(customer, 4_000, received_on=date(2026, 9, 20) + timedelta(days=day))
    again, count = read()
    assert count == statements <= 8
    assert (euro.payments, again.standings["EUR"].payments) == (0, 5)


def test_the_card_names_what_is_in_dispute_until_somebody_decides(customer):
    invoice = make_open_invoice(customer, 3_000, due_on=date(2026, 9, 1))
    with unit_of_work():
        facts = {"code": DeductionCode.DISPUTE, "reason": "came broken", "actor": ACTOR, "now": NOW}
        deduction = propose_deduction(invoice.id, 1, 1_000, **facts)
    assert read_card(customer.id, UNTIL).standings["EUR"].disputed == 1_000
    with unit_of_work():
        refuse_deduction(deduction.id, reason="it was not", actor="user:2", now=NOW)
    assert read_card(customer.id, UNTIL).standings["EUR"].disputed == 0


def test_what_was_let_go_is_told_to_the_customer_by_its_reason(customer):
    invoice = make_open_invoice(customer, 3_000, number="OLD-1", issued_on=SINCE)
    for code in DeductionCode:
        with unit_of_work():
            asked = propose_deduction(invoice.id, 1, 100, code=code, reason="as agreed", actor=ACTOR, now=NOW)
        with unit_of_work():
            approve_deduction(asked.id, actor="user:2", now=NOW)
    with unit_of_work():
        undo_deduction(asked.id, reason="wrong", on=UNTIL + timedelta(days=1), actor=ACTOR, now=NOW + timedelta(days=1))
    content = build_content(customer, read_statement(customer.id, SINCE, UNTIL + timedelta(days=1)))
    for language in ("en", "de", "fr", "es", "pl"):
        texts = account_texts_for(language)
        said = [say_line(line, texts).replace(" OLD-1", "") for line in content["accounts"][0]["lines"][1:]]
        by_code = {code: texts.kinds[LineKind(code)] for code in DeductionCode if code is not DeductionCode.OTHER}
        settled = texts.kinds[LineKind.WRITE_OFF]
        assert said == [*by_code.values(), settled, texts.taken_back.replace("$what", settled)]
        assert len({*said}) == len(said)
        assert not any(word in " ".join(said).lower() for word in ("write", "ausbuch", "abandon", "cancela", "odpis"))
