"""The hand-off: ticks, checklists that people change, promises, duplicates, and what is counted."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.audit.queries import list_timeline
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.deals import queries_handoff as handoff
from app.deals import services, services_checklist, services_files, services_handoff
from app.deals.models import DealState
from app.deals.queries import get_deal
from app.deals.queries_gate import checklist
from app.deals.queries_handoff import Outcome
from app.deals.rules_gate import blockers
from app.deals.services_undecided import DealDecided
from app.kernel.errors import BadInput
from app.orders.queries import find_order_of, get_order
from app.tasks.queries import list_tasks_of
from app.tasks.services_promised import plan_promises
from tests import factories
from tests.factories import ACTOR, NOW, deal_line

ACT = {"actor": ACTOR, "now": NOW}


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def do(act, *args, **kwargs):
    with unit_of_work():
        return act(*args, **kwargs, **ACT)


def open_items(deal_id):
    return [item.label for item in blockers(checklist(get_deal(deal_id), NOW.date()))]


def test_a_person_ticks_what_is_required_and_the_deal_can_be_accepted():
    deal_id = factories.make_deal(deal_type="custom_build").id
    required = ["The specification is attached", "The delivery date is agreed with Operations"]
    assert open_items(deal_id) == required
    with pytest.raises(services_handoff.TickNeedsFile, match="Attach the file"):
        do(services_handoff.tick_item, deal_id, "specification", version=1)
    for code in ("acceptance_test", "delivery_date", "acceptance_test"):
        do(services_handoff.tick_item, deal_id, code, version=1)
    do(services_files.add_file, deal_id, "spec.txt", b"Steel", for_code="specification")
    do(services_handoff.untick_item, deal_id, "delivery_date", version=1)
    assert open_items(deal_id) == required[1:]
    with pytest.raises(services.DealIncomplete, match="delivery date is agreed"):
        do(services.accept_deal, deal_id)
    do(services_handoff.tick_item, deal_id, "delivery_date", version=1)
    assert {item.code: item for item in checklist(get_deal(deal_id), NOW.date())}["specification"].ticked_by == ACTOR
    do(services.accept_deal, deal_id)
    told = [entry.action for entry in list_timeline(deal_id=deal_id)]
    assert (told.count("deal.ticked"), told.count("deal.unticked")) == (3, 1)
    with pytest.raises(DealDecided):
        do(services_handoff.untick_item, deal_id, "delivery_date")


def test_a_tick_is_refused_on_another_version_and_for_what_the_system_checks():
    deal_id = factories.make_deal(deal_type="custom_build").id
    do(services.edit_deal, deal_id, factories.parsed_deal(deal_type="custom_build", po_number="PO-9"), version=1)
    with pytest.raises(services.DealChanged):
        do(services_handoff.tick_item, deal_id, "specification", version=1)
    for code in ("po_number", "nothing"):
        with pytest.raises(services_handoff.NothingToTick):
            do(services_handoff.tick_item, deal_id, code, version=2)


def test_a_checklist_is_changed_one_item_at_a_time():
    added = do(services_checklist.add_item, "standard", "Photo of the site", is_required=True)
    deal_id = factories.make_deal().id
    assert open_items(deal_id) == ["Photo of the site"]
    do(services_checklist.change_item, added.id, "Photo", is_required=False, asks_file=False, version=1)
    with pytest.raises(services_checklist.HandoffItemChanged):
        do(services_checklist.change_item, added.id, "Picture", is_required=True, asks_file=False, version=1)
    assert open_items(deal_id) == []
    do(services_checklist.move_item, added.id, -1, version=2)
    do(services_checklist.move_item, added.id, 1, version=2)
    do(services_checklist.move_item, added.id, 1, version=2)
    do(services_checklist.move_item, added.id, -1, version=2)
    assert [item.label for item in handoff.list_items("standard")][-2:] == ["Photo", "Tax"]
    do(services_checklist.remove_item, added.id, version=2)
    assert [item.label for item in handoff.list_items("standard")][-1] == "Tax"
    with pytest.raises(handoff.HandoffItemUnknown):
        do(services_checklist.remove_item, added.id, version=2)


def test_a_removed_check_comes_back_once_and_a_tick_never_stands_for_another_item():
    (tax,) = [item for item in handoff.list_items("standard") if item.check == "tax"]
    do(services_checklist.remove_item, tax.id, version=1)
    assert do(services_checklist.add_item, "standard", "", check="tax").label == "Tax"
    for check, refusal in (("tax", services_checklist.CheckedTwice), ("junk", services_checklist.CheckUnknown)):
        with pytest.raises(refusal):
            do(services_checklist.add_item, "standard", "Again", check=check)
    with pytest.raises(BadInput, match="What to look at is missing"):
        do(services_checklist.add_item, "standard", " ")
    first = do(services_checklist.add_item, "standard", "One", is_required=True)
    deal_id, code = factories.make_deal().id, first.code
    do(services_handoff.tick_item, deal_id, code)
    do(services_checklist.remove_item, first.id, version=1)
    assert do(services_checklist.add_item, "standard", "Two", is_required=True).code != code
    assert open_items(deal_id) == ["Two"]


def test_a_type_without_a_list_of_its_own_follows_the_standard_one():
    assert handoff.list_items("unheard_of") == handoff.list_items("standard") != []


def test_promises_become_tasks_of_the_order_once_and_a_withdrawn_one_does_not():
    deal_id = factories.make_deal().id
    add = services_handoff.add_promise
    do(add, deal_id, "Training on site", department_code="customer_service", due_after_days=20, is_required=True)
    do(add, deal_id, "A drawing", department_code="rnd", due_on=NOW.date())
    gone = do(add, deal_id, "A discount", department_code="finance", due_after_days=0)
    do(services_handoff.withdraw_promise, gone.id)
    with unit_of_work():
        services.accept_deal(deal_id, actor=ACTOR, now=NOW + timedelta(days=1))
    order_id = find_order_of(deal_id).id
    do(plan_promises, order_id)
    order = get_order(order_id)
    made = {task.title: task for task in list_tasks_of(order_id) if task.code.startswith("promise_")}
    assert {title: (task.department_code, task.is_required) for title, task in made.items()} == {
        "Training on site": ("customer_service", True),
        "A drawing": ("rnd", False),
    }
    assert made["A drawing"].due_on == order.ordered_on  # no task is due before its order
    assert order.due_on == made["Training on site"].due_on == date(2026, 12, 21)
    with pytest.raises(DealDecided):
        do(services_handoff.withdraw_promise, gone.id)


def test_what_cannot_be_promised_is_refused_at_its_field():
    deal_id = factories.make_deal().id
    for changes, field in (
        ({"text": " "}, "text"),
        ({"department_code": ""}, "department_code"),
        ({"due_after_days": None}, "due_on"),
        ({"due_on": date(2026, 12, 1)}, "due_on"),
        ({"due_on": date(2026, 11, 21), "due_after_days": None}, "due_on"),
        ({"due_after_days": -1}, "due_after_days"),
        ({"due_after_days": 366}, "due_after_days"),
    ):
        said = {"text": "Training", "department_code": "qa", "due_after_days": 3, **changes}
        with pytest.raises(BadInput) as refusal:
            do(services_handoff.add_promise, deal_id, said.pop("text"), **said)
        assert refusal.value.field == field
    assert handoff.list_promises(deal_id) == []


TWENTY_NINE, THIRTY_ONE = (factories.DEAL.closed_on + timedelta(days=days) for days in (29, 31))
OTHER = {"po_number": "", "lines": (deal_line("Cable", "1", "1"),)}


@pytest.mark.parametrize(
    ("second", "is_twin"),
    [
        ({}, True),
        ({"source": "hubspot"}, True),
        ({**OTHER, "po_number": "PO-7"}, True),
        ({"po_number": "", "closed_on": TWENTY_NINE}, True),
        ({"po_number": "", "closed_on": THIRTY_ONE}, False),
        ({"po_number": "", "currency": "USD"}, False),
        (OTHER, False),
        ({"customer": "Somebody else", "billing_email": "x@else.example"}, False),
    ],
)
def test_a_possible_duplicate_is_accepted_only_knowingly(second, is_twin):
    first = factories.make_deal("A").id
    deal_id = factories.make_deal("B", **second).id
    if is_twin:
        for seen in ((), {deal_id, 99}):
            with pytest.raises(services.DuplicateUnconfirmed, match="A"):
                do(services.accept_deal, deal_id, in_spite_of=seen)
    do(services.accept_deal, deal_id, in_spite_of={first} if is_twin else ())
    (entry,) = [entry for entry in list_timeline(deal_id=deal_id) if entry.action == "deal.accepted"]
    assert entry.detail.get("duplicates_seen", []) == (["A"] if is_twin else [])


def test_a_deal_that_went_back_to_sales_is_no_duplicate():
    first, second = factories.make_deal("A").id, factories.make_deal("B").id
    do(services.return_deal, first, "Twice")
    assert do(services.accept_deal, second).state is DealState.ACCEPTED


def test_what_is_counted_opens_its_rows():
    for number, fate in enumerate(["first_time", "first_time", "repaired", "returned"]):
        deal_id = factories.make_deal(f"D-{number}", owner="Ada", po_number=f"PO-{number}", closed_on=NOW.date()).id
        if fate != "first_time":
            do(services.return_deal, deal_id, "Why?")
        if fate == "repaired":
            do(services.resubmit_deal, deal_id)
        if fate != "returned":
            do(services_handoff.answer_gate, deal_id)
    period = NOW - timedelta(days=1), NOW + timedelta(days=1)
    (score,) = handoff.score_sellers(*period)
    assert (score.owner, score.first_time, score.repaired, score.returned, score.percent) == ("Ada", 2, 1, 1, 50)
    for outcome, count in zip(Outcome, (score.decided, 2, 1, 1), strict=True):
        assert len(list(session().scalars(handoff.filter_decided(*period, outcome, "Ada")))) == count
    assert handoff.score_sellers(period[1], period[1] + timedelta(days=1)) == []


def test_the_median_is_of_the_last_thirty_days_and_the_longest_waiting_is_known():
    friday = NOW - timedelta(days=2)  # 10:00 in Berlin
    for number, hours in enumerate((1, 3, 72)):
        deal_id = factories.make_deal(f"D-{number}", po_number=f"PO-{number}", now=friday).id
        with unit_of_work():
            services_handoff.answer_gate(deal_id, actor=ACTOR, now=friday + timedelta(hours=hours))
    assert get_deal(deal_id).accept_minutes == 8 * 60  # seven hours of Friday, one of Monday
    assert handoff.find_median_minutes(NOW + timedelta(days=2)) == 3 * 60
    assert handoff.find_median_minutes(NOW + timedelta(days=60)) is None
    later, sooner = factories.make_deal("L").id, factories.make_deal("S", now=friday).id
    assert (handoff.find_longest_waiting(), later) == (sooner, later)


def test_an_exempt_line_without_its_reason_stops_the_deal_at_the_gate_by_line_and_field():
    exempt = {"tax_rate": Decimal(0), "tax_category": "E"}
    lacking = factories.make_deal(lines=(factories.deal_line(), factories.deal_line("Course", **exempt))).id
    with pytest.raises(services.DealIncomplete, match=r"“Reason for no tax” is empty: line 2 \(E\)"):
        do(services.accept_deal, lacking)
    said = factories.deal_line("Course", **exempt, tax_reason="Article 132")
    assert (
        do(services.accept_deal, factories.make_deal("D-2", lines=(said,), po_number="").id).state is DealState.ACCEPTED
    )
