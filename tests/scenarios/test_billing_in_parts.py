"""The story of an order that is paid in parts, and of one that came back in part."""

from datetime import UTC, date, datetime
from decimal import Decimal

from app.db.unit_of_work import unit_of_work
from app.invoices import queries, services
from app.invoices.models import Scope
from app.invoices.rules_reasons import CreditReason
from app.ledger.queries import open_amount
from app.orders.queries import get_order
from app.payments.queries import list_live_allocations_on
from app.verify import verify
from tests.book import ROWS
from tests.factories import ACTOR, make_company, make_customer, make_payment, make_plain_order


def at(day):
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def issue(made, day):
    with unit_of_work():
        return services.issue_invoice(made.id, day, actor=ACTOR, now=at(day))


def part(order, day, **chosen):
    with unit_of_work():
        return services.draft_invoice(order.id, actor=ACTOR, now=at(day), part=services.Part(**chosen))


def require_sound(now):
    found = [(one.invariant.code, one.findings) for one in verify(now, ROWS).broken]
    assert [code for code, _ in found if code in {"I1", "I12", "I15", "I18", "I19", "I20", "I23", "I47"}] == [], found


def test_deposit_then_a_part_then_the_rest(app):
    make_company(now=at(date(2026, 3, 2)))
    customer = make_customer(now=at(date(2026, 3, 2)))
    order = make_plain_order(customer, ("Press line", "3", "3333.33"), state="in_progress", ordered_on=date(2026, 3, 2))

    # 2 March: a third is asked for ahead
    ahead = date(2026, 3, 2)
    with unit_of_work():
        deposit = services.draft_deposit(order.id, percent=Decimal(30), actor=ACTOR, now=at(ahead))
    deposit = issue(deposit, ahead)
    assert deposit.net_total in range(2999_90, 3000_10)
    make_payment(customer, deposit.gross_total, received_on=date(2026, 3, 20), now=at(date(2026, 3, 20)))

    # 4 May: the first machine is delivered and billed in full; the deposit waits for the end
    delivered = date(2026, 5, 4)
    first = issue(part(order, delivered, quantities={order.lines[0].id: Decimal(1)}), delivered)
    assert first.scope is Scope.PARTIAL
    assert first.net_total in range(3333_30, 3333_36)

    # 1 July: the rest, less the deposit
    ended = date(2026, 7, 1)
    final = issue(part(order, ended, quantities={order.lines[0].id: Decimal(2)}), ended)
    assert final.scope is Scope.FINAL
    assert deposit.number in final.lines[-1].description
    whole = get_order(order.id)
    assert sum(one.net_total for one in (deposit, first, final)) == whole.net_total == 9999_99
    assert sum(one.gross_total for one in (deposit, first, final)) == whole.gross_total
    require_sound(at(ended))


def test_what_came_back_is_credited_by_line_and_invoiced_again(app):
    make_company(now=at(date(2026, 3, 2)))
    customer = make_customer(now=at(date(2026, 3, 2)))
    order = make_plain_order(customer, ordered_on=date(2026, 3, 2))  # 4 x 250.00

    # 2 March: billed; 20 March: paid in full
    billed = date(2026, 3, 2)
    with unit_of_work():
        made = services.draft_invoice(order.id, actor=ACTOR, now=at(billed))
    invoice = issue(made, billed)
    make_payment(customer, 1190_00, received_on=date(2026, 3, 20), now=at(date(2026, 3, 20)))

    # 30 March: one sensor comes back; the money for it is free, the rest stays where it was
    back = date(2026, 3, 30)
    data = services.CreditData(
        scope=Scope.LINES, reason_code=CreditReason.RETURNED, quantities={invoice.lines[0].id: Decimal(1)}
    )
    with unit_of_work():
        drafted = services.draft_credit(invoice.id, data, actor=ACTOR, now=at(back))
    with unit_of_work():
        note = services.issue_credit(drafted.id, back, actor=ACTOR, now=at(back))
    assert (note.gross_total, note.reason) == (297_50, "Goods returned")
    assert open_amount(queries.document_name(invoice.id)) == 0
    assert [one.amount for one in list_live_allocations_on(invoice.id)] == [892_50]
    assert queries.position_of(queries.get_invoice(invoice.id), back).standing is queries.Standing.SETTLED

    # 10 April: a new one goes out and is billed
    again = date(2026, 4, 10)
    with unit_of_work():
        made = services.draft_invoice(order.id, actor=ACTOR, now=at(again))
    replacement = issue(made, again)
    assert (replacement.net_total, replacement.scope) == (250_00, Scope.FINAL)
    assert get_order(order.id).billed_net == 1000_00
    require_sound(at(again))
