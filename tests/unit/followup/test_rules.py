"""Whom we remind, at which level, and what holds a reminder back: one row per combination."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.followup.rules import Debtor, Level, OverdueItem, Procedure, plan

ON = date(2026, 11, 22)
PROCEDURE = Procedure(
    (Level(1, "Friendly reminder", 1), Level(2, "Second reminder", 14), Level(3, "Final reminder", 30)), days_between=7
)
DEBTOR = Debtor(1, "Nordwind GmbH", "ap@nordwind.example")


def item(
    age: int = 10, *, number: str = "INV-1", last: int = 0, told: int | None = None, **changes: object
) -> OverdueItem:
    base = OverdueItem(
        customer_id=1,
        invoice_id=int(number.rpartition("-")[2]),
        number=number,
        instalment=1,
        due_on=ON - timedelta(days=age),
        currency="EUR",
        open=10_000,
        days_past_due=age,
        last_level=last,
        last_notice_on=None if told is None else ON - timedelta(days=told),
    )
    return replace(base, **changes)


def decide(*items: OverdueItem, debtor: Debtor = DEBTOR):
    return plan(ON, items, {debtor.customer_id: debtor}, PROCEDURE)


@pytest.mark.parametrize(
    ("age", "last", "told", "step"),
    [
        (1, 0, None, 1),
        (90, 0, None, 1),  # a level is never skipped, however old
        (13, 1, 10, None),  # level 2 is not reached yet
        (14, 1, 10, 2),
        (14, 1, 7, 2),  # exactly the least distance
        (14, 1, 6, None),  # too soon after the last
        (30, 2, 9, 3),
        (29, 2, 9, None),
        (300, 3, 200, None),  # after the final level nothing follows by mail
    ],
)
def test_an_instalment_takes_the_next_level_when_old_enough_and_not_reminded_lately(age, last, told, step):
    notices = decide(item(age, last=last, told=told)).notices
    assert [listed.step for notice in notices for listed in notice.items] == ([step] if step else [])


def test_one_mail_lists_every_overdue_invoice_even_those_that_take_no_step():
    (notice,) = decide(item(40, number="INV-1"), item(5, number="INV-2", last=1, told=2)).notices
    assert [(listed.item.number, listed.level, listed.step) for listed in notice.items] == [
        ("INV-1", 1, 1),
        ("INV-2", 1, None),
    ]
    assert notice.amount == 20_000


def test_nothing_goes_out_when_no_instalment_takes_a_step():
    assert decide(item(5, last=1, told=2)).notices == ()


def test_the_tone_of_the_mail_is_the_highest_level_reached_with_it():
    notices = decide(item(40, number="INV-1", last=2, told=9), item(5, number="INV-2")).notices
    assert [notice.level for notice in notices] == [3]


def test_two_currencies_are_two_notices_of_one_mail():
    notices = decide(item(5, number="INV-1"), item(5, number="INV-2", currency="JPY", last=1, told=3)).notices
    assert [(notice.currency, notice.level) for notice in notices] == [("EUR", 1), ("JPY", 1)]


@pytest.mark.parametrize(
    ("debtor", "rule", "until"),
    [
        (replace(DEBTOR, email=""), "no_email", None),
        (replace(DEBTOR, no_chase_until=ON), "no_chase", ON),
        (
            replace(DEBTOR, no_chase_until=ON + timedelta(days=3), no_chase_reason="talks"),
            "no_chase",
            ON + timedelta(3),
        ),
        (replace(DEBTOR, unapplied={"EUR": 10_000}), "unapplied_cash", None),
        (replace(DEBTOR, unapplied={"EUR": 12_345}), "unapplied_cash", None),
        # what does not hold anything back
        (replace(DEBTOR, no_chase_until=ON - timedelta(days=1)), None, None),
        (replace(DEBTOR, unapplied={"EUR": 9_999}), None, None),
        (replace(DEBTOR, unapplied={"USD": 99_999}), None, None),
    ],
)
def test_a_reminder_is_held_back_with_its_rule_and_expiry(debtor, rule, until):
    decided = decide(item(5), debtor=debtor)
    assert [(held.rule, held.until) for held in decided.held] == ([(rule, until)] if rule else [])
    assert bool(decided.notices) is (rule is None)


def test_money_on_account_covers_the_oldest_first_and_the_rest_is_still_chased():
    decided = decide(
        item(40, number="INV-1"), item(5, number="INV-2"), debtor=replace(DEBTOR, unapplied={"EUR": 15_000})
    )
    assert [held.item.number for held in decided.held] == ["INV-1"]
    assert [listed.item.number for listed in decided.notices[0].items] == ["INV-2"]


def test_a_notice_too_soon_after_the_last_is_listed_as_held_with_its_last_day():
    (held,) = decide(item(20, last=1, told=3)).held
    assert (held.rule, held.until) == ("spacing", ON + timedelta(days=3))


def test_the_same_facts_give_the_same_plan_in_any_order():
    items = [item(40, number="INV-1"), item(5, number="INV-2"), item(7, number="INV-3", currency="USD")]
    assert decide(*items) == decide(*reversed(items))
