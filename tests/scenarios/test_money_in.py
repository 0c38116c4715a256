"""The story of one customer's money: paid short, paid over, bounced, credited, and looked back at."""

from datetime import UTC, date, datetime

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.queries import Standing, get_invoice, position_of
from app.invoices.services import credit_invoice
from app.ledger import queries as ledger
from app.ledger import services as posting
from app.payments import queries, services
from app.payments.aging import as_json, read_aging
from app.verify import verify
from tests.book import ROWS
from tests.factories import ACTOR, make_company, make_customer, make_issued_invoice, make_payment


def at(day, hour=9):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


SEPTEMBER_1, SEPTEMBER_20, OCTOBER_1 = date(2026, 9, 1), date(2026, 9, 20), date(2026, 10, 1)
OCTOBER_15, NOVEMBER_5, NOVEMBER_20 = date(2026, 10, 15), date(2026, 11, 5), date(2026, 11, 20)


def euros(as_of, known_at=None):
    said = as_json(read_aging(as_of, known_at), by_customer=False)["currency"].get("EUR", {})
    return said.get("total", "0.00"), said.get("unapplied", "0.00"), said.get("receivable", "0.00")


def test_money_comes_in_short_and_over_bounces_is_credited_and_the_past_stays_as_it_was_known(app):
    make_company()
    customer = make_customer()

    # 1 September: 1,190.00 in two halves, due on the 11th and on 1 October
    terms = "50% 10 days, remainder 30 days"
    first_id = make_issued_invoice(
        customer, issued_on=SEPTEMBER_1, now=at(SEPTEMBER_1), payment_terms=terms, ordered_on=SEPTEMBER_1
    ).id
    assert euros(SEPTEMBER_1) == ("1190.00", "0.00", "1190.00")

    # 20 September: they pay 600.00, a little more than the half that is due
    first_payment = make_payment(customer, 600_00, received_on=SEPTEMBER_20, now=at(SEPTEMBER_20)).id
    placed = [(one.instalment, one.amount) for one in queries.list_allocations(first_payment)]
    assert placed == [(1, 595_00), (2, 5_00)]
    assert position_of(get_invoice(first_id), SEPTEMBER_20).standing is Standing.PARTLY_SETTLED

    # 1 October: September is closed with its snapshot
    with unit_of_work():
        assert posting.ensure_snapshots(date(2026, 9, 30), at(OCTOBER_1)) == 1
    assert euros(date(2026, 9, 30)) == ("590.00", "0.00", "590.00")

    # 15 October: they pay 700.00; only 590.00 is open, the rest waits on account
    second_payment = make_payment(customer, 700_00, received_on=OCTOBER_15, now=at(OCTOBER_15)).id
    assert euros(OCTOBER_15) == ("0.00", "110.00", "-110.00")
    assert position_of(get_invoice(first_id), OCTOBER_15).standing is Standing.SETTLED

    # 5 November: the first payment bounced, as the bank says since 20 September: September is corrected, late
    with unit_of_work():
        reversal = services.reverse_payment(
            first_payment, reason="returned by the bank", on=SEPTEMBER_20, actor=ACTOR, now=at(NOVEMBER_5)
        )
        assert reversal.reversed_on == SEPTEMBER_20
    assert euros(date(2026, 9, 30)) == ("1190.00", "0.00", "1190.00")
    assert euros(date(2026, 9, 30), at(OCTOBER_1)) == ("590.00", "0.00", "590.00")  # as it was known then
    assert [entry.effective_on for entry in ledger.list_late_entries(0)] == [SEPTEMBER_20] * 5

    # the 110.00 on account go where money is missing again
    with unit_of_work():
        services.allocate(second_payment, [(first_id, 1, 110_00)], actor=ACTOR, now=at(NOVEMBER_5))
    assert euros(NOVEMBER_5) == ("490.00", "0.00", "490.00")
    assert position_of(get_invoice(first_id), NOVEMBER_5).standing is Standing.OVERDUE

    # 20 November: the goods come back, the invoice is credited in full: they have 700.00 with us
    with unit_of_work():
        credit_invoice(first_id, reason="Goods returned", issued_on=NOVEMBER_20, actor=ACTOR, now=at(NOVEMBER_20))
    assert euros(NOVEMBER_20) == ("0.00", "700.00", "-700.00")
    assert euros(date(2026, 11, 19)) == ("490.00", "0.00", "490.00")
    # all of it can be placed again, and nothing opens the credited invoice once more
    assert queries.amount_left(second_payment) == 700_00
    with pytest.raises(services.UndoneAlready), unit_of_work():
        services.undo_allocation(
            queries.list_allocations(second_payment)[0].id, reason="?", actor=ACTOR, now=at(NOVEMBER_20)
        )
    again = make_issued_invoice(customer, issued_on=NOVEMBER_20, now=at(NOVEMBER_20), ordered_on=NOVEMBER_20)
    with unit_of_work():
        services.allocate(second_payment, [(again.id, 1, 700_00)], actor=ACTOR, now=at(NOVEMBER_20))
    assert euros(NOVEMBER_20) == ("490.00", "0.00", "490.00")

    broken = [verdict for verdict in verify(at(NOVEMBER_20), ROWS).broken if verdict.invariant.code in MONEY]
    assert broken == []


MONEY = {"I18", "I19", "I20", "I23", "I24", "I36"}
