"""A credit note refuses what waits to be let go of its invoice and is no longer open, and nothing else."""

from datetime import date
from decimal import Decimal

import pytest

from app.audit.queries import list_entries_of
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices.models import Scope
from app.invoices.rules_reasons import CreditReason
from app.invoices.services import CreditData, draft_credit, issue_credit
from app.payments.queries_settling import select_deductions, sum_disputed
from app.payments.rules_settling import DeductionCode, DeductionState
from app.payments.services_deductions import approve_deduction, propose_deduction
from app.verify import verify
from app.verify.books import MONEY
from app.verify.settlements import SETTLEMENTS
from tests.factories import ACTOR, NOW, make_company, make_customer, make_issued_invoice, make_payment

TODAY = date(2026, 11, 22)
OTHER = "user:77"


def dispute(invoice, amount):
    with unit_of_work():
        return propose_deduction(
            invoice.id, 1, amount, code=DeductionCode.DISPUTE, reason="damaged", actor=ACTOR, now=NOW
        )


def credit(invoice, quantity):
    """So many of the four pieces; None: all of the invoice."""
    chosen = {"scope": Scope.LINES, "quantities": {invoice.lines[0].id: Decimal(quantity)}} if quantity else {}
    with unit_of_work():
        data = CreditData(reason_code=CreditReason.RETURNED, **chosen)
        made = draft_credit(invoice.id, data, actor=ACTOR, now=NOW)
        return issue_credit(made.id, TODAY, actor=ACTOR, now=NOW, send=False)


@pytest.mark.parametrize(
    ("paid", "asked", "quantity", "stay"),
    [
        (569_05, [620_95], None, []),  # in full: nothing is open
        (0, [620_95], 1, [620_95]),  # in part: 892.50 are open
        (0, [892_50], 1, [892_50]),  # exactly what is open
        (0, [620_95], 3, []),  # in part: 297.50 are open
        (569_05, [620_95], 1, []),  # what was paid is not open either
        (0, [200_00, 100_00], 3, [200_00]),  # together too much: the older one stays
        (0, [400_00, 100_00], 3, [100_00]),
    ],
)
def test_a_credit_note_refuses_what_no_longer_fits(app, paid, asked, quantity, stay):
    make_company()
    customer = make_customer()
    invoice, untouched = make_issued_invoice(customer), make_issued_invoice(customer)  # 1,190.00 each
    if paid:
        make_payment(customer, paid, received_on=TODAY, allocations=[(invoice.id, 1, paid)])
    elsewhere = dispute(untouched, 1_190_00)
    made = [dispute(invoice, amount) for amount in asked]
    note = credit(invoice, quantity)

    waiting = session().scalars(select_deductions([DeductionState.PROPOSED])).all()
    assert sorted(one.amount for one in waiting) == sorted([*stay, elsewhere.amount])
    assert sum_disputed(customer.id) == {"EUR": sum(stay) + elsewhere.amount}
    for one in made:
        said = [(entry.action, entry.actor) for entry in list_entries_of("deduction", one.id)]
        if one in waiting:
            assert said == [("deduction.proposed", ACTOR)]
            with unit_of_work():
                approve_deduction(one.id, actor=OTHER, now=NOW)
        else:
            assert (one.state, one.answer) == (DeductionState.REFUSED, f"Credited by {note.number}")
            assert ("deduction.dropped", "system:crediting") in said
    assert verify(NOW, [*MONEY, *SETTLEMENTS]).broken == []
