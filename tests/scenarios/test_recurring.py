"""The story of a maintenance contract from the end of January over a leap year, with an index and a pause."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import queries_recurring as queries
from app.invoices import services
from app.invoices.einvoice.build import build_semantic
from app.invoices.einvoice.cii import write_cii
from app.invoices.einvoice.ubl import write_ubl
from app.invoices.models_recurring import RecurringPeriod
from app.invoices.paper import lay_out
from app.invoices.services.recurring_periods import PeriodBilled, PeriodSkipped, PlanStandsStill
from app.invoices.services.recurring_plans import PlanBegun, PlanEndsBefore
from app.verify import verify
from tests.book import ROWS
from tests.factories import ACTOR, VAT_19, make_company, make_customer


def at(day):
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def propose(day):
    with unit_of_work():
        return services.propose_periods(day, now=at(day))


def due():
    return queries.read_due(
        [row[1] for row in session().execute(queries.select_due().order_by(RecurringPeriod.bill_on))]
    )


def draft(period_id, day):
    with unit_of_work():
        return services.draft_period(period_id, actor=ACTOR, now=at(day))


def issue(made, day):
    with unit_of_work():
        return services.issue_invoice(made.id, day, actor=ACTOR, now=at(day))


def days_of(found):
    return [(one.starts_on.isoformat(), one.ends_on.isoformat()) for one in found]


def test_a_contract_over_a_leap_year(app):
    signed = date(2027, 1, 20)
    make_company(now=at(signed))
    customer = make_customer(now=at(signed))

    # 20 January 2027: maintenance from the 31st, every month in advance, 3 % more each year
    data = services.PlanData(
        customer_id=customer.id, title="Maintenance", currency="EUR", starts_on=date(2027, 1, 31),
        index_percent=Decimal(3), lead_days=14, payment_terms="30 days", po_number="PO-9",
        lines=(services.PlanLine(
            description="Maintenance of the press line", quantity=Decimal(1), unit_price=Decimal("499.90"),
            taxes=[VAT_19],
        ),),
    )  # fmt: skip
    with unit_of_work():
        plan_id = services.make_plan(data, actor=ACTOR, now=at(signed)).id
    assert propose(date(2027, 1, 16)) == 0
    assert propose(signed) == 1
    assert propose(signed) == 0  # the job ran twice
    assert days_of(due()) == [("2027-01-31", "2027-02-27")]

    # 31 January: billed, once; the paper and both files say for which days
    first = issue(draft(due()[0].id, date(2027, 1, 31)), date(2027, 1, 31))
    assert (first.net_total, first.service_from, first.service_until) == (499_90, date(2027, 1, 31), date(2027, 2, 27))
    said = {fact.label: fact.value for fact in lay_out(first.snapshot).facts}
    assert said["Service period"] == "31 Jan 2027 – 27 Feb 2027"
    terms = build_semantic(first.snapshot)
    assert b"BillingSpecifiedPeriod" in write_cii(terms)
    assert b"<cbc:EndDate>2027-02-27</cbc:EndDate>" in write_ubl(terms)

    # The rest of the year up to 30 January 2028 in one go, as after a long absence
    assert propose(date(2028, 1, 16)) == 11
    for period_id in [one.id for one in due()]:
        last = draft(period_id, date(2028, 1, 17))
    assert last.net_total == 499_90
    assert due() == []

    # The leap day: 31 January, 29 February, 31 March; the index counts from the anniversary
    assert propose(date(2028, 3, 20)) == 3
    assert days_of(due()) == [
        ("2028-01-31", "2028-02-28"), ("2028-02-29", "2028-03-30"), ("2028-03-31", "2028-04-29"),
    ]  # fmt: skip
    january, february, _march = (one.id for one in due())
    assert draft(january, date(2028, 3, 20)).net_total == 514_90  # 499.90 x 1.03 = 514.897

    # February is waived, and stays so
    with unit_of_work():
        services.skip_period(february, "Press stood still", actor=ACTOR, now=at(date(2028, 3, 20)))
    with pytest.raises(PeriodSkipped):
        draft(february, date(2028, 3, 20))
    with pytest.raises(PeriodBilled):
        draft(january, date(2028, 3, 20))

    # A pause takes back what is only proposed; nothing comes while it lasts
    with unit_of_work():
        services.pause_plan(plan_id, "The hall is rebuilt", actor=ACTOR, now=at(date(2028, 3, 21)))
    assert due() == []
    assert propose(date(2028, 8, 1)) == 0
    with unit_of_work():
        services.resume_plan(plan_id, actor=ACTOR, now=at(date(2028, 8, 1)))
    assert propose(date(2028, 4, 20)) == 2  # 31 March again, and 30 April
    assert days_of(due())[-1] == ("2028-04-30", "2028-05-30")

    # What is billed binds the plan: the first day stays, the end may come, not before what was asked for
    with pytest.raises(PlanBegun), unit_of_work():
        services.change_plan(
            plan_id, replace(data, starts_on=date(2027, 2, 1)), version=version_of(plan_id), actor=ACTOR,
            now=at(date(2028, 4, 20)),
        )  # fmt: skip
    with pytest.raises(PlanEndsBefore), unit_of_work():
        services.change_plan(
            plan_id, replace(data, ends_on=date(2027, 12, 30)), version=version_of(plan_id), actor=ACTOR,
            now=at(date(2028, 4, 20)),
        )  # fmt: skip
    with unit_of_work():
        services.change_plan(
            plan_id, replace(data, ends_on=date(2028, 4, 29)), version=version_of(plan_id), actor=ACTOR,
            now=at(date(2028, 4, 20)),
        )  # fmt: skip
    assert propose(date(2029, 1, 1)) == 1
    last_one = due()[0].id
    with unit_of_work():
        services.end_plan(plan_id, "Contract is over", actor=ACTOR, now=at(date(2028, 4, 30)))
    with pytest.raises(queries.PeriodUnknown):
        draft(last_one, date(2028, 4, 30))
    assert not [one for one in verify(at(date(2028, 4, 30)), ROWS).broken if one.invariant.code in {"I1", "I12", "I15"}]


def test_a_deleted_draft_frees_its_period_and_a_stopped_plan_bills_nothing(app):
    signed = date(2027, 1, 20)
    make_company(now=at(signed))
    line = services.PlanLine(description="Hosting", quantity=Decimal(1), unit_price=Decimal(10), taxes=[VAT_19])
    data = services.PlanData(
        customer_id=make_customer(now=at(signed)).id, title="Hosting", currency="EUR", starts_on=signed,
        is_in_advance=False, lead_days=0, lines=(line,),
    )  # fmt: skip
    with unit_of_work():
        plan_id = services.make_plan(data, actor=ACTOR, now=at(signed)).id
    assert propose(date(2027, 2, 18)) == 0
    assert propose(date(2027, 2, 19)) == 1  # in arrears: on its last day
    made = draft(due()[0].id, date(2027, 2, 19)).id
    assert due() == []
    with unit_of_work():
        services.delete_draft(made, actor=ACTOR, now=at(date(2027, 2, 19)))
    assert len(due()) == 1
    draft(due()[0].id, date(2027, 2, 20))
    with unit_of_work():
        services.pause_plan(plan_id, "Late payer", actor=ACTOR, now=at(date(2027, 2, 20)))
        session().add(
            RecurringPeriod(
                plan_id=plan_id, number=2, starts_on=signed, ends_on=signed, bill_on=signed, proposed_at=at(signed)
            )
        )
    left = session().query(RecurringPeriod).filter_by(number=2).one().id
    with pytest.raises(PlanStandsStill):
        draft(left, date(2027, 2, 20))


def version_of(plan_id):
    return queries.get_plan(plan_id).version
